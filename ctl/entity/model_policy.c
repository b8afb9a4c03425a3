
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How a bucket's answers are kept (see model.h).
 */


#include <stdlib.h>
#include <string.h>

#include "entity/model.h"


#define MODEL_CACHE_CONTROL_MAX  512
#define MODEL_PATTERN_MAX        512


static const char *const  model_ttl_modes[] = { "override", "honour", "cap" };


/* what sets a field from text; err has no field name */

typedef struct {
    const char      *name;
    int            (*set)(model_bucket_t *bucket, const char *text,
                          error_t *err);
} model_policy_t;


static bool
model_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}


int
model_ttl_add(model_bucket_t *bucket, unsigned status, int64_t seconds,
    error_t *err)
{
    return model_ttl_add_key(bucket, NULL, status, seconds, err);
}


int
model_ttl_add_key(model_bucket_t *bucket, const char *pattern,
    unsigned status, int64_t seconds, error_t *err)
{
    char         *copy;
    size_t        i;
    model_ttl_t  *rules;

    for (i = 0; i < bucket->nttl; i++) {

        if (bucket->ttl[i].status != status
            || !model_same(bucket->ttl[i].pattern, pattern))
        {
            continue;
        }

        if (pattern != NULL) {
            return error_set(err, ERR_CONFLICT, "ttl_rules: a rule for keys "
                             "\"%.64s\" is given twice", pattern);
        }

        if (status == 0) {
            return error_set(err, ERR_CONFLICT,
                             "ttl: the default is given twice");
        }

        return error_set(err, ERR_CONFLICT, "ttl: status %u is given twice",
                         status);
    }

    if (bucket->nttl == MODEL_TTL_RULES_MAX) {
        return error_set(err, ERR_LIMIT, "ttl: more than %d rules",
                         MODEL_TTL_RULES_MAX);
    }

    rules = realloc(bucket->ttl, (bucket->nttl + 1) * sizeof(model_ttl_t));
    if (rules == NULL) {
        return error_nomem(err);
    }

    bucket->ttl = rules;
    copy = NULL;

    if (pattern != NULL) {
        copy = strdup(pattern);
        if (copy == NULL) {
            return error_nomem(err);
        }
    }

    rules[bucket->nttl].status = status;
    rules[bucket->nttl].seconds = seconds;
    rules[bucket->nttl].pattern = copy;
    bucket->nttl++;

    return 0;
}


const model_ttl_t *
model_ttl_find(const model_bucket_t *bucket, unsigned status)
{
    size_t  i;

    for (i = 0; i < bucket->nttl; i++) {
        if (bucket->ttl[i].status == status && bucket->ttl[i].pattern == NULL)
        {
            return &bucket->ttl[i];
        }
    }

    return NULL;
}


int
model_ttl_parse(const char *text, int64_t *ret_seconds, error_t *err)
{
    int64_t   seconds;
    s3_str_t  s;

    s.len = strlen(text);
    s.data = (unsigned char *) (uintptr_t) text;

    seconds = s3_ttl_parse(&s);

    if (seconds < 0) {
        return error_set(err, ERR_INVALID, "a time such as \"90s\", \"10m\", "
                         "\"1h30m\" or \"7d\" is expected, up to 10 years");
    }

    *ret_seconds = seconds;

    return 0;
}


const char *
model_ttl_mode_name(s3_ttl_mode_t mode)
{
    return model_ttl_modes[mode];
}


static int
model_set_ttl_mode(model_bucket_t *bucket, const char *text, error_t *err)
{
    unsigned  i;

    for (i = 0; i < sizeof(model_ttl_modes) / sizeof(model_ttl_modes[0]); i++)
    {
        if (strcmp(text, model_ttl_modes[i]) == 0) {
            bucket->ttl_mode = (s3_ttl_mode_t) i;
            return 0;
        }
    }

    return error_set(err, ERR_INVALID,
                     "\"override\", \"honour\" or \"cap\" is expected");
}


static int
model_set_store_private(model_bucket_t *bucket, const char *text,
    error_t *err)
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
        return error_set(err, ERR_INVALID, "true or false is expected");
    }

    bucket->store_private = text[0] == 't';

    return 0;
}


static int
model_set_revalidate(model_bucket_t *bucket, const char *text, error_t *err)
{
    return model_ttl_parse(text, &bucket->stale_while_revalidate, err);
}


static int
model_set_stale(model_bucket_t *bucket, const char *text, error_t *err)
{
    return model_ttl_parse(text, &bucket->stale_if_error, err);
}


static int
model_set_cache_control(model_bucket_t *bucket, const char *text,
    error_t *err)
{
    size_t  i;

    for (i = 0; text[i] != '\0'; i++) {

        if (i == MODEL_CACHE_CONTROL_MAX) {
            return error_set(err, ERR_LIMIT, "more than %d bytes",
                             MODEL_CACHE_CONTROL_MAX);
        }

        if (text[i] < ' ' || text[i] > '~') {
            break;
        }
    }

    if (i == 0 || text[i] != '\0') {
        return error_set(err, ERR_INVALID, "the value of a Cache-Control "
                         "header is expected, in ASCII");
    }

    return model_set(&bucket->cache_control, text, err);
}


static int
model_set_errors(model_bucket_t *bucket, const char *text, error_t *err)
{
    if (strcmp(text, "pass") != 0 && strcmp(text, "hide") != 0) {
        return error_set(err, ERR_INVALID, "\"pass\" or \"hide\" is expected");
    }

    bucket->hide_errors = text[0] == 'h';

    return 0;
}


static const model_policy_t  model_policies[MODEL_POLICIES] = {
    { "ttl_mode", model_set_ttl_mode },
    { "store_private", model_set_store_private },
    { "stale_while_revalidate", model_set_revalidate },
    { "stale_if_error", model_set_stale },
    { "cache_control", model_set_cache_control },
    { "errors", model_set_errors },
    { "allow", model_allow_set },
    { "request_payer", model_payer_set },
    { "accept_encoding", model_encoding_set },
    { "expected_owner", model_owner_set },
    { "cors", model_cors_set }
};


const char *
model_policy_name(size_t i)
{
    return model_policies[i].name;
}


model_list_t
model_policy_list(size_t i)
{
    return model_policies[i].set == model_allow_set ? MODEL_WORDS
           : model_policies[i].set == model_cors_set ? MODEL_JSON
           : MODEL_NO_LIST;
}


int
model_policy_set(model_bucket_t *bucket, size_t i, const char *text,
    error_t *err)
{
    return model_policies[i].set(bucket, text, err);
}


/* what the cache would never store has no time either */

static bool
model_status_ok(unsigned status)
{
    if (status == 0 || status == 403 || status == 404 || status == 410) {
        return true;
    }

    return status >= 200 && status < 400 && status != 206 && status != 304;
}


static int
model_pattern_check(const char *pattern, error_t *err)
{
    size_t  i;

    if (pattern[0] == '\0' || strcmp(pattern, "*") == 0
        || strcmp(pattern, "~") == 0 || strcmp(pattern, "~*") == 0)
    {
        return error_set(err, ERR_INVALID, "ttl_rules: keys as PREFIX, "
                         "*SUFFIX, ~REGEX or ~*REGEX are expected");
    }

    for (i = 0; pattern[i] != '\0'; i++) {

        if (i == MODEL_PATTERN_MAX) {
            return error_set(err, ERR_LIMIT, "ttl_rules: keys of more than %d "
                             "bytes", MODEL_PATTERN_MAX);
        }

        if ((unsigned char) pattern[i] < 0x20 || pattern[i] == 0x7f) {
            return error_set(err, ERR_INVALID, "ttl_rules: control characters "
                             "are not allowed");
        }
    }

    return 0;
}


int
model_policy_check(const model_bucket_t *bucket, error_t *err)
{
    int                 rc;
    size_t              i, n;
    const char         *field;
    const model_ttl_t  *rule;

    for (i = 0; i < bucket->nttl; i++) {

        rule = &bucket->ttl[i];
        field = rule->pattern != NULL ? "ttl_rules" : "ttl";

        if (!model_status_ok(rule->status)) {
            return error_set(err, ERR_INVALID, "%s: status %u is never "
                             "stored; 200 to 399 but for 206 and 304, or 403, "
                             "404 or 410, is expected", field, rule->status);
        }

        if (rule->seconds < 0 || rule->seconds > S3_TTL_MAX) {
            return error_set(err, ERR_INVALID, "%s: 0 to 10 years are "
                             "expected", field);
        }

        if (rule->pattern != NULL) {
            rc = model_pattern_check(rule->pattern, err);
            if (rc != 0) {
                return rc;
            }
        }
    }

    /* config_resolve() adds what is not there */

    n = (model_ttl_find(bucket, 0) == NULL)
        + (model_ttl_find(bucket, 404) == NULL);

    if (bucket->nttl + n > MODEL_TTL_RULES_MAX) {
        return error_set(err, ERR_LIMIT, "ttl: more than %d rules",
                         MODEL_TTL_RULES_MAX - 2);
    }

    return 0;
}
