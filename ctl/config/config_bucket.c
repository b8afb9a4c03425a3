
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "config/config_bucket.h"
#include "config/setting.h"
#include "config/target.h"
#include "entity/cors.h"


#define CONFIG_BUCKET_WHERE_MAX  64


typedef struct {
    const char      *name;         /* of the file, for messages */
    const char      *where;        /* "buckets[0]" */
    model_bucket_t  *bucket;
} config_bucket_t;


static const char *const  config_bucket_keys[] = {
    "name", "endpoint", "region", "addressing", "origin_bucket", "prefix",
    "access_key_id", "secret_access_key", "session_token", "anonymous", "ttl",
    "ttl_rules", "ttl_mode", "store_private", "stale_while_revalidate",
    "stale_if_error", "cache_control", "errors", "allow", "request_payer",
    "accept_encoding", "expected_owner", "cors", NULL
};


/* a text member; *field stays NULL where there is none */

static int
config_bucket_text(const config_bucket_t *b, const doc_node_t *map,
    const char *key, char **field, error_t *err)
{
    const doc_node_t  *node;

    node = doc_find(map, key);

    if (node == NULL || doc_is_null(node)) {
        return 0;
    }

    if (node->type != DOC_SCALAR) {
        return setting_mismatch(b->name, b->where, node, "a text", err);
    }

    if (node->text[0] == '\0') {
        return error_set(err, ERR_INVALID, "%s:%u: %s.%s: it must not be empty",
                         b->name, node->line, b->where, key);
    }

    return model_set(field, node->text, err);
}


static int
config_bucket_ttl_rule(const config_bucket_t *b, const doc_node_t *node,
    error_t *err)
{
    int          rc;
    int64_t      seconds;
    unsigned     status;
    const char  *key;

    if (node->type != DOC_SCALAR || doc_is_null(node)) {
        return setting_mismatch(b->name, b->where, node, "a time", err);
    }

    key = node->key;
    status = 0;

    if (strcmp(key, "ttl") != 0 && strcmp(key, "default") != 0) {

        if (strlen(key) != 3 || key[0] < '2' || key[0] > '5'
            || key[1] < '0' || key[1] > '9' || key[2] < '0' || key[2] > '9')
        {
            return error_set(err, ERR_INVALID, "%s:%u: %s.ttl.%.64s: "
                             "\"default\" or a status from 200 to 599 is "
                             "expected", b->name, node->line, b->where, key);
        }

        status = (unsigned) strtoul(key, NULL, 10);
    }

    rc = model_ttl_parse(node->text, &seconds, err);

    if (rc == 0) {
        rc = model_ttl_add(b->bucket, status, seconds, err);
    }

    if (rc != 0) {
        (void) error_prefix(err, "%s:%u: %s%s.%s", b->name, node->line,
                            b->where, strcmp(key, "ttl") != 0 ? ".ttl" : "",
                            key);
    }

    return rc;
}


static int
config_bucket_ttl(const config_bucket_t *b, const doc_node_t *map,
    error_t *err)
{
    int                rc;
    const doc_node_t  *node;

    node = doc_find(map, "ttl");

    if (node == NULL || doc_is_null(node)) {
        return 0;
    }

    if (node->type == DOC_SCALAR) {
        return config_bucket_ttl_rule(b, node, err);
    }

    if (node->type != DOC_MAP) {
        return setting_mismatch(b->name, b->where, node, "a time or a map",
                                err);
    }

    for (node = node->first; node != NULL; node = node->next) {
        rc = config_bucket_ttl_rule(b, node, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/* {keys: "*.m3u8", ttl: 5s, status: 200} */

static int
config_bucket_rule(const config_bucket_t *b, const char *where,
    const doc_node_t *map, error_t *err)
{
    int                rc;
    char              *end;
    size_t             i;
    int64_t            seconds;
    unsigned long      status;
    const doc_node_t  *nodes[3];

    static const char *const  keys[] = { "keys", "ttl", "status", NULL };

    if (map->type != DOC_MAP) {
        return error_set(err, ERR_INVALID, "%s:%u: %s: a map of keys, ttl and "
                         "status is expected, not %s", b->name, map->line,
                         where, doc_type_name(map->type));
    }

    rc = setting_check_keys(b->name, where, map, keys, err);
    if (rc != 0) {
        return rc;
    }

    for (i = 0; i < 3; i++) {

        nodes[i] = doc_find(map, keys[i]);

        if (nodes[i] == NULL) {

            if (i == 2) {
                break;
            }

            return error_set(err, ERR_INVALID, "%s:%u: %s.%s: it is required",
                             b->name, map->line, where, keys[i]);
        }

        if (nodes[i]->type != DOC_SCALAR || doc_is_null(nodes[i])) {
            return setting_mismatch(b->name, where, nodes[i], "a text", err);
        }
    }

    status = 0;

    if (nodes[2] != NULL) {

        status = strtoul(nodes[2]->text, &end, 10);

        if (strlen(nodes[2]->text) != 3 || *end != '\0' || status < 200) {
            return error_set(err, ERR_INVALID, "%s:%u: %s.status: a status "
                             "from 200 to 599 is expected", b->name,
                             nodes[2]->line, where);
        }
    }

    rc = model_ttl_parse(nodes[1]->text, &seconds, err);

    if (rc != 0) {
        (void) error_prefix(err, "%s:%u: %s.ttl", b->name, nodes[1]->line,
                            where);
        return rc;
    }

    rc = model_ttl_add_key(b->bucket, nodes[0]->text, (unsigned) status,
                           seconds, err);

    if (rc != 0) {
        (void) error_prefix(err, "%s:%u: %s", b->name, map->line, where);
    }

    return rc;
}


static int
config_bucket_rules(const config_bucket_t *b, const doc_node_t *map,
    error_t *err)
{
    int                rc;
    char               where[CONFIG_BUCKET_WHERE_MAX * 2];
    unsigned           i;
    const doc_node_t  *list, *node;

    list = doc_find(map, "ttl_rules");

    if (list == NULL || doc_is_null(list)) {
        return 0;
    }

    if (list->type != DOC_LIST) {
        return setting_mismatch(b->name, b->where, list, "a list", err);
    }

    for (i = 0, node = list->first; node != NULL; i++, node = node->next) {

        (void) snprintf(where, sizeof(where), "%s.ttl_rules[%u]", b->where,
                        i);

        rc = config_bucket_rule(b, where, node, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/* [object, list] as "object list" */

static int
config_bucket_words(const config_bucket_t *b, const doc_node_t *list,
    strbuf_t *words, error_t *err)
{
    const doc_node_t  *node;

    for (node = list->first; node != NULL; node = node->next) {

        if (node->type != DOC_SCALAR) {
            return setting_mismatch(b->name, b->where, list,
                                    "a list of texts", err);
        }

        strbuf_printf(words, "%s%s", words->len != 0 ? " " : "", node->text);
    }

    return strbuf_check(words, err);
}


static int
config_bucket_policy_list(const config_bucket_t *b, size_t i,
    const doc_node_t *list, error_t *err)
{
    int       rc;
    strbuf_t  words;

    strbuf_init(&words, CORS_TEXT_MAX);

    if (model_policy_list(i) == MODEL_JSON) {
        rc = cors_from_doc(list, &words, err);

    } else {
        rc = config_bucket_words(b, list, &words, err);
    }

    if (rc == 0) {
        rc = model_policy_set(b->bucket, i,
                              words.data != NULL ? words.data : "", err);

        if (rc != 0) {
            (void) error_prefix(err, "%s:%u: %s.%s", b->name, list->line,
                                b->where, list->key);
        }
    }

    strbuf_release(&words);

    return rc;
}


static int
config_bucket_policy(const config_bucket_t *b, const doc_node_t *map,
    error_t *err)
{
    int                rc;
    size_t             i;
    const doc_node_t  *node;

    for (i = 0; i < MODEL_POLICIES; i++) {

        node = doc_find(map, model_policy_name(i));

        if (node == NULL || doc_is_null(node)) {
            continue;
        }

        if (node->type == DOC_LIST && model_policy_list(i) != MODEL_NO_LIST) {
            rc = config_bucket_policy_list(b, i, node, err);

            if (rc != 0) {
                return rc;
            }

            continue;
        }

        if (node->type != DOC_SCALAR) {
            return setting_mismatch(b->name, b->where, node,
                                    model_policy_list(i) != MODEL_NO_LIST
                                    ? "a text or a list" : "a text", err);
        }

        rc = model_policy_set(b->bucket, i, node->text, err);

        if (rc != 0) {
            (void) error_prefix(err, "%s:%u: %s.%s", b->name, node->line,
                                b->where, node->key);
            return rc;
        }
    }

    return 0;
}


static int
config_bucket_credentials(const config_bucket_t *b, const doc_node_t *map,
    error_t *err)
{
    int                rc;
    model_bucket_t    *bucket;
    const doc_node_t  *node;

    bucket = b->bucket;

    rc = config_bucket_text(b, map, "access_key_id", &bucket->access_key, err);

    if (rc == 0) {
        rc = config_bucket_text(b, map, "secret_access_key",
                                &bucket->secret_key, err);
    }

    if (rc == 0) {
        rc = config_bucket_text(b, map, "session_token",
                                &bucket->session_token, err);
    }

    if (rc != 0) {
        return rc;
    }

    if (bucket->access_key != NULL || bucket->secret_key != NULL
        || bucket->session_token != NULL)
    {
        bucket->credentials = MODEL_OWN;
    }

    node = doc_find(map, "anonymous");

    if (node == NULL || doc_is_null(node)) {
        return 0;
    }

    if (node->type != DOC_SCALAR || !node->plain
        || (strcmp(node->text, "true") != 0
            && strcmp(node->text, "false") != 0))
    {
        return error_set(err, ERR_INVALID, "%s:%u: %s.anonymous: true or "
                         "false is expected", b->name, node->line, b->where);
    }

    if (node->text[0] == 'f') {
        return 0;
    }

    if (bucket->credentials == MODEL_OWN) {
        return error_set(err, ERR_INVALID, "%s:%u: %s.anonymous: it is not "
                         "expected beside access_key_id", b->name, node->line,
                         b->where);
    }

    bucket->credentials = MODEL_ANONYMOUS;

    return 0;
}


/* model's message begins with the field: the line is that of the field */

static int
config_bucket_check(const config_t *config, const config_bucket_t *b,
    const doc_node_t *map, error_t *err)
{
    int                rc;
    char               key[64];
    size_t             len;
    error_t            reason;
    const doc_node_t  *node;

    rc = model_bucket_check(b->bucket, &reason);

    if (rc == 0 && b->bucket->endpoint != NULL) {
        rc = target_check(config, b->bucket, NULL, &reason);
    }

    if (rc == 0) {
        return 0;
    }

    len = strcspn(reason.message, ":");
    node = NULL;

    if (len < sizeof(key)) {
        memcpy(key, reason.message, len);
        key[len] = '\0';
        node = doc_find(map, key);
    }

    return error_set(err, rc, "%s:%u: %s.%s", b->name,
                     node != NULL ? node->line : map->line, b->where,
                     reason.message);
}


static int
config_bucket_addressing(const config_bucket_t *b, const doc_node_t *map,
    error_t *err)
{
    int                rc;
    const doc_node_t  *node;

    node = doc_find(map, "addressing");

    if (node == NULL || doc_is_null(node)) {
        return 0;
    }

    if (node->type != DOC_SCALAR) {
        return setting_mismatch(b->name, b->where, node, "a text", err);
    }

    rc = model_addressing_parse(node->text, &b->bucket->addressing, err);
    if (rc != 0) {
        (void) error_prefix(err, "%s:%u: %s.addressing", b->name, node->line,
                            b->where);
    }

    return rc;
}


static int
config_bucket_fields(const config_bucket_t *b, const doc_node_t *map,
    error_t *err)
{
    int     rc;
    size_t  i;

    char **const  fields[] = {
        &b->bucket->name, &b->bucket->endpoint, &b->bucket->region,
        &b->bucket->origin_bucket, &b->bucket->prefix
    };

    static const char *const  keys[] = {
        "name", "endpoint", "region", "origin_bucket", "prefix"
    };

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        rc = config_bucket_text(b, map, keys[i], fields[i], err);
        if (rc != 0) {
            return rc;
        }
    }

    rc = config_bucket_addressing(b, map, err);

    if (rc == 0) {
        rc = config_bucket_credentials(b, map, err);
    }

    if (rc == 0) {
        rc = config_bucket_ttl(b, map, err);
    }

    if (rc == 0) {
        rc = config_bucket_rules(b, map, err);
    }

    if (rc == 0) {
        rc = config_bucket_policy(b, map, err);
    }

    return rc;
}


static int
config_bucket(config_t *config, const char *name, unsigned index,
    const doc_node_t *map, error_t *err)
{
    int              rc;
    char             where[CONFIG_BUCKET_WHERE_MAX];
    config_bucket_t  b;

    (void) snprintf(where, sizeof(where), "buckets[%u]", index);

    if (map->type != DOC_MAP) {
        return error_set(err, ERR_INVALID, "%s:%u: %s: a map is expected, not "
                         "%s", name, map->line, where,
                         doc_type_name(map->type));
    }

    rc = setting_check_keys(name, where, map, config_bucket_keys, err);
    if (rc != 0) {
        return rc;
    }

    b.name = name;
    b.where = where;
    b.bucket = model_bucket_new();

    if (b.bucket == NULL) {
        return error_nomem(err);
    }

    rc = config_bucket_fields(&b, map, err);

    if (rc == 0) {
        rc = config_bucket_check(config, &b, map, err);
    }

    if (rc == 0 && model_buckets_find(&config->buckets, b.bucket->name)) {
        rc = error_set(err, ERR_INVALID, "%s:%u: %s.name: \"%s\" is declared "
                       "twice", name, doc_find(map, "name")->line, where,
                       b.bucket->name);
    }

    if (rc != 0) {
        model_bucket_free(b.bucket);
        return rc;
    }

    return model_buckets_add(&config->buckets, b.bucket, err);
}


int
config_bucket_list(config_t *config, const char *name, const doc_node_t *root,
    error_t *err)
{
    int                rc;
    unsigned           i;
    const doc_node_t  *list, *node;

    list = doc_find(root, "buckets");

    if (list == NULL || doc_is_null(list)) {
        return 0;
    }

    if (list->type != DOC_LIST) {
        return setting_mismatch(name, "", list, "a list", err);
    }

    for (i = 0, node = list->first; node != NULL; i++, node = node->next) {
        rc = config_bucket(config, name, i, node, err);
        if (rc != 0) {
            return rc;
        }
    }

    model_buckets_sort(&config->buckets);

    return 0;
}
