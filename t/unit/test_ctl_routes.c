
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table of routes, openapi.json, and the tables and limits that the
 * document repeats, say the same.
 */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>
#include <jansson.h>

#include "api/openapi.h"
#include "api/routes.h"
#include "base/version.h"
#include "nginx/edge.h"
#include "entity/model.h"
#include "s3_stats.h"


typedef struct {
    const char  *member;
    json_int_t   max;
} limit_row_t;


static json_t  *doc;


static const limit_row_t  limit_rows[] = {
    { "endpoint", MODEL_ENDPOINT_MAX },
    { "region", S3_REGION_MAX },
    { "origin_bucket", S3_BUCKET_MAX },
    { "prefix", MODEL_PREFIX_MAX },
    { "access_key_id", S3_ACCESS_KEY_MAX },
    { "secret_access_key", S3_SECRET_KEY_MAX },
    { "session_token", S3_TOKEN_MAX }
};


static int
setup(void **state)
{
    (void) state;

    doc = openapi_document();

    return doc == NULL ? -1 : 0;
}


static int
teardown(void **state)
{
    (void) state;

    json_decref(doc);

    return 0;
}


/* a JSON pointer without escapes */

static json_t *
at(const char *pointer)
{
    char     key[128];
    size_t   len;
    json_t  *node;

    node = doc;

    while (node != NULL && *pointer == '/') {
        pointer++;
        len = strcspn(pointer, "/");
        assert_true(len < sizeof(key));
        memcpy(key, pointer, len);
        key[len] = '\0';
        pointer += len;
        node = json_object_get(node, key);
    }

    return node;
}


static json_t *
operation(const char *path, const char *method)
{
    char    verb[16];
    size_t  i;

    for (i = 0; method[i] != '\0' && i < sizeof(verb) - 1; i++) {
        verb[i] = (char) tolower((unsigned char) method[i]);
    }

    verb[i] = '\0';

    return json_object_get(json_object_get(at("/paths"), path), verb);
}


static void
test_routes_are_documented(void **state)
{
    size_t       i;
    json_t      *op;
    const char  *id;

    (void) state;

    for (i = 0; i < routes_n; i++) {
        op = operation(routes[i].path, routes[i].method);

        if (routes[i].operation == NULL) {

            if (op != NULL) {
                fail_msg("%s %s is in openapi.json, and says it is not",
                         routes[i].method, routes[i].path);
            }

            continue;
        }

        id = json_string_value(json_object_get(op, "operationId"));

        if (id == NULL || strcmp(id, routes[i].operation) != 0) {
            fail_msg("%s %s: operationId is \"%s\", want \"%s\"",
                     routes[i].method, routes[i].path, id ? id : "(none)",
                     routes[i].operation);
        }
    }
}


static void
test_documents_are_routed(void **state)
{
    size_t       i;
    json_t      *item, *op;
    const char  *path, *verb;

    (void) state;

    json_object_foreach(at("/paths"), path, item) {
        json_object_foreach(item, verb, op) {

            if (strcmp(verb, "parameters") == 0) {
                continue;
            }

            for (i = 0; i < routes_n; i++) {
                if (strcmp(routes[i].path, path) == 0
                    && strcasecmp(routes[i].method, verb) == 0)
                {
                    break;
                }
            }

            if (i == routes_n) {
                fail_msg("%s %s has no route", verb, path);
            }

            if (json_object_get(op, "summary") == NULL
                || json_object_get(op, "tags") == NULL
                || json_object_get(json_object_get(op, "responses"),
                                   "default") == NULL)
            {
                fail_msg("%s %s wants summary, tags and a default response",
                         verb, path);
            }
        }
    }
}


/* an open route says so, and a changing one lists its refusals */

static void
test_responses(void **state)
{
    int      open, changes;
    size_t   i;
    json_t  *op, *responses;

    (void) state;

    for (i = 0; i < routes_n; i++) {

        if (routes[i].operation == NULL) {
            continue;
        }

        op = operation(routes[i].path, routes[i].method);
        responses = json_object_get(op, "responses");

        open = json_object_get(op, "security") != NULL;
        changes = strcmp(routes[i].method, "GET") != 0;

        if (open != ((routes[i].flags & ROUTE_OPEN) != 0)
            || open == (json_object_get(responses, "401") != NULL))
        {
            fail_msg("%s: security, 401 and ROUTE_OPEN disagree",
                     routes[i].operation);
        }

        if (changes && (json_object_get(responses, "403") == NULL
                        || json_object_get(responses, "415") == NULL))
        {
            fail_msg("%s: 403 and 415 are not listed", routes[i].operation);
        }
    }
}


static void
check_references(const json_t *node)
{
    size_t       i;
    json_t      *value;
    const char  *key, *text;

    json_array_foreach(node, i, value) {
        check_references(value);
    }

    json_object_foreach((json_t *) (uintptr_t) node, key, value) {
        check_references(value);

        text = json_string_value(value);

        if (strcmp(key, "$ref") == 0
            && (text == NULL || text[0] != '#' || at(text + 1) == NULL))
        {
            fail_msg("$ref \"%s\" leads nowhere", text ? text : "(no text)");
        }
    }
}


static void
test_references(void **state)
{
    (void) state;

    check_references(doc);
}


static void
described(json_t *properties, const char *name, const char *want)
{
    const char  *help;

    help = json_string_value(json_object_get(json_object_get(properties, name),
                                             "description"));

    if (help == NULL || strcmp(help, want) != 0) {
        fail_msg("%s is described as \"%s\", want \"%s\"", name,
                 help ? help : "(nothing)", want);
    }
}


static void
test_counters(void **state)
{
    size_t                 i;
    json_t                *properties;
    const s3_stats_row_t  *row;

    (void) state;

    properties = at("/components/schemas/Counters/properties");

    for (i = 0; i < S3_STATS_MAX; i++) {
        row = &s3_stats[S3_STATS_BUCKET].rows[i];
        described(properties, row->name, row->help);
    }

    /* beside them: hit_rate, objects, bytes */

    assert_int_equal(json_object_size(properties), S3_STATS_MAX + 3);
    assert_int_equal(
        json_array_size(at("/components/schemas/Counters/required")),
        S3_STATS_MAX + 3);

    properties = at("/components/schemas/MemoryStats/properties");

    for (i = 0; i < S3_STATS_MEMORY_MAX; i++) {
        row = &s3_stats[S3_STATS_MEMORY].rows[i];
        described(properties, row->name, row->help);
    }

    /* beside them: name */

    assert_int_equal(json_object_size(properties), S3_STATS_MEMORY_MAX + 1);
    assert_int_equal(
        json_array_size(at("/components/schemas/MemoryStats/required")),
        S3_STATS_MEMORY_MAX + 1);
}


static void
test_limits(void **state)
{
    size_t       i;
    json_t      *properties;
    json_int_t   max;

    (void) state;

    properties = at("/components/schemas/NewBucket/properties");

    for (i = 0; i < sizeof(limit_rows) / sizeof(limit_rows[0]); i++) {
        max = json_integer_value(
                  json_object_get(json_object_get(properties,
                                                  limit_rows[i].member),
                                  "maxLength"));

        if (max != limit_rows[i].max) {
            fail_msg("%s: maxLength is %lld, want %lld", limit_rows[i].member,
                     (long long) max, (long long) limit_rows[i].max);
        }
    }

    assert_int_equal(
        json_integer_value(at("/components/schemas/BucketName/maxLength")),
        S3_BUCKET_MAX);

    max = json_integer_value(
              json_object_get(
                  json_array_get(at("/components/schemas/Duration/oneOf"), 0),
                  "maximum"));
    assert_int_equal(max, S3_TTL_MAX);
}


static void
test_error_codes(void **state)
{
    int      code;
    size_t   i;
    json_t  *names, *name;

    (void) state;

    names = at("/components/schemas/Error/properties/error/enum");

    for (code = -1; code > -ERR_MAX; code--) {

        json_array_foreach(names, i, name) {
            if (strcmp(json_string_value(name), error_name(code)) == 0) {
                break;
            }
        }

        if (i == json_array_size(names)) {
            fail_msg("error \"%s\" is not documented", error_name(code));
        }
    }
}


static void
test_version(void **state)
{
    (void) state;

    assert_string_equal(json_string_value(at("/info/version")),
                        S3EDGE_VERSION);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_routes_are_documented),
        cmocka_unit_test(test_documents_are_routed),
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_error_codes),
        cmocka_unit_test(test_version)
    };

    return cmocka_run_group_tests_name("ctl_routes", tests, setup, teardown);
}
