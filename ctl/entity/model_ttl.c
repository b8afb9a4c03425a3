
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How long a bucket's answers are kept, by status and by key (see model.h).
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/render_text.h"
#include "entity/model.h"


#define MODEL_PATTERN_MAX  512
#define MODEL_STATUS_MIN   200
#define MODEL_STATUS_MAX   599
#define MODEL_PATH_MAX     64


static int model_parse_ttl(void *obj, const json_t *value,
    const field_lang_t *lang, error_t *err);
static int model_parse_rules(void *obj, const json_t *value,
    const field_lang_t *lang, error_t *err);
static json_t *model_print_ttl(const void *obj, field_form_t form);
static json_t *model_print_rules(const void *obj, field_form_t form);
static int model_dup_ttl(void *copy, const void *obj);
static void model_release_ttl(void *obj);
static void model_render_ttl(const void *obj, strbuf_t *sb);


/* both are in one array, in the order in which they hold */

const field_custom_t  model_ttl_field = {
    model_parse_ttl, model_print_ttl, model_dup_ttl, model_release_ttl,
    model_render_ttl
};


const field_custom_t  model_rules_field = {
    model_parse_rules, model_print_rules, NULL, NULL, NULL
};


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


/* 200 to 599 in three digits, or 0 */

static unsigned
model_status(const char *text)
{
    unsigned long  status;

    if (strlen(text) != 3 || strspn(text, "0123456789") != 3) {
        return 0;
    }

    status = strtoul(text, NULL, 10);

    return status >= MODEL_STATUS_MIN && status <= MODEL_STATUS_MAX
           ? (unsigned) status : 0;
}


static int
model_parse_time(model_bucket_t *bucket, unsigned status, const json_t *value,
    const char *path, error_t *err)
{
    int      rc;
    int64_t  seconds;

    rc = field_time(value, &seconds, err);

    if (rc == 0) {
        rc = model_ttl_add(bucket, status, seconds, err);
    }

    if (rc != 0) {
        (void) error_prefix(err, "%s", path);
    }

    return rc;
}


/* 3600, "1h", or {"default": "1h", "404": 10} */

static int
model_parse_ttl(void *obj, const json_t *value, const field_lang_t *lang,
    error_t *err)
{
    int          rc;
    char         path[MODEL_PATH_MAX];
    json_t      *time;
    unsigned     status;
    const char  *key;

    if (json_is_string(value) || json_is_integer(value)) {
        return model_parse_time(obj, 0, value, lang->yaml ? "ttl"
                                                          : "ttl.default",
                                err);
    }

    if (!json_is_object(value)) {
        (void) snprintf(path, sizeof(path), "a time or %s", lang->map);
        return field_mismatch("ttl", path, value, lang, err);
    }

    /* the cast: jansson's iterators are not const, but change nothing */

    json_object_foreach((json_t *) (uintptr_t) value, key, time) {

        status = model_status(key);

        if (status == 0 && strcmp(key, "default") != 0) {
            return error_set(err, ERR_INVALID, "ttl.%.64s: \"default\" or a "
                             "status from %d to %d is expected", key,
                             MODEL_STATUS_MIN, MODEL_STATUS_MAX);
        }

        (void) snprintf(path, sizeof(path), "ttl.%s", key);

        rc = model_parse_time(obj, status, time, path, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/* a number, or its digits, as YAML has it */

static int
model_parse_status(const json_t *value, const char *path,
    unsigned *ret_status, error_t *err)
{
    unsigned    status;
    json_int_t  n;

    if (json_is_integer(value)) {
        n = json_integer_value(value);
        status = n >= MODEL_STATUS_MIN && n <= MODEL_STATUS_MAX
                 ? (unsigned) n : 0;

    } else {
        status = json_is_string(value) ? model_status(json_string_value(value))
                                       : 0;
    }

    if (status == 0) {
        return error_set(err, ERR_INVALID, "%s.status: a status from %d to %d "
                         "is expected", path, MODEL_STATUS_MIN,
                         MODEL_STATUS_MAX);
    }

    *ret_status = status;

    return 0;
}


/* {"keys": "*.m3u8", "ttl": "5s", "status": 200} */

static int
model_parse_rule(model_bucket_t *bucket, const json_t *rule, const char *path,
    const field_lang_t *lang, error_t *err)
{
    int            rc;
    char           text[MODEL_PATH_MAX * 2];
    int64_t        seconds;
    unsigned       status;
    const json_t  *keys, *ttl, *value;

    static const char *const  members[] = { "keys", "ttl", "status", NULL };

    if (!json_is_object(rule)) {
        (void) snprintf(text, sizeof(text), "%s of keys, ttl and status",
                        lang->map);
        return field_mismatch(path, text, rule, lang, err);
    }

    rc = json_check_keys(rule, path, members, err);
    if (rc != 0) {
        return rc;
    }

    status = 0;
    keys = json_object_get(rule, "keys");
    ttl = json_object_get(rule, "ttl");
    value = json_object_get(rule, "status");

    if (keys == NULL || (ttl == NULL && lang->yaml)) {
        return error_set(err, ERR_INVALID, "%s.%s: it is required", path,
                         keys == NULL ? "keys" : "ttl");
    }

    if (!json_is_string(keys)) {
        (void) snprintf(text, sizeof(text), "%s.keys", path);
        return field_mismatch(text, lang->text, keys, lang, err);
    }

    if (value != NULL && !json_is_null(value)) {
        rc = model_parse_status(value, path, &status, err);
        if (rc != 0) {
            return rc;
        }
    }

    rc = field_time(ttl, &seconds, err);

    if (rc != 0) {
        (void) error_prefix(err, "%s.ttl", path);
        return rc;
    }

    rc = model_ttl_add_key(bucket, json_string_value(keys), status, seconds,
                           err);

    if (rc != 0) {
        (void) error_prefix(err, "%s", path);
    }

    return rc;
}


static int
model_parse_rules(void *obj, const json_t *value, const field_lang_t *lang,
    error_t *err)
{
    int      rc;
    char     path[MODEL_PATH_MAX];
    size_t   i;
    json_t  *rule;

    if (!json_is_array(value)) {
        return field_mismatch("ttl_rules", lang->list, value, lang, err);
    }

    json_array_foreach(value, i, rule) {

        (void) snprintf(path, sizeof(path), "ttl_rules[%zu]", i);

        rc = model_parse_rule(obj, rule, path, lang, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/* of the rules for every key the one with the next status */

static const model_ttl_t *
model_ttl_next(const model_bucket_t *bucket, const model_ttl_t *last)
{
    size_t              i;
    const model_ttl_t  *rule, *next;

    next = NULL;

    for (i = 0; i < bucket->nttl; i++) {

        rule = &bucket->ttl[i];

        if (rule->pattern == NULL
            && (last == NULL || rule->status > last->status)
            && (next == NULL || rule->status < next->status))
        {
            next = rule;
        }
    }

    return next;
}


/* in one order, whatever it was written in */

static json_t *
model_print_ttl(const void *obj, field_form_t form)
{
    char                key[16];
    json_t             *ttl;
    const model_ttl_t  *rule;

    ttl = json_object();
    rule = NULL;

    while (ttl != NULL && (rule = model_ttl_next(obj, rule)) != NULL) {

        (void) snprintf(key, sizeof(key), "%u", rule->status);

        if (json_object_set_new(ttl, rule->status != 0 ? key : "default",
                                json_integer(rule->seconds))
            == -1)
        {
            json_decref(ttl);
            ttl = NULL;
        }
    }

    if (form == FIELD_DECLARED && json_object_size(ttl) == 0) {
        json_decref(ttl);
        return json_null();
    }

    return ttl;
}


static json_t *
model_print_rules(const void *obj, field_form_t form)
{
    size_t                 i;
    json_t                *list, *item;
    const model_ttl_t     *rule;
    const model_bucket_t  *bucket;

    bucket = obj;
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

    if (form == FIELD_DECLARED && json_array_size(list) == 0) {
        json_decref(list);
        return json_null();
    }

    return list;
}


static int
model_dup_ttl(void *copy, const void *obj)
{
    size_t                 i;
    model_bucket_t        *to;
    const model_bucket_t  *from;

    from = obj;
    to = copy;
    to->ttl = NULL;
    to->nttl = 0;

    for (i = 0; from != NULL && i < from->nttl; i++) {
        if (model_ttl_add_key(to, from->ttl[i].pattern, from->ttl[i].status,
                              from->ttl[i].seconds, NULL)
            != 0)
        {
            return ERR_NOMEM;
        }
    }

    return 0;
}


static void
model_release_ttl(void *obj)
{
    size_t           i;
    model_bucket_t  *bucket;

    bucket = obj;

    for (i = 0; i < bucket->nttl; i++) {
        free(bucket->ttl[i].pattern);
    }

    free(bucket->ttl);
}


static void
model_render_ttl(const void *obj, strbuf_t *sb)
{
    size_t                 i;
    const model_ttl_t     *rule;
    const model_bucket_t  *bucket;

    bucket = obj;

    for (i = 0; i < bucket->nttl; i++) {

        rule = &bucket->ttl[i];
        strbuf_puts(sb, "        ttl ");

        if (rule->status != 0) {
            strbuf_printf(sb, "%u ", rule->status);
        }

        strbuf_printf(sb, "%" PRId64 "s", rule->seconds);

        if (rule->pattern != NULL) {
            strbuf_putc(sb, ' ');
            render_quote(sb, "%s", rule->pattern);
        }

        strbuf_puts(sb, ";\n");
    }
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
model_ttl_check(const model_bucket_t *bucket, error_t *err)
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
