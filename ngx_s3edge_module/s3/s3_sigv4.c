
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_canon.h"
#include "s3_sigv4.h"
#include "s3_sink.h"
#include "s3_uri.h"


#define S3_DAY               86400
#define S3_TIME_MAX          253402300799  /* 9999-12-31T23:59:59Z */

#define S3_SIGV4_ALGORITHM   "AWS4-HMAC-SHA256"
#define S3_SIGV4_TERMINATOR  "aws4_request"

/* algorithm \n date \n scope \n hex */
#define S3_STRING_TO_SIGN_MAX                                                 \
    (sizeof(S3_SIGV4_ALGORITHM) + S3_AMZ_DATE_LEN + 1 + S3_SCOPE_MAX + 1      \
     + S3_SHA256_HEX_LEN)


static int64_t s3_days_from_date(int64_t year, int64_t month, int64_t day);
static unsigned char *s3_put_digits(unsigned char *p, int64_t value,
    unsigned width);
static int64_t s3_get_digits(const unsigned char *p, unsigned width);
static void s3_sigv4_scope(s3_sigv4_key_t *k, const s3_str_t *region,
    const s3_str_t *service, int64_t now);
static int s3_sigv4_derive(s3_crypto_t *c, s3_sigv4_key_t *k,
    const s3_str_t *secret, const s3_str_t *region, const s3_str_t *service);
static int s3_sigv4_begin(s3_sigv4_key_t *k, const s3_str_t *amz_date);
static void s3_sigv4_put_decimal(s3_sink_t *sink, uint32_t value);


/*
 * Days since 1970 of a date of the Gregorian calendar.  Years are counted
 * from March, so that the leap day is a year's last.
 */

static int64_t
s3_days_from_date(int64_t year, int64_t month, int64_t day)
{
    if (month > 2) {
        month -= 3;

    } else {
        month += 9;
        year--;
    }

    return year * 365 + year / 4 - year / 100 + year / 400
           + (month * 153 + 2) / 5 + day - 1
           - 719468;
}


void
s3_amz_date(int64_t now, unsigned char dst[S3_AMZ_DATE_LEN])
{
    int64_t         days, day, month, year, seconds;
    unsigned char  *p;

    if (now < 0) {
        now = 0;
    }

    if (now > S3_TIME_MAX) {
        now = S3_TIME_MAX;
    }

    days = now / S3_DAY;
    seconds = now % S3_DAY;

    /* a guess that is right or one too late */

    year = 1970 + days / 365;

    while (s3_days_from_date(year, 1, 1) > days) {
        year--;
    }

    month = 12;

    while (s3_days_from_date(year, month, 1) > days) {
        month--;
    }

    day = days - s3_days_from_date(year, month, 1) + 1;

    p = s3_put_digits(dst, year, 4);
    p = s3_put_digits(p, month, 2);
    p = s3_put_digits(p, day, 2);
    *p++ = 'T';
    p = s3_put_digits(p, seconds / 3600, 2);
    p = s3_put_digits(p, seconds / 60 % 60, 2);
    p = s3_put_digits(p, seconds % 60, 2);
    *p = 'Z';
}


int64_t
s3_amz_date_parse(const s3_str_t *text)
{
    int64_t         year, month, day, hour, minute, second, days, next;
    unsigned char  *p;

    p = text->data;

    if (text->len != S3_AMZ_DATE_LEN || p[8] != 'T' || p[15] != 'Z') {
        return S3_ERROR;
    }

    year = s3_get_digits(p, 4);
    month = s3_get_digits(p + 4, 2);
    day = s3_get_digits(p + 6, 2);
    hour = s3_get_digits(p + 9, 2);
    minute = s3_get_digits(p + 11, 2);
    second = s3_get_digits(p + 13, 2);

    if (year < 1970 || month < 1 || month > 12 || day < 1
        || hour < 0 || hour > 23 || minute < 0 || minute > 59
        || second < 0 || second > 59)
    {
        return S3_ERROR;
    }

    days = s3_days_from_date(year, month, day);
    next = (month == 12) ? s3_days_from_date(year + 1, 1, 1)
                         : s3_days_from_date(year, month + 1, 1);

    if (days >= next) {
        return S3_ERROR;
    }

    return days * S3_DAY + hour * 3600 + minute * 60 + second;
}


static unsigned char *
s3_put_digits(unsigned char *p, int64_t value, unsigned width)
{
    unsigned  i;

    for (i = width; i > 0; i--) {
        p[i - 1] = (unsigned char) ('0' + value % 10);
        value /= 10;
    }

    return p + width;
}


static int64_t
s3_get_digits(const unsigned char *p, unsigned width)
{
    int64_t   value;
    unsigned  i;

    value = 0;

    for (i = 0; i < width; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return S3_ERROR;
        }

        value = value * 10 + (p[i] - '0');
    }

    return value;
}


int
s3_sigv4_key_update(s3_crypto_t *c, s3_sigv4_key_t *k, const s3_str_t *secret,
    const s3_str_t *region, const s3_str_t *service, int64_t now)
{
    if (k->set && now >= 0 && now / S3_DAY == k->day) {
        return S3_OK;
    }

    k->set = 0;
    memset(k->begun, 0, sizeof(k->begun));

    if (now < 0 || now > S3_TIME_MAX
        || secret->len > S3_SECRET_KEY_MAX
        || region->len > S3_REGION_MAX
        || service->len > S3_SIGV4_SERVICE_MAX)
    {
        return S3_ERROR;
    }

    k->day = now / S3_DAY;
    s3_sigv4_scope(k, region, service, now);

    if (s3_sigv4_derive(c, k, secret, region, service) != S3_OK) {
        return S3_ERROR;
    }

    k->set = 1;

    return S3_OK;
}


static void
s3_sigv4_scope(s3_sigv4_key_t *k, const s3_str_t *region,
    const s3_str_t *service, int64_t now)
{
    s3_sink_t      sink = { k->scope, 0 };
    unsigned char  date[S3_AMZ_DATE_LEN];

    s3_amz_date(now, date);

    s3_sink_bytes(&sink, date, S3_AMZ_DAY_LEN);
    s3_sink_byte(&sink, '/');
    s3_sink_str(&sink, region);
    s3_sink_byte(&sink, '/');
    s3_sink_str(&sink, service);
    s3_sink_text(&sink, "/" S3_SIGV4_TERMINATOR);

    k->scope_len = sink.len;
}


/* each part of the scope is signed with the key that the one before gave */

static int
s3_sigv4_derive(s3_crypto_t *c, s3_sigv4_key_t *k, const s3_str_t *secret,
    const s3_str_t *region, const s3_str_t *service)
{
    int            rc;
    size_t         i;
    s3_str_t       key, part[4];
    s3_sink_t      sink;
    unsigned char  digest[S3_SHA256_LEN];
    unsigned char  first[sizeof("AWS4") - 1 + S3_SECRET_KEY_MAX];

    static const s3_str_t  terminator = s3_string(S3_SIGV4_TERMINATOR);

    part[0].data = k->scope;
    part[0].len = S3_AMZ_DAY_LEN;
    part[1] = *region;
    part[2] = *service;
    part[3] = terminator;

    sink.dst = first;
    sink.len = 0;
    s3_sink_text(&sink, "AWS4");
    s3_sink_str(&sink, secret);

    key.data = first;
    key.len = sink.len;

    rc = s3_hmac_key_set(c, &k->hmac, &key);

    key.data = digest;
    key.len = sizeof(digest);

    for (i = 0; i < sizeof(part) / sizeof(part[0]) && rc == S3_OK; i++) {
        rc = s3_hmac(c, &k->hmac, &part[i], digest);

        if (rc == S3_OK) {
            rc = s3_hmac_key_set(c, &k->hmac, &key);
        }
    }

    s3_wipe(first, sizeof(first));
    s3_wipe(digest, sizeof(digest));

    return rc;
}


void
s3_sigv4_key_release(s3_sigv4_key_t *k)
{
    s3_hmac_key_release(&k->hmac);
    s3_wipe(k, sizeof(*k));
}


int
s3_sigv4_sign(s3_crypto_t *c, s3_sigv4_key_t *k, const s3_str_t *amz_date,
    const s3_str_t *canonical_request,
    unsigned char signature[S3_SHA256_HEX_LEN])
{
    s3_str_t       tail;
    unsigned char  digest[S3_SHA256_LEN], hex[S3_SHA256_HEX_LEN];

    if (!k->set || amz_date->len != S3_AMZ_DATE_LEN) {
        return S3_ERROR;
    }

    if (memcmp(amz_date->data, k->begun, S3_AMZ_DATE_LEN) != 0
        && s3_sigv4_begin(k, amz_date) != S3_OK)
    {
        return S3_ERROR;
    }

    if (s3_sha256(c, canonical_request, digest) != S3_OK) {
        return S3_ERROR;
    }

    (void) s3_hex(digest, sizeof(digest), hex);

    tail.data = hex;
    tail.len = sizeof(hex);

    if (s3_hmac_end(c, &k->hmac, &tail, digest) != S3_OK) {
        return S3_ERROR;
    }

    (void) s3_hex(digest, sizeof(digest), signature);

    return S3_OK;
}


/* the string to sign, up to the digest: of all requests of a second the same */

static int
s3_sigv4_begin(s3_sigv4_key_t *k, const s3_str_t *amz_date)
{
    s3_str_t       scope, head;
    unsigned char  buf[S3_STRING_TO_SIGN_MAX];

    static const unsigned char  none[S3_SHA256_LEN];

    if (memcmp(amz_date->data, k->scope, S3_AMZ_DAY_LEN) != 0) {
        return S3_ERROR;
    }

    scope.data = k->scope;
    scope.len = k->scope_len;

    head.data = buf;
    head.len = s3_canon_string_to_sign(amz_date, &scope, none, buf)
               - S3_SHA256_HEX_LEN;

    if (s3_hmac_begin(&k->hmac, &head) != S3_OK) {
        memset(k->begun, 0, sizeof(k->begun));
        return S3_ERROR;
    }

    memcpy(k->begun, amz_date->data, S3_AMZ_DATE_LEN);

    return S3_OK;
}


size_t
s3_sigv4_authorization(const s3_sigv4_key_t *k, const s3_str_t *access_key,
    const s3_str_t *signed_headers,
    const unsigned char signature[S3_SHA256_HEX_LEN], unsigned char *dst)
{
    s3_sink_t  sink = { dst, 0 };

    s3_sink_text(&sink, S3_SIGV4_ALGORITHM " Credential=");
    s3_sink_str(&sink, access_key);
    s3_sink_byte(&sink, '/');
    s3_sink_bytes(&sink, k->scope, k->scope_len);
    s3_sink_text(&sink, ", SignedHeaders=");
    s3_sink_str(&sink, signed_headers);
    s3_sink_text(&sink, ", Signature=");
    s3_sink_bytes(&sink, signature, S3_SHA256_HEX_LEN);

    return sink.len;
}


size_t
s3_sigv4_presign_query(const s3_sigv4_key_t *k, const s3_str_t *access_key,
    const s3_str_t *amz_date, uint32_t expires, const s3_str_t *token,
    const s3_str_t *signed_headers, unsigned char *dst)
{
    s3_str_t   scope;
    s3_sink_t  sink = { dst, 0 };

    scope.data = (unsigned char *) k->scope;
    scope.len = k->scope_len;

    s3_sink_text(&sink, "X-Amz-Algorithm=" S3_SIGV4_ALGORITHM
                        "&X-Amz-Credential=");
    sink.len += s3_uri_encode(access_key, S3_URI_COMPONENT,
                              s3_sink_pos(&sink));
    s3_sink_text(&sink, "%2F");
    sink.len += s3_uri_encode(&scope, S3_URI_COMPONENT, s3_sink_pos(&sink));

    s3_sink_text(&sink, "&X-Amz-Date=");
    s3_sink_str(&sink, amz_date);

    s3_sink_text(&sink, "&X-Amz-Expires=");
    s3_sigv4_put_decimal(&sink, expires);

    if (token->len != 0) {
        s3_sink_text(&sink, "&X-Amz-Security-Token=");
        sink.len += s3_uri_encode(token, S3_URI_COMPONENT,
                                  s3_sink_pos(&sink));
    }

    s3_sink_text(&sink, "&X-Amz-SignedHeaders=");
    sink.len += s3_uri_encode(signed_headers, S3_URI_COMPONENT,
                              s3_sink_pos(&sink));

    return sink.len;
}


static void
s3_sigv4_put_decimal(s3_sink_t *sink, uint32_t value)
{
    size_t         i;
    unsigned char  digits[10];

    i = sizeof(digits);

    do {
        digits[--i] = (unsigned char) ('0' + value % 10);
        value /= 10;
    } while (value != 0);

    s3_sink_bytes(sink, digits + i, sizeof(digits) - i);
}
