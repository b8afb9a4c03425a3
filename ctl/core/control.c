
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/http.h"
#include "base/seal.h"
#include "core/apply.h"
#include "core/control.h"
#include "core/nginx.h"
#include "core/store.h"
#include "core/store_bucket.h"
#include "core/tls.h"


#define CONTROL_CENSUS_MS    300
#define CONTROL_BACKOFF_MAX  32        /* s, between two starts of nginx */
#define CONTROL_TEXT_MAX     512
#define CONTROL_PATH_MAX     4096


struct control_s {

    /* set by control_new(), then constant */

    int                  lock_fd;
    http_t              *http;
    edge_t              *edge;
    nginx_t             *nginx;
    nginx_build_t        build;
    disk_t              *disk;
    gid_t                gid;
    char                *user;
    char                *tls_cert;
    char                *tls_key;
    char                 notice[CONTROL_TEXT_MAX];
    int64_t              started_at;

    /* "writer" guards these: a change, from its begin to its end */

    pthread_mutex_t      writer;
    seal_t               seal;
    store_t             *store;
    apply_t             *apply;
    int64_t              next_start;   /* when nginx may be started again */
    int64_t              backoff;

    /* "lock" guards these, "writer" too where they are changed */

    pthread_mutex_t      lock;
    config_t            *config;
    model_buckets_t      buckets;      /* in force, resolved */
    int64_t              generation;
    int64_t              applied_at;
    char                 last_error[ERROR_MESSAGE_MAX];
};


static int
control_path(const char *dir, const char *file, char **ret_path, error_t *err)
{
    char  path[CONTROL_PATH_MAX];
    int   n;

    n = snprintf(path, sizeof(path), "%s/%s", dir, file);

    if (n < 0 || (size_t) n >= sizeof(path)) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    return model_set(ret_path, path, err);
}


/* who the workers are: only root can choose */

static int
control_user(control_t *control, const config_t *config, error_t *err)
{
    int             n;
    char            text[CONTROL_TEXT_MAX];
    struct group   *gr;
    struct passwd  *pw;

    control->gid = FILE_GID_KEEP;

    if (geteuid() != 0) {
        return 0;
    }

    pw = getpwnam(config->nginx.user);

    if (pw == NULL) {
        return error_set(err, ERR_INVALID, "nginx.user: there is no user "
                         "\"%s\"", config->nginx.user);
    }

    control->gid = pw->pw_gid;

    gr = getgrgid(pw->pw_gid);

    n = snprintf(text, sizeof(text), "%s %s", config->nginx.user,
                 gr != NULL ? gr->gr_name : "nogroup");

    if (n < 0 || (size_t) n >= sizeof(text)) {
        return error_set(err, ERR_LIMIT, "nginx.user: it is too long");
    }

    return model_set(&control->user, text, err);
}


/* workers pass through 0711, and read what is theirs below it */

static int
control_dirs(control_t *control, const config_t *config, error_t *err)
{
    int      rc;
    char     path[CONTROL_PATH_MAX];
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
        { config->paths.run, "", 0750, true },
        { config->paths.run, "/credentials", 0750, true },
        { config->logging.path, "", 0750, false }
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
                        dirs[i].workers ? control->gid : FILE_GID_KEEP, err);
        if (rc != 0) {
            return rc;
        }
    }

    /* the cache itself is nginx's to make, for its workers */

    return file_mkdir_parents(config->cache.disk_path, err);
}


/* IPv6 may be off in the kernel, and then nginx cannot listen on [::] */

static bool
control_has_ipv6(void)
{
    int  fd;

    fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd == -1) {
        return false;
    }

    (void) close(fd);

    return file_exists("/proc/net/if_inet6");
}


static int
control_open_nginx(control_t *control, const config_t *config, error_t *err)
{
    int           rc;
    char         *conf, *prefix, *pid, *sock, *mark;
    nginx_conf_t  nc;

    conf = NULL;
    prefix = NULL;
    pid = NULL;
    sock = NULL;
    mark = NULL;

    if (control_path(config->paths.state, "nginx/nginx.conf", &conf, err) != 0
        || control_path(config->paths.state, "nginx", &prefix, err) != 0
        || control_path(config->paths.run, "nginx.pid", &pid, err) != 0
        || control_path(config->paths.run, "control.sock", &sock, err) != 0
        || control_path(config->paths.state, "s3edge.state", &mark, err) != 0)
    {
        rc = ERR_NOMEM;
        goto done;
    }

    rc = http_curl_new(&control->http, err);

    if (rc == 0) {
        rc = edge_new(control->http, sock, &control->edge, err);
    }

    if (rc == 0) {
        nc.binary = config->nginx.binary;
        nc.conf = conf;
        nc.prefix = prefix;
        nc.pid_file = pid;
        nc.socket = sock;
        nc.inherit = strcmp(config->logging.path, "stderr") == 0;
        nc.mark = mark;

        rc = nginx_new(&nc, &control->nginx, err);
    }

    if (rc == 0) {
        rc = nginx_build(control->nginx, &control->build, err);
    }

done:

    free(conf);
    free(prefix);
    free(pid);
    free(sock);
    free(mark);

    return rc;
}


static int
control_open_store(control_t *control, const config_t *config, error_t *err)
{
    int    rc;
    char  *path;

    path = NULL;

    rc = control_path(config->paths.state, "lock", &path, err);

    if (rc == 0) {
        rc = file_lock(path, &control->lock_fd, err);

        if (rc == ERR_CONFLICT) {
            rc = error_set(err, ERR_CONFLICT, "another s3edged works in "
                           "\"%s\"", config->paths.state);
        }
    }

    if (rc == 0) {
        rc = control_path(config->paths.state, "secret.key", &path, err);
    }

    if (rc == 0) {
        rc = seal_load(path, &control->seal, err);
    }

    if (rc == 0) {
        rc = control_path(config->paths.state, "registry.db", &path, err);
    }

    if (rc == 0) {
        rc = store_open(path, &control->seal, &control->store, err);
    }

    free(path);

    return rc;
}


static int
control_open_tls(control_t *control, const config_t *config, error_t *err)
{
    int    rc;
    bool   made;
    char  *dir;

    dir = NULL;
    made = false;

    rc = control_path(config->paths.state, "tls", &dir, err);

    if (rc == 0) {
        rc = control_path(dir, "cert.pem", &control->tls_cert, err);
    }

    if (rc == 0) {
        rc = control_path(dir, "key.pem", &control->tls_key, err);
    }

    /* made also where it is not used now: a reload may come to need it */

    if (rc == 0) {
        rc = tls_self_signed(dir, &made, err);
    }

    if (made && config->server.tls_cert == NULL
        && config->server.https_port != 0)
    {
        (void) snprintf(control->notice, sizeof(control->notice),
                        "no certificate is configured: made a self-signed "
                        "one, \"%s\"", control->tls_cert);
    }

    free(dir);

    return rc;
}


static int
control_open(control_t *control, const config_t *config, error_t *err)
{
    int           rc;
    apply_conf_t  ac;

    rc = control_user(control, config, err);

    if (rc == 0) {
        rc = control_dirs(control, config, err);
    }

    if (rc == 0) {
        rc = control_open_store(control, config, err);
    }

    if (rc == 0) {
        rc = control_open_tls(control, config, err);
    }

    if (rc == 0) {
        rc = control_open_nginx(control, config, err);
    }

    if (rc != 0) {
        return rc;
    }

    ac.store = control->store;
    ac.edge = control->edge;
    ac.nginx = control->nginx;
    ac.build = &control->build;
    ac.user = control->user;
    ac.gid = control->gid;
    ac.ipv6 = control_has_ipv6();
    ac.tls_cert = control->tls_cert;
    ac.tls_key = control->tls_key;

    rc = apply_new(&ac, &control->apply, err);

    if (rc == 0) {
        rc = disk_new(config->cache.disk_path, &control->disk, err);
    }

    return rc;
}


int
control_new(config_t *config, control_t **ret_control, error_t *err)
{
    int         rc;
    control_t  *control;

    control = calloc(1, sizeof(control_t));
    if (control == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_init(&control->writer, NULL);
    (void) pthread_mutex_init(&control->lock, NULL);

    model_buckets_init(&control->buckets);
    control->lock_fd = -1;
    control->started_at = (int64_t) time(NULL);
    control->config = config_ref(config);

    rc = control_open(control, config, err);

    if (rc != 0) {
        control_free(control);
        return rc;
    }

    *ret_control = control;

    return 0;
}


void
control_free(control_t *control)
{
    if (control == NULL) {
        return;
    }

    disk_free(control->disk);
    apply_free(control->apply);
    nginx_free(control->nginx);
    edge_free(control->edge);
    http_free(control->http);
    store_close(control->store);
    seal_release(&control->seal);

    if (control->lock_fd != -1) {
        (void) close(control->lock_fd);
    }

    model_buckets_release(&control->buckets);
    config_unref(control->config);
    free(control->user);
    free(control->tls_cert);
    free(control->tls_key);

    (void) pthread_mutex_destroy(&control->writer);
    (void) pthread_mutex_destroy(&control->lock);

    free(control);
}


const char *
control_notice(const control_t *control)
{
    return control->notice;
}


/* a bucket of the file hides one of the same name in the registry */

static int
control_merge(control_t *control, const config_t *config,
    model_buckets_t *ret_list, error_t *err)
{
    int               rc;
    size_t            i;
    model_bucket_t   *bucket;
    model_buckets_t   list, stored;

    model_buckets_init(&stored);

    rc = model_buckets_copy(&config->buckets, &list, err);
    if (rc != 0) {
        return rc;
    }

    rc = store_bucket_list(control->store, &stored, err);

    for (i = 0; rc == 0 && i < stored.len; i++) {

        if (model_buckets_find(&config->buckets, stored.items[i]->name)) {
            continue;
        }

        bucket = model_bucket_dup(stored.items[i]);

        rc = bucket != NULL ? model_buckets_add(&list, bucket, err)
                            : error_nomem(err);
    }

    for (i = 0; rc == 0 && i < list.len; i++) {
        rc = config_resolve(config, list.items[i], err);
    }

    model_buckets_release(&stored);

    if (rc != 0) {
        model_buckets_release(&list);
        return rc;
    }

    model_buckets_sort(&list);
    *ret_list = list;

    return 0;
}


/*
 * Under "writer".  The store may have an open transaction, which is at its
 * end on return.
 */

static int
control_apply(control_t *control, config_t *config, error_t *err)
{
    int               rc;
    int64_t           generation;
    config_t         *old_config;
    model_buckets_t   list, old_list;

    rc = control_merge(control, config, &list, err);

    if (rc != 0) {
        store_rollback(control->store);
        return rc;
    }

    rc = apply_run(control->apply, config, &list, &generation, err);

    if (rc != 0) {
        model_buckets_release(&list);
        return rc;
    }

    (void) pthread_mutex_lock(&control->lock);

    old_config = control->config;
    old_list = control->buckets;

    control->config = config_ref(config);
    control->buckets = list;

    if (generation != control->generation) {
        control->generation = generation;
        control->applied_at = (int64_t) time(NULL);
    }

    control->last_error[0] = '\0';

    (void) pthread_mutex_unlock(&control->lock);

    config_unref(old_config);
    model_buckets_release(&old_list);

    control->backoff = 0;
    control->next_start = 0;

    return 0;
}


static void
control_note_error(control_t *control, const error_t *err)
{
    (void) pthread_mutex_lock(&control->lock);

    memcpy(control->last_error, err->message, sizeof(control->last_error));

    (void) pthread_mutex_unlock(&control->lock);
}


int
control_start(control_t *control, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_apply(control, control->config, err);

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


int
control_supervise(control_t *control, bool *ret_event, error_t *err)
{
    int      rc;
    int64_t  now;
    error_t  reason;

    *ret_event = false;

    /* a change that is under way looks after nginx itself */

    if (pthread_mutex_trylock(&control->writer) != 0) {
        return 0;
    }

    rc = 0;
    now = (int64_t) time(NULL);

    nginx_watch(control->nginx);

    if (nginx_pid(control->nginx) != 0 || now < control->next_start) {
        goto done;
    }

    *ret_event = true;

    rc = nginx_start(control->nginx, &reason);

    control->backoff = control->backoff == 0 ? 1 : control->backoff * 2;

    if (control->backoff > CONTROL_BACKOFF_MAX) {
        control->backoff = CONTROL_BACKOFF_MAX;
    }

    control->next_start = now + control->backoff;

    if (rc != 0) {
        control_note_error(control, &reason);
        rc = error_set(err, rc, "%s", reason.message);
    }

done:

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


int
control_stop_nginx(control_t *control, unsigned timeout_ms, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->writer);

    rc = nginx_stop(control->nginx, timeout_ms, err);

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


static bool
control_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}


/* what is opened once, by us or by nginx's shared memory */

static int
control_check_fixed(const config_t *old, const config_t *new, error_t *err)
{
    size_t  i;

    const struct {
        const char  *name;
        const char  *old;
        const char  *new;
    } fixed[] = {
        { "paths.state", old->paths.state, new->paths.state },
        { "paths.run", old->paths.run, new->paths.run },
        { "nginx.binary", old->nginx.binary, new->nginx.binary },
        { "nginx.user", old->nginx.user, new->nginx.user },
        { "logging.path", old->logging.path, new->logging.path },
        { "cache.disk_path", old->cache.disk_path, new->cache.disk_path },
        { "server.api_listen", old->server.api_listen,
          new->server.api_listen },
        { "server.api_token_file", old->server.api_token_file,
          new->server.api_token_file }
    };

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (!control_same(fixed[i].old, fixed[i].new)) {
            return error_set(err, ERR_INVALID, "%s: a change needs a restart "
                             "of s3edged", fixed[i].name);
        }
    }

    if (old->server.api_port != new->server.api_port) {
        return error_set(err, ERR_INVALID, "server.api_port: a change needs "
                         "a restart of s3edged");
    }

    return 0;
}


int
control_reload(control_t *control, config_t *config, error_t *err)
{
    int      rc;
    error_t  reason;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_check_fixed(control->config, config, &reason);

    if (rc == 0) {
        rc = control_apply(control, config, &reason);
    }

    if (rc != 0) {
        control_note_error(control, &reason);
        rc = error_set(err, rc, "%s", reason.message);
    }

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


config_t *
control_config(control_t *control)
{
    config_t  *config;

    (void) pthread_mutex_lock(&control->lock);

    config = config_ref(control->config);

    (void) pthread_mutex_unlock(&control->lock);

    return config;
}


void
control_health(control_t *control, control_health_t *ret_health)
{
    edge_status_t  status;

    memset(ret_health, 0, sizeof(control_health_t));

    ret_health->started_at = control->started_at;
    ret_health->nginx_pid = nginx_pid(control->nginx);
    ret_health->nginx_running = ret_health->nginx_pid != 0;

    if (edge_status(control->edge, &status, NULL) == 0) {
        ret_health->nginx_answers = true;
        memcpy(ret_health->nginx_version, status.nginx,
               sizeof(ret_health->nginx_version));
        memcpy(ret_health->module_version, status.version,
               sizeof(ret_health->module_version));
    }

    (void) pthread_mutex_lock(&control->lock);

    ret_health->generation = control->generation;
    ret_health->applied_at = control->applied_at;
    ret_health->buckets = control->buckets.len;
    memcpy(ret_health->last_error, control->last_error,
           sizeof(ret_health->last_error));

    (void) pthread_mutex_unlock(&control->lock);
}


int
control_buckets(control_t *control, model_buckets_t *ret_buckets,
    error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->lock);

    rc = model_buckets_copy(&control->buckets, ret_buckets, err);

    (void) pthread_mutex_unlock(&control->lock);

    return rc;
}


int
control_bucket_get(control_t *control, const char *name,
    model_bucket_t **ret_bucket, error_t *err)
{
    int                    rc;
    model_bucket_t        *copy;
    const model_bucket_t  *bucket;

    (void) pthread_mutex_lock(&control->lock);

    bucket = model_buckets_find(&control->buckets, name);

    if (bucket == NULL) {
        rc = error_set(err, ERR_NOT_FOUND, "there is no bucket \"%.*s\"", 255,
                       name);
        goto done;
    }

    copy = model_bucket_dup(bucket);

    if (copy == NULL) {
        rc = error_nomem(err);
        goto done;
    }

    *ret_bucket = copy;
    rc = 0;

done:

    (void) pthread_mutex_unlock(&control->lock);

    return rc;
}


/* under "writer", which makes reading control->buckets safe */

static int
control_insert(control_t *control, const model_bucket_t *bucket, error_t *err)
{
    int  rc;

    if (model_buckets_find(&control->buckets, bucket->name) != NULL) {
        return error_set(err, ERR_CONFLICT, "bucket \"%s\" exists already",
                         bucket->name);
    }

    rc = store_begin(control->store, err);

    if (rc == 0) {
        rc = store_bucket_put(control->store, bucket, err);
    }

    if (rc != 0) {
        store_rollback(control->store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


int
control_bucket_add(control_t *control, const model_bucket_t *bucket,
    model_bucket_t **ret_bucket, error_t *err)
{
    int              rc;
    model_bucket_t  *copy;

    copy = model_bucket_dup(bucket);
    if (copy == NULL) {
        return error_nomem(err);
    }

    copy->source = MODEL_API;
    copy->created_at = (int64_t) time(NULL);

    rc = model_bucket_check(copy, err);

    if (rc == 0) {
        (void) pthread_mutex_lock(&control->writer);

        rc = control_insert(control, copy, err);

        (void) pthread_mutex_unlock(&control->writer);
    }

    if (rc == 0 && ret_bucket != NULL) {
        rc = control_bucket_get(control, copy->name, ret_bucket, err);
    }

    model_bucket_free(copy);

    return rc;
}


static int
control_remove(control_t *control, const char *name, error_t *err)
{
    int                    rc;
    const model_bucket_t  *bucket;

    bucket = model_buckets_find(&control->buckets, name);

    if (bucket != NULL && bucket->source == MODEL_FILE) {
        return error_set(err, ERR_READ_ONLY, "bucket \"%s\" is declared in "
                         "\"%s\"; remove it there", bucket->name,
                         control->config->file != NULL
                         ? control->config->file : "the configuration");
    }

    rc = store_begin(control->store, err);

    if (rc == 0) {
        rc = store_bucket_del(control->store, name, err);
    }

    if (rc != 0) {
        store_rollback(control->store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


int
control_bucket_del(control_t *control, const char *name, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_remove(control, name, err);

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


int
control_purge(control_t *control, const char *bucket, error_t *err)
{
    bool  known;

    if (bucket != NULL) {
        (void) pthread_mutex_lock(&control->lock);
        known = model_buckets_find(&control->buckets, bucket) != NULL;
        (void) pthread_mutex_unlock(&control->lock);

        if (!known) {
            return error_set(err, ERR_NOT_FOUND, "there is no bucket \"%.*s\"",
                             255, bucket);
        }
    }

    return edge_purge(control->edge, bucket, err);
}


int
control_stats(control_t *control, control_stats_t *ret_stats, error_t *err)
{
    int              rc;
    control_stats_t  stats;

    memset(&stats, 0, sizeof(control_stats_t));

    rc = edge_stats(control->edge, &stats.edge, err);
    if (rc != 0) {
        return rc;
    }

    rc = disk_census(control->disk, CONTROL_CENSUS_MS, &stats.disk, err);

    if (rc != 0) {
        control_stats_release(&stats);
        return rc;
    }

    *ret_stats = stats;

    return 0;
}


void
control_stats_release(control_stats_t *stats)
{
    edge_stats_release(&stats->edge);
    disk_census_release(&stats->disk);
}
