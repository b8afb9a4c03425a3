
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "config/setting.h"
#include "config/value.h"


#ifndef S3EDGE_DATA_DIR
#define S3EDGE_DATA_DIR   "/usr/share/s3edge"
#endif

#ifndef S3EDGE_MODULE_PATH
#define S3EDGE_MODULE_PATH  "/usr/lib/nginx/modules/ngx_s3edge_module.so"
#endif


typedef struct {
    const char      *section;
    const char      *key;
    size_t           offset;
    const char      *text;         /* the default; NULL: none */
    value_t          value;
} setting_t;


#define setting(section, key, type, field, text, min, max, zero)              \
    { section, key, offsetof(config_t, field), text,                          \
      { type, min, max, zero } }

#define SETTING_GIB  (1024LL * 1024 * 1024)


static const setting_t  settings[] = {
    setting("server", "listen", VALUE_ADDRESSES, server.listen, NULL,
            0, 0, NULL),
    setting("server", "http_port", VALUE_INT, server.http_port, "9000",
            0, 65535, "off"),
    setting("server", "https_port", VALUE_INT, server.https_port, "9001",
            0, 65535, "off"),
    setting("server", "api_listen", VALUE_ADDRESS, server.api_listen,
            "127.0.0.1", 0, 0, NULL),
    setting("server", "api_port", VALUE_INT, server.api_port, "14000",
            1, 65535, NULL),
    setting("server", "api_token_file", VALUE_PATH, server.api_token_file,
            NULL, 0, 0, NULL),
    setting("server", "workers", VALUE_INT, server.workers, "auto",
            1, 512, "auto"),
    setting("server", "list_buckets", VALUE_BOOL, server.list_buckets,
            "false", 0, 0, NULL),
    setting("server", "domain", VALUE_DOMAINS, server.domain, NULL,
            0, 0, NULL),
    setting("server.tls", "cert", VALUE_PATH, server.tls_cert, NULL,
            0, 0, NULL),
    setting("server.tls", "key", VALUE_PATH, server.tls_key, NULL,
            0, 0, NULL),

    setting("cache", "enabled", VALUE_BOOL, cache.enabled, "true",
            0, 0, NULL),
    setting("cache", "disk_path", VALUE_PATH, cache.disk_path,
            "/var/cache/s3edge", 0, 0, NULL),
    setting("cache", "disk_max_size", VALUE_SIZE, cache.disk_max_size,
            "10g", 1024 * 1024, 1024 * 1024 * SETTING_GIB, NULL),
    setting("cache", "min_free", VALUE_SIZE, cache.min_free, "0",
            0, 1024 * 1024 * SETTING_GIB, NULL),
    setting("cache", "disks", VALUE_DISKS, cache.disks, NULL, 0, 0, NULL),
    setting("cache", "memory_max_size", VALUE_SIZE, cache.memory_max_size,
            "64m", 1024 * 1024, 1024 * SETTING_GIB, "0"),
    setting("cache", "memory_max_object", VALUE_SIZE,
            cache.memory_max_object, "128k", 1024, 4 * 1024 * 1024, NULL),
    setting("cache", "default_ttl", VALUE_TIME, cache.default_ttl, "1h",
            0, S3_TTL_MAX, NULL),
    setting("cache", "stale_while_revalidate", VALUE_TIME,
            cache.stale_while_revalidate, "0", 0, S3_TTL_MAX, NULL),
    setting("cache", "stale_if_error", VALUE_TIME, cache.stale_if_error, "1h",
            0, S3_TTL_MAX, NULL),
    setting("cache", "inactive", VALUE_TIME, cache.inactive, "7d",
            1, S3_TTL_MAX, NULL),
    setting("cache", "keys_zone", VALUE_SIZE, cache.keys_zone, "auto",
            1024 * 1024, 64 * SETTING_GIB, "auto"),

    setting("s3", "endpoint", VALUE_TEXT, s3.endpoint, NULL, 0, 0, NULL),
    setting("s3", "region", VALUE_TEXT, s3.region, "us-east-1",
            0, 0, NULL),
    setting("s3", "access_key_id", VALUE_SECRET, s3.access_key_id, NULL,
            0, 0, NULL),
    setting("s3", "secret_access_key", VALUE_SECRET, s3.secret_access_key,
            NULL, 0, 0, NULL),
    setting("s3", "session_token", VALUE_SECRET, s3.session_token, NULL,
            0, 0, NULL),

    setting("s3", "allow_local_endpoints", VALUE_BOOL,
            s3.allow_local_endpoints, "false", 0, 0, NULL),

    setting("s3", "ca_file", VALUE_PATH, s3.ca_file,
            "/etc/ssl/certs/ca-certificates.crt", 0, 0, NULL),
    setting("s3", "connect_timeout", VALUE_TIME, s3.connect_timeout, "2s",
            1, 60, NULL),
    setting("s3", "first_byte_timeout", VALUE_TIME, s3.first_byte_timeout,
            "10s", 1, 600, NULL),
    setting("s3", "read_timeout", VALUE_TIME, s3.read_timeout, "20s",
            1, 3600, NULL),

    setting("logging", "level", VALUE_LEVEL, logging.level, "info",
            0, 0, NULL),
    setting("logging", "format", VALUE_FORMAT, logging.format, "text",
            0, 0, NULL),
    setting("logging", "path", VALUE_PATH, logging.path, "/var/log/s3edge",
            0, 0, "stderr"),

    setting("paths", "state", VALUE_PATH, paths.state, "/var/lib/s3edge",
            0, 0, NULL),
    setting("paths", "run", VALUE_PATH, paths.run, "/run/s3edge",
            0, 0, NULL),

    setting("nginx", "binary", VALUE_PATH, nginx.binary, "/usr/sbin/nginx",
            0, 0, NULL),
    setting("nginx", "module", VALUE_PATH, nginx.module,
            S3EDGE_MODULE_PATH, 0, 0, "builtin"),
    setting("nginx", "snippet", VALUE_PATH, nginx.snippet,
            S3EDGE_DATA_DIR "/s3edge_proxy.conf", 0, 0, NULL),
    setting("nginx", "user", VALUE_TEXT, nginx.user, "www-data",
            0, 0, NULL),
    setting("nginx", "mode", VALUE_MODE, nginx.mode, "managed",
            0, 0, NULL),
    setting("nginx", "worker_connections", VALUE_INT,
            nginx.worker_connections, "auto", 64, 1024 * 1024, "auto"),
    setting("nginx", "worker_rlimit_nofile", VALUE_INT,
            nginx.worker_rlimit_nofile, "auto", 128, 16 * 1024 * 1024,
            "auto"),
    setting("nginx", "server_names_hash_max_size", VALUE_INT,
            nginx.server_names_hash_max_size, "auto", 16, 1024 * 1024,
            "auto"),
    setting("nginx", "server_names_hash_bucket_size", VALUE_INT,
            nginx.server_names_hash_bucket_size, "auto", 32, 4096, "auto"),
    setting("nginx", "map_hash_max_size", VALUE_INT,
            nginx.map_hash_max_size, "auto", 16, 16 * 1024 * 1024, "auto"),
    setting("nginx", "map_hash_bucket_size", VALUE_INT,
            nginx.map_hash_bucket_size, "auto", 32, 4096, "auto"),
    setting("nginx", "shutdown_timeout", VALUE_TIME, nginx.shutdown_timeout,
            "1h", 1, 24 * 3600, NULL),
    setting("nginx", "old_workers", VALUE_INT, nginx.old_workers, "8",
            1, 64, NULL),
    setting("nginx", "include_main", VALUE_PATTERNS,
            nginx.include[CONFIG_HOOK_MAIN].patterns, NULL, 0, 0, NULL),
    setting("nginx", "include_http", VALUE_PATTERNS,
            nginx.include[CONFIG_HOOK_HTTP].patterns, NULL, 0, 0, NULL),
    setting("nginx", "include_server", VALUE_PATTERNS,
            nginx.include[CONFIG_HOOK_SERVER].patterns, NULL, 0, 0, NULL)
};


#define SETTING_N  (sizeof(settings) / sizeof(settings[0]))


static void *
setting_field(const config_t *config, const setting_t *s)
{
    return (char *) (uintptr_t) config + s->offset;
}


static int
setting_set(config_t *config, const setting_t *s, const char *text,
    error_t *err)
{
    return value_set(&s->value, setting_field(config, s), text, err);
}


int
setting_defaults(config_t *config, error_t *err)
{
    int     rc;
    size_t  i;

    for (i = 0; i < SETTING_N; i++) {

        if (settings[i].text == NULL) {
            continue;
        }

        rc = setting_set(config, &settings[i], settings[i].text, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


const char *
setting_ca_file(const config_t *config)
{
    size_t       i;
    const char  *path;

    path = config->s3.ca_file;

    for (i = 0; i < SETTING_N; i++) {
        if (settings[i].offset == offsetof(config_t, s3.ca_file)
            && strcmp(settings[i].text, path) == 0 && !file_exists(path))
        {
            return NULL;
        }
    }

    return path;
}


int
setting_mismatch(const char *name, const char *where, const doc_node_t *node,
    const char *what, error_t *err)
{
    return error_set(err, ERR_INVALID, "%s:%u: %s%s%s: %s is expected, not %s",
                     name, node->line, where,
                     where[0] != '\0' && node->key != NULL ? "." : "",
                     node->key != NULL ? node->key : "", what,
                     doc_is_null(node) ? "nothing"
                                       : doc_type_name(node->type));
}


int
setting_check_keys(const char *name, const char *where, const doc_node_t *map,
    const char *const *keys, error_t *err)
{
    int                rc;
    size_t             i;
    strbuf_t           list;
    const doc_node_t  *node;

    for (node = map->first; node != NULL; node = node->next) {

        for (i = 0; keys[i] != NULL; i++) {
            if (strcmp(node->key, keys[i]) == 0) {
                break;
            }
        }

        if (keys[i] != NULL) {
            continue;
        }

        strbuf_init(&list, ERROR_MESSAGE_MAX);

        for (i = 0; keys[i] != NULL; i++) {
            strbuf_printf(&list, "%s%s", i != 0 ? ", " : "", keys[i]);
        }

        rc = error_set(err, ERR_INVALID,
                       "%s:%u: %s%s%.64s: unknown key; expected one of: %s",
                       name, node->line, where, where[0] != '\0' ? "." : "",
                       node->key, list.data);

        strbuf_release(&list);

        return rc;
    }

    return 0;
}


static int
setting_load_value(config_t *config, const setting_t *s, const char *name,
    const doc_node_t *node, error_t *err)
{
    int                rc;
    const doc_node_t  *item;

    if (value_is_list(&s->value) && node->type == DOC_LIST) {

        for (item = node->first; item != NULL; item = item->next) {

            if (item->type != DOC_SCALAR || doc_is_null(item)) {
                return error_set(err, ERR_INVALID, "%s:%u: %s.%s: a list of "
                                 "texts is expected", name, item->line,
                                 s->section, s->key);
            }

            rc = setting_set(config, s, item->text, err);
            if (rc != 0) {
                (void) error_prefix(err, "%s:%u: %s.%s", name, item->line,
                                    s->section, s->key);
                return rc;
            }
        }

        return 0;
    }

    if (node->type != DOC_SCALAR) {
        return setting_mismatch(name, s->section, node,
                                value_is_list(&s->value) ? "a text or a list"
                                                   : "a text or a number",
                                err);
    }

    if (s->value.type == VALUE_BOOL && !node->plain) {
        return error_set(err, ERR_INVALID, "%s:%u: %s.%s: true or false is "
                         "expected, without quotes", name, node->line,
                         s->section, s->key);
    }

    rc = setting_set(config, s, node->text, err);
    if (rc != 0) {
        (void) error_prefix(err, "%s:%u: %s.%s", name, node->line, s->section,
                            s->key);
    }

    return rc;
}


/* the keys of a section, subsections included */

static size_t
setting_keys(const char *section, const char **keys)
{
    size_t       i, n, len;
    const char  *sub;

    n = 0;
    len = strlen(section);

    for (i = 0; i < SETTING_N; i++) {

        if (strcmp(settings[i].section, section) == 0) {
            keys[n++] = settings[i].key;
            continue;
        }

        if (strncmp(settings[i].section, section, len) == 0
            && settings[i].section[len] == '.')
        {
            sub = settings[i].section + len + 1;

            if (n == 0 || strcmp(keys[n - 1], sub) != 0) {
                keys[n++] = sub;
            }
        }
    }

    keys[n] = NULL;

    return n;
}


static const setting_t *
setting_find(const char *section, const char *key)
{
    size_t  i;

    for (i = 0; i < SETTING_N; i++) {
        if (strcmp(settings[i].section, section) == 0
            && strcmp(settings[i].key, key) == 0)
        {
            return &settings[i];
        }
    }

    return NULL;
}


const void *
setting_at(const config_t *config, const char *name)
{
    size_t  i, len;

    len = strcspn(name, ".");

    for (i = 0; i < SETTING_N; i++) {
        if (strncmp(settings[i].section, name, len) == 0
            && settings[i].section[len] == '\0'
            && strcmp(settings[i].key, name + len + 1) == 0)
        {
            return setting_field(config, &settings[i]);
        }
    }

    return NULL;
}


static int
setting_load_section(config_t *config, const char *section, const char *name,
    const doc_node_t *map, error_t *err)
{
    int                rc;
    char               sub[64];
    const char        *keys[SETTING_N + 1];
    const setting_t   *s;
    const doc_node_t  *node;

    if (doc_is_null(map)) {
        return 0;
    }

    if (map->type != DOC_MAP) {
        return error_set(err, ERR_INVALID, "%s:%u: %s: a map is expected, not "
                         "%s", name, map->line, section,
                         doc_type_name(map->type));
    }

    (void) setting_keys(section, keys);

    rc = setting_check_keys(name, section, map, keys, err);
    if (rc != 0) {
        return rc;
    }

    for (node = map->first; node != NULL; node = node->next) {

        s = setting_find(section, node->key);

        if (s == NULL) {
            (void) snprintf(sub, sizeof(sub), "%s.%s", section, node->key);
            rc = setting_load_section(config, sub, name, node, err);

        } else if (!doc_is_null(node) && s->value.type != VALUE_DISKS) {
            rc = setting_load_value(config, s, name, node, err);
        }

        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


int
setting_load(config_t *config, const char *name, const doc_node_t *root,
    error_t *err)
{
    static const char *const  sections[] = {
        "server", "cache", "s3", "logging", "paths", "nginx", "buckets",
        "credentials", NULL
    };

    int                rc;
    const doc_node_t  *node;

    if (root->type != DOC_MAP && !doc_is_null(root)) {
        return error_set(err, ERR_INVALID, "%s:%u: a map of sections is "
                         "expected, not %s", name, root->line,
                         doc_type_name(root->type));
    }

    rc = setting_check_keys(name, "", root, sections, err);
    if (rc != 0) {
        return rc;
    }

    for (node = root->first; node != NULL; node = node->next) {

        if (strcmp(node->key, "buckets") == 0
            || strcmp(node->key, "credentials") == 0)
        {
            continue;
        }

        rc = setting_load_section(config, node->key, name, node, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


void
setting_release(config_t *config)
{
    size_t  i;

    for (i = 0; i < SETTING_N; i++) {
        value_release(&settings[i].value, setting_field(config, &settings[i]));
    }
}


/* the object of "server" or "server.tls", made where it is not there */

static json_t *
setting_json_section(json_t *root, const char *section)
{
    char         name[64];
    size_t       len;
    json_t      *obj;
    const char  *dot;

    dot = strchr(section, '.');
    len = dot != NULL ? (size_t) (dot - section) : strlen(section);

    memcpy(name, section, len);
    name[len] = '\0';

    obj = json_object_get(root, name);

    if (obj == NULL) {
        obj = json_object();

        if (json_object_set_new(root, name, obj) != 0) {
            return NULL;
        }
    }

    return dot != NULL ? setting_json_section(obj, dot + 1) : obj;
}


json_t *
setting_json(const config_t *config)
{
    size_t   i;
    json_t  *root, *section;

    root = json_object();
    if (root == NULL) {
        return NULL;
    }

    for (i = 0; i < SETTING_N; i++) {

        section = setting_json_section(root, settings[i].section);

        if (section == NULL
            || json_object_set_new(section, settings[i].key,
                                   value_json(&settings[i].value,
                                              setting_field(config,
                                                            &settings[i])))
               != 0)
        {
            json_decref(root);
            return NULL;
        }
    }

    return root;
}
