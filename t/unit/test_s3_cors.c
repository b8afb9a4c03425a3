
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_cors.h"


#define S(text)  s3_string(text)

#define GET      S3_CORS_GET
#define PUT      S3_CORS_PUT
#define READ     (S3_CORS_GET|S3_CORS_HEAD)


typedef struct {
    const char  *name;
    s3_str_t     pattern;
    s3_str_t     origin;
    int          rc;
    int          any;
} origin_row_t;


typedef struct {
    const char  *name;
    s3_str_t     pattern;
    s3_str_t     headers;
    int          rc;
    s3_str_t     text;             /* of s3_cors_headers() */
} header_row_t;


typedef struct {
    const char  *name;
    s3_str_t     pattern;
    int          origin;
    int          header;
} check_row_t;


static const origin_row_t  origin_rows[] = {
    { "same", S("https://a.example"), S("https://a.example"), S3_OK, 0 },
    { "other", S("https://a.example"), S("https://b.example"), S3_DECLINED,
      0 },
    { "case", S("https://a.example"), S("https://A.example"), S3_DECLINED,
      0 },
    { "longer", S("https://a.example"), S("https://a.example.com"),
      S3_DECLINED, 0 },
    { "shorter", S("https://a.example"), S("https://a"), S3_DECLINED, 0 },
    { "port", S("https://a.example"), S("https://a.example:8443"),
      S3_DECLINED, 0 },
    { "any", S("*"), S("https://a.example"), S3_OK, 1 },
    { "any, null", S("*"), S("null"), S3_OK, 1 },
    { "null", S("null"), S("null"), S3_OK, 0 },
    { "subdomain", S("https://*.example"), S("https://a.b.example"), S3_OK,
      0 },
    { "not the domain", S("https://*.example"), S("https://example"),
      S3_DECLINED, 0 },
    { "not another scheme", S("https://*.example"), S("http://a.example"),
      S3_DECLINED, 0 },
    { "scheme", S("*://a.example"), S("http://a.example"), S3_OK, 0 },
    { "any port", S("http://localhost:*"), S("http://localhost:3000"), S3_OK,
      0 },
    { "nothing for the star", S("http://a*"), S("http://a"), S3_OK, 0 },
    { "overlap", S("aba*ba"), S("aba"), S3_DECLINED, 0 },
    { "empty", S("https://a.example"), S(""), S3_DECLINED, 0 }
};


static const header_row_t  header_rows[] = {
    { "none", S("x"), S(""), S3_OK, S("") },
    { "one", S("range"), S("range"), S3_OK, S("range") },
    { "case", S("Range"), S("rANGE"), S3_OK, S("range") },
    { "other", S("range"), S("x-other"), S3_DECLINED, S("x-other") },
    { "all", S("*"), S("a, B ,,c\t,"), S3_OK, S("a, b, c") },
    { "pattern", S("x-amz-*"), S("X-Amz-Date,x-amz-acl"), S3_OK,
      S("x-amz-date, x-amz-acl") },
    { "one of them not", S("x-amz-*"), S("x-amz-date,range"), S3_DECLINED,
      S("x-amz-date, range") },
    { "blanks alone", S("a"), S(" , \t"), S3_OK, S("") },
    { "no commas", S("a"), S("a b"), S3_DECLINED, S("a b") }
};


static const check_row_t  check_rows[] = {
    { "origin", S("https://a.example:1"), S3_OK, S3_ERROR },
    { "star", S("*"), S3_OK, S3_OK },
    { "header", S("x-amz-*"), S3_OK, S3_OK },
    { "two stars", S("*a*"), S3_ERROR, S3_ERROR },
    { "empty", S(""), S3_ERROR, S3_ERROR },
    { "blank", S("a b"), S3_ERROR, S3_ERROR },
    { "comma", S("a,b"), S3_ERROR, S3_ERROR },
    { "quote", S("a\"b"), S3_ERROR, S3_ERROR },
    { "control", S("a\nb"), S3_ERROR, S3_ERROR },
    { "zero", S("a\0b"), S3_ERROR, S3_ERROR },
    { "not ASCII", S("\xc3\xa9"), S3_ERROR, S3_ERROR },
    { "colon", S("a:b"), S3_OK, S3_ERROR }
};


static void
test_origin(void **state)
{
    int                  any;
    size_t               i;
    s3_str_t             none = S(""), pattern, origin;
    s3_cors_rule_t       rule;
    const origin_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(origin_rows); i++) {
        r = &origin_rows[i];
        pattern = guard_in(&r->pattern);
        origin = guard_in(&r->origin);

        memset(&rule, 0, sizeof(s3_cors_rule_t));
        rule.origins = &pattern;
        rule.norigins = 1;
        rule.methods = READ;
        any = 0;

        guard_int(r->name, "match",
                  s3_cors_match(&rule, &origin, GET, &none, &any), r->rc);
        guard_int(r->name, "any", any, r->any);
        guard_int(r->name, "method",
                  s3_cors_match(&rule, &origin, PUT, &none, &any),
                  S3_DECLINED);
        guard_reset();
    }
}


static void
test_order(void **state)
{
    int             any;
    s3_str_t        none = S(""), origin = S("https://a");
    s3_str_t        both[] = { S("https://a"), S("*") };
    s3_cors_rule_t  rule = { both, 2, NULL, 0, GET };

    (void) state;

    assert_int_equal(s3_cors_match(&rule, &origin, GET, &none, &any), S3_OK);
    assert_int_equal(any, 0);

    rule.origins = &both[1];
    rule.norigins = 1;

    assert_int_equal(s3_cors_match(&rule, &origin, GET, &none, &any), S3_OK);
    assert_int_equal(any, 1);
}


static void
test_headers(void **state)
{
    int                  any;
    size_t               i;
    s3_str_t             out, pattern, headers, star = S("*");
    s3_cors_rule_t       rule;
    const header_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(header_rows); i++) {
        r = &header_rows[i];
        pattern = guard_in(&r->pattern);
        headers = guard_in(&r->headers);

        rule.origins = &star;
        rule.norigins = 1;
        rule.headers = &pattern;
        rule.nheaders = 1;
        rule.methods = GET;

        guard_int(r->name, "match",
                  s3_cors_match(&rule, &star, GET, &headers, &any), r->rc);

        out = guard_out(r->text.len);
        guard_int(r->name, "written",
                  (int64_t) s3_cors_headers(&headers, out.data),
                  (int64_t) out.len);
        guard_bytes(r->name, "text", &out, &r->text);
        guard_reset();
    }
}


static void
test_check(void **state)
{
    size_t              i;
    s3_str_t            pattern;
    unsigned char       buf[S3_CORS_PATTERN_MAX + 1];
    const check_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(check_rows); i++) {
        r = &check_rows[i];
        pattern = guard_in(&r->pattern);

        guard_int(r->name, "origin", s3_cors_check_origin(&pattern),
                  r->origin);
        guard_int(r->name, "header", s3_cors_check_header(&pattern),
                  r->header);
        guard_reset();
    }

    memset(buf, 'a', sizeof(buf));
    pattern.data = buf;
    pattern.len = S3_CORS_PATTERN_MAX;
    assert_int_equal(s3_cors_check_origin(&pattern), S3_OK);
    pattern.len++;
    assert_int_equal(s3_cors_check_origin(&pattern), S3_ERROR);
}


static void
test_methods(void **state)
{
    s3_str_t       get = S("GET"), lower = S("get"), none = S("PATCH");
    s3_str_t       all = S("GET, HEAD, PUT, POST, DELETE"), two, text;
    unsigned char  buf[S3_CORS_METHODS_MAX];

    (void) state;

    assert_int_equal(s3_cors_method(&get), GET);
    assert_int_equal(s3_cors_method(&lower), 0);
    assert_int_equal(s3_cors_method(&none), 0);

    text.data = buf;
    text.len = s3_cors_methods(0x1f, buf);
    guard_bytes("all", "text", &text, &all);

    two = (s3_str_t) S("GET, HEAD");
    text.len = s3_cors_methods(READ, buf);
    guard_bytes("two", "text", &text, &two);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_origin),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_methods)
    };

    return cmocka_run_group_tests_name("s3_cors", tests, NULL, NULL);
}
