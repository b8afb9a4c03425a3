
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_canon.h"


#define HEADERS_MAX  5


typedef struct {
    const char  *name;
    s3_str_t     query;
    s3_str_t     canonical;        /* data NULL: broken */
} query_row_t;


typedef struct {
    const char  *name;
    size_t       n;
    s3_pair_t    headers[HEADERS_MAX];
    s3_str_t     canonical;
    s3_str_t     names;
} header_row_t;


#define S(text)  s3_string(text)
#define NONE     { 0, NULL }


static const query_row_t  query_rows[] = {
    { "empty", S(""), S("") },
    { "no value", S("uploads"), S("uploads=") },
    { "empty value", S("uploads="), S("uploads=") },
    { "empty name", S("=v"), S("=v") },
    { "empty pieces", S("&&b&&a&"), S("a=&b=") },
    { "sorted", S("b=2&a=1&c=3"), S("a=1&b=2&c=3") },
    { "name before joined text", S("a-b=1&a=2"), S("a=2&a-b=1") },
    { "prefix", S("prefixes=1&prefix=2"), S("prefix=2&prefixes=1") },
    { "values", S("a=2&a=10&a=&a"), S("a=&a=&a=10&a=2") },
    { "duplicates stay", S("a=1&a=1"), S("a=1&a=1") },
    { "case", S("b=&B=&a=&A="), S("A=&B=&a=&b=") },
    { "encoded sorts as encoded", S("a=1&-=2&%c3%a9=3&~=4&_=5&.=6&0=7"),
      S("%C3%A9=3&-=2&.=6&0=7&_=5&a=1&~=4") },
    { "encoded among themselves", S("%ff=&%0a=&%2f=&%a0="),
      S("%0A=&%2F=&%A0=&%FF=") },
    { "spelling does not matter", S("%62=%31&%61=%32"), S("a=2&b=1") },
    { "spelling within a name", S("a%62z=1&abc=2&ab%2d=3"),
      S("ab-=3&abc=2&abz=1") },
    { "plus", S("a=b+c&a=b c"), S("a=b%20c&a=b%2Bc") },
    { "equals in the value", S("a=b=c"), S("a=b%3Dc") },
    { "slash", S("prefix=a/b/"), S("prefix=a%2Fb%2F") },
    { "raw utf-8", S("p=\xc3\xa9"), S("p=%C3%A9") },
    { "raw bytes", S("\xff=\x01"), S("%FF=%01") },
    { "escaped separators", S("a=%26%3D"), S("a=%26%3D") },
    { "broken name", S("a=1&%4=2"), NONE },
    { "broken value", S("a=%zz"), NONE },
    { "broken across pieces", S("a=%4&1"), NONE }
};


static const header_row_t  header_rows[] = {
    { "none", 0, { { NONE, NONE } }, S(""), S("") },
    { "one", 1, { { S("Host"), S("h:9000") } }, S("host:h:9000\n"),
      S("host") },
    { "sorted without case", 3,
      { { S("X-b"), S("1") }, { S("x-A"), S("2") }, { S("HOST"), S("h") } },
      S("host:h\nx-a:2\nx-b:1\n"), S("host;x-a;x-b") },
    { "prefix", 2, { { S("x-ab"), S("1") }, { S("X-A"), S("2") } },
      S("x-a:2\nx-ab:1\n"), S("x-a;x-ab") },
    { "dash sorts before letters", 2,
      { { S("xa"), S("1") }, { S("X-A"), S("2") } },
      S("x-a:2\nxa:1\n"), S("x-a;xa") },
    { "one name keeps its order", 5,
      { { S("n"), S("4") }, { S("N"), S("1") }, { S("host"), S("h") },
        { S("n"), S("3") }, { S("n"), S("1") } },
      S("host:h\nn:4,1,3,1\n"), S("host;n") },
    { "blanks", 2,
      { { S("a"), S("  v  \t w\t") }, { S("b"), S(" \"a   b\" ") } },
      S("a:v w\nb:\"a b\"\n"), S("a;b") },
    { "long words", 2,
      { { S("a"), S("0123456789abcdef  0123456 \t01234567\xff ") },
        { S("b"), S("01234567\x1f\x0b\x7f!01234567\t8\n") } },
      S("a:0123456789abcdef 0123456 01234567\xff\n"
        "b:01234567\x1f\x0b\x7f!01234567 8\n"), S("a;b") },
    { "empty values", 3,
      { { S("a"), S("") }, { S("a"), S("  ") }, { S("b"), NONE } },
      S("a:,\nb:\n"), S("a;b") },
    { "folded lines", 1, { { S("a"), S("v\r\n  w\nx") } }, S("a:v w x\n"),
      S("a") },
    { "utf-8", 1, { { S("a"), S("\xc3\xa9") } }, S("a:\xc3\xa9\n"), S("a") },
    { "long names", 3,
      { { S("X-AMZ-CONTENT-SHA256"), S("1") }, { S("X-Amz-DatE"), S("2") },
        { S("x-AMZ-MEta-@[`{\xc1\xdaZA"), S("3") } },
      S("x-amz-content-sha256:1\nx-amz-date:2\n"
        "x-amz-meta-@[`{\xc1\xdaza:3\n"),
      S("x-amz-content-sha256;x-amz-date;x-amz-meta-@[`{\xc1\xdaza") }
};


static void
test_query(void **state)
{
    size_t              i;
    s3_str_t            in, out, again;
    s3_pair_t           pairs[S3_QUERY_PAIRS_MAX];
    const query_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(query_rows); i++) {
        r = &query_rows[i];
        in = guard_in(&r->query);

        if (r->canonical.data == NULL) {
            guard_int(r->name, "result",
                      s3_canon_query(&in, pairs, S3_QUERY_PAIRS_MAX, NULL),
                      S3_ERROR);
            guard_reset();
            continue;
        }

        out = guard_out((size_t) s3_canon_query(&in, pairs,
                                                S3_QUERY_PAIRS_MAX, NULL));
        guard_int(r->name, "written",
                  s3_canon_query(&in, pairs, S3_QUERY_PAIRS_MAX, out.data),
                  (int64_t) out.len);
        guard_bytes(r->name, "query", &out, &r->canonical);

        again = guard_out(out.len);
        guard_int(r->name, "written again",
                  s3_canon_query(&out, pairs, S3_QUERY_PAIRS_MAX, again.data),
                  (int64_t) out.len);
        guard_bytes(r->name, "canonical again", &again, &out);
        guard_reset();
    }
}


static void
test_query_pairs(void **state)
{
    s3_str_t   query = S("c=3&&a=1&b");
    s3_pair_t  pairs[3];

    static const s3_str_t  one = S("1");

    (void) state;

    assert_int_equal(s3_canon_query(&query, pairs, 0, NULL), S3_ERROR);
    assert_int_equal(s3_canon_query(&query, pairs, 2, NULL), S3_ERROR);
    assert_int_equal(s3_canon_query(&query, pairs, 3, NULL), 10);

    guard_bytes("first pair", "value", &pairs[0].value, &one);
    assert_ptr_equal(pairs[0].value.data, query.data + 7);
    assert_null(pairs[1].value.data);
    assert_ptr_equal(pairs[2].name.data, query.data);
}


static void
test_query_longest(void **state)
{
    size_t         i;
    s3_str_t       query, out;
    s3_pair_t      pairs[S3_QUERY_PAIRS_MAX];
    unsigned char  text[2 * S3_QUERY_PAIRS_MAX];

    (void) state;

    /* 64 names of one byte, worst first, each of them to be escaped */

    for (i = 0; i < S3_QUERY_PAIRS_MAX; i++) {
        text[2 * i] = (unsigned char) (0xff - i);
        text[2 * i + 1] = '&';
    }

    query.data = text;
    query.len = sizeof(text);

    out = guard_out((size_t) s3_canon_query(&query, pairs,
                                            S3_QUERY_PAIRS_MAX, NULL));
    assert_int_equal(out.len, 5 * S3_QUERY_PAIRS_MAX - 1);
    assert_int_equal(s3_canon_query(&query, pairs, S3_QUERY_PAIRS_MAX,
                                    out.data), out.len);
    assert_memory_equal(out.data, "%C0=&%C1=&", 10);
    assert_memory_equal(out.data + out.len - 4, "%FF=", 4);

    guard_reset();
}


static void
test_headers(void **state)
{
    size_t               i, j;
    s3_str_t             out;
    s3_pair_t            headers[HEADERS_MAX];
    const header_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(header_rows); i++) {
        r = &header_rows[i];

        for (j = 0; j < r->n; j++) {
            headers[j].name = guard_in(&r->headers[j].name);
            headers[j].value = guard_in(&r->headers[j].value);
        }

        s3_canon_sort_headers(headers, r->n);

        out = guard_out(s3_canon_headers(headers, r->n, NULL));
        guard_int(r->name, "written",
                  (int64_t) s3_canon_headers(headers, r->n, out.data),
                  (int64_t) out.len);
        guard_bytes(r->name, "headers", &out, &r->canonical);

        out = guard_out(s3_canon_signed_headers(headers, r->n, NULL));
        guard_int(r->name, "names written",
                  (int64_t) s3_canon_signed_headers(headers, r->n, out.data),
                  (int64_t) out.len);
        guard_bytes(r->name, "names", &out, &r->names);
        guard_reset();
    }
}


/* each byte at each place of a name */

static void
test_header_bytes(void **state)
{
    size_t         i, j, c;
    s3_str_t       out;
    s3_pair_t      header = { NONE, NONE };
    unsigned char  name[9], want[9];

    (void) state;

    header.name.data = name;
    header.name.len = sizeof(name);

    for (i = 0; i < sizeof(name); i++) {
        for (c = 0; c < 256; c++) {
            memset(name, (int) (255 - c), sizeof(name));
            name[i] = (unsigned char) c;

            memcpy(want, name, sizeof(name));

            for (j = 0; j < sizeof(want); j++) {
                if (want[j] >= 'A' && want[j] <= 'Z') {
                    want[j] = (unsigned char) (want[j] - 'A' + 'a');
                }
            }

            out = guard_out(sizeof(name));
            assert_int_equal(s3_canon_signed_headers(&header, 1, out.data),
                             sizeof(name));
            assert_memory_equal(out.data, want, sizeof(want));
            guard_reset();
        }
    }
}


static void
test_request(void **state)
{
    s3_str_t    out, names;
    s3_pair_t   headers[] = { { S("Host"), S("h") } };
    s3_canon_t  canon = { S("GET"), S("/a//./b%20c"), S("x=%2F"), headers, 1,
                          S("UNSIGNED-PAYLOAD") };

    static const s3_str_t  want = S("GET\n/a//./b%20c\nx=%2F\nhost:h\n\n"
                                    "host\nUNSIGNED-PAYLOAD");
    static const s3_str_t  bare = S("GET\n/\n\n\n\nUNSIGNED-PAYLOAD");
    static const s3_str_t  name = S("host");

    (void) state;

    out = guard_out(s3_canon_request(&canon, NULL));
    assert_int_equal(s3_canon_request(&canon, out.data), out.len);
    guard_bytes("whole", "request", &out, &want);
    assert_in_range(s3_canon_request_max(&canon), out.len, out.len + 4);

    assert_int_equal(s3_canon_request_names(&canon, out.data, &names),
                     out.len);
    guard_bytes("whole", "the same", &out, &want);
    guard_bytes("whole", "names", &names, &name);

    canon.path.len = 0;
    canon.query.len = 0;
    canon.nheaders = 0;

    out = guard_out(s3_canon_request(&canon, NULL));
    assert_int_equal(s3_canon_request(&canon, out.data), out.len);
    guard_bytes("bare", "request", &out, &bare);
    assert_int_equal(s3_canon_request_max(&canon), out.len);

    guard_reset();
}


static void
test_string_to_sign(void **state)
{
    size_t         i;
    s3_str_t       out;
    s3_str_t       date = S("20130524T000000Z");
    s3_str_t       scope = S("20130524/r/s3/aws4_request");
    unsigned char  digest[S3_SHA256_LEN];

    static const s3_str_t  want = S(
        "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/r/s3/aws4_request\n"
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");

    (void) state;

    for (i = 0; i < sizeof(digest); i++) {
        digest[i] = (unsigned char) i;
    }

    out = guard_out(s3_canon_string_to_sign(&date, &scope, digest, NULL));
    assert_int_equal(s3_canon_string_to_sign(&date, &scope, digest, out.data),
                     out.len);
    guard_bytes("whole", "string to sign", &out, &want);

    guard_reset();
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_query_pairs),
        cmocka_unit_test(test_query_longest),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_header_bytes),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_string_to_sign)
    };

    return cmocka_run_group_tests_name("s3_canon", tests, NULL, NULL);
}
