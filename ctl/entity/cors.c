
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "s3_cors.h"
#include "s3_ttl.h"

#include "base/json.h"
#include "base/render_text.h"
#include "entity/cors.h"


/* NULL: the text is fine, or what was expected */

typedef const char *(*cors_check_pt)(const s3_str_t *text);


static int cors_check_rule(const json_t *rule, size_t i, error_t *err);
static int cors_check_list(const json_t *rule, const char *where,
    const char *key, int required, cors_check_pt check, error_t *err);
static const char *cors_is_origin(const s3_str_t *text);
static const char *cors_is_method(const s3_str_t *text);
static const char *cors_is_header(const s3_str_t *text);
static void cors_loose(json_t *rule);
static void cors_render_list(const json_t *list, const char *separator,
    strbuf_t *sb);


static const char *const  cors_keys[] = {
    "ID", "AllowedOrigins", "AllowedMethods", "AllowedHeaders",
    "ExposeHeaders", "MaxAgeSeconds", NULL
};


int
cors_normalize(const char *text, char **ret_text, error_t *err)
{
    int      rc;
    json_t  *rules;

    if (strlen(text) > CORS_TEXT_MAX) {
        return error_set(err, ERR_LIMIT, "more than %d bytes", CORS_TEXT_MAX);
    }

    rc = json_parse(text, strlen(text), &rules, err);

    if (rc == 0) {
        rc = cors_from_json(rules, false, ret_text, err);
        json_decref(rules);
    }

    return rc;
}


int
cors_from_json(const json_t *rules, bool loose, char **ret_text, error_t *err)
{
    int      rc;
    char    *text;
    size_t   i;
    json_t  *copy, *rule;

    if (!json_is_array(rules)) {
        return error_set(err, ERR_INVALID, "an array of rules is expected");
    }

    if (json_array_size(rules) > CORS_RULES_MAX) {
        return error_set(err, ERR_LIMIT, "more than %d rules", CORS_RULES_MAX);
    }

    copy = json_deep_copy(rules);
    if (copy == NULL) {
        return error_nomem(err);
    }

    rc = 0;
    text = NULL;

    json_array_foreach(copy, i, rule) {

        if (loose) {
            cors_loose(rule);
        }

        rc = cors_check_rule(rule, i, err);
        if (rc != 0) {
            goto done;
        }
    }

    if (json_array_size(copy) != 0) {
        text = json_dumps(copy, JSON_COMPACT|JSON_SORT_KEYS);
        rc = text != NULL ? 0 : error_nomem(err);
    }

    if (text != NULL && strlen(text) > CORS_TEXT_MAX) {
        rc = error_set(err, ERR_LIMIT, "more than %d bytes", CORS_TEXT_MAX);
    }

done:

    json_decref(copy);

    if (rc != 0) {
        free(text);
        return rc;
    }

    *ret_text = text;

    return 0;
}


/* digits become a number; what is none is refused after that */

static void
cors_loose(json_t *rule)
{
    char        *end;
    long long    n;
    const char  *text;

    text = json_string_value(json_object_get(rule, "MaxAgeSeconds"));

    if (text == NULL || text[0] == '\0') {
        return;
    }

    n = strtoll(text, &end, 10);

    if (*end == '\0') {
        (void) json_object_set_new(rule, "MaxAgeSeconds", json_integer(n));
    }
}


static int
cors_check_rule(const json_t *rule, size_t i, error_t *err)
{
    int          rc;
    char         where[32];
    int64_t      age;
    const char  *id;

    (void) snprintf(where, sizeof(where), "rule %zu", i + 1);

    rc = json_check_keys(rule, where, cors_keys, err);

    if (rc == 0) {
        rc = json_get_string(rule, where, "ID", JSON_OPTIONAL, &id, err);
    }

    if (rc == 0) {
        rc = json_get_int(rule, where, "MaxAgeSeconds", JSON_OPTIONAL, 0,
                          S3_TTL_MAX, &age, err);
    }

    if (rc == 0) {
        rc = cors_check_list(rule, where, "AllowedOrigins", JSON_REQUIRED,
                             cors_is_origin, err);
    }

    if (rc == 0) {
        rc = cors_check_list(rule, where, "AllowedMethods", JSON_REQUIRED,
                             cors_is_method, err);
    }

    if (rc == 0) {
        rc = cors_check_list(rule, where, "AllowedHeaders", JSON_OPTIONAL,
                             cors_is_header, err);
    }

    if (rc == 0) {
        rc = cors_check_list(rule, where, "ExposeHeaders", JSON_OPTIONAL,
                             cors_is_header, err);
    }

    return rc;
}


static int
cors_check_list(const json_t *rule, const char *where, const char *key,
    int required, cors_check_pt check, error_t *err)
{
    int          rc;
    size_t       i, len;
    json_t      *list, *item;
    s3_str_t     text;
    const char  *expected;

    len = 0;
    list = NULL;

    rc = json_get_array(rule, where, key, required, &list, err);

    if (rc != 0 || list == NULL) {
        return rc;
    }

    if (json_array_size(list) > CORS_LIST_MAX
        || (required && json_array_size(list) == 0))
    {
        return error_set(err, ERR_LIMIT, "%s.%s: %d to %d are expected", where,
                         key, required != 0, CORS_LIST_MAX);
    }

    json_array_foreach(list, i, item) {

        text.data = (unsigned char *) (uintptr_t) json_string_value(item);
        text.len = json_string_length(item);

        expected = json_is_string(item) ? check(&text) : "a text";

        if (expected != NULL) {
            return error_set(err, ERR_INVALID, "%s.%s: %s is expected", where,
                             key, expected);
        }

        len += text.len + 1;
    }

    /* origins and methods are required: no list of these is one word */

    if (!required && len > CORS_NAMES_MAX) {
        return error_set(err, ERR_LIMIT, "%s.%s: more than %d bytes", where,
                         key, CORS_NAMES_MAX);
    }

    return 0;
}


static const char *
cors_is_origin(const s3_str_t *text)
{
    size_t       i;
    const char  *p;

    static const char *const  options[] = {
        "methods=", "headers=", "expose=", "max_age="
    };

    p = (const char *) text->data;

    for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strncmp(p, options[i], strlen(options[i])) == 0) {
            break;
        }
    }

    return i == sizeof(options) / sizeof(options[0])
           && s3_cors_check_origin(text) == S3_OK
           ? NULL : "an origin with at most one \"*\"";
}


static const char *
cors_is_method(const s3_str_t *text)
{
    return s3_cors_method(text) != 0
           ? NULL : "GET, HEAD, PUT, POST or DELETE";
}


static const char *
cors_is_header(const s3_str_t *text)
{
    return s3_cors_check_header(text) == S3_OK
           ? NULL : "the name of a header with at most one \"*\"";
}


void
cors_render(const char *text, strbuf_t *sb)
{
    size_t         i, n;
    json_t        *rules, *rule, *item;
    const json_t  *list;

    if (text == NULL) {
        return;
    }

    rules = json_loads(text, 0, NULL);

    json_array_foreach(rules, i, rule) {

        strbuf_puts(sb, "        cors");

        json_array_foreach(json_object_get(rule, "AllowedOrigins"), n, item) {
            strbuf_putc(sb, ' ');
            render_quote(sb, "%s", json_string_value(item));
        }

        strbuf_puts(sb, " methods=");
        cors_render_list(json_object_get(rule, "AllowedMethods"), ",", sb);
        strbuf_puts(sb, "\n            \"headers=");
        cors_render_list(json_object_get(rule, "AllowedHeaders"), ",", sb);
        strbuf_putc(sb, '"');

        list = json_object_get(rule, "ExposeHeaders");

        if (json_array_size(list) != 0) {
            strbuf_puts(sb, " \"expose=");
            cors_render_list(list, ",", sb);
            strbuf_putc(sb, '"');
        }

        item = json_object_get(rule, "MaxAgeSeconds");

        if (json_is_integer(item)) {
            strbuf_printf(sb, " max_age=%" JSON_INTEGER_FORMAT "s",
                          json_integer_value(item));
        }

        strbuf_puts(sb, ";\n");
    }

    json_decref(rules);
}


/* names of headers and methods: none has a quote, a "$" needs none */

static void
cors_render_list(const json_t *list, const char *separator, strbuf_t *sb)
{
    size_t   i;
    json_t  *item;

    json_array_foreach(list, i, item) {
        strbuf_printf(sb, "%s%s", i != 0 ? separator : "",
                      json_string_value(item));
    }
}
