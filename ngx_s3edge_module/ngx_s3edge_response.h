
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The header filter: how long nginx may keep a response, and X-Cache.
 */

#ifndef _NGX_S3EDGE_RESPONSE_H_INCLUDED_
#define _NGX_S3EDGE_RESPONSE_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Puts the filter on top of the chain.  nginx runs header filters before it
 * decides whether to store a response, and again after a 304 with the stored
 * header, and takes r->cache->valid_sec where it is set already; so setting
 * it here covers both.
 */
ngx_int_t ngx_s3edge_response_init(ngx_conf_t *cf);

/*
 * The value of X-Cache: HIT, MISS, ...  NULL as long as neither memory nor
 * nginx's upstream has taken the request.
 */
ngx_str_t *ngx_s3edge_response_status(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_RESPONSE_H_INCLUDED_ */
