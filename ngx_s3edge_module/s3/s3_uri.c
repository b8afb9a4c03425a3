
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_uri.h"
#include "s3_sink.h"


static int s3_uri_is_plain(unsigned char c, unsigned set);
static void s3_uri_put_plain(s3_sink_t *sink, s3_str_t *rest, unsigned set);
static void s3_uri_put_run(s3_sink_t *sink, s3_str_t *rest, size_t len);
static void s3_uri_put(s3_sink_t *sink, unsigned char c, unsigned set);
static int s3_uri_hex_value(unsigned char c);
static int s3_uri_next(s3_str_t *rest);
static s3_str_t s3_host_name(const s3_str_t *host);
static unsigned char s3_lower(unsigned char c);
static int s3_is_alnum(unsigned char c);


/* 1 << set for each set that leaves the byte as it is */

static const unsigned char  s3_uri_plain[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 2,    /* - . / */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0,    /* 0 to 9 */
    0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,    /* A to O */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 3,    /* P to Z, _ */
    0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,    /* a to o */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 3, 0     /* p to z, ~ */
};


static int
s3_uri_is_plain(unsigned char c, unsigned set)
{
    return (s3_uri_plain[c] & 1 << set) != 0;
}


size_t
s3_uri_plain_len(const s3_str_t *src, unsigned set)
{
    size_t                i;
    unsigned              four;
    const unsigned char  *p;

    p = src->data;

    for (i = 0; i + 4 <= src->len; i += 4) {
        four = s3_uri_plain[p[i]] & s3_uri_plain[p[i + 1]]
               & s3_uri_plain[p[i + 2]] & s3_uri_plain[p[i + 3]];

        if ((four & 1 << set) == 0) {
            break;
        }
    }

    while (i < src->len && s3_uri_is_plain(p[i], set)) {
        i++;
    }

    return i;
}


static void
s3_uri_put_plain(s3_sink_t *sink, s3_str_t *rest, unsigned set)
{
    s3_uri_put_run(sink, rest, s3_uri_plain_len(rest, set));
}


/* s3_uri_decode() may work in place */

static void
s3_uri_put_run(s3_sink_t *sink, s3_str_t *rest, size_t len)
{
    if (len == 0) {
        return;
    }

    if (sink->dst != NULL) {
        memmove(sink->dst + sink->len, rest->data, len);
    }

    sink->len += len;
    rest->data += len;
    rest->len -= len;
}


static void
s3_uri_put(s3_sink_t *sink, unsigned char c, unsigned set)
{
    static const unsigned char  hex[] = "0123456789ABCDEF";

    if (s3_uri_is_plain(c, set)) {
        s3_sink_byte(sink, c);
        return;
    }

    s3_sink_byte(sink, '%');
    s3_sink_byte(sink, hex[c >> 4]);
    s3_sink_byte(sink, hex[c & 0x0f]);
}


static int
s3_uri_hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return S3_ERROR;
}


/* takes one decoded byte off the front of rest, which is not empty */

static int
s3_uri_next(s3_str_t *rest)
{
    int  c, high, low;

    c = rest->data[0];

    if (c != '%') {
        rest->data++;
        rest->len--;
        return c;
    }

    if (rest->len < 3) {
        return S3_ERROR;
    }

    high = s3_uri_hex_value(rest->data[1]);
    low = s3_uri_hex_value(rest->data[2]);

    if (high == S3_ERROR || low == S3_ERROR) {
        return S3_ERROR;
    }

    rest->data += 3;
    rest->len -= 3;

    return high * 16 + low;
}


size_t
s3_uri_encode(const s3_str_t *src, unsigned set, unsigned char *dst)
{
    s3_str_t   rest = *src;
    s3_sink_t  sink = { dst, 0 };

    for ( ;; ) {
        s3_uri_put_plain(&sink, &rest, set);

        if (rest.len == 0) {
            return sink.len;
        }

        s3_uri_put(&sink, *rest.data++, set);
        rest.len--;
    }
}


ssize_t
s3_uri_decode(const s3_str_t *src, unsigned char *dst)
{
    int             c;
    s3_str_t        rest = *src;
    s3_sink_t       sink = { dst, 0 };
    unsigned char  *mark;

    while (rest.len != 0) {
        mark = memchr(rest.data, '%', rest.len);

        s3_uri_put_run(&sink, &rest, (mark == NULL)
                                     ? rest.len : (size_t) (mark - rest.data));

        if (mark == NULL) {
            break;
        }

        c = s3_uri_next(&rest);
        if (c == S3_ERROR) {
            return S3_ERROR;
        }

        s3_sink_byte(&sink, (unsigned char) c);
    }

    return (ssize_t) sink.len;
}


ssize_t
s3_uri_recode(const s3_str_t *src, unsigned set, unsigned char *dst)
{
    int        c;
    s3_str_t   rest = *src;
    s3_sink_t  sink = { dst, 0 };

    for ( ;; ) {
        s3_uri_put_plain(&sink, &rest, set);

        if (rest.len == 0) {
            return (ssize_t) sink.len;
        }

        c = s3_uri_next(&rest);
        if (c == S3_ERROR) {
            return S3_ERROR;
        }

        s3_uri_put(&sink, (unsigned char) c, set);
    }
}


ssize_t
s3_uri_decoded_len(const s3_str_t *src)
{
    return s3_uri_decode(src, NULL);
}


void
s3_uri_split(const s3_str_t *uri, s3_str_t *path, s3_str_t *query)
{
    size_t          len;
    unsigned char  *mark;

    static const unsigned char  root[] = "/";

    mark = NULL;

    if (uri->len != 0) {
        mark = memchr(uri->data, '?', uri->len);
    }

    if (mark == NULL) {
        len = uri->len;
        query->data = NULL;
        query->len = 0;

    } else {
        len = (size_t) (mark - uri->data);
        query->data = mark + 1;
        query->len = uri->len - len - 1;
    }

    path->data = uri->data;
    path->len = len;

    if (len == 0 || uri->data[0] != '/') {
        path->data = (unsigned char *) root;
        path->len = 1;
    }
}


int
s3_uri_path_bucket(const s3_str_t *path, s3_str_t *bucket, s3_str_t *key)
{
    unsigned char  *slash;

    if (path->len == 0 || path->data[0] != '/') {
        return S3_ERROR;
    }

    bucket->data = path->data + 1;
    bucket->len = path->len - 1;
    key->data = path->data + path->len;
    key->len = 0;

    if (bucket->len == 0) {
        return S3_OK;
    }

    slash = memchr(bucket->data, '/', bucket->len);

    if (slash != NULL) {
        key->data = slash + 1;
        key->len = bucket->len - (size_t) (slash - bucket->data) - 1;
        bucket->len = (size_t) (slash - bucket->data);
    }

    return S3_OK;
}


/* the host without its port and one trailing dot */

static s3_str_t
s3_host_name(const s3_str_t *host)
{
    size_t    len;
    s3_str_t  name = *host;

    len = name.len;

    while (len != 0 && name.data[len - 1] >= '0' && name.data[len - 1] <= '9') {
        len--;
    }

    if (len != 0 && name.data[len - 1] == ':') {
        name.len = len - 1;
    }

    if (name.len != 0 && name.data[name.len - 1] == '.') {
        name.len--;
    }

    return name;
}


int
s3_uri_host_bucket(const s3_str_t *host, const s3_str_t *suffix,
    s3_str_t *bucket)
{
    size_t    i, start;
    s3_str_t  name = s3_host_name(host);

    if (suffix->len == 0 || name.len < 2 || suffix->len > name.len - 2) {
        return S3_DECLINED;
    }

    start = name.len - suffix->len;

    if (name.data[start - 1] != '.') {
        return S3_DECLINED;
    }

    for (i = 0; i < suffix->len; i++) {
        if (s3_lower(name.data[start + i]) != s3_lower(suffix->data[i])) {
            return S3_DECLINED;
        }
    }

    bucket->data = name.data;
    bucket->len = start - 1;

    return S3_OK;
}


static unsigned char
s3_lower(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') ? (unsigned char) (c | 0x20) : c;
}


static int
s3_is_alnum(unsigned char c)
{
    c = s3_lower(c);

    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}


int
s3_bucket_check(const s3_str_t *name)
{
    size_t         i;
    unsigned char  c;

    if (name->len == 0 || name->len > S3_BUCKET_MAX
        || !s3_is_alnum(name->data[0]))
    {
        return S3_ERROR;
    }

    for (i = 1; i < name->len; i++) {
        c = name->data[i];

        if (c == '.' && name->data[i - 1] == '.') {
            return S3_ERROR;
        }

        if (c != '.' && c != '-' && c != '_' && !s3_is_alnum(c)) {
            return S3_ERROR;
        }
    }

    return S3_OK;
}


int
s3_region_check(const s3_str_t *name)
{
    size_t         i;
    unsigned char  c;

    if (name->len == 0 || name->len > S3_REGION_MAX) {
        return S3_ERROR;
    }

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c != '-' && c != '_' && !s3_is_alnum(c)) {
            return S3_ERROR;
        }
    }

    return S3_OK;
}


int
s3_query_next(s3_str_t *rest, s3_pair_t *pair)
{
    size_t          len;
    unsigned char  *mark;

    while (rest->len != 0 && rest->data[0] == '&') {
        rest->data++;
        rest->len--;
    }

    if (rest->len == 0) {
        return S3_DONE;
    }

    mark = memchr(rest->data, '&', rest->len);
    len = (mark == NULL) ? rest->len : (size_t) (mark - rest->data);

    pair->name.data = rest->data;
    pair->name.len = len;
    pair->value.data = NULL;
    pair->value.len = 0;

    mark = memchr(rest->data, '=', len);

    if (mark != NULL) {
        pair->name.len = (size_t) (mark - rest->data);
        pair->value.data = mark + 1;
        pair->value.len = len - pair->name.len - 1;
    }

    rest->data += len;
    rest->len -= len;

    return S3_OK;
}
