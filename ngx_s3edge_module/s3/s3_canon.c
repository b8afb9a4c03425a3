
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_canon.h"
#include "s3_crypto.h"
#include "s3_sink.h"
#include "s3_uri.h"


static ssize_t s3_canon_split(const s3_str_t *query, s3_pair_t *pairs,
    size_t npairs);
static int s3_canon_pair_cmp(const s3_pair_t *a, const s3_pair_t *b);
static int s3_canon_encoded_cmp(s3_str_t a, s3_str_t b);
static unsigned char s3_canon_next(s3_str_t *rest);
static unsigned s3_canon_rank(unsigned char c);
static int s3_canon_name_cmp(const s3_str_t *a, const s3_str_t *b);
static int s3_canon_name_is(const s3_str_t *a, const s3_str_t *b);
static void s3_canon_put_name(s3_sink_t *sink, const s3_str_t *name);
static void s3_canon_lower_eight(unsigned char *dst,
    const unsigned char *src);
static void s3_canon_put_value(s3_sink_t *sink, const s3_str_t *value);
static unsigned char *s3_canon_word_end(unsigned char *p,
    unsigned char *end);
static unsigned char s3_canon_lower(unsigned char c);
static int s3_canon_is_blank(unsigned char c);


ssize_t
s3_canon_query(const s3_str_t *query, s3_pair_t *pairs, size_t npairs,
    unsigned char *dst)
{
    size_t     i, j;
    ssize_t    n;
    s3_pair_t  pair;
    s3_sink_t  sink = { dst, 0 };

    n = s3_canon_split(query, pairs, npairs);
    if (n == S3_ERROR) {
        return S3_ERROR;
    }

    for (i = 1; i < (size_t) n; i++) {
        pair = pairs[i];

        for (j = i; j > 0 && s3_canon_pair_cmp(&pairs[j - 1], &pair) > 0; j--) {
            pairs[j] = pairs[j - 1];
        }

        pairs[j] = pair;
    }

    for (i = 0; i < (size_t) n; i++) {
        if (i != 0) {
            s3_sink_byte(&sink, '&');
        }

        sink.len += (size_t) s3_uri_recode(&pairs[i].name, S3_URI_COMPONENT,
                                           s3_sink_pos(&sink));
        s3_sink_byte(&sink, '=');
        sink.len += (size_t) s3_uri_recode(&pairs[i].value, S3_URI_COMPONENT,
                                           s3_sink_pos(&sink));
    }

    return (ssize_t) sink.len;
}


/* fills pairs with slices that are sure to decode; returns how many */

static ssize_t
s3_canon_split(const s3_str_t *query, s3_pair_t *pairs, size_t npairs)
{
    size_t     n;
    s3_str_t   rest = *query;
    s3_pair_t  pair;

    for (n = 0; s3_query_next(&rest, &pair) == S3_OK; n++) {

        if (n == npairs
            || s3_uri_decoded_len(&pair.name) == S3_ERROR
            || s3_uri_decoded_len(&pair.value) == S3_ERROR)
        {
            return S3_ERROR;
        }

        pairs[n] = pair;
    }

    return (ssize_t) n;
}


static int
s3_canon_pair_cmp(const s3_pair_t *a, const s3_pair_t *b)
{
    int  rc;

    rc = s3_canon_encoded_cmp(a->name, b->name);

    return (rc != 0) ? rc : s3_canon_encoded_cmp(a->value, b->value);
}


/*
 * Compares two slices as s3_uri_recode() would spell them.  No spelling of a
 * byte begins another's, so the first bytes that differ decide.
 */

static int
s3_canon_encoded_cmp(s3_str_t a, s3_str_t b)
{
    unsigned char  ca, cb;

    while (a.len != 0 && b.len != 0) {
        ca = s3_canon_next(&a);
        cb = s3_canon_next(&b);

        if (ca != cb) {
            return (s3_canon_rank(ca) < s3_canon_rank(cb)) ? -1 : 1;
        }
    }

    return (a.len != 0) - (b.len != 0);
}


/* one decoded byte of a slice that is known to decode */

static unsigned char
s3_canon_next(s3_str_t *rest)
{
    size_t         len;
    s3_str_t       piece;
    unsigned char  c;

    c = rest->data[0];
    len = 1;

    if (c == '%') {
        len = 3;
        piece.data = rest->data;
        piece.len = len;
        (void) s3_uri_decode(&piece, &c);
    }

    rest->data += len;
    rest->len -= len;

    return c;
}


/*
 * "%" sorts before all bytes that stay as they are, and among the encoded
 * the hex digits keep the order of the bytes.
 */

static unsigned
s3_canon_rank(unsigned char c)
{
    s3_str_t  one = { 1, &c };

    return (s3_uri_encode(&one, S3_URI_COMPONENT, NULL) == 1) ? 256u + c : c;
}


void
s3_canon_sort_headers(s3_pair_t *headers, size_t n)
{
    size_t     i, j;
    s3_pair_t  header;

    for (i = 1; i < n; i++) {

        if (s3_canon_name_cmp(&headers[i - 1].name, &headers[i].name) <= 0) {
            continue;                          /* nearly all are in order */
        }

        header = headers[i];

        for (j = i;
             j > 0 && s3_canon_name_cmp(&headers[j - 1].name, &header.name) > 0;
             j--)
        {
            headers[j] = headers[j - 1];
        }

        headers[j] = header;
    }
}


static int
s3_canon_name_cmp(const s3_str_t *a, const s3_str_t *b)
{
    size_t         i;
    unsigned char  ca, cb;

    for (i = 0; i < a->len && i < b->len; i++) {

        if (a->data[i] == b->data[i]) {
            continue;
        }

        ca = s3_canon_lower(a->data[i]);
        cb = s3_canon_lower(b->data[i]);

        if (ca != cb) {
            return (ca < cb) ? -1 : 1;
        }
    }

    return (a->len > b->len) - (a->len < b->len);
}


static int
s3_canon_name_is(const s3_str_t *a, const s3_str_t *b)
{
    return a->len == b->len && s3_canon_name_cmp(a, b) == 0;
}


size_t
s3_canon_headers(const s3_pair_t *headers, size_t n, unsigned char *dst)
{
    size_t     i;
    s3_sink_t  sink = { dst, 0 };

    for (i = 0; i < n; i++) {
        if (i != 0
            && s3_canon_name_is(&headers[i - 1].name, &headers[i].name))
        {
            s3_sink_byte(&sink, ',');

        } else {
            if (i != 0) {
                s3_sink_byte(&sink, '\n');
            }

            s3_canon_put_name(&sink, &headers[i].name);
            s3_sink_byte(&sink, ':');
        }

        s3_canon_put_value(&sink, &headers[i].value);
    }

    if (n != 0) {
        s3_sink_byte(&sink, '\n');
    }

    return sink.len;
}


size_t
s3_canon_signed_headers(const s3_pair_t *headers, size_t n,
    unsigned char *dst)
{
    size_t     i;
    s3_sink_t  sink = { dst, 0 };

    for (i = 0; i < n; i++) {
        if (i != 0) {
            if (s3_canon_name_is(&headers[i - 1].name, &headers[i].name)) {
                continue;
            }

            s3_sink_byte(&sink, ';');
        }

        s3_canon_put_name(&sink, &headers[i].name);
    }

    return sink.len;
}


static void
s3_canon_put_name(s3_sink_t *sink, const s3_str_t *name)
{
    size_t          i;
    unsigned char  *p;

    p = s3_sink_pos(sink);
    sink->len += name->len;

    if (p == NULL) {
        return;
    }

    for (i = 0; i + 8 < name->len; i += 8) {
        s3_canon_lower_eight(p + i, name->data + i);
    }

    if (name->len >= 8) {                      /* may overlap those before */
        i = name->len - 8;
        s3_canon_lower_eight(p + i, name->data + i);
        return;
    }

    for ( /* void */ ; i < name->len; i++) {
        p[i] = s3_canon_lower(name->data[i]);
    }
}


/*
 * Eight bytes in lower case.  Of a byte below 128, adding 0x3f or 0x25
 * sets the high bit from "A" on, or behind "Z"; it is bit 0x20 once moved.
 */

static void
s3_canon_lower_eight(unsigned char *dst, const unsigned char *src)
{
    uint64_t  bytes, low, upper;

    memcpy(&bytes, src, 8);

    low = bytes & 0x7f7f7f7f7f7f7f7fULL;
    upper = (low + 0x3f3f3f3f3f3f3f3fULL) & ~(low + 0x2525252525252525ULL)
            & ~bytes & 0x8080808080808080ULL;
    bytes |= upper >> 2;

    memcpy(dst, &bytes, 8);
}


static void
s3_canon_put_value(s3_sink_t *sink, const s3_str_t *value)
{
    unsigned char  *p, *end, *word;

    if (value->len == 0) {
        return;
    }

    p = value->data;
    end = p + value->len;

    while (p < end && s3_canon_is_blank(end[-1])) {
        end--;
    }

    while (p < end && s3_canon_is_blank(*p)) {
        p++;
    }

    /* word by word: no value ends in a blank now */

    while (p < end) {
        word = p;
        p = s3_canon_word_end(p, end);
        s3_sink_bytes(sink, word, (size_t) (p - word));

        if (p < end) {
            s3_sink_byte(sink, ' ');
        }

        while (p < end && s3_canon_is_blank(*p)) {
            p++;
        }
    }
}


/* the first blank at or after p, or the end */

static unsigned char *
s3_canon_word_end(unsigned char *p, unsigned char *end)
{
    uint64_t  bytes;

    /* eight at a time while none is below "!": hashes and tokens are long */

    while (end - p >= 8) {
        memcpy(&bytes, p, 8);

        if (((bytes - 0x2121212121212121ULL) & ~bytes & 0x8080808080808080ULL)
            != 0)
        {
            break;
        }

        p += 8;
    }

    while (p < end && !s3_canon_is_blank(*p)) {
        p++;
    }

    return p;
}


static unsigned char
s3_canon_lower(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') ? (unsigned char) (c | 0x20) : c;
}


/* line ends too: no value may begin a line of the canonical request */

static int
s3_canon_is_blank(unsigned char c)
{
    return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}


size_t
s3_canon_request_max(const s3_canon_t *canon)
{
    size_t  i, len;

    /* "/" for an empty path, and the line ends */

    len = canon->method.len + canon->path.len + canon->query.len
          + canon->payload.len + sizeof("/\n\n\n\n\n") - 1;

    for (i = 0; i < canon->nheaders; i++) {
        len += 2 * canon->headers[i].name.len + canon->headers[i].value.len
               + sizeof(":\n;") - 1;
    }

    return len;
}


size_t
s3_canon_request(const s3_canon_t *canon, unsigned char *dst)
{
    s3_str_t  names;

    return s3_canon_request_names(canon, dst, &names);
}


size_t
s3_canon_request_names(const s3_canon_t *canon, unsigned char *dst,
    s3_str_t *names)
{
    s3_sink_t  sink = { dst, 0 };

    s3_sink_str(&sink, &canon->method);
    s3_sink_byte(&sink, '\n');

    if (canon->path.len != 0) {
        s3_sink_str(&sink, &canon->path);

    } else {
        s3_sink_byte(&sink, '/');
    }

    s3_sink_byte(&sink, '\n');
    s3_sink_str(&sink, &canon->query);
    s3_sink_byte(&sink, '\n');

    sink.len += s3_canon_headers(canon->headers, canon->nheaders,
                                 s3_sink_pos(&sink));
    s3_sink_byte(&sink, '\n');

    names->data = s3_sink_pos(&sink);
    names->len = s3_canon_signed_headers(canon->headers, canon->nheaders,
                                         names->data);
    sink.len += names->len;
    s3_sink_byte(&sink, '\n');

    s3_sink_str(&sink, &canon->payload);

    return sink.len;
}


size_t
s3_canon_string_to_sign(const s3_str_t *amz_date, const s3_str_t *scope,
    const unsigned char digest[S3_SHA256_LEN], unsigned char *dst)
{
    s3_sink_t  sink = { dst, 0 };

    s3_sink_text(&sink, "AWS4-HMAC-SHA256\n");
    s3_sink_str(&sink, amz_date);
    s3_sink_byte(&sink, '\n');
    s3_sink_str(&sink, scope);
    s3_sink_byte(&sink, '\n');

    if (dst != NULL) {
        (void) s3_hex(digest, S3_SHA256_LEN, s3_sink_pos(&sink));
    }

    return sink.len + S3_SHA256_HEX_LEN;
}
