
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Making a request once more, with what its answer has taught: the right
 * region, that a stale copy has to do, that a copy was purged softly.
 *
 * nginx has no way to make a request again once its response has come, but
 * error_page has one: the header filter gives the response a status of our
 * own, which has an error page.  The redirect clears the context and begins
 * at the server's rewrite phase, with a URI that may lead elsewhere, for it
 * was rewritten on its way here, or has a "?" in its path.  So what the
 * request was waits in the request's pool, and is put back in that phase.
 */

#ifndef _NGX_S3EDGE_REPEAT_H_INCLUDED_
#define _NGX_S3EDGE_REPEAT_H_INCLUDED_


#include "ngx_s3edge.h"


/* not a status of HTTP; never sent */
#define NGX_S3EDGE_REPEAT  599


/* merge of a location with s3edge: the error page that repeats a request */
ngx_int_t ngx_s3edge_repeat_add_page(ngx_conf_t *cf);

/* 1 where a request can be made again: not after too many redirects */
ngx_uint_t ngx_s3edge_repeat_may(ngx_http_request_t *r);

/*
 * Header filter: NGX_S3EDGE_REPEAT, which the filter returns at once;
 * NGX_DECLINED where the request cannot be made again; NGX_ERROR.  The
 * caller sees to it that there is an end to it.
 */
ngx_int_t ngx_s3edge_repeat(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/* server rewrite phase: takes a request that is repeated to its location */
ngx_int_t ngx_s3edge_repeat_handler(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_REPEAT_H_INCLUDED_ */
