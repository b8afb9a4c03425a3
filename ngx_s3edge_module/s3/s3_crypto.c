
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "s3_crypto.h"


#define S3_SHA256_BLOCK      64

#define S3_HMAC_IPAD         0x36
#define S3_HMAC_OPAD         0x5c


static int s3_hmac_pad(s3_crypto_t *c, void **ctx,
    const unsigned char key[S3_SHA256_BLOCK], unsigned char pad);
static int s3_hmac_from(s3_crypto_t *c, const void *ctx,
    const s3_hmac_key_t *k, const s3_str_t *data,
    unsigned char digest[S3_SHA256_LEN]);
static void s3_hex_four(const unsigned char *src, unsigned char *dst);


int
s3_crypto_init(s3_crypto_t *c)
{
    c->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    c->ctx = EVP_MD_CTX_new();

    if (c->md == NULL || c->ctx == NULL) {
        s3_crypto_release(c);
        return S3_ERROR;
    }

    return S3_OK;
}


void
s3_crypto_release(s3_crypto_t *c)
{
    EVP_MD_CTX_free(c->ctx);
    EVP_MD_free(c->md);

    c->ctx = NULL;
    c->md = NULL;
}


int
s3_sha256(s3_crypto_t *c, const s3_str_t *data,
    unsigned char digest[S3_SHA256_LEN])
{
    if (EVP_DigestInit_ex2(c->ctx, c->md, NULL) != 1
        || EVP_DigestUpdate(c->ctx, data->data, data->len) != 1
        || EVP_DigestFinal_ex(c->ctx, digest, NULL) != 1)
    {
        return S3_ERROR;
    }

    return S3_OK;
}


int
s3_hmac_key_set(s3_crypto_t *c, s3_hmac_key_t *k, const s3_str_t *key)
{
    int            rc;
    unsigned char  block[S3_SHA256_BLOCK];

    memset(block, 0, sizeof(block));
    rc = S3_OK;

    EVP_MD_CTX_free(k->begun);
    k->begun = NULL;

    if (key->len > sizeof(block)) {
        rc = s3_sha256(c, key, block);

    } else if (key->len != 0) {
        memcpy(block, key->data, key->len);
    }

    if (rc == S3_OK) {
        rc = s3_hmac_pad(c, &k->inner, block, S3_HMAC_IPAD);
    }

    if (rc == S3_OK) {
        rc = s3_hmac_pad(c, &k->outer, block, S3_HMAC_OPAD);
    }

    s3_wipe(block, sizeof(block));

    return rc;
}


static int
s3_hmac_pad(s3_crypto_t *c, void **ctx,
    const unsigned char key[S3_SHA256_BLOCK], unsigned char pad)
{
    int            rc;
    size_t         i;
    unsigned char  block[S3_SHA256_BLOCK];

    if (*ctx == NULL) {
        *ctx = EVP_MD_CTX_new();
        if (*ctx == NULL) {
            return S3_ERROR;
        }
    }

    for (i = 0; i < sizeof(block); i++) {
        block[i] = key[i] ^ pad;
    }

    rc = S3_OK;

    if (EVP_DigestInit_ex2(*ctx, c->md, NULL) != 1
        || EVP_DigestUpdate(*ctx, block, sizeof(block)) != 1)
    {
        rc = S3_ERROR;
    }

    s3_wipe(block, sizeof(block));

    return rc;
}


void
s3_hmac_key_release(s3_hmac_key_t *k)
{
    EVP_MD_CTX_free(k->inner);
    EVP_MD_CTX_free(k->outer);
    EVP_MD_CTX_free(k->begun);

    k->inner = NULL;
    k->outer = NULL;
    k->begun = NULL;
}


int
s3_hmac(s3_crypto_t *c, const s3_hmac_key_t *k, const s3_str_t *data,
    unsigned char digest[S3_SHA256_LEN])
{
    return s3_hmac_from(c, k->inner, k, data, digest);
}


int
s3_hmac_begin(s3_hmac_key_t *k, const s3_str_t *head)
{
    if (k->inner == NULL) {
        return S3_ERROR;
    }

    if (k->begun == NULL) {
        k->begun = EVP_MD_CTX_new();
        if (k->begun == NULL) {
            return S3_ERROR;
        }
    }

    if (EVP_MD_CTX_copy_ex(k->begun, k->inner) != 1
        || EVP_DigestUpdate(k->begun, head->data, head->len) != 1)
    {
        EVP_MD_CTX_free(k->begun);
        k->begun = NULL;

        return S3_ERROR;
    }

    return S3_OK;
}


int
s3_hmac_end(s3_crypto_t *c, const s3_hmac_key_t *k, const s3_str_t *tail,
    unsigned char digest[S3_SHA256_LEN])
{
    return s3_hmac_from(c, k->begun, k, tail, digest);
}


static int
s3_hmac_from(s3_crypto_t *c, const void *ctx, const s3_hmac_key_t *k,
    const s3_str_t *data, unsigned char digest[S3_SHA256_LEN])
{
    if (ctx == NULL || k->outer == NULL) {
        return S3_ERROR;
    }

    if (EVP_MD_CTX_copy_ex(c->ctx, ctx) != 1
        || EVP_DigestUpdate(c->ctx, data->data, data->len) != 1
        || EVP_DigestFinal_ex(c->ctx, digest, NULL) != 1)
    {
        return S3_ERROR;
    }

    if (EVP_MD_CTX_copy_ex(c->ctx, k->outer) != 1
        || EVP_DigestUpdate(c->ctx, digest, S3_SHA256_LEN) != 1
        || EVP_DigestFinal_ex(c->ctx, digest, NULL) != 1)
    {
        return S3_ERROR;
    }

    return S3_OK;
}


/*
 * Four bytes are spread out to eight half bytes; 0x06 more carries in those
 * over 9, which are 0x27 further on to "a".  The stores become one.
 */

static void
s3_hex_four(const unsigned char *src, unsigned char *dst)
{
    uint64_t  x;

    x = (uint64_t) src[0] << 24 | (uint64_t) src[1] << 16
        | (uint64_t) src[2] << 8 | src[3];

    x = (x << 16 | x) & 0x0000ffff0000ffffULL;
    x = (x << 8 | x) & 0x00ff00ff00ff00ffULL;
    x = (x << 4 | x) & 0x0f0f0f0f0f0f0f0fULL;
    x += 0x3030303030303030ULL
         + ((x + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL) * 0x27;

    dst[0] = (unsigned char) (x >> 56);
    dst[1] = (unsigned char) (x >> 48);
    dst[2] = (unsigned char) (x >> 40);
    dst[3] = (unsigned char) (x >> 32);
    dst[4] = (unsigned char) (x >> 24);
    dst[5] = (unsigned char) (x >> 16);
    dst[6] = (unsigned char) (x >> 8);
    dst[7] = (unsigned char) x;
}


unsigned char *
s3_hex(const unsigned char *src, size_t len, unsigned char *dst)
{
    static const unsigned char  hex[] = "0123456789abcdef";

    for ( /* void */ ; len >= 4; len -= 4) {
        s3_hex_four(src, dst);
        src += 4;
        dst += 8;
    }

    for ( /* void */ ; len != 0; len--) {
        *dst++ = hex[*src >> 4];
        *dst++ = hex[*src++ & 0x0f];
    }

    return dst;
}


int
s3_memeq(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}


void
s3_wipe(void *p, size_t len)
{
    OPENSSL_cleanse(p, len);
}
