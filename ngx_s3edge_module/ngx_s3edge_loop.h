
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bucket whose origin is, by one or more steps, this very bucket: each
 * request to an origin names the bucket in CDN-Loop (RFC 8586), and one that
 * comes back is refused.  The name is of this nginx and of the bucket, so that
 * tiers work, and a bucket of this nginx may be the origin of another one.
 */

#ifndef _NGX_S3EDGE_LOOP_H_INCLUDED_
#define _NGX_S3EDGE_LOOP_H_INCLUDED_


#include "ngx_s3edge.h"


/* bytes of what clients send in CDN-Loop: some 40 names */
#define NGX_S3EDGE_LOOP_MAX  1024


/* start of a worker: names the buckets, as all workers do, before and after
   a reload */
void ngx_s3edge_loop_init(ngx_s3edge_main_conf_t *smcf);

/* 1: the request has been here, or at more CDNs than can be meant */
ngx_uint_t ngx_s3edge_loop_is(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/* what the origin gets: the client's, and our name behind it */
ngx_int_t ngx_s3edge_loop_value(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value);


#endif /* _NGX_S3EDGE_LOOP_H_INCLUDED_ */
