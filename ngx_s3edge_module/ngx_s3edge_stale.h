
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stale copies that stand in for an origin at fault, within their window.
 *
 * nginx serves them by itself where the origin cannot be reached or is slow
 * (r->cache->error_sec).  Where it answers, but with an error, whose body
 * says what it means, the request is made once more, to an upstream that
 * never has a server: nginx then does the same.
 */

#ifndef _NGX_S3EDGE_STALE_H_INCLUDED_
#define _NGX_S3EDGE_STALE_H_INCLUDED_


#include "ngx_s3edge.h"


/* URL of that upstream */
#define NGX_S3EDGE_STALE_URL  "http://s3edge-stale/"


/* preconfiguration: makes the upstream */
ngx_int_t ngx_s3edge_stale_add_upstream(ngx_conf_t *cf);

/*
 * While the request to the origin is made: where it fails and a stale copy is
 * in memory, that goes before an error_page of the location.
 */
ngx_int_t ngx_s3edge_stale_guard(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

#if (NGX_HTTP_CACHE)

/*
 * Header filter, on an error of the origin: what ngx_s3edge_repeat() returns,
 * for the stale copy.
 */
ngx_int_t ngx_s3edge_stale_instead(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/*
 * Header filter, on a copy from the cache that was purged softly since it was
 * stored: expires it and has the request made once more.  Returns as the
 * above; NGX_DECLINED also if it could not be expired.
 */
ngx_int_t ngx_s3edge_stale_expire(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/* the stale copy that was asked about is not served any more, only compared */
void ngx_s3edge_stale_retire(ngx_http_request_t *r);

#endif


#endif /* _NGX_S3EDGE_STALE_H_INCLUDED_ */
