
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <string.h>

#include "api/bucket.h"
#include "base/json.h"
#include "base/strbuf.h"


#define BUCKET_STATUS_MIN  200
#define BUCKET_STATUS_MAX  599
#define BUCKET_WORDS_MAX   256


typedef struct {
    const char      *key;
    size_t           offset;       /* of the field in model_bucket_t */
    int              required;
} bucket_string_t;


static json_t *bucket_ttl_json(const model_bucket_t *bucket);
static json_t *bucket_rules_json(const model_bucket_t *bucket);
static json_t *bucket_allow_json(const model_bucket_t *bucket);
static int bucket_parse_addressing(const json_t *json,
    model_bucket_t *bucket, error_t *err);
static int bucket_parse_credentials(const json_t *json,
    model_bucket_t *bucket, error_t *err);
static int bucket_parse_ttl(const json_t *json, model_bucket_t *bucket,
    error_t *err);
static int bucket_parse_rule(const char *key, const json_t *value,
    model_bucket_t *bucket, error_t *err);
static int bucket_parse_rules(const json_t *json, model_bucket_t *bucket,
    error_t *err);
static int bucket_parse_key(const json_t *json, const char *where,
    model_bucket_t *bucket, error_t *err);
static int bucket_parse_policy(const json_t *json, model_bucket_t *bucket,
    error_t *err);
static int bucket_parse_words(const json_t *list, strbuf_t *words,
    error_t *err);
static int bucket_parse_seconds(const json_t *value, int64_t *ret_seconds,
    error_t *err);


static const bucket_string_t  bucket_strings[] = {
    { "name", offsetof(model_bucket_t, name), JSON_REQUIRED },
    { "endpoint", offsetof(model_bucket_t, endpoint), JSON_OPTIONAL },
    { "region", offsetof(model_bucket_t, region), JSON_OPTIONAL },
    { "origin_bucket", offsetof(model_bucket_t, origin_bucket),
      JSON_OPTIONAL },
    { "prefix", offsetof(model_bucket_t, prefix), JSON_OPTIONAL },
    { "access_key_id", offsetof(model_bucket_t, access_key), JSON_OPTIONAL },
    { "secret_access_key", offsetof(model_bucket_t, secret_key),
      JSON_OPTIONAL },
    { "session_token", offsetof(model_bucket_t, session_token),
      JSON_OPTIONAL }
};

#define BUCKET_STRINGS  (sizeof(bucket_strings) / sizeof(bucket_strings[0]))


static const char *const  bucket_keys[] = {
    "name", "endpoint", "region", "addressing", "origin_bucket", "prefix",
    "ttl", "ttl_rules", "ttl_mode", "store_private",
    "stale_while_revalidate", "stale_if_error", "cache_control", "errors",
    "allow",
    "anonymous", "access_key_id", "secret_access_key", "session_token", NULL
};


void
bucket_list(const request_t *request, reply_t *reply)
{
    size_t           i;
    json_t          *items;
    error_t          err;
    model_buckets_t  list;

    model_buckets_init(&list);

    if (control_buckets(request->control, &list, &err) != ERR_OK) {
        reply_failure(reply, &err);
        return;
    }

    items = json_array();

    for (i = 0; items != NULL && i < list.len; i++) {
        if (json_array_append_new(items, bucket_json(list.items[i])) == -1) {
            json_decref(items);
            items = NULL;
        }
    }

    model_buckets_release(&list);

    reply_json(reply, 200, json_pack("{s:o}", "buckets", items));
}


void
bucket_create(const request_t *request, reply_t *reply)
{
    json_t          *json;
    error_t          err;
    model_bucket_t  *wanted, *made;

    wanted = NULL;
    made = NULL;

    if (request_json(request, false, &json, reply) != ERR_OK) {
        return;
    }

    reply_audit(reply, json_pack("{s:O*}", "name",
                                 json_object_get(json, "name")));

    if (bucket_parse(json, &wanted, &err) != ERR_OK
        || control_bucket_add(request->control, wanted, &made, &err)
           != ERR_OK)
    {
        reply_failure(reply, &err);

    } else {
        reply_json(reply, 201, bucket_json(made));
        reply_header(reply, "Location", "/api/buckets/%s", made->name);
    }

    json_decref(json);
    model_bucket_free(wanted);
    model_bucket_free(made);
}


void
bucket_get(const request_t *request, reply_t *reply)
{
    error_t          err;
    model_bucket_t  *bucket;

    if (control_bucket_get(request->control, request->arg, &bucket, &err)
        != ERR_OK)
    {
        reply_failure(reply, &err);
        return;
    }

    reply_json(reply, 200, bucket_json(bucket));

    model_bucket_free(bucket);
}


void
bucket_delete(const request_t *request, reply_t *reply)
{
    error_t  err;

    if (control_bucket_del(request->control, request->arg, &err) != ERR_OK) {
        reply_failure(reply, &err);
        return;
    }

    reply_empty(reply, 204);
}


json_t *
bucket_json(const model_bucket_t *bucket)
{
    return json_pack("{s:s, s:s?, s:s?, s:s, s:s?, s:s, s:o, s:o, s:s, s:b, "
                     "s:I, s:I, s:s?, s:s, s:o, s:s, s:s, s:o}",
                     "name", bucket->name,
                     "endpoint", bucket->endpoint,
                     "region", bucket->region,
                     "addressing", model_addressing_name(bucket->addressing),
                     "origin_bucket", bucket->origin_bucket,
                     "prefix", bucket->prefix != NULL ? bucket->prefix : "",
                     "ttl", bucket_ttl_json(bucket),
                     "ttl_rules", bucket_rules_json(bucket),
                     "ttl_mode", model_ttl_mode_name(bucket->ttl_mode),
                     "store_private", bucket->store_private,
                     "stale_while_revalidate",
                         (json_int_t) bucket->stale_while_revalidate,
                     "stale_if_error", (json_int_t) bucket->stale_if_error,
                     "cache_control", bucket->cache_control,
                     "errors", bucket->hide_errors ? "hide" : "pass",
                     "allow", bucket_allow_json(bucket),
                     "credentials",
                         model_credentials_name(bucket->credentials),
                     "source", model_source_name(bucket->source),
                     "created_at", reply_time(bucket->created_at));
}


static json_t *
bucket_ttl_json(const model_bucket_t *bucket)
{
    int          rc;
    char         key[sizeof("4294967295")];
    size_t       i;
    json_t      *ttl;
    const char  *name;

    ttl = json_object();

    if (ttl == NULL) {
        return NULL;
    }

    for (i = 0; i < bucket->nttl; i++) {

        if (bucket->ttl[i].pattern != NULL) {
            continue;
        }

        if (bucket->ttl[i].status == 0) {
            name = "default";

        } else {
            (void) snprintf(key, sizeof(key), "%u", bucket->ttl[i].status);
            name = key;
        }

        rc = json_object_set_new(ttl, name,
                                 json_integer(bucket->ttl[i].seconds));

        if (rc == -1) {
            json_decref(ttl);
            return NULL;
        }
    }

    return ttl;
}


static json_t *
bucket_rules_json(const model_bucket_t *bucket)
{
    size_t              i;
    json_t             *list, *item;
    const model_ttl_t  *rule;

    list = json_array();

    for (i = 0; list != NULL && i < bucket->nttl; i++) {

        rule = &bucket->ttl[i];

        if (rule->pattern == NULL) {
            continue;
        }

        item = json_pack("{s:s, s:I, s:o*}", "keys", rule->pattern,
                         "ttl", (json_int_t) rule->seconds, "status",
                         rule->status != 0 ? json_integer(rule->status)
                                           : NULL);

        if (json_array_append_new(list, item) == -1) {
            json_decref(list);
            list = NULL;
        }
    }

    return list;
}


static json_t *
bucket_allow_json(const model_bucket_t *bucket)
{
    size_t           i;
    json_t          *list;
    unsigned         right;
    const s3_str_t  *name;

    list = json_array();

    for (i = 0; (name = s3_op_right_name(i, &right)) != NULL; i++) {

        if (list != NULL && (bucket->allow & right)
            && json_array_append_new(list,
                                     json_stringn((const char *) name->data,
                                                  name->len))
               == -1)
        {
            json_decref(list);
            list = NULL;
        }
    }

    return list;
}


int
bucket_parse(const json_t *json, model_bucket_t **ret_bucket, error_t *err)
{
    int                     rc;
    char                  **field;
    size_t                  i;
    const char             *text;
    model_bucket_t         *bucket;
    const bucket_string_t  *s;

    rc = json_check_keys(json, "", bucket_keys, err);

    if (rc != ERR_OK) {
        return rc;
    }

    bucket = model_bucket_new();

    if (bucket == NULL) {
        return error_nomem(err);
    }

    for (i = 0; i < BUCKET_STRINGS; i++) {
        s = &bucket_strings[i];
        field = (char **) (void *) ((char *) bucket + s->offset);
        text = NULL;

        rc = json_get_string(json, "", s->key, s->required, &text, err);

        if (rc == ERR_OK) {
            rc = model_set(field, text, err);
        }

        if (rc != ERR_OK) {
            goto done;
        }
    }

    rc = bucket_parse_addressing(json, bucket, err);

    if (rc != ERR_OK) {
        goto done;
    }

    rc = bucket_parse_credentials(json, bucket, err);

    if (rc != ERR_OK) {
        goto done;
    }

    rc = bucket_parse_ttl(json_object_get(json, "ttl"), bucket, err);

    if (rc == ERR_OK) {
        rc = bucket_parse_rules(json_object_get(json, "ttl_rules"), bucket,
                                err);
    }

    if (rc == ERR_OK) {
        rc = bucket_parse_policy(json, bucket, err);
    }

done:

    if (rc != ERR_OK) {
        model_bucket_free(bucket);
        return rc;
    }

    *ret_bucket = bucket;

    return ERR_OK;
}


static int
bucket_parse_addressing(const json_t *json, model_bucket_t *bucket,
    error_t *err)
{
    int          rc;
    const char  *text;

    text = NULL;

    rc = json_get_string(json, "", "addressing", JSON_OPTIONAL, &text, err);

    if (rc != ERR_OK || text == NULL) {
        return rc;
    }

    rc = model_addressing_parse(text, &bucket->addressing, err);

    return rc == ERR_OK ? ERR_OK : error_prefix(err, "addressing");
}


static int
bucket_parse_credentials(const json_t *json, model_bucket_t *bucket,
    error_t *err)
{
    int   rc;
    bool  anonymous, own;

    anonymous = false;

    rc = json_get_bool(json, "", "anonymous", JSON_OPTIONAL, &anonymous, err);

    if (rc != ERR_OK) {
        return rc;
    }

    own = bucket->access_key != NULL || bucket->secret_key != NULL
          || bucket->session_token != NULL;

    if (anonymous && own) {
        return error_set(err, ERR_INVALID, "anonymous: an anonymous bucket "
                         "has no access_key_id, secret_access_key or "
                         "session_token");
    }

    if (anonymous) {
        bucket->credentials = MODEL_ANONYMOUS;

    } else if (own) {
        bucket->credentials = MODEL_OWN;

    } else {
        bucket->credentials = MODEL_INHERIT;
    }

    return ERR_OK;
}


/* 3600, "1h", or {"default": "1h", "404": 10} */

static int
bucket_parse_ttl(const json_t *json, model_bucket_t *bucket, error_t *err)
{
    int          rc;
    void        *it;
    json_t      *rules;
    const char  *key;

    if (json == NULL || json_is_null(json)) {
        return ERR_OK;
    }

    if (!json_is_object(json)) {
        return bucket_parse_rule("default", json, bucket, err);
    }

    /* jansson's iterator is not const-correct; nothing is changed */

    rules = (json_t *) (uintptr_t) json;

    for (it = json_object_iter(rules);
         it != NULL;
         it = json_object_iter_next(rules, it))
    {
        key = json_object_iter_key(it);

        rc = bucket_parse_rule(key, json_object_iter_value(it), bucket, err);

        if (rc != ERR_OK) {
            return rc;
        }
    }

    return ERR_OK;
}


static int
bucket_parse_rule(const char *key, const json_t *value,
    model_bucket_t *bucket, error_t *err)
{
    int       rc;
    int64_t   seconds;
    unsigned  status;

    status = 0;

    if (strcmp(key, "default") != 0) {

        if (strlen(key) == 3 && strspn(key, "0123456789") == 3) {
            status = (unsigned) ((key[0] - '0') * 100 + (key[1] - '0') * 10
                                 + key[2] - '0');
        }

        if (status < BUCKET_STATUS_MIN || status > BUCKET_STATUS_MAX) {
            return error_set(err, ERR_INVALID, "ttl.%.32s: unknown member; "
                             "\"default\" or a status from %d to %d is "
                             "expected", key, BUCKET_STATUS_MIN,
                             BUCKET_STATUS_MAX);
        }
    }

    rc = bucket_parse_seconds(value, &seconds, err);

    if (rc == ERR_OK) {
        rc = model_ttl_add(bucket, status, seconds, err);
    }

    if (rc != ERR_OK) {
        (void) error_prefix(err, "ttl.%s", key);
    }

    return rc;
}


static int
bucket_parse_seconds(const json_t *value, int64_t *ret_seconds,
    error_t *err)
{
    int64_t  seconds;

    if (json_is_string(value)) {
        return model_ttl_parse(json_string_value(value), ret_seconds, err);
    }

    if (!json_is_integer(value)) {
        return error_set(err, ERR_INVALID,
                         "a time such as \"1h30m\", or seconds, is expected");
    }

    seconds = json_integer_value(value);

    if (seconds < 0 || seconds > S3_TTL_MAX) {
        return error_set(err, ERR_INVALID,
                         "0 to %lld seconds are expected", S3_TTL_MAX);
    }

    *ret_seconds = seconds;

    return ERR_OK;
}


/* [{"keys": "*.m3u8", "ttl": "5s", "status": 200}] */

static int
bucket_parse_rules(const json_t *json, model_bucket_t *bucket, error_t *err)
{
    int     rc;
    char    where[32];
    size_t  i;

    if (json == NULL || json_is_null(json)) {
        return ERR_OK;
    }

    if (!json_is_array(json)) {
        return error_set(err, ERR_INVALID, "ttl_rules: an array is expected");
    }

    for (i = 0; i < json_array_size(json); i++) {

        (void) snprintf(where, sizeof(where), "ttl_rules[%zu]", i);

        rc = bucket_parse_key(json_array_get(json, i), where, bucket, err);

        if (rc != ERR_OK) {
            return rc;
        }
    }

    return ERR_OK;
}


static int
bucket_parse_key(const json_t *json, const char *where,
    model_bucket_t *bucket, error_t *err)
{
    int          rc;
    int64_t      seconds, status;
    const char  *keys;

    static const char *const  members[] = { "keys", "ttl", "status", NULL };

    if (!json_is_object(json)) {
        return error_set(err, ERR_INVALID, "%s: an object is expected", where);
    }

    status = 0;

    rc = json_check_keys(json, where, members, err);

    if (rc == ERR_OK) {
        rc = json_get_string(json, where, "keys", JSON_REQUIRED, &keys, err);
    }

    if (rc == ERR_OK) {
        rc = json_get_int(json, where, "status", JSON_OPTIONAL,
                          BUCKET_STATUS_MIN, BUCKET_STATUS_MAX, &status, err);
    }

    if (rc != ERR_OK) {
        return rc;
    }

    rc = bucket_parse_seconds(json_object_get(json, "ttl"), &seconds, err);

    if (rc != ERR_OK) {
        (void) error_prefix(err, "%s.ttl", where);
        return rc;
    }

    rc = model_ttl_add_key(bucket, keys, (unsigned) status, seconds, err);

    if (rc != ERR_OK) {
        (void) error_prefix(err, "%s", where);
    }

    return rc;
}


static int
bucket_parse_policy(const json_t *json, model_bucket_t *bucket, error_t *err)
{
    int          rc;
    char         digits[32];
    size_t       i;
    json_t      *value;
    strbuf_t     words;
    const char  *text;

    for (i = 0; i < MODEL_POLICIES; i++) {

        value = json_object_get(json, model_policy_name(i));

        if (value == NULL || json_is_null(value)) {
            continue;
        }

        text = "";

        if (json_is_string(value)) {
            text = json_string_value(value);

        } else if (json_is_boolean(value)) {
            text = json_is_true(value) ? "true" : "false";

        } else if (json_is_integer(value)) {
            (void) snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT,
                            json_integer_value(value));
            text = digits;
        }

        strbuf_init(&words, BUCKET_WORDS_MAX);
        rc = ERR_OK;

        if (json_is_array(value) && model_policy_is_list(i)) {
            rc = bucket_parse_words(value, &words, err);
            text = words.len != 0 ? words.data : "none";
        }

        if (rc == ERR_OK) {
            rc = model_policy_set(bucket, i, text, err);
        }

        strbuf_release(&words);

        if (rc != ERR_OK) {
            return error_prefix(err, "%s", model_policy_name(i));
        }
    }

    return ERR_OK;
}


/* ["object", "list"] as "object list" */

static int
bucket_parse_words(const json_t *list, strbuf_t *words, error_t *err)
{
    size_t   i;
    json_t  *word;

    json_array_foreach(list, i, word) {

        if (!json_is_string(word)) {
            return error_set(err, ERR_INVALID, "an array of texts is "
                             "expected");
        }

        strbuf_printf(words, "%s%s", i != 0 ? " " : "",
                      json_string_value(word));
    }

    return strbuf_check(words, err);
}
