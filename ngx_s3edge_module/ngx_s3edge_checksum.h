
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * x-amz-checksum-*, which an SDK compares with the body that it gets.  They
 * are asked of the origin with every object, kept with it, and given to who
 * asks for them (x-amz-checksum-mode) and gets it whole.
 */

#ifndef _NGX_S3EDGE_CHECKSUM_H_INCLUDED_
#define _NGX_S3EDGE_CHECKSUM_H_INCLUDED_


#include "ngx_s3edge.h"


/* 1 for one of them, and for their type */
ngx_uint_t ngx_s3edge_checksum_is(ngx_str_t *name);

/* 1 where the client asks for them, and for no part */
ngx_uint_t ngx_s3edge_checksum_is_wanted(ngx_http_request_t *r);

/*
 * Header filter: takes them away that the client is not to get.  Those of a
 * part that it asked for by number are of that part, and stay.
 */
void ngx_s3edge_checksum_clear(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_CHECKSUM_H_INCLUDED_ */
