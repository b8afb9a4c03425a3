
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where an origin sends a request (AWS, "Amazon S3 User Guide", "Making
 * requests": 307 TemporaryRedirect), and whether that is a place an origin of
 * this name may send us to.
 */

#ifndef _S3_REDIRECT_H_INCLUDED_
#define _S3_REDIRECT_H_INCLUDED_


#include "s3_types.h"


/* slices of the text; host has the port unless it is that of the scheme */

typedef struct {
    unsigned    https;
    s3_str_t    host;
    s3_str_t    name;
    s3_str_t    path;              /* without the query; may be empty */
    unsigned    port;
} s3_redirect_t;


/*
 * An absolute URL of http or https.  S3_DECLINED: it is none, or its host is
 * not a name: an address in whatever notation, one with a user.
 */
int s3_redirect_parse(const s3_str_t *url, s3_redirect_t *to);

/* the same of <Endpoint>: host[:port] */
int s3_redirect_endpoint(const s3_str_t *text, unsigned https,
    s3_redirect_t *to);

/*
 * 1 where a host is of the same service as an endpoint, both without a port:
 * the same, or below it; below what follows "s3." of the endpoint; for AWS any
 * host of S3.
 */
int s3_redirect_is_near(const s3_str_t *endpoint, const s3_str_t *name);

/* 1 where two host names are the same, in any case */
int s3_redirect_same(const s3_str_t *a, const s3_str_t *b);


#endif /* _S3_REDIRECT_H_INCLUDED_ */
