
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A stale copy in memory that takes the place of an origin's error.  It is
 * found out in a header filter, behind the ones that judge conditions and cut
 * ranges, so both are done here.
 */

#ifndef _NGX_S3EDGE_SPARE_H_INCLUDED_
#define _NGX_S3EDGE_SPARE_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Header filter, on an error: the response becomes that of the copy at hand,
 * its body ngx_s3edge_spare_body().  NGX_ERROR: no memory.
 */
ngx_int_t ngx_s3edge_spare(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/* body filter, after the above: what to send; NULL where that is sent */
ngx_chain_t *ngx_s3edge_spare_body(ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_SPARE_H_INCLUDED_ */
