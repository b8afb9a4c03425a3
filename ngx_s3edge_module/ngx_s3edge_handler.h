
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a request asks for: bucket, key, operation; and whether it may.
 */

#ifndef _NGX_S3EDGE_HANDLER_H_INCLUDED_
#define _NGX_S3EDGE_HANDLER_H_INCLUDED_


#include "ngx_s3edge.h"


/* ngx_s3edge_handler_ctx() of a request that is not settled */
ngx_s3edge_ctx_t *ngx_s3edge_handler_make(ngx_http_request_t *r);

/*
 * The same from the precontent phase on: its location is that of the request,
 * and a method that does not read is an error, too.
 */
ngx_s3edge_ctx_t *ngx_s3edge_handler_settle(ngx_http_request_t *r);

/*
 * Access phase, always declined: where the object would be in memory, so that
 * it is at hand two phases later.
 */
ngx_int_t ngx_s3edge_handler_ahead(ngx_http_request_t *r);

/*
 * Precontent phase, which nobody reaches whom the access phase has not let
 * through: NGX_OK where the origin or a cache is to answer; else what the
 * phase handler returns.  A refusal is a status, so that an error_page is
 * looked for; where there is none, the header filter makes it ours.
 */
ngx_int_t ngx_s3edge_handler(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/* the same, at any time in that phase: refuses for this reason */
ngx_int_t ngx_s3edge_handler_refuse(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_error_t error);


/*
 * The context of a request, made at first use from the raw request URI.
 * NULL: the location has no s3edge, or no memory.  ctx->req.error tells what is
 * wrong with the request, if anything.  A miss asks for it forty times.
 */

static ngx_inline ngx_s3edge_ctx_t *
ngx_s3edge_handler_ctx(ngx_http_request_t *r)
{
    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_s3edge_module);

    return ctx != NULL && ctx->req.settled ? ctx : ngx_s3edge_handler_make(r);
}


#endif /* _NGX_S3EDGE_HANDLER_H_INCLUDED_ */
