
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_reply.h"


#define S3_REPLY_STATUS_MIN  100
#define S3_REPLY_STATUS_MAX  599


static const char  s3_reply_version[] = "HTTP/1.";

/* one character of what follows, of which d is any digit */

static const char  s3_reply_line[] = "d ddd";


static int s3_reply_line_end(const unsigned char *p,
    const unsigned char *end);
static int s3_reply_size(const unsigned char *p, const unsigned char *end,
    const unsigned char **next, size_t *size);
static int s3_reply_digit(unsigned char c);
static int s3_reply_trailers(const unsigned char *p,
    const unsigned char *end);
static s3_str_t s3_reply_opaque(const s3_str_t *etag);


int
s3_reply_status(const s3_str_t *in, unsigned *status)
{
    size_t          i, n;
    unsigned        code;
    s3_str_t        rest;
    unsigned char   c;

    n = sizeof(s3_reply_version) - 1;

    if (in->len < n) {
        return (in->len == 0
                || memcmp(in->data, s3_reply_version, in->len) == 0)
               ? S3_AGAIN : S3_ERROR;
    }

    if (memcmp(in->data, s3_reply_version, n) != 0) {
        return S3_ERROR;
    }

    rest.data = in->data + n;
    rest.len = in->len - n;

    n = sizeof(s3_reply_line) - 1;
    code = 0;

    for (i = 0; i < n; i++) {
        if (i == rest.len) {
            return S3_AGAIN;
        }

        c = rest.data[i];

        if (s3_reply_line[i] != 'd') {
            if (c != (unsigned char) s3_reply_line[i]) {
                return S3_ERROR;
            }

            continue;
        }

        if (c < '0' || c > '9') {
            return S3_ERROR;
        }

        if (i > n - 4) {
            code = code * 10 + (unsigned) (c - '0');
        }
    }

    if (code < S3_REPLY_STATUS_MIN || code > S3_REPLY_STATUS_MAX) {
        return S3_ERROR;
    }

    if (i == rest.len) {
        return S3_AGAIN;
    }

    c = rest.data[i];

    if (c != ' ' && c != '\r' && c != '\n') {
        return S3_ERROR;
    }

    *status = code;

    return s3_reply_line_end(rest.data + i, rest.data + rest.len);
}


/* RFC 9112, 4: a reason has no control characters but tabs */

static int
s3_reply_line_end(const unsigned char *p, const unsigned char *end)
{
    for ( /* void */ ; p < end; p++) {

        if (*p == '\n') {
            return S3_OK;
        }

        if (*p == '\r') {
            if (p + 1 == end) {
                return S3_AGAIN;
            }

            return (p[1] == '\n') ? S3_OK : S3_ERROR;
        }

        if ((*p < ' ' && *p != '\t') || *p == 0x7f) {
            return S3_ERROR;
        }
    }

    return S3_AGAIN;
}


int
s3_reply_head(const s3_str_t *in, size_t *len)
{
    const unsigned char  *p, *end;

    p = in->data;
    end = in->data + in->len;

    for ( ;; ) {
        p = (p < end) ? memchr(p, '\n', (size_t) (end - p)) : NULL;

        if (p == NULL) {
            return S3_AGAIN;
        }

        p++;

        if (p < end && *p == '\r') {
            p++;
        }

        if (p < end && *p == '\n') {
            *len = (size_t) (p + 1 - in->data);
            return S3_OK;
        }
    }
}


int
s3_reply_chunks(const s3_str_t *in, unsigned char *dst, size_t size,
    size_t *len)
{
    int                   rc;
    size_t                n, room;
    const unsigned char  *p, *end;

    *len = 0;
    p = in->data;
    end = in->data + in->len;

    for ( ;; ) {
        rc = s3_reply_size(p, end, &p, &n);
        if (rc != S3_OK) {
            return rc;
        }

        if (n == 0) {
            return s3_reply_trailers(p, end);
        }

        room = size - *len;

        if (n > room || n > (size_t) (end - p)) {

            /* what there is of it */

            n = (n < (size_t) (end - p)) ? n : (size_t) (end - p);
            n = (n < room) ? n : room;

            if (n != 0) {
                memcpy(dst + *len, p, n);
                *len += n;
            }

            return S3_AGAIN;
        }

        memcpy(dst + *len, p, n);
        *len += n;
        p += n;

        if (p < end && *p == '\r') {
            p++;
        }

        if (p == end) {
            return S3_AGAIN;
        }

        if (*p++ != '\n') {
            return S3_ERROR;
        }
    }
}


/* "1a;extension" CRLF */

static int
s3_reply_size(const unsigned char *p, const unsigned char *end,
    const unsigned char **next, size_t *size)
{
    int     digit;
    size_t  n, digits;

    n = 0;

    for (digits = 0; p < end; digits++, p++) {

        digit = s3_reply_digit(*p);

        if (digit == -1) {
            break;
        }

        if (n > (SIZE_MAX >> 5)) {
            return S3_ERROR;
        }

        n = n * 16 + (size_t) digit;
    }

    if (p == end) {
        return S3_AGAIN;
    }

    if (digits == 0 || memchr("\r\n; \t", *p, 5) == NULL) {
        return S3_ERROR;
    }

    p = memchr(p, '\n', (size_t) (end - p));
    if (p == NULL) {
        return S3_AGAIN;
    }

    *next = p + 1;
    *size = n;

    return S3_OK;
}


static int
s3_reply_digit(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c = (unsigned char) (c | 0x20);

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* up to an empty line, which may be the first */

static int
s3_reply_trailers(const unsigned char *p, const unsigned char *end)
{
    size_t    len;
    s3_str_t  rest;

    if (p < end && *p == '\n') {
        return S3_OK;
    }

    if (end - p >= 2 && p[0] == '\r' && p[1] == '\n') {
        return S3_OK;
    }

    rest.data = (unsigned char *) p;
    rest.len = (size_t) (end - p);

    return s3_reply_head(&rest, &len);
}


int
s3_reply_same_etag(const s3_str_t *a, const s3_str_t *b)
{
    s3_str_t  one, other;

    one = s3_reply_opaque(a);
    other = s3_reply_opaque(b);

    return one.len == other.len
           && (one.len == 0 || memcmp(one.data, other.data, one.len) == 0);
}


static s3_str_t
s3_reply_opaque(const s3_str_t *etag)
{
    s3_str_t  text;

    text = *etag;

    if (text.len >= 2 && text.data[0] == 'W' && text.data[1] == '/') {
        text.data += 2;
        text.len -= 2;
    }

    if (text.len >= 2 && text.data[0] == '"'
        && text.data[text.len - 1] == '"')
    {
        text.data++;
        text.len -= 2;
    }

    return text;
}
