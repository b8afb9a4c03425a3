
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_redirect.h"


typedef struct {
    const char  *name;
    s3_str_t     url;
    int          rc;
    unsigned     https;
    s3_str_t     host;
    unsigned     port;
    s3_str_t     path;
} parse_row_t;


typedef struct {
    const char  *name;
    s3_str_t     endpoint;
    s3_str_t     host;
    int          near;
} near_row_t;


#define S(text)  s3_string(text)
#define NO       S3_DECLINED, 0, S(""), 0, S("")


static const parse_row_t  parse_rows[] = {
    { "https", S("https://b.s3.eu-west-1.amazonaws.com/k"), S3_OK, 1,
      S("b.s3.eu-west-1.amazonaws.com"), 443, S("/k") },
    { "http", S("http://s3.example.com/b/k"), S3_OK, 0, S("s3.example.com"),
      80, S("/b/k") },
    { "port", S("http://s3.example.com:8080/b/k"), S3_OK, 0,
      S("s3.example.com:8080"), 8080, S("/b/k") },
    { "usual port", S("https://s3.example.com:443/b/k"), S3_OK, 1,
      S("s3.example.com"), 443, S("/b/k") },
    { "query", S("http://a.example.com/k?x=/y"), S3_OK, 0,
      S("a.example.com"), 80, S("/k") },
    { "fragment", S("http://a.example.com/k#f"), S3_OK, 0,
      S("a.example.com"), 80, S("/k") },
    { "no path", S("http://a.example.com"), S3_OK, 0, S("a.example.com"), 80,
      S("") },
    { "no path, query", S("http://a.example.com?x"), S3_OK, 0,
      S("a.example.com"), 80, S("") },
    { "one label", S("http://localhost:9000/b/k"), S3_OK, 0,
      S("localhost:9000"), 9000, S("/b/k") },

    { "empty", S(""), NO },
    { "path", S("/b/k"), NO },
    { "no scheme", S("//a.example.com/k"), NO },
    { "another scheme", S("ftp://a.example.com/k"), NO },
    { "scheme alone", S("http://"), NO },
    { "no host", S("http:///k"), NO },
    { "IPv4", S("http://127.0.0.1/k"), NO },
    { "IMDS", S("http://169.254.169.254/latest"), NO },
    { "IPv4, one number", S("http://2130706433/k"), NO },
    { "IPv4, hexadecimal", S("http://0x7f000001/k"), NO },
    { "IPv4, short", S("http://127.1/k"), NO },
    { "IPv6", S("http://[::1]/k"), NO },
    { "user", S("http://a.example.com@evil.example/k"), NO },
    { "backslash", S("http://a.example.com\\k"), NO },
    { "blank", S("http://a .example.com/k"), NO },
    { "line", S("http://a.example.com\r\nX: y/k"), NO },
    { "escape", S("http://a%2eexample.com/k"), NO },
    { "empty label", S("http://a..example.com/k"), NO },
    { "dot first", S("http://.example.com/k"), NO },
    { "dot last", S("http://a.example.com./k"), NO },
    { "no number", S("http://a.example.com:x/k"), NO },
    { "no port", S("http://a.example.com:/k"), NO },
    { "port 0", S("http://a.example.com:0/k"), NO },
    { "large port", S("http://a.example.com:65536/k"), NO },
    { "nul", S("http://a\0.example.com/k"), NO }
};


static const near_row_t  near_rows[] = {
    { "the same", S("s3.example.com"), S("S3.example.com"), 1 },
    { "bucket", S("s3.example.com"), S("b.s3.example.com"), 1 },
    { "region", S("s3.example.com"), S("s3.eu.example.com"), 1 },
    { "its parent", S("s3.example.com"), S("example.com"), 0 },
    { "ends so, no label", S("s3.example.com"), S("evilexample.com"), 0 },
    { "another", S("s3.example.com"), S("s3.example.org"), 0 },
    { "no s3 in front", S("example.co.uk"), S("evil.co.uk"), 0 },
    { "no s3 in front, bucket", S("example.co.uk"), S("b.example.co.uk"), 1 },
    { "one label behind it", S("s3.local"), S("evil.local"), 0 },
    { "one label", S("minio"), S("minio"), 1 },
    { "one label, another", S("minio"), S("localhost"), 0 },
    { "address, the same", S("127.0.0.1"), S("127.0.0.1"), 1 },
    { "address, a name", S("127.0.0.1"), S("localhost"), 0 },
    { "address, below", S("127.0.0.1"), S("a.127.0.0.1"), 0 },

    { "AWS, region", S("s3.amazonaws.com"),
      S("b.s3.eu-west-1.amazonaws.com"), 1 },
    { "AWS, from a region", S("s3.eu-west-1.amazonaws.com"),
      S("b.s3-us-west-2.amazonaws.com"), 1 },
    { "AWS, dual-stack", S("s3.amazonaws.com"),
      S("b.s3.dualstack.eu-west-1.amazonaws.com"), 1 },
    { "AWS, no S3", S("s3.amazonaws.com"),
      S("ec2-1-2-3-4.compute-1.amazonaws.com"), 0 },
    { "AWS, only begins so", S("s3.amazonaws.com"),
      S("s30.execute-api.amazonaws.com"), 0 },
    { "AWS, China", S("s3.cn-north-1.amazonaws.com.cn"),
      S("b.s3.cn-northwest-1.amazonaws.com.cn"), 1 },
    { "AWS, not to China", S("s3.amazonaws.com"),
      S("b.s3.cn-north-1.amazonaws.com.cn"), 0 }
};


static void
test_parse(void **state)
{
    int                 rc;
    size_t              i;
    s3_str_t            in;
    s3_redirect_t       to;
    const parse_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(parse_rows); i++) {
        row = &parse_rows[i];
        in = guard_in(&row->url);

        rc = s3_redirect_parse(&in, &to);

        guard_int(row->name, "result", rc, row->rc);

        if (rc == S3_OK) {
            guard_int(row->name, "https", to.https, row->https);
            guard_int(row->name, "port", to.port, row->port);
            guard_bytes(row->name, "host", &to.host, &row->host);
            guard_bytes(row->name, "path", &to.path, &row->path);
        }

        guard_reset();
    }
}


static void
test_endpoint(void **state)
{
    s3_str_t       in, text = S("b.example.com:9000"), none = S("a/b");
    s3_redirect_t  to;

    (void) state;

    in = guard_in(&text);
    guard_int("endpoint", "result", s3_redirect_endpoint(&in, 1, &to), S3_OK);
    guard_int("endpoint", "port", to.port, 9000);
    guard_int("endpoint", "path", (int64_t) to.path.len, 0);
    guard_bytes("endpoint", "host", &to.host, &text);

    in = guard_in(&none);
    guard_int("endpoint", "path", s3_redirect_endpoint(&in, 1, &to),
              S3_DECLINED);
    guard_reset();
}


static void
test_near(void **state)
{
    size_t             i;
    s3_str_t           endpoint, host;
    const near_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(near_rows); i++) {
        row = &near_rows[i];

        endpoint = guard_in(&row->endpoint);
        host = guard_in(&row->host);

        guard_int(row->name, "near", s3_redirect_is_near(&endpoint, &host),
                  row->near);
        guard_reset();
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_endpoint),
        cmocka_unit_test(test_near)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
