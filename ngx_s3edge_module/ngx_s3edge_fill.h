
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Copies an object into shared memory as it goes by: from the origin, or from
 * disk.  It can be found when its last byte is there; one that is cut short,
 * or whose request ends, leaves nothing.
 */

#ifndef _NGX_S3EDGE_FILL_H_INCLUDED_
#define _NGX_S3EDGE_FILL_H_INCLUDED_


#include "ngx_s3edge.h"


/* seconds since 1970; windows in seconds after valid */

typedef struct {
    time_t                   date;
    time_t                   valid;
    time_t                   updating;
    time_t                   error;
} ngx_s3edge_fill_times_t;


/* 1 if the body is not larger than the shard's memory takes */
ngx_uint_t ngx_s3edge_fill_fits(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/*
 * Header filter, before a field of ours is there: begins if there is room.
 * NGX_ERROR: no memory for the request.
 */
ngx_int_t ngx_s3edge_fill_begin(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_s3edge_fill_times_t *times);

/* 1 if all of it is in memory */
ngx_uint_t ngx_s3edge_fill_is_done(ngx_s3edge_fill_t *fill);

/* body filter; in is left as it is */
void ngx_s3edge_fill_body(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_chain_t *in);


#endif /* _NGX_S3EDGE_FILL_H_INCLUDED_ */
