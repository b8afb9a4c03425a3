
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signature Version 4: dates, scope, derived key, signature, and the two
 * places it goes to (AWS, "Create a signed AWS API request", "Authenticating
 * Requests: Using Query Parameters").
 */

#ifndef _S3_SIGV4_H_INCLUDED_
#define _S3_SIGV4_H_INCLUDED_


#include "s3_types.h"
#include "s3_crypto.h"


#define S3_AMZ_DATE_LEN      16    /* 20130524T000000Z */
#define S3_AMZ_DAY_LEN       8     /* 20130524 */
#define S3_SIGV4_SERVICE_MAX 32

/* day / region / service / aws4_request */
#define S3_SCOPE_MAX                                                          \
    (S3_AMZ_DAY_LEN + 1 + S3_REGION_MAX + 1 + S3_SIGV4_SERVICE_MAX + 1 + 12)

#define S3_EMPTY_SHA256                                                       \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define S3_UNSIGNED_PAYLOAD  "UNSIGNED-PAYLOAD"


/*
 * A signing key, good for one secret, region, service and UTC day.  Zero it
 * before the first use; s3_sigv4_key_release() at the end.
 */

typedef struct {
    int64_t          day;          /* days since 1970; what scope says */
    size_t           scope_len;
    unsigned char    scope[S3_SCOPE_MAX];
    unsigned         set;          /* bool */
    s3_hmac_key_t    hmac;

    /* what the texts of this second begin with is hashed; zeros: of none */
    unsigned char    begun[S3_AMZ_DATE_LEN];
} s3_sigv4_key_t;


/* now: seconds since 1970, from year 1970 to 9999 */
void s3_amz_date(int64_t now, unsigned char dst[S3_AMZ_DATE_LEN]);

/*
 * Seconds since 1970 of "20130524T000000Z", or S3_ERROR (times before 1970
 * are errors too).
 */
int64_t s3_amz_date_parse(const s3_str_t *text);

/*
 * Makes k good for the UTC day of "now": nothing to do where it is already,
 * four HMACs otherwise.  The caller that changes secret, region or service
 * sets k->set to 0 first.
 * S3_ERROR: a part is over its limit, or OpenSSL failed; k is not set then.
 */
int s3_sigv4_key_update(s3_crypto_t *c, s3_sigv4_key_t *k,
    const s3_str_t *secret, const s3_str_t *region, const s3_str_t *service,
    int64_t now);

/* k may be zeroed; wipes it */
void s3_sigv4_key_release(s3_sigv4_key_t *k);

/*
 * The signature, in hex, of a canonical request at amz_date (whose day must
 * be the key's).
 */
int s3_sigv4_sign(s3_crypto_t *c, s3_sigv4_key_t *k,
    const s3_str_t *amz_date, const s3_str_t *canonical_request,
    unsigned char signature[S3_SHA256_HEX_LEN]);

/*
 * "AWS4-HMAC-SHA256 Credential=<access key>/<scope>, SignedHeaders=<names>,
 * Signature=<signature>"
 */
size_t s3_sigv4_authorization(const s3_sigv4_key_t *k,
    const s3_str_t *access_key, const s3_str_t *signed_headers,
    const unsigned char signature[S3_SHA256_HEX_LEN], unsigned char *dst);

/*
 * The X-Amz-* parameters of a presigned request, without the signature:
 * X-Amz-Algorithm, -Credential, -Date, -Expires (seconds, 1 to 604800),
 * -Security-Token where token->len, -SignedHeaders; encoded, joined by "&".
 */
size_t s3_sigv4_presign_query(const s3_sigv4_key_t *k,
    const s3_str_t *access_key, const s3_str_t *amz_date, uint32_t expires,
    const s3_str_t *token, const s3_str_t *signed_headers,
    unsigned char *dst);


#endif /* _S3_SIGV4_H_INCLUDED_ */
