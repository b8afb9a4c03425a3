
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CORS, answered here: what pages of other origins may read of a bucket.  The
 * origin's own answers to that are for the edge, and go nowhere; nothing of
 * this is stored.
 */

#ifndef _NGX_S3EDGE_CORS_H_INCLUDED_
#define _NGX_S3EDGE_CORS_H_INCLUDED_


#include "ngx_s3edge.h"


/* cors ORIGIN ... [methods=..] [headers=..] [expose=..] [max_age=TIME] */
char *ngx_s3edge_cors_set(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n);

/*
 * OPTIONS for a bucket with rules: NGX_OK, and the answer is to be sent with
 * ngx_s3edge_cors_send(); or the s3_error_t to refuse with.
 */
ngx_int_t ngx_s3edge_cors_preflight(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/* returns what a content handler returns */
ngx_int_t ngx_s3edge_cors_send(ngx_http_request_t *r);

/* header filter, of any answer: nothing, if the bucket has no rules */
ngx_int_t ngx_s3edge_cors_header(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_CORS_H_INCLUDED_ */
