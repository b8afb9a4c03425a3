
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Headers of the client that may go to the origin: those that s3_op_table.h
 * lets pass, no others.  The ones that begin with "x-amz-" are signed.
 *
 * A request that the cache answers or fills asks for the whole object in its
 * plain form: none of them goes then, but for the two that revalidate what
 * is stored.  Range and conditions of an object go as range.c settled them.
 */

#ifndef _NGX_S3EDGE_CLIENT_H_INCLUDED_
#define _NGX_S3EDGE_CLIENT_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * 1 where the answer is for this client alone: it sends keys of its own
 * (SSE-C), or names an owner of the bucket that we were not told of, so that
 * the origin has to say.  -1: it names another one than we were told.
 */
ngx_int_t ngx_s3edge_client_is_alone(ngx_http_request_t *r,
    ngx_s3edge_bucket_t *bucket);

/*
 * 1 if range, conditions and x-amz- headers go to the origin: what comes will
 * not be a whole copy for everybody.  Known when nginx makes the request to
 * the origin, for only then has the cache said if it stores the answer.
 */
ngx_uint_t ngx_s3edge_client_passes(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/* 1 if the client sent no x-amz- header, as nearly all */
ngx_uint_t ngx_s3edge_client_is_plain(ngx_http_request_t *r);

/* 1 where the client asks for the checksums of what it gets */
ngx_uint_t ngx_s3edge_client_wants_checksum(ngx_http_request_t *r);

/*
 * Writes the x-amz- headers that go to the origin, at most S3_OP_AMZ_MAX, and
 * returns how many: those of the bucket, the mode in which each object is
 * asked for with its checksums, and the client's where the cache neither
 * answers nor fills.
 */
ngx_uint_t ngx_s3edge_client_amz(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_pair_t *headers);

/*
 * 1 where there are such: what the origin was asked for beside the object is
 * in its answer, too.  Checksums do not count, which SDKs always ask for.
 */
ngx_uint_t ngx_s3edge_client_is_special(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/*
 * The value of that header as it goes to the origin, which is left as it is
 * where there is none.
 */
ngx_int_t ngx_s3edge_client_value(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, const s3_op_header_t *header, ngx_str_t *value);


#endif /* _NGX_S3EDGE_CLIENT_H_INCLUDED_ */
