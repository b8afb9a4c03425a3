
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
 * is made once more.  nginx has no way to make a request again once its
 * response has come, but error_page has one: the header filter gives the
 * response a status of our own, whose error page is the same URI.
 */

#ifndef _NGX_S3EDGE_REGION_H_INCLUDED_
#define _NGX_S3EDGE_REGION_H_INCLUDED_


#include "ngx_s3edge.h"


/* not a status of HTTP; never sent */
#define NGX_S3EDGE_REGION_RETRY  599


/* merge of a location with s3edge: the error page that repeats a request */
ngx_int_t ngx_s3edge_region_add_page(ngx_conf_t *cf);

/* the region to sign for now */
s3_str_t ngx_s3edge_region_get(ngx_s3edge_bucket_t *bucket);

/*
 * Header filter, on a response of the origin: NGX_S3EDGE_REGION_RETRY where
 * the request is to be made again, which the filter returns; NGX_DECLINED
 * where the response goes on; NGX_ERROR.
 */
ngx_int_t ngx_s3edge_region_learn(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/* the context from before the request was repeated, or NULL */
ngx_s3edge_ctx_t *ngx_s3edge_region_ctx(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_REGION_H_INCLUDED_ */
