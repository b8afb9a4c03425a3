
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256, HMAC-SHA-256 (RFC 2104), hex.  The sole user of OpenSSL (EVP).
 *
 * s3_crypto_t holds what OpenSSL makes costly to fetch; a process makes one
 * and passes it on.  It and the keys are used by one thread at a time.
 * OpenSSL allocates inside the init functions only.
 */

#ifndef _S3_CRYPTO_H_INCLUDED_
#define _S3_CRYPTO_H_INCLUDED_


#include "s3_types.h"


typedef struct {
    void  *md;                     /* EVP_MD, fetched once */
    void  *ctx;                    /* EVP_MD_CTX, in use during a call only */
} s3_crypto_t;


/* a key whose inner and outer pads have been hashed already */

typedef struct {
    void  *inner;                  /* EVP_MD_CTX */
    void  *outer;                  /* EVP_MD_CTX */
    void  *begun;                  /* the same as inner, and a text's head */
} s3_hmac_key_t;


/* S3_ERROR: OpenSSL has no SHA-256, or no memory */
int s3_crypto_init(s3_crypto_t *c);

/* c may be zeroed or half-built */
void s3_crypto_release(s3_crypto_t *c);

/* S3_ERROR where OpenSSL fails */
int s3_sha256(s3_crypto_t *c, const s3_str_t *data,
    unsigned char digest[S3_SHA256_LEN]);

/*
 * Sets the key, of any length, in k, which is zeroed or was set before (its
 * contexts are used again).  Key material is wiped from the stack.
 */
int s3_hmac_key_set(s3_crypto_t *c, s3_hmac_key_t *k, const s3_str_t *key);

/* k may be zeroed */
void s3_hmac_key_release(s3_hmac_key_t *k);

int s3_hmac(s3_crypto_t *c, const s3_hmac_key_t *k, const s3_str_t *data,
    unsigned char digest[S3_SHA256_LEN]);

/*
 * The same for texts that begin alike: the head is hashed once, and each tail
 * after it, until the key is set again.
 */
int s3_hmac_begin(s3_hmac_key_t *k, const s3_str_t *head);
int s3_hmac_end(s3_crypto_t *c, const s3_hmac_key_t *k, const s3_str_t *tail,
    unsigned char digest[S3_SHA256_LEN]);

/* lower-case hex: 2 * len characters; returns the end of dst */
unsigned char *s3_hex(const unsigned char *src, size_t len,
    unsigned char *dst);

/* 1 where the bytes are equal, in time that does not depend on them */
int s3_memeq(const void *a, const void *b, size_t len);

/* clears bytes in a way that the compiler keeps */
void s3_wipe(void *p, size_t len);


#endif /* _S3_CRYPTO_H_INCLUDED_ */
