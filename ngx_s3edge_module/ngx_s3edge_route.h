
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of a location that send some of its requests elsewhere, as uploads:
 *
 *     limit_except GET { proxy_pass http://app; }
 *     if ($request_method = PUT) { proxy_pass http://$app; }
 *
 * What such a block inherits from the location is for S3.  Its own requests
 * are none of ours, so it gets what a location without s3edge has: the
 * client's headers and body as they came, and no cache.
 */

#ifndef _NGX_S3EDGE_ROUTE_H_INCLUDED_
#define _NGX_S3EDGE_ROUTE_H_INCLUDED_


#include "ngx_s3edge.h"


/* parse of "s3edge": this location may have a limit_except block */
ngx_int_t ngx_s3edge_route_note(ngx_conf_t *cf);

/*
 * Once all is parsed and before anything is merged: marks the limit_except
 * blocks with a handler of their own.  In the merge of its own, proxy gives
 * one to those that have none.
 */
void ngx_s3edge_route_mark(ngx_conf_t *cf);

/*
 * Merge of "if" and "limit_except": 1 if the requests of this block go where
 * the block says.  Such a block is s3edge off then.
 */
ngx_uint_t ngx_s3edge_route_is_theirs(ngx_conf_t *cf,
    ngx_s3edge_loc_conf_t *prev, ngx_s3edge_loc_conf_t *conf);

/*
 * In such a block: the header that a variable of the snippet stands for, as
 * the client sent it, by its name in lower case.  Empty: there is none.
 */
void ngx_s3edge_route_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value);

/* the same of Content-Length, of the body that nginx sends on */
ngx_int_t ngx_s3edge_route_length(ngx_http_request_t *r, ngx_str_t *value);


#endif /* _NGX_S3EDGE_ROUTE_H_INCLUDED_ */
