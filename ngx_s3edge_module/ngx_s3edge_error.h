
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Answers of our own: S3 XML errors.
 */

#ifndef _NGX_S3EDGE_ERROR_H_INCLUDED_
#define _NGX_S3EDGE_ERROR_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Header filter: makes the response that is on its way, nginx's own error
 * page or the origin's, an S3 error with this status.  The body filter then
 * puts ctx->answer.error in place of its body.
 */
ngx_int_t ngx_s3edge_error_replace(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_error_t error, ngx_uint_t status);

/* body filter, after the above: what to send; NULL where that is sent */
ngx_chain_t *ngx_s3edge_error_body(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_ERROR_H_INCLUDED_ */
