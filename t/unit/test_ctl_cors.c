
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>

#include "guard.h"

#include "entity/cors.h"


#define RULE(members)                                                         \
    "[{\"AllowedOrigins\":[\"https://a\"],\"AllowedMethods\":[\"GET\"]"       \
    members "}]"


typedef struct {
    const char  *name;
    const char  *text;
    const char  *message;          /* its beginning; NULL: fine */
} row_t;


static const row_t  rows[] = {
    { "rule", RULE(""), NULL },
    { "all members", RULE(",\"ID\":\"a\",\"AllowedHeaders\":[\"*\"],"
      "\"ExposeHeaders\":[\"ETag\"],\"MaxAgeSeconds\":60"), NULL },
    { "no JSON", "*", "line 1" },
    { "no array", "{}", "an array of rules is expected" },
    { "no rule", "[1]", "rule 1" },
    { "unknown", RULE(",\"Allow\":1"), "rule 1.Allow: unknown" },
    { "no methods", "[{\"AllowedOrigins\":[\"*\"]}]",
      "rule 1.AllowedMethods: an array is required" },
    { "no origin", "[{\"AllowedOrigins\":[],\"AllowedMethods\":[\"GET\"]}]",
      "rule 1.AllowedOrigins: 1 to 32 are expected" },
    { "two stars", "[{\"AllowedOrigins\":[\"*.*\"],"
      "\"AllowedMethods\":[\"GET\"]}]",
      "rule 1.AllowedOrigins: an origin with at most one" },
    { "like an option", "[{\"AllowedOrigins\":[\"expose=a\"],"
      "\"AllowedMethods\":[\"GET\"]}]",
      "rule 1.AllowedOrigins: an origin with at most one" },
    { "method", "[{\"AllowedOrigins\":[\"*\"],"
      "\"AllowedMethods\":[\"PATCH\"]}]",
      "rule 1.AllowedMethods: GET, HEAD, PUT, POST or DELETE" },
    { "header", RULE(",\"AllowedHeaders\":[\"a b\"]"),
      "rule 1.AllowedHeaders: the name of a header" },
    { "exposed", RULE(",\"ExposeHeaders\":[\"a;b\"]"),
      "rule 1.ExposeHeaders: the name of a header" },
    { "a number", RULE(",\"ExposeHeaders\":[1]"),
      "rule 1.ExposeHeaders: a text is expected" },
    { "age", RULE(",\"MaxAgeSeconds\":-1"), "rule 1.MaxAgeSeconds" }
};


static void
test_normalize(void **state)
{
    int      rc;
    char    *text;
    size_t   i;
    error_t  err;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {
        text = NULL;
        rc = cors_normalize(rows[i].text, &text, &err);

        if (rows[i].message == NULL) {
            guard_int(rows[i].name, "result", rc, 0);
            assert_non_null(text);

        } else {
            guard_int(rows[i].name, "refused", rc != 0, 1);
            assert_memory_equal(err.message, rows[i].message,
                                strlen(rows[i].message));
        }

        free(text);
    }

    assert_int_equal(cors_normalize("[]", &text, &err), 0);
    assert_null(text);
}


/* nginx takes no longer word */

static void
test_long(void **state)
{
    int       rc;
    char     *text;
    size_t    i, n;
    error_t   err;
    strbuf_t  sb;

    (void) state;

    for (n = 16; n <= 17; n++) {

        text = NULL;
        strbuf_init(&sb, CORS_TEXT_MAX);
        strbuf_puts(&sb, "[{\"AllowedOrigins\":[\"*\"],"
                         "\"AllowedMethods\":[\"GET\"],"
                         "\"ExposeHeaders\":[");

        for (i = 0; i < n; i++) {
            strbuf_printf(&sb, "%s\"%0249zu\"", i != 0 ? "," : "", i);
        }

        strbuf_puts(&sb, "]}]");

        rc = cors_normalize(sb.data, &text, &err);

        assert_int_equal(rc, n == 16 ? 0 : ERR_LIMIT);

        if (rc != 0) {
            assert_string_equal(err.message, "rule 1.ExposeHeaders: more than "
                                "4000 bytes");
        }

        free(text);
        strbuf_release(&sb);
    }
}


static void
test_render(void **state)
{
    char      *text;
    error_t    err;
    strbuf_t   sb;

    (void) state;

    strbuf_init(&sb, CORS_TEXT_MAX);

    cors_render(NULL, &sb);
    assert_int_equal(sb.len, 0);

    assert_int_equal(cors_normalize(rows[1].text, &text, &err), 0);
    cors_render(text, &sb);

    assert_string_equal(sb.data, "        cors \"https://a\" methods=GET\n"
                        "            \"headers=*\" \"expose=ETag\" "
                        "max_age=60s;\n");

    free(text);
    strbuf_release(&sb);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_normalize),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_render)
    };

    return cmocka_run_group_tests_name("ctl_cors", tests, NULL, NULL);
}
