
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/fnv.h"
#include "config/config_disk.h"
#include "config/setting.h"
#include "config/value.h"


#define CONFIG_DISK_WHERE_MAX  32
#define CONFIG_DISK_SIZE_MIN   (1024 * 1024)
#define CONFIG_DISK_SIZE_MAX   (1LL << 50)


static const char *const  config_disk_keys[] = {
    "path", "max_size", "min_free", NULL
};


/* a zone is of its path, so that nginx knows it again in another order */

static void
config_disk_zone(config_disk_t *disk)
{
    (void) snprintf(disk->zone, sizeof(disk->zone), "s3edge_%016" PRIx64,
                    fnv_add(FNV_INIT, disk->path, strlen(disk->path)));
}


/* one is in the other, or is the other */

static bool
config_disk_within(const char *a, const char *b)
{
    size_t  n;

    n = strlen(a);

    return strncmp(a, b, n) == 0
           && (b[n] == '\0' || b[n] == '/' || (n > 0 && a[n - 1] == '/'));
}


static int
config_disk_one(config_t *config, const char *name, const char *where,
    const doc_node_t *map, error_t *err)
{
    int                rc;
    void              *field;
    size_t             i;
    config_disk_t     *disk;
    const doc_node_t  *node;

    static const struct {
        size_t         offset;
        value_t        value;
    } fields[] = {
        { offsetof(config_disk_t, path), { VALUE_PATH, 0, 0, NULL } },
        { offsetof(config_disk_t, max_size),
          { VALUE_SIZE, CONFIG_DISK_SIZE_MIN, CONFIG_DISK_SIZE_MAX, NULL } },
        { offsetof(config_disk_t, min_free),
          { VALUE_SIZE, 0, CONFIG_DISK_SIZE_MAX, NULL } }
    };

    disk = &config->cache.disks.items[config->cache.disks.len++];

    for (i = 0; i < 3; i++) {

        node = doc_find(map, config_disk_keys[i]);

        if (node == NULL && i < 2) {
            return error_set(err, ERR_INVALID, "%s:%u: %s.%s: it is required",
                             name, map->line, where, config_disk_keys[i]);
        }

        if (node == NULL) {
            disk->min_free = config->cache.min_free;
            break;
        }

        if (node->type != DOC_SCALAR || doc_is_null(node)) {
            return setting_mismatch(name, where, node, "a text", err);
        }

        field = (char *) disk + fields[i].offset;

        rc = value_set(&fields[i].value, field, node->text, err);

        if (rc != 0) {
            (void) error_prefix(err, "%s:%u: %s.%s", name, node->line, where,
                                node->key);
            return rc;
        }
    }

    for (i = 0; i + 1 < config->cache.disks.len; i++) {
        if (config_disk_within(config->cache.disks.items[i].path, disk->path)
            || config_disk_within(disk->path,
                                  config->cache.disks.items[i].path))
        {
            return error_set(err, ERR_INVALID, "%s:%u: %s.path: it is, or is "
                             "in, that of another disk, \"%s\"", name,
                             map->line, where,
                             config->cache.disks.items[i].path);
        }
    }

    config_disk_zone(disk);

    return 0;
}


static int
config_disk_list(config_t *config, const char *name, const doc_node_t *cache,
    const doc_node_t *list, error_t *err)
{
    int                rc;
    char               where[CONFIG_DISK_WHERE_MAX];
    size_t             i;
    unsigned           n;
    const doc_node_t  *node;

    static const char *const  others[] = { "disk_path", "disk_max_size" };

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {

        node = doc_find(cache, others[i]);

        if (node != NULL) {
            return error_set(err, ERR_INVALID, "%s:%u: cache.%s: it is not "
                             "expected beside disks", name, node->line,
                             others[i]);
        }
    }

    if (list->type != DOC_LIST || list->first == NULL) {
        return setting_mismatch(name, "cache", list, "a list", err);
    }

    config->cache.disk_max_size = 0;

    for (n = 0, node = list->first; node != NULL; n++, node = node->next) {

        (void) snprintf(where, sizeof(where), "cache.disks[%u]", n);

        if (n == CONFIG_DISKS_MAX) {
            return error_set(err, ERR_LIMIT, "%s:%u: cache.disks: more than "
                             "%d disks", name, node->line, CONFIG_DISKS_MAX);
        }

        if (node->type != DOC_MAP) {
            return error_set(err, ERR_INVALID, "%s:%u: %s: a map is expected, "
                             "not %s", name, node->line, where,
                             doc_type_name(node->type));
        }

        rc = setting_check_keys(name, where, node, config_disk_keys, err);

        if (rc == 0) {
            rc = config_disk_one(config, name, where, node, err);
        }

        if (rc != 0) {
            return rc;
        }

        config->cache.disk_max_size += config->cache.disks.items[n].max_size;
    }

    return model_set(&config->cache.disk_path, NULL, err);
}


int
config_disk_load(config_t *config, const char *name, const doc_node_t *root,
    error_t *err)
{
    config_disk_t     *disk;
    const doc_node_t  *cache, *list;

    cache = doc_find(root, "cache");
    list = cache != NULL ? doc_find(cache, "disks") : NULL;

    if (list != NULL && !doc_is_null(list)) {
        return config_disk_list(config, name, cache, list, err);
    }

    disk = &config->cache.disks.items[0];
    config->cache.disks.len = 1;

    disk->max_size = config->cache.disk_max_size;
    disk->min_free = config->cache.min_free;
    (void) snprintf(disk->zone, sizeof(disk->zone), "s3edge_cache");

    return model_set(&disk->path, config->cache.disk_path, err);
}


int
config_disk_paths(const config_t *config, strbuf_t *ret_paths, error_t *err)
{
    size_t  i;

    for (i = 0; i < config->cache.disks.len; i++) {
        strbuf_printf(ret_paths, "%s%s", i != 0 ? "\n" : "",
                      config->cache.disks.items[i].path);
    }

    return strbuf_check(ret_paths, err);
}
