
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_uri.h"


typedef struct {
    const char  *name;
    s3_str_t     raw;
    s3_str_t     path;             /* encoded as a path */
    s3_str_t     component;        /* encoded as a component */
} encode_row_t;


typedef struct {
    const char  *name;
    s3_str_t     text;
    ssize_t      len;              /* S3_ERROR: broken */
    s3_str_t     decoded;
    s3_str_t     recoded;          /* as a path */
} decode_row_t;


typedef struct {
    const char  *name;
    s3_str_t     uri;
    s3_str_t     path;
    s3_str_t     query;
    unsigned     has_query;
} split_row_t;


typedef struct {
    const char  *name;
    s3_str_t     path;
    int          rc;
    s3_str_t     bucket;
    s3_str_t     key;
} bucket_row_t;


typedef struct {
    const char  *name;
    s3_str_t     host;
    s3_str_t     suffix;
    int          rc;
    s3_str_t     bucket;
} host_row_t;


typedef struct {
    const char  *name;
    s3_str_t     bucket;
    int          rc;
} check_row_t;


typedef struct {
    const char  *name;
    s3_str_t     query;
    size_t       n;
    s3_pair_t    pairs[3];
} query_row_t;


#define S(text)  s3_string(text)
#define NONE     { 0, NULL }
#define BIDI     "\xe2\x80\xae\xd7\x90\xe2\x80\xac"
#define EMOJI    "\xf0\x9f\xa6\x8a"
#define A51      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255     A51 A51 A51 A51 A51


static const encode_row_t  encode_rows[] = {
    { "empty", S(""), S(""), S("") },
    { "plus", S("a+b"), S("a%2Bb"), S("a%2Bb") },
    { "equals", S("a=b"), S("a%3Db"), S("a%3Db") },
    { "apostrophe", S("c'd"), S("c%27d"), S("c%27d") },
    { "parentheses", S("(!*)"), S("%28%21%2A%29"), S("%28%21%2A%29") },
    { "colon at", S(":@"), S("%3A%40"), S("%3A%40") },
    { "comma dollar ampersand", S(",$&"), S("%2C%24%26"), S("%2C%24%26") },
    { "percent", S("100%"), S("100%25"), S("100%25") },
    { "percent 2F", S("a%2Fb"), S("a%252Fb"), S("a%252Fb") },
    { "space", S("a b"), S("a%20b"), S("a%20b") },
    { "tab newline", S("\t\r\n"), S("%09%0D%0A"), S("%09%0D%0A") },
    { "controls", S("\0\x01\x1f\x7f"), S("%00%01%1F%7F"), S("%00%01%1F%7F") },
    { "question hash", S("?#"), S("%3F%23"), S("%3F%23") },
    { "utf-8", S("\xc3\xa9"), S("%C3%A9"), S("%C3%A9") },
    { "bidi marks", S(BIDI), S("%E2%80%AE%D7%90%E2%80%AC"),
      S("%E2%80%AE%D7%90%E2%80%AC") },
    { "emoji", S(EMOJI), S("%F0%9F%A6%8A"), S("%F0%9F%A6%8A") },
    { "not utf-8", S("\xff\x80"), S("%FF%80"), S("%FF%80") },
    { "slashes", S("//a//"), S("//a//"), S("%2F%2Fa%2F%2F") },
    { "dots", S("./../a/."), S("./../a/."), S(".%2F..%2Fa%2F.") },
    { "unreserved", S("AZaz09-._~"), S("AZaz09-._~"), S("AZaz09-._~") },
    { "beside unreserved", S("/:@[`{^|}\\"),
      S("/%3A%40%5B%60%7B%5E%7C%7D%5C"), S("%2F%3A%40%5B%60%7B%5E%7C%7D%5C") },
    { "all of them", S("dir/a b+c'd(\xc3\xa9).bin"),
      S("dir/a%20b%2Bc%27d%28%C3%A9%29.bin"),
      S("dir%2Fa%20b%2Bc%27d%28%C3%A9%29.bin") }
};


static const decode_row_t  decode_rows[] = {
    { "empty", S(""), 0, S(""), S("") },
    { "plus stays", S("a+b"), 3, S("a+b"), S("a%2Bb") },
    { "lower-case hex", S("%c3%a9%2b"), 3, S("\xc3\xa9+"), S("%C3%A9%2B") },
    { "escaped unreserved", S("%61%7E%2d"), 3, S("a~-"), S("a~-") },
    { "escaped slash", S("a%2Fb"), 3, S("a/b"), S("a/b") },
    { "escaped percent", S("%2525"), 3, S("%25"), S("%2525") },
    { "nul", S("%00"), 1, S("\0"), S("%00") },
    { "raw bytes", S("a b\xff"), 4, S("a b\xff"), S("a%20b%FF") },
    { "dots", S("/./%2e%2E//"), 7, S("/./..//"), S("/./..//") },
    { "percent alone", S("%"), S3_ERROR, NONE, NONE },
    { "percent at the end", S("abc%"), S3_ERROR, NONE, NONE },
    { "one digit", S("a%4"), S3_ERROR, NONE, NONE },
    { "bad first digit", S("%G0"), S3_ERROR, NONE, NONE },
    { "bad second digit", S("%0g"), S3_ERROR, NONE, NONE },
    { "digit below 0", S("%0/"), S3_ERROR, NONE, NONE },
    { "digit above 9", S("%:0"), S3_ERROR, NONE, NONE },
    { "digit at", S("%0@"), S3_ERROR, NONE, NONE },
    { "digit backquote", S("%`0"), S3_ERROR, NONE, NONE },
    { "percent percent", S("%%41"), S3_ERROR, NONE, NONE },
    { "good, then bad", S("%41%4"), S3_ERROR, NONE, NONE }
};


static const split_row_t  split_rows[] = {
    { "plain", S("/b/k"), S("/b/k"), NONE, 0 },
    { "query", S("/b/k?a=b"), S("/b/k"), S("a=b"), 1 },
    { "empty query", S("/b?"), S("/b"), S(""), 1 },
    { "two marks", S("/b?a?b"), S("/b"), S("a?b"), 1 },
    { "root", S("/"), S("/"), NONE, 0 },
    { "empty", S(""), S("/"), NONE, 0 },
    { "no slash", S("*"), S("/"), NONE, 0 },
    { "only a query", S("?a"), S("/"), S("a"), 1 },
    { "slashes and dots", S("//./../a//?x"), S("//./../a//"), S("x"), 1 }
};


static const bucket_row_t  bucket_rows[] = {
    { "bucket and key", S("/b/k"), S3_OK, S("b"), S("k") },
    { "key with slashes", S("/b//k//"), S3_OK, S("b"), S("/k//") },
    { "dots", S("/b/../k"), S3_OK, S("b"), S("../k") },
    { "bucket", S("/b"), S3_OK, S("b"), S("") },
    { "bucket slash", S("/b/"), S3_OK, S("b"), S("") },
    { "root", S("/"), S3_OK, S(""), S("") },
    { "two slashes", S("//k"), S3_OK, S(""), S("k") },
    { "escaped slash", S("/b%2Fk"), S3_OK, S("b%2Fk"), S("") },
    { "empty", S(""), S3_ERROR, NONE, NONE },
    { "no slash", S("b/k"), S3_ERROR, NONE, NONE }
};


static const host_row_t  host_rows[] = {
    { "plain", S("b.s3.local"), S("s3.local"), S3_OK, S("b") },
    { "port", S("b.s3.local:9000"), S("s3.local"), S3_OK, S("b") },
    { "empty port", S("b.s3.local:"), S("s3.local"), S3_OK, S("b") },
    { "trailing dot", S("b.s3.local."), S("s3.local"), S3_OK, S("b") },
    { "dot and port", S("b.s3.local.:80"), S("s3.local"), S3_OK, S("b") },
    { "case", S("My-B.S3.LOCAL"), S("s3.Local"), S3_OK, S("My-B") },
    { "dots in the bucket", S("a.b.c.s3.local"), S("s3.local"), S3_OK,
      S("a.b.c") },
    { "digits at the end", S("b.s3.10"), S("s3.10"), S3_OK, S("b") },
    { "suffix itself", S("s3.local"), S("s3.local"), S3_DECLINED, NONE },
    { "suffix and port", S("s3.local:80"), S("s3.local"), S3_DECLINED, NONE },
    { "empty bucket", S(".s3.local"), S("s3.local"), S3_DECLINED, NONE },
    { "no dot", S("bs3.local"), S("s3.local"), S3_DECLINED, NONE },
    { "no dot, longer", S("b-s3.local"), S("s3.local"), S3_DECLINED, NONE },
    { "other host", S("b.s3.other"), S("s3.local"), S3_DECLINED, NONE },
    { "two trailing dots", S("b.s3.local.."), S("s3.local"), S3_DECLINED,
      NONE },
    { "shorter", S("cal"), S("s3.local"), S3_DECLINED, NONE },
    { "port is not digits", S("b.s3.local:x"), S("s3.local"), S3_DECLINED,
      NONE },
    { "address", S("[::1]:80"), S("s3.local"), S3_DECLINED, NONE },
    { "empty host", S(""), S("s3.local"), S3_DECLINED, NONE },
    { "only a port", S(":80"), S("s3.local"), S3_DECLINED, NONE },
    { "empty suffix", S("b.s3.local"), S(""), S3_DECLINED, NONE }
};


static const check_row_t  check_rows[] = {
    { "plain", S("bucket"), S3_OK },
    { "one letter", S("b"), S3_OK },
    { "digit first", S("0b"), S3_OK },
    { "all kinds", S("My_b.u-c9"), S3_OK },
    { "255 bytes", S(A255), S3_OK },
    { "256 bytes", S(A255 "a"), S3_ERROR },
    { "empty", S(""), S3_ERROR },
    { "dot first", S(".b"), S3_ERROR },
    { "dash first", S("-b"), S3_ERROR },
    { "underscore first", S("_b"), S3_ERROR },
    { "two dots", S("a..b"), S3_ERROR },
    { "two dots at the end", S("a.."), S3_ERROR },
    { "slash", S("a/b"), S3_ERROR },
    { "percent", S("a%62"), S3_ERROR },
    { "space", S("a b"), S3_ERROR },
    { "nul", S("a\0b"), S3_ERROR },
    { "utf-8", S("b\xc3\xa9"), S3_ERROR },
    { "below A", S("a@"), S3_ERROR },
    { "above Z", S("a["), S3_ERROR },
    { "above z", S("a{"), S3_ERROR }
};


static const query_row_t  query_rows[] = {
    { "empty", S(""), 0, { { NONE, NONE } } },
    { "one", S("a=b"), 1, { { S("a"), S("b") } } },
    { "two", S("a=b&c=d"), 2, { { S("a"), S("b") }, { S("c"), S("d") } } },
    { "no value", S("uploads"), 1, { { S("uploads"), NONE } } },
    { "empty value", S("uploads="), 1, { { S("uploads"), S("") } } },
    { "empty name", S("=x"), 1, { { S(""), S("x") } } },
    { "equals in the value", S("a=b=c"), 1, { { S("a"), S("b=c") } } },
    { "equals alone", S("="), 1, { { S(""), S("") } } },
    { "empty pieces", S("&&a&&b=&"), 2, { { S("a"), NONE },
      { S("b"), S("") } } },
    { "ampersands", S("&&&"), 0, { { NONE, NONE } } },
    { "value of the next", S("a&b=c"), 2, { { S("a"), NONE },
      { S("b"), S("c") } } },
    { "still encoded", S("%26=%3D+"), 1, { { S("%26"), S("%3D+") } } },
    { "duplicates", S("a=1&a=2&a=1"), 3, { { S("a"), S("1") },
      { S("a"), S("2") }, { S("a"), S("1") } } }
};


static void
check_encode(const char *name, const s3_str_t *raw, unsigned set,
    const s3_str_t *want)
{
    size_t    plain;
    s3_str_t  in, out, back;

    in = guard_in(raw);
    out = guard_out(s3_uri_encode(&in, set, NULL));

    guard_int(name, "written", (int64_t) s3_uri_encode(&in, set, out.data),
              (int64_t) out.len);
    guard_bytes(name, "encoded", &out, want);

    for (plain = 0; plain < want->len; plain++) {
        if (want->data[plain] == '%') {
            break;
        }
    }

    guard_int(name, "plain", (int64_t) s3_uri_plain_len(&in, set),
              (int64_t) plain);

    back = guard_out((size_t) s3_uri_decoded_len(&out));
    guard_int(name, "decoded length", s3_uri_decode(&out, back.data),
              (int64_t) raw->len);
    guard_bytes(name, "decoded again", &back, raw);

    guard_reset();
}


static void
test_encode(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < guard_count(encode_rows); i++) {
        check_encode(encode_rows[i].name, &encode_rows[i].raw, S3_URI_PATH,
                     &encode_rows[i].path);
        check_encode(encode_rows[i].name, &encode_rows[i].raw,
                     S3_URI_COMPONENT, &encode_rows[i].component);
    }
}


static void
test_long_key(void **state)
{
    size_t         i;
    unsigned char  raw[S3_KEY_MAX], want[3 * S3_KEY_MAX];
    s3_str_t       in = { sizeof(raw), raw }, out = { sizeof(want), want };

    (void) state;

    for (i = 0; i < sizeof(raw); i++) {
        raw[i] = 0xc3;
        memcpy(want + 3 * i, "%C3", 3);
    }

    check_encode("1024 bytes", &in, S3_URI_PATH, &out);
}


static void
test_decode(void **state)
{
    size_t               i;
    s3_str_t             in, out;
    const decode_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(decode_rows); i++) {
        r = &decode_rows[i];
        in = guard_in(&r->text);

        guard_int(r->name, "measured", s3_uri_decode(&in, NULL), r->len);
        guard_int(r->name, "decoded length", s3_uri_decoded_len(&in), r->len);

        if (r->len == S3_ERROR) {
            guard_int(r->name, "recode", s3_uri_recode(&in, S3_URI_PATH, NULL),
                      S3_ERROR);

        } else {
            out = guard_out((size_t) r->len);
            guard_int(r->name, "written", s3_uri_decode(&in, out.data),
                      r->len);
            guard_bytes(r->name, "decoded", &out, &r->decoded);

            out = guard_out((size_t) s3_uri_recode(&in, S3_URI_PATH, NULL));
            guard_int(r->name, "recoded length",
                      s3_uri_recode(&in, S3_URI_PATH, out.data),
                      (int64_t) out.len);
            guard_bytes(r->name, "recoded", &out, &r->recoded);

            in.len = (size_t) s3_uri_decode(&in, in.data);
            guard_bytes(r->name, "decoded in place", &in, &r->decoded);
        }

        guard_reset();
    }
}


static void
test_split(void **state)
{
    size_t              i;
    s3_str_t            in, path, query;
    const split_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(split_rows); i++) {
        r = &split_rows[i];
        in = guard_in(&r->uri);

        s3_uri_split(&in, &path, &query);

        guard_bytes(r->name, "path", &path, &r->path);
        guard_bytes(r->name, "query", &query, &r->query);
        guard_int(r->name, "has a query", query.data != NULL, r->has_query);
        guard_reset();
    }
}


static void
test_path_bucket(void **state)
{
    size_t               i;
    s3_str_t             in, bucket, key;
    const bucket_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(bucket_rows); i++) {
        r = &bucket_rows[i];
        in = guard_in(&r->path);

        guard_int(r->name, "result", s3_uri_path_bucket(&in, &bucket, &key),
                  r->rc);

        if (r->rc == S3_OK) {
            guard_bytes(r->name, "bucket", &bucket, &r->bucket);
            guard_bytes(r->name, "key", &key, &r->key);
        }

        guard_reset();
    }
}


static void
test_host_bucket(void **state)
{
    size_t             i;
    s3_str_t           host, suffix, bucket;
    const host_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(host_rows); i++) {
        r = &host_rows[i];
        host = guard_in(&r->host);
        suffix = guard_in(&r->suffix);

        guard_int(r->name, "result",
                  s3_uri_host_bucket(&host, &suffix, &bucket), r->rc);

        if (r->rc == S3_OK) {
            guard_bytes(r->name, "bucket", &bucket, &r->bucket);
        }

        guard_reset();
    }
}


static void
test_bucket_check(void **state)
{
    size_t    i;
    s3_str_t  in;

    (void) state;

    for (i = 0; i < guard_count(check_rows); i++) {
        in = guard_in(&check_rows[i].bucket);
        guard_int(check_rows[i].name, "result", s3_bucket_check(&in),
                  check_rows[i].rc);
        guard_reset();
    }
}


static void
test_query_next(void **state)
{
    size_t              i, n;
    s3_str_t            rest;
    s3_pair_t           pair;
    const query_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(query_rows); i++) {
        r = &query_rows[i];
        rest = guard_in(&r->query);

        for (n = 0; n < r->n; n++) {
            guard_int(r->name, "result", s3_query_next(&rest, &pair), S3_OK);
            guard_bytes(r->name, "name", &pair.name, &r->pairs[n].name);
            guard_bytes(r->name, "value", &pair.value, &r->pairs[n].value);
            guard_int(r->name, "has a value", pair.value.data != NULL,
                      r->pairs[n].value.data != NULL);
        }

        guard_int(r->name, "last result", s3_query_next(&rest, &pair),
                  S3_DONE);
        guard_reset();
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_encode),
        cmocka_unit_test(test_long_key),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_path_bucket),
        cmocka_unit_test(test_host_bucket),
        cmocka_unit_test(test_bucket_check),
        cmocka_unit_test(test_query_next)
    };

    return cmocka_run_group_tests_name("s3_uri", tests, NULL, NULL);
}
