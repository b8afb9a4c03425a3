
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Redirects of S3: 307 TemporaryRedirect of a bucket made lately, and others
 * that say that a bucket is elsewhere.  A client of the edge cannot follow,
 * since it has no credentials there, so the edge does, for this request.
 *
 * An origin must not make us a proxy to whatever it likes: the host is to be
 * of the same service as the origin (s3_redirect.h), by the same scheme and
 * port, for the same bucket and key.  Unless it is served where a bucket's
 * origin is, nginx looks it up, which needs a resolver, and nothing is sent to
 * an inner address that is not of the kind of the origin's own.  Where one of
 * these does not hold, the client gets 503 in place of a 307.
 */

#ifndef _NGX_S3EDGE_REDIRECT_H_INCLUDED_
#define _NGX_S3EDGE_REDIRECT_H_INCLUDED_


#include "ngx_s3edge.h"


/* where a request goes: as the origin told, or as configured */

ngx_str_t *ngx_s3edge_redirect_url(ngx_s3edge_ctx_t *ctx);
ngx_str_t *ngx_s3edge_redirect_host(ngx_s3edge_ctx_t *ctx);
ngx_str_t *ngx_s3edge_redirect_path(ngx_s3edge_ctx_t *ctx);

/* while the request is made: has the address looked at, if it needs that */
void ngx_s3edge_redirect_guard(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/*
 * Header filter, on an answer that sends the client elsewhere: what
 * ngx_s3edge_repeat() returns; NGX_DECLINED if it is not to be followed.
 */
ngx_int_t ngx_s3edge_redirect_follow(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_REDIRECT_H_INCLUDED_ */
