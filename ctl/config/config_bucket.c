
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <string.h>

#include "config/config_bucket.h"
#include "config/setting.h"
#include "config/target.h"


#define CONFIG_BUCKET_PATH_MAX  256


/* what the entity's message begins with is its path: the line is of that */

static int
config_bucket_error(const char *name, unsigned index, const doc_node_t *map,
    const error_t *reason, error_t *err)
{
    char    path[CONFIG_BUCKET_PATH_MAX];
    size_t  len;

    len = strcspn(reason->message, ":");

    if (len >= sizeof(path)) {
        len = sizeof(path) - 1;
    }

    memcpy(path, reason->message, len);
    path[len] = '\0';

    return error_set(err, reason->code, "%s:%u: buckets[%u].%s", name,
                     doc_line_at(map, path), index, reason->message);
}


static int
config_bucket_parse(const config_t *config, const doc_node_t *map,
    model_bucket_t **ret_bucket, error_t *err)
{
    int              rc;
    json_t          *json;
    model_bucket_t  *bucket;

    json = doc_json(map);
    if (json == NULL) {
        return error_nomem(err);
    }

    rc = model_bucket_parse(json, &field_yaml_lang, &bucket, err);

    json_decref(json);

    if (rc != 0) {
        return rc;
    }

    if (bucket->endpoint != NULL) {
        rc = target_check(config, bucket, NULL, err);
    }

    if (rc == 0 && model_buckets_find(&config->buckets, bucket->name)) {
        rc = error_set(err, ERR_INVALID, "name: \"%s\" is declared twice",
                       bucket->name);
    }

    if (rc != 0) {
        model_bucket_free(bucket);
        return rc;
    }

    *ret_bucket = bucket;

    return 0;
}


int
config_bucket_list(config_t *config, const char *name, const doc_node_t *root,
    error_t *err)
{
    int                rc;
    error_t            reason;
    unsigned           i;
    model_bucket_t    *bucket;
    const doc_node_t  *list, *map;

    list = doc_find(root, "buckets");

    if (list == NULL || doc_is_null(list)) {
        return 0;
    }

    if (list->type != DOC_LIST) {
        return setting_mismatch(name, "", list, "a list", err);
    }

    for (i = 0, map = list->first; map != NULL; i++, map = map->next) {

        if (map->type != DOC_MAP) {
            return error_set(err, ERR_INVALID, "%s:%u: buckets[%u]: a map is "
                             "expected, not %s", name, map->line, i,
                             doc_type_name(map->type));
        }

        bucket = NULL;

        rc = config_bucket_parse(config, map, &bucket, &reason);

        if (rc != 0) {
            return config_bucket_error(name, i, map, &reason, err);
        }

        rc = model_buckets_add(&config->buckets, bucket, err);
        if (rc != 0) {
            return rc;
        }
    }

    model_buckets_sort(&config->buckets);

    return 0;
}
