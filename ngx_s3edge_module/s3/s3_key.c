
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_key.h"
#include "s3_uri.h"


/* 48 bits in base64url */
#define S3_KEY_DIGITS        8

/* and "#" before two of them */
#define S3_KEY_TAIL          (1 + 2 * S3_KEY_DIGITS)

/* odd, half of its bits set: 2^64 divided by the golden ratio */
#define S3_KEY_FACTOR        0x9e3779b97f4a7c15ULL


static unsigned char *s3_key_put_text(unsigned char *dst, const s3_key_t *key);
static unsigned char *s3_key_put(unsigned char *dst, const s3_str_t *src);
static unsigned char *s3_key_put_digits(unsigned char *dst, uint64_t value);
static int s3_key_get_digits(const unsigned char *p, uint64_t *ret_value);
static int s3_key_check_text(const unsigned char *p, size_t len);
static uint64_t s3_key_hash_add(uint64_t hash, const s3_str_t *part);
static uint64_t s3_key_hash_word(uint64_t hash, uint64_t word);
static uint64_t s3_key_hash_end(uint64_t hash);


size_t
s3_key_len(const s3_key_t *key)
{
    return key->bucket.len + 1 + key->key.len
           + (key->variant.len != 0 ? 1 + key->variant.len : 0)
           + S3_KEY_TAIL;
}


void
s3_key_write(const s3_key_t *key, unsigned char *dst)
{
    dst = s3_key_put_text(dst, key);
    dst = s3_key_put_digits(dst, key->generation >> 16);

    (void) s3_key_put_digits(dst, key->generation << 32 | key->origin);
}


size_t
s3_key_pack(const s3_key_t *key, unsigned char *dst)
{
    unsigned char  *p;

    p = s3_key_put_text(dst, key);

    memcpy(p, &key->generation, sizeof(key->generation));
    p += sizeof(key->generation);

    memcpy(p, &key->origin, sizeof(key->origin));
    p += sizeof(key->origin);

    return (size_t) (p - dst);
}


/* all but the tail */

static unsigned char *
s3_key_put_text(unsigned char *dst, const s3_key_t *key)
{
    dst = s3_key_put(dst, &key->bucket);
    *dst++ = '/';
    dst = s3_key_put(dst, &key->key);

    if (key->variant.len != 0) {
        *dst++ = '?';
        dst = s3_key_put(dst, &key->variant);
    }

    *dst++ = '#';

    return dst;
}


static unsigned char *
s3_key_put(unsigned char *dst, const s3_str_t *src)
{
    if (src->len != 0) {
        memcpy(dst, src->data, src->len);
    }

    return dst + src->len;
}


/* the lower 48 bits */

static unsigned char *
s3_key_put_digits(unsigned char *dst, uint64_t value)
{
    size_t  i;

    static const unsigned char  digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (i = S3_KEY_DIGITS; i > 0; i--) {
        dst[i - 1] = digits[value & 0x3f];
        value >>= 6;
    }

    return dst + S3_KEY_DIGITS;
}


int
s3_key_parse(const s3_str_t *text, s3_key_t *ret_key)
{
    size_t          len;
    s3_key_t        key;
    uint64_t        high, low;
    unsigned char  *tail, *mark;

    if (text->len <= S3_KEY_TAIL) {
        return S3_ERROR;
    }

    len = text->len - S3_KEY_TAIL;
    tail = text->data + len;

    if (tail[0] != '#'
        || s3_key_get_digits(tail + 1, &high) != S3_OK
        || s3_key_get_digits(tail + 1 + S3_KEY_DIGITS, &low) != S3_OK
        || s3_key_check_text(text->data, len) != S3_OK)
    {
        return S3_ERROR;
    }

    key.generation = high << 16 | low >> 32;
    key.origin = (uint32_t) low;

    mark = memchr(text->data, '?', len);
    key.variant.data = tail;
    key.variant.len = 0;

    if (mark != NULL) {
        key.variant.data = mark + 1;
        key.variant.len = (size_t) (tail - mark) - 1;
        len = (size_t) (mark - text->data);

        if (key.variant.len == 0) {
            return S3_ERROR;
        }
    }

    mark = memchr(text->data, '/', len);
    if (mark == NULL) {
        return S3_ERROR;
    }

    key.bucket.data = text->data;
    key.bucket.len = (size_t) (mark - text->data);
    key.key.data = mark + 1;
    key.key.len = len - key.bucket.len - 1;

    if (s3_bucket_check(&key.bucket) != S3_OK
        || s3_uri_decoded_len(&key.key) == S3_ERROR)
    {
        return S3_ERROR;
    }

    *ret_key = key;

    return S3_OK;
}


static int
s3_key_get_digits(const unsigned char *p, uint64_t *ret_value)
{
    int       digit;
    size_t    i;
    uint64_t  value;

    value = 0;

    for (i = 0; i < S3_KEY_DIGITS; i++) {

        if (p[i] >= 'A' && p[i] <= 'Z') {
            digit = p[i] - 'A';

        } else if (p[i] >= 'a' && p[i] <= 'z') {
            digit = p[i] - 'a' + 26;

        } else if (p[i] >= '0' && p[i] <= '9') {
            digit = p[i] - '0' + 52;

        } else if (p[i] == '-' || p[i] == '_') {
            digit = p[i] == '-' ? 62 : 63;

        } else {
            return S3_ERROR;
        }

        value = value << 6 | (uint64_t) digit;
    }

    *ret_value = value;

    return S3_OK;
}


/* what precedes the tail is visible ASCII and has no "#" of its own */

static int
s3_key_check_text(const unsigned char *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] <= 0x20 || p[i] >= 0x7f || p[i] == '#') {
            return S3_ERROR;
        }
    }

    return S3_OK;
}


uint32_t
s3_key_origin(const s3_str_t *host, const s3_str_t *path)
{
    uint64_t  hash;

    hash = s3_key_hash_add(0, host);
    hash = s3_key_hash_add(hash, path);

    return (uint32_t) s3_key_hash_end(hash);
}


/* an object's last part has no slash, so that no level is hashed as it is */

size_t
s3_key_hashes(const s3_str_t *bucket, const s3_str_t *key,
    uint64_t hashes[S3_KEY_HASHES_MAX])
{
    size_t          n;
    uint64_t        hash;
    s3_str_t        rest, level;
    unsigned char  *mark;

    hash = s3_key_hash_add(0, bucket);
    hashes[0] = s3_key_hash_end(hash);
    rest = *key;

    for (n = 1; n <= S3_KEY_LEVELS_MAX && rest.len != 0; n++) {

        mark = memchr(rest.data, '/', rest.len);
        if (mark == NULL) {
            break;
        }

        level.data = rest.data;
        level.len = (size_t) (mark + 1 - rest.data);

        hash = s3_key_hash_add(hash, &level);
        hashes[n] = s3_key_hash_end(hash);

        rest.data += level.len;
        rest.len -= level.len;
    }

    hash = s3_key_hash_add(hash, &rest);
    hashes[n] = s3_key_hash_end(hash);

    return n + 1;
}


/* by words: on every hit, a multiplication for each byte is what one sees */

static uint64_t
s3_key_hash_add(uint64_t hash, const s3_str_t *part)
{
    size_t    i;
    uint64_t  word;

    for (i = 0; part->len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, part->data + i, sizeof(word));
        hash = s3_key_hash_word(hash, word);
    }

    /* up to seven bytes, behind a one that tells how many */

    for (word = 1; i < part->len; i++) {
        word = word << 8 | part->data[i];
    }

    return s3_key_hash_word(hash, word);
}


static uint64_t
s3_key_hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * S3_KEY_FACTOR;

    return hash ^ hash >> 32;
}


/* the finaliser of MurmurHash3: tables are indexed by the low bits */

static uint64_t
s3_key_hash_end(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53ULL;
    hash ^= hash >> 33;

    return hash;
}
