
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Answers from shared memory: the tier before proxy_cache, under its key.
 *
 * A copy is fresh, or stale and served while the origin is asked in the
 * background, or kept at hand in case that the origin fails, by the windows
 * that it was stored with.  It is pinned until the request's pool goes: what
 * is sent are the bytes where they lie.
 */

#ifndef _NGX_S3EDGE_MEM_H_INCLUDED_
#define _NGX_S3EDGE_MEM_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Precontent phase: answers, refuses what came past the access phase, or
 * sends the request on with what a fill needs (ctx->copy.shard, key, hash,
 * seen) and, for an origin that fails, a copy.
 */
ngx_int_t ngx_s3edge_mem_handler(ngx_http_request_t *r);

/*
 * Makes headers_out that of ctx->copy.  place: where its body begins, if it
 * is not plain (s3_mem.h).
 */
ngx_int_t ngx_s3edge_mem_header(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_arena_place_t *place);

/* the copy that was kept in case that the origin fails is what is served */
void ngx_s3edge_mem_is_spare(ngx_s3edge_ctx_t *ctx);

/*
 * Header filter, where nginx answers a request with an error (412) in place
 * of what was sent to it from memory: 1, and ctx->copy.served as it was.
 */
ngx_uint_t ngx_s3edge_mem_recall(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/*
 * The copy that was found, or may be there, is not what the origin has now,
 * and memory does not take that in.
 */
void ngx_s3edge_mem_displace(ngx_s3edge_ctx_t *ctx);

/* when the origin made what is served; ctx->copy.served is set */
time_t ngx_s3edge_mem_date(ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_MEM_H_INCLUDED_ */
