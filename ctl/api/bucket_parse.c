
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bucket as it comes by REST (see bucket.h).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/bucket.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "entity/cors.h"


#define BUCKET_STATUS_MIN  200
#define BUCKET_STATUS_MAX  599


typedef struct {
    const char      *key;
    size_t           offset;       /* of the field in model_bucket_t */
    int              required;
} bucket_string_t;


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
static int bucket_parse_dump(const json_t *list, strbuf_t *text,
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
    "allow", "request_payer", "accept_encoding", "expected_owner", "cors",
    "anonymous", "access_key_id", "secret_access_key", "session_token", NULL
};


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

        strbuf_init(&words, CORS_TEXT_MAX);
        rc = ERR_OK;

        if (json_is_array(value) && model_policy_list(i) == MODEL_WORDS) {
            rc = bucket_parse_words(value, &words, err);
            text = words.len != 0 ? words.data : "none";

        } else if (json_is_array(value) && model_policy_list(i) == MODEL_JSON)
        {
            rc = bucket_parse_dump(value, &words, err);
            text = words.data;
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


static int
bucket_parse_dump(const json_t *list, strbuf_t *text, error_t *err)
{
    char  *dump;

    dump = json_dumps(list, JSON_COMPACT);
    if (dump == NULL) {
        return error_nomem(err);
    }

    strbuf_puts(text, dump);
    free(dump);

    return strbuf_check(text, err);
}
