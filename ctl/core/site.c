
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cache/cache_dir.h"
#include "cache/counters.h"
#include "core/site.h"
#include "nginx/include.h"
#include "nginx/tls.h"
#include "origin/dns.h"


#define SITE_PATH_MAX    4096
#define SITE_NOFILE      (1024 * 1024)   /* the kernel's own limit */


static int
site_path(const char *dir, const char *file, char **ret_path, error_t *err)
{
    char  path[SITE_PATH_MAX];
    int   n;

    n = snprintf(path, sizeof(path), "%s/%s", dir, file);

    if (n < 0 || (size_t) n >= sizeof(path)) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    return model_set(ret_path, path, err);
}


/* workers pass through 0711, and read what is theirs below it */

static int
site_dirs(site_t *site, const config_t *config, error_t *err)
{
    int      rc;
    char     path[SITE_PATH_MAX];
    size_t   i;

    const struct {
        const char  *base;
        const char  *dir;
        mode_t       mode;
        bool         workers;
    } dirs[] = {
        { config->paths.state, "", 0711, false },
        { config->paths.state, "/tls", 0700, false },
        { config->paths.state, "/nginx", 0711, false },
        { config->paths.state, "/nginx/tmp", 0711, false },
        { config->paths.state, "/nginx/generations", 0700, false },
        { config->paths.state, "/nginx/snippets", 0711, false },
        { config->paths.state, "/" INCLUDE_DIR, 0700, false },
        { config->paths.state, "/nginx/origins", 0711, false },
        { config->paths.run, "", 0750, true },
        { config->paths.run, "/credentials", 0750, true },
        { config->logging.path, "", 0750, true }
    };

    for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {

        if (strcmp(dirs[i].base, "stderr") == 0) {
            continue;
        }

        if (snprintf(path, sizeof(path), "%s%s", dirs[i].base, dirs[i].dir)
            >= (int) sizeof(path))
        {
            return error_set(err, ERR_LIMIT, "a path is too long");
        }

        rc = file_mkdir(path, dirs[i].mode,
                        dirs[i].workers ? site->user.gid : FILE_GID_KEEP, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/* IPv6 may be off in the kernel, and then nginx cannot listen on [::] */

static bool
site_has_ipv6(void)
{
    int  fd;

    fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd == -1) {
        return false;
    }

    (void) close(fd);

    return file_exists("/proc/net/if_inet6");
}


/*
 * What stderr is open on may be a socket, or of another user: then nginx
 * could not open /dev/stderr.  It takes its error log as it is.
 */

static bool
site_stderr_opens(void)
{
    int  fd;

    fd = open("/dev/stderr", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
    if (fd == -1) {
        return false;
    }

    (void) close(fd);

    return true;
}


/* to go over the hard limit takes more than root in a container */

static unsigned
site_nofile(void)
{
    struct rlimit  limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0
        || limit.rlim_max == RLIM_INFINITY || limit.rlim_max > SITE_NOFILE)
    {
        return SITE_NOFILE;
    }

    return (unsigned) limit.rlim_max;
}


/* nothing is made or run yet */

static int
site_open_nginx(site_t *site, const config_t *config, error_t *err)
{
    int           rc;
    char         *conf, *prefix, *pid, *sock, *mark;
    nginx_conf_t  nc;

    conf = NULL;
    prefix = NULL;
    pid = NULL;
    sock = NULL;
    mark = NULL;

    if (site_path(config->paths.state, "nginx/nginx.conf", &conf, err) != 0
        || site_path(config->paths.state, "nginx", &prefix, err) != 0
        || site_path(config->paths.run, "nginx.pid", &pid, err) != 0
        || site_path(config->paths.run, "control.sock", &sock, err) != 0
        || site_path(config->paths.state, "s3edge.state", &mark, err) != 0)
    {
        rc = ERR_NOMEM;
        goto done;
    }

    nc.binary = config->nginx.binary;
    nc.conf = conf;
    nc.prefix = prefix;
    nc.pid_file = pid;
    nc.socket = sock;
    nc.mark = mark;
    nc.log = config->logging.path;
    nc.user = config->nginx.user;

    rc = nginx_new(&nc, &site->nginx, err);

    if (rc == 0) {
        rc = nginx_user(site->nginx, &site->user, err);
    }

    if (rc == 0) {
        rc = http_curl_new(&site->http, err);
    }

    if (rc == 0) {
        rc = edge_new(site->http, sock, &site->edge, err);
    }

done:

    free(conf);
    free(prefix);
    free(pid);
    free(sock);
    free(mark);

    return rc;
}


/* a key that is not ours alone, or is none, is not the end of all buckets */

static int
site_open_seal(site_t *site, const config_t *config, error_t *err)
{
    int           rc;
    bool          gone;
    char         *path, *registry;
    char          aside[DAMAGE_PATH_MAX];
    struct stat   st;

    path = NULL;
    registry = NULL;

    if (site_path(config->paths.state, "secret.key", &path, err) != 0
        || site_path(config->paths.state, "registry.db", &registry, err) != 0)
    {
        rc = ERR_NOMEM;
        goto done;
    }

    gone = stat(path, &st) != 0;

    if (!gone && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0
        && chmod(path, 0600) == 0)
    {
        damage_add(&site->damage, "others could read \"%s\", whose mode was "
                   "%o and is 0600 now: who had it, and the registry, has the "
                   "keys of its buckets", path, st.st_mode & 0777);
    }

    rc = seal_load(path, &site->seal, err);

    if (rc == ERR_INVALID) {

        rc = damage_aside(path, aside, err);

        if (rc == 0) {
            damage_add(&site->damage, "\"%s\" was no key (kept as \"%s\"): "
                       "there is a new one; to have keys of buckets back that "
                       "do not open with it, put the old one in its place and "
                       "restart s3edged", path, aside);

            rc = seal_load(path, &site->seal, err);
        }

    } else if (rc == 0 && gone && stat(registry, &st) == 0
               && st.st_size != 0)
    {
        damage_add(&site->damage, "\"%s\" was gone: there is a new one; to "
                   "have keys of buckets back that do not open with it, put "
                   "the old one in its place and restart s3edged", path);
    }

done:

    free(path);
    free(registry);

    return rc;
}


static int
site_open_store(site_t *site, const config_t *config, error_t *err)
{
    int    rc;
    char  *path;

    path = NULL;

    rc = site_path(config->paths.state, "lock", &path, err);

    if (rc == 0) {
        rc = file_lock(path, &site->lock_fd, err);

        if (rc == ERR_CONFLICT) {
            rc = error_set(err, ERR_CONFLICT, "another s3edged works in "
                           "\"%s\"", config->paths.state);
        }
    }

    free(path);

    if (rc == 0) {
        rc = site_open_seal(site, config, err);
    }

    if (rc == 0) {
        rc = model_set(&site->state, config->paths.state, err);
    }

    if (rc == 0) {
        rc = model_set(&site->run, config->paths.run, err);
    }

    if (rc == 0) {
        site->registry_conf.state = site->state;
        site->registry_conf.run = site->run;
        site->registry_conf.seal = &site->seal;

        rc = registry_open(&site->registry_conf, &site->registry,
                           &site->damage, err);
    }

    if (rc == 0) {
        rc = registry_unlock(&site->registry_conf, &site->registry,
                             &site->damage, err);
    }

    return rc;
}


/* nginx refuses it, and begins with an empty cache where there is none */

static int
site_open_counters(site_t *site, const config_t *config, error_t *err)
{
    int    rc;
    char  *path;
    char   aside[DAMAGE_PATH_MAX];

    path = NULL;

    rc = site_path(config->paths.state, "s3edge.state", &path, err);

    if (rc == 0 && counters_broken(path)) {

        rc = damage_aside(path, aside, err);

        if (rc == 0) {
            damage_add(&site->damage, "\"%s\" was no whole file of purge "
                       "counters (kept as \"%s\"): an nginx that runs writes "
                       "it anew, one that was stopped has begun with an empty "
                       "cache; nothing else is lost", path, aside);
        }
    }

    site->counters_gone = rc == 0 && !file_exists(path);

    free(path);

    return rc;
}


static int
site_open_tls(site_t *site, const config_t *config, error_t *err)
{
    int    rc;
    bool   made;
    char  *dir;

    dir = NULL;
    made = false;

    rc = site_path(config->paths.state, "tls", &dir, err);

    if (rc == 0) {
        rc = site_path(dir, "cert.pem", &site->tls_cert, err);
    }

    if (rc == 0) {
        rc = site_path(dir, "key.pem", &site->tls_key, err);
    }

    /* made also where it is not used now: a reload may come to need it */

    if (rc == 0) {
        rc = tls_self_signed(dir, &made, err);
    }

    if (made && config->server.tls_cert == NULL
        && config->server.https_port != 0)
    {
        (void) snprintf(site->notice, sizeof(site->notice),
                        "no certificate is configured: made a self-signed "
                        "one, \"%s\"", site->tls_cert);
    }

    free(dir);

    return rc;
}


static int
site_open_resolve(site_t *site, const config_t *config, error_t *err)
{
    int             rc;
    char           *path;
    resolve_conf_t  conf;

    path = NULL;

    rc = site_path(config->paths.state, "nginx/origins", &site->origins, err);

    if (rc == 0) {
        rc = addresses_new(site->origins, &site->addresses, err);
    }

    if (rc == 0) {
        rc = site_path(config->paths.state, "nginx/addresses", &path, err);
    }

    if (rc == 0) {
        conf.path = path;
        conf.lookup = dns_lookup;
        conf.thread = true;
        conf.changed = addresses_publish;
        conf.data = site->addresses;

        rc = resolve_new(&conf, &site->resolve, err);
    }

    free(path);

    return rc;
}


int
site_open(site_t *site, const config_t *config, error_t *err)
{
    int  rc;

    site->ipv6 = site_has_ipv6();
    site->nofile = site_nofile();
    site->stderr_opens = site_stderr_opens();

    rc = site_open_nginx(site, config, err);

    /* before anything is made; nginx gives it to its workers */

    if (rc == 0) {
        rc = cache_dir_claim(config, err);
    }

    if (rc == 0) {
        rc = site_dirs(site, config, err);
    }

    if (rc == 0) {
        rc = site_open_store(site, config, err);
    }

    if (rc == 0) {
        rc = site_open_counters(site, config, err);
    }

    if (rc == 0) {
        rc = site_open_tls(site, config, err);
    }

    if (rc == 0) {
        rc = nginx_build(site->nginx, &site->build, err);
    }

    if (rc == 0) {
        rc = site_open_resolve(site, config, err);
    }

    return rc;
}


void
site_close(site_t *site)
{
    resolve_free(site->resolve);
    addresses_free(site->addresses);
    nginx_free(site->nginx);
    edge_free(site->edge);
    http_free(site->http);
    store_close(site->registry.store);
    seal_release(&site->seal);

    if (site->lock_fd != -1) {
        (void) close(site->lock_fd);
    }

    free(site->origins);
    free(site->state);
    free(site->run);
    free(site->tls_cert);
    free(site->tls_key);
}
