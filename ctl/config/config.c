
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/address.h"
#include "base/doc.h"
#include "base/file.h"
#include "config/config.h"
#include "config/config_entity.h"
#include "config/config_disk.h"
#include "config/hook.h"
#include "config/setting.h"
#include "config/target.h"
#include "config/value.h"


#define CONFIG_MEMORY_OBJECTS  8   /* of the largest size, that fit at least */


static int
config_warn(config_t *config, error_t *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));


static int
config_warn(config_t *config, error_t *err, const char *fmt, ...)
{
    char     text[ERROR_MESSAGE_MAX];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    return value_list_add(&config->warnings, text, err);
}


config_t *
config_ref(config_t *config)
{
    config->refs++;

    return config;
}


void
config_unref(config_t *config)
{
    if (config == NULL || --config->refs > 0) {
        return;
    }

    setting_release(config);
    hook_release(config);
    model_buckets_release(&config->buckets);
    credentials_release(&config->credentials);
    value_list_release(&config->warnings);
    (void) model_set(&config->file, NULL, NULL);
    free(config);
}


static config_t *
config_new(error_t *err)
{
    config_t  *config;

    config = calloc(1, sizeof(config_t));
    if (config == NULL) {
        (void) error_nomem(err);
        return NULL;
    }

    config->refs = 1;
    model_buckets_init(&config->buckets);

    if (setting_defaults(config, err) != 0) {
        config_unref(config);
        return NULL;
    }

    return config;
}


/* "NAME:LINE" of a section's key, or of the section, or of the file */

static unsigned
config_line(const doc_node_t *root, const char *section, const char *key)
{
    const doc_node_t  *node, *map;

    if (root->type != DOC_MAP) {
        return 1;
    }

    map = doc_find(root, section);
    if (map == NULL) {
        return 1;
    }

    node = map->type == DOC_MAP ? doc_find(map, key) : NULL;

    return node != NULL ? node->line : map->line;
}


/* what one setting alone cannot tell; the message begins with the key */

static int
config_check_endpoint(const config_t *config, error_t *err)
{
    int             rc;
    model_bucket_t  bucket;

    rc = model_endpoint_check("endpoint", config->s3.endpoint, err);
    if (rc != 0) {
        return rc;
    }

    memset(&bucket, 0, sizeof(model_bucket_t));
    bucket.endpoint = config->s3.endpoint;

    return target_check(config, &bucket, NULL, err);
}


static int
config_check_s3(const config_t *config, error_t *err)
{
    int  rc;

    if (config->s3.endpoint != NULL) {
        rc = config_check_endpoint(config, err);
        if (rc != 0) {
            return rc;
        }
    }

    rc = model_region_check("region", config->s3.region, err);
    if (rc != 0) {
        return rc;
    }

    if (config->s3.access_key_id == NULL
        && config->s3.secret_access_key == NULL
        && config->s3.session_token == NULL)
    {
        return 0;
    }

    return model_keys_check(config->s3.access_key_id,
                            config->s3.secret_access_key,
                            config->s3.session_token, err);
}


/* whoever reaches the API may change everything */

static int
config_check_api(const config_t *config, error_t *err)
{
    address_t    address;
    const char  *listen;

    listen = config->server.api_listen;

    if (config->server.api_token_file != NULL
        || (address_parse(listen, strlen(listen), &address)
            && address_is_loopback(&address)))
    {
        return 0;
    }

    return error_set(err, ERR_INVALID, "api_listen: \"%s\" is not a loopback "
                     "address, and the API has no token: set "
                     "server.api_token_file to a file with a secret, or "
                     "api_listen to 127.0.0.1", listen);
}


static int
config_check_server(const config_t *config, error_t *err)
{
    if ((config->server.tls_cert == NULL) != (config->server.tls_key == NULL))
    {
        return error_set(err, ERR_INVALID,
                         "tls: cert and key are expected together");
    }

    if (config->server.http_port == config->server.https_port) {

        if (config->server.http_port == 0) {
            return error_set(err, ERR_INVALID,
                             "http_port: it is off, and so is https_port");
        }

        return error_set(err, ERR_INVALID, "https_port: another port than "
                         "http_port is expected");
    }

    return 0;
}


static int
config_check_nginx(const config_t *config, error_t *err)
{
    const char  *p;

    if (config->nginx.mode == CONFIG_ATTACHED) {
        return error_set(err, ERR_INVALID, "mode: attached is not supported "
                         "yet; managed is expected");
    }

    for (p = config->nginx.user; *p != '\0'; p++) {
        if ((*p < 'a' || *p > 'z') && (*p < 'A' || *p > 'Z') && *p != '_'
            && (p == config->nginx.user
                || ((*p < '0' || *p > '9') && *p != '-' && *p != '.')))
        {
            return error_set(err, ERR_INVALID,
                             "user: a user name is expected");
        }
    }

    return 0;
}


/* nginx would warn only, and a worker end up without descriptors */

static int
config_check_sizes(const config_t *config, error_t *err)
{
    int64_t  connections, nofile;

    connections = config->nginx.worker_connections;
    nofile = config->nginx.worker_rlimit_nofile;

    if (connections != 0 && nofile != 0 && nofile < connections) {
        return error_set(err, ERR_INVALID, "worker_rlimit_nofile: "
                         "worker_connections at least, %" PRId64 ", is "
                         "expected", connections);
    }

    return 0;
}


static int
config_check_paths(const config_t *config, error_t *err)
{
    struct sockaddr_un  addr;

    if (strlen(config->paths.run) + sizeof("/control.sock")
        > sizeof(addr.sun_path))
    {
        return error_set(err, ERR_LIMIT, "run: more than %zu bytes",
                         sizeof(addr.sun_path) - sizeof("/control.sock"));
    }

    return 0;
}


static int
config_check_cache(const config_t *config, error_t *err)
{
    int64_t  max;

    max = config->cache.memory_max_size / CONFIG_MEMORY_OBJECTS;

    if (max != 0 && config->cache.memory_max_object > max) {
        return error_set(err, ERR_INVALID, "memory_max_object: at most 1/%d "
                         "of memory_max_size, %" PRId64 " bytes, is expected",
                         CONFIG_MEMORY_OBJECTS, max);
    }

    return 0;
}


static int
config_check(const config_t *config, const char *name, const doc_node_t *root,
    error_t *err)
{
    int      rc;
    char     key[32];
    size_t   i;
    error_t  reason;

    static const struct {
        const char  *section;
        int        (*check)(const config_t *config, error_t *err);
    } checks[] = {
        { "s3", config_check_s3 },
        { "server", config_check_server },
        { "server", config_check_api },
        { "cache", config_check_cache },
        { "paths", config_check_paths },
        { "nginx", config_check_nginx },
        { "nginx", config_check_sizes }
    };

    for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {

        rc = checks[i].check(config, &reason);
        if (rc == 0) {
            continue;
        }

        (void) snprintf(key, sizeof(key), "%.*s",
                        (int) strcspn(reason.message, ":"), reason.message);

        return error_set(err, rc, "%s:%u: %s.%s", name,
                         config_line(root, checks[i].section, key),
                         checks[i].section, reason.message);
    }

    return 0;
}


/* for messages about files, which are read later */

static void
config_hook_lines(config_t *config, const doc_node_t *root)
{
    unsigned  h;

    for (h = 0; h < CONFIG_HOOKS; h++) {
        config->nginx.include[h].line = config_line(root, "nginx",
                                                    hook_key(h));
    }
}


/* a set of keys comes from one place: never half of it from the file */

static int
config_env(config_t *config, error_t *err)
{
    int          rc;
    const char  *value, *access, *secret;

    value = getenv("AWS_REGION");

    if (value != NULL && value[0] != '\0') {
        rc = model_region_check("AWS_REGION", value, err);

        if (rc == 0) {
            rc = model_set(&config->s3.region, value, err);
        }

        if (rc != 0) {
            return rc;
        }
    }

    value = getenv("S3EDGE_LOG");

    if (value != NULL && value[0] != '\0'
        && !log_level_parse(value, &config->logging.level))
    {
        return error_set(err, ERR_INVALID, "S3EDGE_LOG: one of error, warn, "
                         "info, debug is expected");
    }

    access = getenv("AWS_ACCESS_KEY_ID");
    secret = getenv("AWS_SECRET_ACCESS_KEY");

    if ((access == NULL || access[0] == '\0')
        && (secret == NULL || secret[0] == '\0'))
    {
        return 0;
    }

    rc = model_set(&config->s3.access_key_id, access, err);

    if (rc == 0) {
        rc = model_set(&config->s3.secret_access_key, secret, err);
    }

    if (rc == 0) {
        rc = model_set(&config->s3.session_token,
                            getenv("AWS_SESSION_TOKEN"), err);
    }

    if (rc == 0) {
        rc = model_keys_check(config->s3.access_key_id,
                              config->s3.secret_access_key,
                              config->s3.session_token, err);
        if (rc != 0) {
            (void) error_prefix(err, "AWS_ACCESS_KEY_ID, "
                                "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN");
        }
    }

    return rc;
}


int
config_parse(const char *name, const char *text, size_t len,
    config_t **ret_config, error_t *err)
{
    int          rc;
    config_t    *config;
    doc_node_t  *root;

    root = NULL;

    config = config_new(err);
    if (config == NULL) {
        return ERR_NOMEM;
    }

    rc = doc_parse(name, text, len, CONFIG_DEPTH_MAX, &root, err);

    if (rc == 0) {
        rc = setting_load(config, name, root, err);
    }

    if (rc == 0) {
        rc = config_disk_load(config, name, root, err);
    }

    if (rc == 0) {
        config_hook_lines(config, root);
        rc = config_check(config, name, root, err);
    }

    if (rc == 0) {
        rc = config_entity_load(config, name, root, err);
    }

    doc_free(root);

    if (rc != 0) {
        config_unref(config);
        return rc;
    }

    *ret_config = config;

    return 0;
}


static bool
config_has_secret(const config_t *config)
{
    size_t  i;

    if (config->s3.secret_access_key != NULL) {
        return true;
    }

    for (i = 0; i < config->buckets.len; i++) {
        if (config->buckets.items[i]->secret_key != NULL) {
            return true;
        }
    }

    for (i = 0; i < config->credentials.len; i++) {
        if (config->credentials.items[i]->secret_key != NULL) {
            return true;
        }
    }

    return false;
}


static int
config_load_file(const char *path, bool optional, config_t **ret_config,
    error_t *err)
{
    int           rc;
    strbuf_t      text;
    config_t     *config;
    struct stat   st;

    strbuf_init(&text, CONFIG_FILE_MAX);
    config = NULL;

    rc = file_read(path, &text, err);

    if (rc == ERR_NOT_FOUND && optional) {
        rc = config_parse(path, "", 0, ret_config, err);
        goto done;
    }

    if (rc == 0) {
        rc = config_parse(path, text.data, text.len, &config, err);
    }

    if (rc == 0) {
        rc = model_set(&config->file, path, err);
    }

    if (rc == 0 && config_has_secret(config) && stat(path, &st) == 0
        && (st.st_mode & 044) != 0)
    {
        rc = config_warn(config, err, "others may read \"%s\", which holds "
                         "secret keys: its mode should be 0600", path);
    }

    if (rc != 0) {
        config_unref(config);
        goto done;
    }

    *ret_config = config;

done:

    strbuf_wipe(&text);

    return rc;
}


/* it may be an oversight */

static int
config_warn_unsigned(config_t *config, error_t *err)
{
    size_t       i, n;
    const char  *first;

    first = NULL;

    for (i = 0, n = 0; i < config->buckets.len; i++) {
        if (config->buckets.items[i]->credentials == MODEL_INHERIT) {
            first = first != NULL ? first : config->buckets.items[i]->name;
            n++;
        }
    }

    if (n == 0 || config->s3.access_key_id != NULL) {
        return 0;
    }

    return config_warn(config, err, "requests to the origin of \"%s\"%s are "
                       "not signed, since section s3 has no keys: say "
                       "\"credentials: none\" if that is meant", first,
                       n > 1 ? " and of other buckets" : "");
}


int
config_load(const char *path, config_t **ret_config, error_t *err)
{
    int        rc;
    bool       optional;
    unsigned   line;
    config_t  *config;

    line = 0;
    optional = false;

    if (path == NULL) {
        path = getenv("CONFIG_PATH");
    }

    if (path == NULL || path[0] == '\0') {
        path = CONFIG_PATH_DEFAULT;
        optional = true;
    }

    rc = config_load_file(path, optional, &config, err);
    if (rc != 0) {
        return rc;
    }

    rc = config_env(config, err);

    if (rc == 0) {
        rc = hook_env(config, err);
    }

    if (rc == 0) {
        rc = hook_load(config, &line, err);

        if (rc != 0 && line != 0) {
            (void) error_prefix(err, "%s:%u", path, line);
        }
    }

    if (rc == 0) {
        rc = config_warn_unsigned(config, err);
    }

    if (rc != 0) {
        config_unref(config);
        return rc;
    }

    *ret_config = config;

    return 0;
}


/* what was left open is as the setting that it inherits from */

static int
config_inherit(const config_t *config, model_bucket_t *bucket, error_t *err)
{
    int             rc;
    size_t          i;
    const void     *from;
    const field_t  *f;

    for (i = 0; i < model_bucket_table.len; i++) {

        f = &model_bucket_table.fields[i];

        if (f->inherits == NULL || !field_unset(f, bucket)) {
            continue;
        }

        from = setting_at(config, f->inherits);

        if (f->type == FIELD_TEXT) {
            rc = field_set(field_at(f, bucket), *(char *const *) from, err);
            if (rc != 0) {
                return rc;
            }

        } else {
            *(int64_t *) field_at(f, bucket) = *(const int64_t *) from;
        }
    }

    return 0;
}


int
config_resolve(const config_t *config, model_bucket_t *bucket, error_t *err)
{
    int   rc;
    char  url[MODEL_ENDPOINT_MAX];

    rc = config_inherit(config, bucket, err);

    if (rc == 0 && bucket->endpoint == NULL) {
        (void) snprintf(url, sizeof(url), "https://s3.%s.amazonaws.com",
                        bucket->region);
        rc = field_set(&bucket->endpoint, url, err);
    }

    if (bucket->credentials == MODEL_INHERIT
        && config->s3.access_key_id == NULL)
    {
        bucket->credentials = MODEL_ANONYMOUS;
    }

    if (rc == 0 && model_ttl_find(bucket, 0) == NULL) {
        rc = model_ttl_add(bucket, 0, config->cache.default_ttl, err);
    }

    if (rc == 0 && model_ttl_find(bucket, 404) == NULL) {
        rc = model_ttl_add(bucket, 404, CONFIG_TTL_404, err);
    }

    return rc;
}


json_t *
config_json(const config_t *config)
{
    return setting_json(config);
}
