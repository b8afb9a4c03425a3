
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <string.h>

#include "config/config_entity.h"
#include "config/setting.h"
#include "config/target.h"


#define CONFIG_PATH_MAX  256


typedef struct {
    const char           *section;
    const field_table_t  *table;

    /* takes obj over, also where it fails; the message begins with a path */
    int                 (*add)(config_t *config, void *obj, error_t *err);
} config_entity_t;


static int config_add_credentials(config_t *config, void *obj, error_t *err);
static int config_add_bucket(config_t *config, void *obj, error_t *err);


/* a bucket names credentials, which are there by then */

static const config_entity_t  config_entities[] = {
    { "credentials", &credentials_table, config_add_credentials },
    { "buckets", &model_bucket_table, config_add_bucket }
};


static int
config_add_credentials(config_t *config, void *obj, error_t *err)
{
    credentials_t  *credentials;

    credentials = obj;

    if (credentials_find(&config->credentials, credentials->name) != NULL) {
        (void) error_set(err, ERR_INVALID, "name: \"%s\" is declared twice",
                         credentials->name);
        credentials_free(credentials);
        return ERR_INVALID;
    }

    return credentials_add(&config->credentials, credentials, err);
}


static int
config_add_bucket(config_t *config, void *obj, error_t *err)
{
    int              rc;
    const char      *keys;
    model_bucket_t  *bucket;

    bucket = obj;
    keys = model_bucket_credentials(bucket);

    rc = bucket->endpoint != NULL ? target_check(config, bucket, NULL, err)
                                  : 0;

    if (rc == 0 && model_buckets_find(&config->buckets, bucket->name)) {
        rc = error_set(err, ERR_INVALID, "name: \"%s\" is declared twice",
                       bucket->name);
    }

    if (rc == 0 && bucket->credentials == MODEL_NAMED
        && credentials_find(&config->credentials, keys) == NULL)
    {
        rc = error_set(err, ERR_INVALID, "credentials: there is no \"%s\" in "
                       "section credentials", keys);
    }

    if (rc != 0) {
        model_bucket_free(bucket);
        return rc;
    }

    return model_buckets_add(&config->buckets, bucket, err);
}


/* what the entity's message begins with is its path: the line is of that */

static int
config_entity_error(const char *name, const char *section, unsigned index,
    const doc_node_t *map, const error_t *reason, error_t *err)
{
    char    path[CONFIG_PATH_MAX];
    size_t  len;

    len = strcspn(reason->message, ":");

    if (len >= sizeof(path)) {
        len = sizeof(path) - 1;
    }

    memcpy(path, reason->message, len);
    path[len] = '\0';

    return error_set(err, reason->code, "%s:%u: %s[%u].%s", name,
                     doc_line_at(map, path), section, index, reason->message);
}


static int
config_entity_one(config_t *config, const config_entity_t *entity,
    const doc_node_t *map, error_t *err)
{
    int      rc;
    void    *obj;
    json_t  *json;

    json = doc_json(map);
    if (json == NULL) {
        return error_nomem(err);
    }

    rc = field_read(entity->table, json, &field_yaml_lang, &obj, err);

    json_decref(json);

    return rc == 0 ? entity->add(config, obj, err) : rc;
}


static int
config_entity_list(config_t *config, const config_entity_t *entity,
    const char *name, const doc_node_t *list, error_t *err)
{
    error_t            reason;
    unsigned           i;
    const doc_node_t  *map;

    if (list->type != DOC_LIST) {
        return setting_mismatch(name, "", list, "a list", err);
    }

    for (i = 0, map = list->first; map != NULL; i++, map = map->next) {

        if (map->type != DOC_MAP) {
            return error_set(err, ERR_INVALID, "%s:%u: %s[%u]: a map is "
                             "expected, not %s", name, map->line,
                             entity->section, i, doc_type_name(map->type));
        }

        if (config_entity_one(config, entity, map, &reason) != 0) {
            return config_entity_error(name, entity->section, i, map, &reason,
                                       err);
        }
    }

    return 0;
}


int
config_entity_load(config_t *config, const char *name, const doc_node_t *root,
    error_t *err)
{
    int                rc;
    size_t             i;
    const doc_node_t  *list;

    for (i = 0; i < sizeof(config_entities) / sizeof(config_entities[0]); i++)
    {
        list = doc_find(root, config_entities[i].section);

        if (list == NULL || doc_is_null(list)) {
            continue;
        }

        rc = config_entity_list(config, &config_entities[i], name, list, err);
        if (rc != 0) {
            return rc;
        }
    }

    credentials_sort(&config->credentials);
    model_buckets_sort(&config->buckets);

    return 0;
}
