
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The steps of a request's signature, each of them kept.
 */

#ifndef _CLI_SIGNING_H_INCLUDED_
#define _CLI_SIGNING_H_INCLUDED_


#include "base/error.h"
#include "base/strbuf.h"
#include "cli/message.h"
#include "s3_canon.h"
#include "s3_sigv4.h"


typedef struct {
    message_t        message;
    s3_str_t         access_key;   /* the caller's, as are these */
    s3_str_t         region;
    s3_str_t         date;
    s3_str_t         names;        /* "a;b": SignedHeaders of the request */

    s3_pair_t        headers[S3_HEADERS_MAX];
    s3_canon_t       canon;
    strbuf_t         presigned;    /* what its query said; else empty */
    strbuf_t         target;       /* path and query of canon */
    s3_crypto_t      crypto;
    s3_sigv4_key_t   key;

    strbuf_t         request;      /* canonical */
    strbuf_t         text;         /* to sign */
    strbuf_t         signed_names;
    strbuf_t         authorization;    /* empty: no access key; "X-Amz-
                                          Signature=..." where presigned */
} signing_t;


void signing_init(signing_t *s);
void signing_release(signing_t *s);

/*
 * Takes access key, region and names from the message's Authorization or, of
 * a presigned one, with the date from its query, where it has either.
 * ERR_INVALID: not Signature Version 4.
 */
int signing_authorization(signing_t *s, error_t *err);

/*
 * Signs the message at s->date.  Unless it says itself what it signs, it gets
 * the headers it must have, and token if that is not empty.  An empty secret
 * gives all but the signature.
 */
int signing_run(signing_t *s, const s3_str_t *secret, const s3_str_t *token,
    error_t *err);


#endif /* _CLI_SIGNING_H_INCLUDED_ */
