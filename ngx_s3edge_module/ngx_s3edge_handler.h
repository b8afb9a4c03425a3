
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a request asks for: bucket, key, operation; and whether it may.
 */

#ifndef _NGX_S3EDGE_HANDLER_H_INCLUDED_
#define _NGX_S3EDGE_HANDLER_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * The context of a request, made at first use from the raw request URI.
 * NULL: the location has no s3edge, or no memory.  ctx->error tells what is
 * wrong with the request, if anything.
 */
ngx_s3edge_ctx_t *ngx_s3edge_handler_ctx(ngx_http_request_t *r);

/*
 * The same from the access phase on: its location is that of the request, and
 * a method that does not read is an error, too.
 */
ngx_s3edge_ctx_t *ngx_s3edge_handler_settle(ngx_http_request_t *r);

/* access or precontent phase: sends ctx->error, and returns NGX_DONE */
ngx_int_t ngx_s3edge_handler_refuse(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/* access phase: refuses with an S3 error, or declines */
ngx_int_t ngx_s3edge_handler(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_HANDLER_H_INCLUDED_ */
