
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The key under which both tiers keep what answers a request: s3_key.h.
 */

#ifndef _NGX_S3EDGE_KEY_H_INCLUDED_
#define _NGX_S3EDGE_KEY_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * The cache key of the request, with what purges hold now; sets ctx->copy.soft.
 * ctx->req.bucket is not NULL; the text is in the request's pool.
 */
ngx_int_t ngx_s3edge_key(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *key);

/* the same as s3_key_pack() has it, for shared memory */
ngx_int_t ngx_s3edge_key_pack(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *key);


#endif /* _NGX_S3EDGE_KEY_H_INCLUDED_ */
