
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_canon.h"
#include "s3_sigv4.h"


#define HEADERS_MAX  5


typedef struct {
    const char  *name;
    int64_t      time;
    s3_str_t     text;
} date_row_t;


typedef struct {
    const char  *name;
    s3_str_t     text;
} broken_row_t;


typedef struct {
    const char  *name;
    s3_str_t     secret;
    s3_str_t     region;
    s3_str_t     date;
    s3_str_t     method;
    s3_str_t     path;
    s3_str_t     query;            /* raw */
    s3_str_t     payload;
    s3_pair_t    headers[HEADERS_MAX];
    s3_str_t     canonical;
    s3_str_t     to_sign;
    s3_str_t     signature;
} sign_row_t;


typedef struct {
    const char  *name;
    size_t       secret;           /* lengths */
    size_t       region;
    size_t       service;
    int64_t      now;
    int          rc;
} limit_row_t;


#define S(text)   s3_string(text)
#define NONE      { 0, NULL }

#define SECRET    S("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
#define REGION    S("us-east-1")
#define DATE      S("20130524T000000Z")
#define HOST      "examplebucket.s3.amazonaws.com"
#define WELCOME                                                               \
    "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
#define TO_SIGN(digest)                                                       \
    S("AWS4-HMAC-SHA256\n20130524T000000Z\n"                                  \
      "20130524/us-east-1/s3/aws4_request\n" digest)
#define PRESIGNED                                                             \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="                      \
    "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"         \
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"                        \
    "&X-Amz-SignedHeaders=host"


static const s3_str_t  s3_service = S("s3");
static const s3_str_t  access_key = S("AKIAIOSFODNN7EXAMPLE");


static const date_row_t  date_rows[] = {
    { "epoch", 0, S("19700101T000000Z") },
    { "last second of a day", 86399, S("19700101T235959Z") },
    { "second day", 86400, S("19700102T000000Z") },
    { "leap day", 68169599, S("19720228T235959Z") },
    { "leap day itself", 68169600, S("19720229T000000Z") },
    { "march of a leap year", 68256000, S("19720301T000000Z") },
    { "end of a year", 94694399, S("19721231T235959Z") },
    { "2000-02-29", 951782400, S("20000229T000000Z") },
    { "2000-03-01", 951868800, S("20000301T000000Z") },
    { "published", 1369353600, S("20130524T000000Z") },
    { "32 bits", 2147483648, S("20380119T031408Z") },
    { "2100-02-28", 4107542399, S("21000228T235959Z") },
    { "2100 has no leap day", 4107542400, S("21000301T000000Z") },
    { "end of time", 253402300799, S("99991231T235959Z") }
};


static const broken_row_t  broken_dates[] = {
    { "empty", S("") },
    { "short", S("20130524T000000") },
    { "long", S("20130524T000000ZZ") },
    { "no T", S("20130524 000000Z") },
    { "no Z", S("20130524T000000z") },
    { "letter", S("2013052aT000000Z") },
    { "sign", S("+0130524T000000Z") },
    { "below 0", S("20130524T00000/Z") },
    { "before 1970", S("19691231T235959Z") },
    { "month 0", S("20130024T000000Z") },
    { "month 13", S("20131324T000000Z") },
    { "day 0", S("20130500T000000Z") },
    { "day 32", S("20131232T000000Z") },
    { "31 April", S("20130431T000000Z") },
    { "29 February", S("20130229T000000Z") },
    { "29 February 2100", S("21000229T000000Z") },
    { "hour 24", S("20130524T240000Z") },
    { "minute 60", S("20130524T006000Z") },
    { "second 60", S("20130524T000060Z") },
    { "blank hour", S("20130524T 10000Z") }
};


/*
 * The first five are published: AWS, "Signature Calculations for the
 * Authorization Header" and "Authenticating Requests: Using Query
 * Parameters".
 */

static const sign_row_t  sign_rows[] = {
    { "GET object", SECRET, REGION, DATE, S("GET"), S("/test.txt"), S(""),
      S(S3_EMPTY_SHA256),
      { { S("Range"), S("bytes=0-9") }, { S("Host"), S(HOST) },
        { S("x-amz-date"), DATE },
        { S("x-amz-content-sha256"), S(S3_EMPTY_SHA256) } },
      S("GET\n/test.txt\n\nhost:" HOST "\nrange:bytes=0-9\n"
        "x-amz-content-sha256:" S3_EMPTY_SHA256 "\n"
        "x-amz-date:20130524T000000Z\n\n"
        "host;range;x-amz-content-sha256;x-amz-date\n" S3_EMPTY_SHA256),
      TO_SIGN("7344ae5b7ee6c3e7e6b0fe0640412a37"
              "625d1fbfff95c48bbb2dc43964946972"),
      S("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41") },

    { "PUT object", SECRET, REGION, DATE, S("PUT"), S("/test%24file.text"),
      S(""), S(WELCOME),
      { { S("Host"), S(HOST) },
        { S("Date"), S("Fri, 24 May 2013 00:00:00 GMT") },
        { S("x-amz-date"), DATE },
        { S("x-amz-storage-class"), S("REDUCED_REDUNDANCY") },
        { S("x-amz-content-sha256"), S(WELCOME) } },
      S("PUT\n/test%24file.text\n\ndate:Fri, 24 May 2013 00:00:00 GMT\n"
        "host:" HOST "\nx-amz-content-sha256:" WELCOME "\n"
        "x-amz-date:20130524T000000Z\n"
        "x-amz-storage-class:REDUCED_REDUNDANCY\n\n"
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class\n"
        WELCOME),
      TO_SIGN("9e0e90d9c76de8fa5b200d8c849cd5b8"
              "dc7a3be3951ddb7f6a76b4158342019d"),
      S("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd") },

    { "GET lifecycle", SECRET, REGION, DATE, S("GET"), S("/"),
      S("lifecycle"), S(S3_EMPTY_SHA256),
      { { S("Host"), S(HOST) }, { S("x-amz-date"), DATE },
        { S("x-amz-content-sha256"), S(S3_EMPTY_SHA256) } },
      S("GET\n/\nlifecycle=\nhost:" HOST "\n"
        "x-amz-content-sha256:" S3_EMPTY_SHA256 "\n"
        "x-amz-date:20130524T000000Z\n\n"
        "host;x-amz-content-sha256;x-amz-date\n" S3_EMPTY_SHA256),
      TO_SIGN("9766c798316ff2757b517bc739a67f62"
              "13b4ab36dd5da2f94eaebf79c77395ca"),
      S("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543") },

    { "list objects", SECRET, REGION, DATE, S("GET"), S(""),
      S("prefix=J&max-keys=2"), S(S3_EMPTY_SHA256),
      { { S("Host"), S(HOST) }, { S("x-amz-date"), DATE },
        { S("x-amz-content-sha256"), S(S3_EMPTY_SHA256) } },
      S("GET\n/\nmax-keys=2&prefix=J\nhost:" HOST "\n"
        "x-amz-content-sha256:" S3_EMPTY_SHA256 "\n"
        "x-amz-date:20130524T000000Z\n\n"
        "host;x-amz-content-sha256;x-amz-date\n" S3_EMPTY_SHA256),
      TO_SIGN("df57d21db20da04d7fa30298dd4488ba"
              "3a2b47ca3a489c74750e0f1e7df1b9b7"),
      S("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7") },

    { "presigned GET", SECRET, REGION, DATE, S("GET"), S("/test.txt"),
      S(PRESIGNED), S(S3_UNSIGNED_PAYLOAD), { { S("Host"), S(HOST) } },
      S("GET\n/test.txt\n" PRESIGNED "\nhost:" HOST "\n\nhost\n"
        "UNSIGNED-PAYLOAD"),
      TO_SIGN("3bfa292879f6447bbcda7001decf97f4"
              "a54dc650c8942174ae0a9121cf58ad04"),
      S("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404") },

    { "token, port, escapes", SECRET, S("eu-central-1"),
      S("20260228T235959Z"), S("HEAD"),
      S("/dir/a%20b%2Bc%27d%28%C3%A9%29.bin"), S(""),
      S(S3_UNSIGNED_PAYLOAD),
      { { S("host"), S("127.0.0.1:9000") },
        { S("x-amz-security-token"), S("AQoD//EXAMPLE+token==") },
        { S("x-amz-date"), S("20260228T235959Z") },
        { S("x-amz-content-sha256"), S(S3_UNSIGNED_PAYLOAD) } },
      S("HEAD\n/dir/a%20b%2Bc%27d%28%C3%A9%29.bin\n\nhost:127.0.0.1:9000\n"
        "x-amz-content-sha256:UNSIGNED-PAYLOAD\n"
        "x-amz-date:20260228T235959Z\n"
        "x-amz-security-token:AQoD//EXAMPLE+token==\n\n"
        "host;x-amz-content-sha256;x-amz-date;x-amz-security-token\n"
        "UNSIGNED-PAYLOAD"),
      S("AWS4-HMAC-SHA256\n20260228T235959Z\n"
        "20260228/eu-central-1/s3/aws4_request\n"
        "8d51133deb32a6b294e978e14ff5ff9bacd63a6dd35d6c97df71edb92e820336"),
      S("2f5842c2de970210fbf0e477429eccadb8e6a18c2f88f7dc64ed995402ba1b22") },

    { "slashes, dots, secret with a slash", S("/leading+slash/key"), REGION,
      S("20240229T000000Z"), S("GET"), S("//./../a%2F//"), S(""),
      S(S3_EMPTY_SHA256),
      { { S("host"), S("h") }, { S("x-amz-date"), S("20240229T000000Z") },
        { S("x-amz-content-sha256"), S(S3_EMPTY_SHA256) } },
      S("GET\n//./../a%2F//\n\nhost:h\n"
        "x-amz-content-sha256:" S3_EMPTY_SHA256 "\n"
        "x-amz-date:20240229T000000Z\n\n"
        "host;x-amz-content-sha256;x-amz-date\n" S3_EMPTY_SHA256),
      S("AWS4-HMAC-SHA256\n20240229T000000Z\n"
        "20240229/us-east-1/s3/aws4_request\n"
        "c6f8910ee766937becd03bffe1505c07206e9f792b5c5a20b23c1c1e7713d107"),
      S("b07bbd80a4fda7a092cbd1f314cee222348d159ca560b0dc64fe75f9a923fb6e") }
};


static const limit_row_t  limit_rows[] = {
    { "at the limits", S3_SECRET_KEY_MAX, S3_REGION_MAX, S3_SIGV4_SERVICE_MAX,
      253402300799, S3_OK },
    { "secret", S3_SECRET_KEY_MAX + 1, 1, 1, 0, S3_ERROR },
    { "region", 1, S3_REGION_MAX + 1, 1, 0, S3_ERROR },
    { "service", 1, 1, S3_SIGV4_SERVICE_MAX + 1, 0, S3_ERROR },
    { "before 1970", 1, 1, 1, -1, S3_ERROR },
    { "after 9999", 1, 1, 1, 253402300800, S3_ERROR }
};


static void
test_date(void **state)
{
    size_t    i;
    s3_str_t  out;

    (void) state;

    for (i = 0; i < guard_count(date_rows); i++) {
        out = guard_out(S3_AMZ_DATE_LEN);
        s3_amz_date(date_rows[i].time, out.data);
        guard_bytes(date_rows[i].name, "date", &out, &date_rows[i].text);
        guard_int(date_rows[i].name, "time", s3_amz_date_parse(&out),
                  date_rows[i].time);
        guard_reset();
    }
}


static void
test_date_every_day(void **state)
{
    int64_t        time, day;
    s3_str_t       text;
    unsigned char  date[S3_AMZ_DATE_LEN], before[S3_AMZ_DATE_LEN];

    (void) state;

    text.data = date;
    text.len = sizeof(date);
    memset(before, '0', sizeof(before));

    /* 1970 to 2400: each leap rule is met */

    for (day = 0; day < 157400; day++) {
        time = day * 86400 + day % 86400;
        s3_amz_date(time, date);

        assert_int_equal(s3_amz_date_parse(&text), time);
        assert_true(memcmp(before, date, S3_AMZ_DAY_LEN) < 0);
        memcpy(before, date, sizeof(date));
    }
}


static void
test_date_broken(void **state)
{
    size_t    i;
    s3_str_t  in;

    (void) state;

    for (i = 0; i < guard_count(broken_dates); i++) {
        in = guard_in(&broken_dates[i].text);
        guard_int(broken_dates[i].name, "time", s3_amz_date_parse(&in),
                  S3_ERROR);
        guard_reset();
    }
}


static void
check_sign(s3_crypto_t *c, s3_sigv4_key_t *k, const sign_row_t *r)
{
    s3_str_t    query, request, digest, text, scope, signature, secret;
    s3_pair_t   pairs[S3_QUERY_PAIRS_MAX], headers[HEADERS_MAX];
    s3_canon_t  canon;

    memcpy(headers, r->headers, sizeof(headers));
    memset(&canon, 0, sizeof(canon));

    while (canon.nheaders < HEADERS_MAX
           && headers[canon.nheaders].name.data != NULL)
    {
        canon.nheaders++;
    }

    s3_canon_sort_headers(headers, canon.nheaders);

    query = guard_out((size_t) s3_canon_query(&r->query, pairs,
                                              S3_QUERY_PAIRS_MAX, NULL));
    (void) s3_canon_query(&r->query, pairs, S3_QUERY_PAIRS_MAX, query.data);

    canon.method = r->method;
    canon.path = r->path;
    canon.query = query;
    canon.headers = headers;
    canon.payload = r->payload;

    request = guard_out(s3_canon_request(&canon, NULL));
    (void) s3_canon_request(&canon, request.data);
    guard_bytes(r->name, "canonical request", &request, &r->canonical);

    secret = guard_in(&r->secret);
    guard_int(r->name, "key",
              s3_sigv4_key_update(c, k, &secret, &r->region, &s3_service,
                                  s3_amz_date_parse(&r->date)),
              S3_OK);

    scope.data = k->scope;
    scope.len = k->scope_len;

    digest = guard_out(S3_SHA256_LEN);
    guard_int(r->name, "hash", s3_sha256(c, &request, digest.data), S3_OK);

    text = guard_out(s3_canon_string_to_sign(&r->date, &scope, digest.data,
                                             NULL));
    (void) s3_canon_string_to_sign(&r->date, &scope, digest.data, text.data);
    guard_bytes(r->name, "string to sign", &text, &r->to_sign);

    signature = guard_out(S3_SHA256_HEX_LEN);
    guard_int(r->name, "result",
              s3_sigv4_sign(c, k, &r->date, &request, signature.data), S3_OK);
    guard_bytes(r->name, "signature", &signature, &r->signature);

    guard_reset();
}


static void
test_sign(void **state)
{
    size_t          i;
    s3_crypto_t     c;
    s3_sigv4_key_t  k;

    (void) state;

    memset(&k, 0, sizeof(k));
    assert_int_equal(s3_crypto_init(&c), S3_OK);

    for (i = 0; i < guard_count(sign_rows); i++) {
        k.set = 0;
        check_sign(&c, &k, &sign_rows[i]);
    }

    s3_sigv4_key_release(&k);
    s3_crypto_release(&c);
}


static void
test_authorization(void **state)
{
    s3_str_t        out;
    s3_crypto_t     c;
    s3_sigv4_key_t  k;

    const sign_row_t       *r = &sign_rows[0];
    static const s3_str_t   names =
        S("host;range;x-amz-content-sha256;x-amz-date");
    static const s3_str_t   want =
        S("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/"
          "us-east-1/s3/aws4_request, "
          "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
          "Signature=f0e8bdb87c964420e857bd35b5d6ed31"
          "0bd44f0170aba48dd91039c6036bdb41");

    (void) state;

    memset(&k, 0, sizeof(k));
    assert_int_equal(s3_crypto_init(&c), S3_OK);
    assert_int_equal(s3_sigv4_key_update(&c, &k, &r->secret, &r->region,
                                         &s3_service, 1369353600), S3_OK);

    out = guard_out(s3_sigv4_authorization(&k, &access_key, &names,
                                           r->signature.data, NULL));
    assert_int_equal(s3_sigv4_authorization(&k, &access_key, &names,
                                            r->signature.data, out.data),
                     out.len);
    guard_bytes("header", "value", &out, &want);

    s3_sigv4_key_release(&k);
    s3_crypto_release(&c);
    guard_reset();
}


static void
test_presign(void **state)
{
    size_t          i;
    s3_str_t        out;
    s3_crypto_t     c;
    s3_sigv4_key_t  k;

    static const struct {
        const char  *name;
        uint32_t     expires;
        s3_str_t     token;
        s3_str_t     names;
        s3_str_t     want;
    } rows[] = {
        { "published", 86400, NONE, S("host"), S(PRESIGNED) },
        { "token, two headers", 1, S("a/b+c=="), S("host;x-amz-date"),
          S("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
            "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=1"
            "&X-Amz-Security-Token=a%2Fb%2Bc%3D%3D"
            "&X-Amz-SignedHeaders=host%3Bx-amz-date") },
        { "a week", 604800, S("t"), S("host"),
          S("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
            "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=604800"
            "&X-Amz-Security-Token=t&X-Amz-SignedHeaders=host") }
    };

    const sign_row_t  *r = &sign_rows[4];

    (void) state;

    memset(&k, 0, sizeof(k));
    assert_int_equal(s3_crypto_init(&c), S3_OK);
    assert_int_equal(s3_sigv4_key_update(&c, &k, &r->secret, &r->region,
                                         &s3_service, 1369353600), S3_OK);

    for (i = 0; i < guard_count(rows); i++) {
        out = guard_out(s3_sigv4_presign_query(&k, &access_key, &r->date,
                                               rows[i].expires,
                                               &rows[i].token, &rows[i].names,
                                               NULL));
        guard_int(rows[i].name, "written",
                  (int64_t) s3_sigv4_presign_query(&k, &access_key, &r->date,
                                                   rows[i].expires,
                                                   &rows[i].token,
                                                   &rows[i].names, out.data),
                  (int64_t) out.len);
        guard_bytes(rows[i].name, "query", &out, &rows[i].want);
        guard_reset();
    }

    s3_sigv4_key_release(&k);
    s3_crypto_release(&c);
}


/* a key made for one day, asked for at each moment around midnight */

static void
test_midnight(void **state)
{
    size_t          i;
    int64_t         midnight;
    s3_crypto_t     c;
    s3_sigv4_key_t  k;
    unsigned char   date[S3_AMZ_DATE_LEN];
    unsigned char   signature[S3_SHA256_HEX_LEN];
    s3_str_t        amz_date = { sizeof(date), date };
    s3_str_t        request = S("request");

    static const int  moments[] = { -86400, -1, 0, 1, 86399, 86400, -1 };

    const sign_row_t  *r = &sign_rows[0];

    (void) state;

    midnight = s3_amz_date_parse(&r->date);
    memset(&k, 0, sizeof(k));
    assert_int_equal(s3_crypto_init(&c), S3_OK);

    for (i = 0; i < guard_count(moments); i++) {
        s3_amz_date(midnight + moments[i], date);

        assert_int_equal(s3_sigv4_key_update(&c, &k, &r->secret, &r->region,
                                             &s3_service,
                                             midnight + moments[i]),
                         S3_OK);
        assert_memory_equal(k.scope, date, S3_AMZ_DAY_LEN);
        assert_int_equal(s3_sigv4_sign(&c, &k, &amz_date, &request,
                                       signature),
                         S3_OK);

        /* the key of another day is refused */

        s3_amz_date(midnight + moments[i] + 86400, date);
        assert_int_equal(s3_sigv4_sign(&c, &k, &amz_date, &request,
                                       signature),
                         S3_ERROR);
    }

    /* having rolled there and back, it signs as a fresh one does */

    check_sign(&c, &k, r);

    s3_sigv4_key_release(&k);
    s3_crypto_release(&c);
}


static void
test_key_kept(void **state)
{
    s3_str_t        wrong = S("another secret");
    s3_crypto_t     c;
    s3_sigv4_key_t  k;

    const sign_row_t  *r = &sign_rows[0];

    (void) state;

    memset(&k, 0, sizeof(k));
    assert_int_equal(s3_crypto_init(&c), S3_OK);
    assert_int_equal(s3_sigv4_key_update(&c, &k, &r->secret, &r->region,
                                         &s3_service, 1369353600), S3_OK);

    /* within the day nothing is read but the time */

    assert_int_equal(s3_sigv4_key_update(&c, &k, &wrong, &r->region,
                                         &s3_service, 1369353600 + 86399),
                     S3_OK);
    check_sign(&c, &k, r);

    s3_sigv4_key_release(&k);
    assert_int_equal(k.set, 0);
    assert_null(k.hmac.inner);
    s3_sigv4_key_release(&k);
    s3_crypto_release(&c);
}


static void
test_limits(void **state)
{
    size_t              i;
    s3_str_t            secret, region, service, request, date;
    s3_crypto_t         c;
    s3_sigv4_key_t      k;
    const limit_row_t  *r;
    unsigned char       signature[S3_SHA256_HEX_LEN];

    (void) state;

    memset(&k, 0, sizeof(k));
    assert_int_equal(s3_crypto_init(&c), S3_OK);

    for (i = 0; i < guard_count(limit_rows); i++) {
        r = &limit_rows[i];
        secret = guard_out(r->secret);
        region = guard_out(r->region);
        service = guard_out(r->service);
        request = guard_out(10);
        date = guard_out(S3_AMZ_DATE_LEN);

        guard_int(r->name, "result",
                  s3_sigv4_key_update(&c, &k, &secret, &region, &service,
                                      r->now),
                  r->rc);
        guard_int(r->name, "set", k.set, r->rc == S3_OK);

        s3_amz_date(r->now, date.data);
        guard_int(r->name, "sign",
                  s3_sigv4_sign(&c, &k, &date, &request, signature), r->rc);

        date.len--;
        guard_int(r->name, "short date",
                  s3_sigv4_sign(&c, &k, &date, &request, signature),
                  S3_ERROR);
        guard_reset();
    }

    s3_sigv4_key_release(&k);
    s3_crypto_release(&c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_date),
        cmocka_unit_test(test_date_every_day),
        cmocka_unit_test(test_date_broken),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_authorization),
        cmocka_unit_test(test_presign),
        cmocka_unit_test(test_midnight),
        cmocka_unit_test(test_key_kept),
        cmocka_unit_test(test_limits)
    };

    return cmocka_run_group_tests_name("s3_sigv4", tests, NULL, NULL);
}
