
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The region of a bucket: the one configured, or the one that the origin
 * has told since.
 *
 * S3 answers a signature for the wrong region with 400, 301 or 307 and names
 * the right one (x-amz-bucket-region, or <Region> in the body).  It is kept
 * in the bucket's slot, for all workers, until the next reload; the request
 * is made once more.
 */

#ifndef _NGX_S3EDGE_REGION_H_INCLUDED_
#define _NGX_S3EDGE_REGION_H_INCLUDED_


#include "ngx_s3edge.h"
#include "s3_answer.h"


/* the region to sign for now */
s3_str_t ngx_s3edge_region_get(ngx_s3edge_bucket_t *bucket);

/* header filter: which region an error of the origin names */
s3_answer_region_e ngx_s3edge_region_told(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/* the same: the bucket has that region from now on */
void ngx_s3edge_region_learn(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/* the same: what ngx_s3edge_repeat() returns; once per request */
ngx_int_t ngx_s3edge_region_repeat(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_REGION_H_INCLUDED_ */
