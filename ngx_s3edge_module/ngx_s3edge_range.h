
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ranges and conditions of clients.  Where a whole copy of an object is at
 * hand, nginx's filters judge them here, whatever the origin says of ranges;
 * where none is, they go to the origin (client.c).  Nobody gets 200 and the
 * whole in answer to a range that can be had.
 */

#ifndef _NGX_S3EDGE_RANGE_H_INCLUDED_
#define _NGX_S3EDGE_RANGE_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Before anybody heeds them: takes from headers_in what S3 ignores (several
 * ranges, one that can't be parsed, dates beside tags, what is no date: RFC
 * 9110, 13.1.4 and 13.2.2), and puts quotes around tags that have none.  For
 * what is no object all of it is the origin's to judge.  NGX_ERROR: no
 * memory.
 */
ngx_int_t ngx_s3edge_range_settle(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/*
 * Header filter, last of ours: lets nginx cut what is whole, and says so.
 * NGX_OK; NGX_ERROR; what else it returns the filter returns at once: 416, or
 * the request is made again.
 */
ngx_int_t ngx_s3edge_range_offer(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/*
 * What headers_in asks of the whole copy in headers_out: 200, 206 (len bytes
 * from offset on), 304, 412 or 416.
 */
ngx_uint_t ngx_s3edge_range_judge(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, off_t *ret_offset, off_t *ret_len);

/* Content-Range of len bytes from offset on, or of none: len is 0 */
ngx_int_t ngx_s3edge_range_content(ngx_http_request_t *r, off_t offset,
    off_t len, off_t size);


#endif /* _NGX_S3EDGE_RANGE_H_INCLUDED_ */
