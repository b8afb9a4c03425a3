
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Headers of an origin that speak of its connection or of its host, not of the
 * object: they end here, in both tiers and on a miss (RFC 9110, 7.6.1).
 */

#ifndef _NGX_S3EDGE_HOP_H_INCLUDED_
#define _NGX_S3EDGE_HOP_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Merge of a location or block with s3edge: has nginx hide those that have a
 * name of their own, as proxy_hide_header does; proxy_pass_header lets one
 * through.
 */
ngx_int_t ngx_s3edge_hop_hide(ngx_conf_t *cf);

/*
 * Header filter, of a response that comes from the origin or the disk: takes
 * away what Connection names, and the cookie of whoever was the first to ask
 * for what is stored for all.
 */
void ngx_s3edge_hop_clear(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/* of r->headers_out, beyond prior, what the Connection of r->upstream names */
void ngx_s3edge_hop_connection(ngx_http_request_t *r,
    ngx_s3edge_prior_t *prior);


#endif /* _NGX_S3EDGE_HOP_H_INCLUDED_ */
