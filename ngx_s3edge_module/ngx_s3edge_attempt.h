
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Attempts at an origin.  nginx has one time for the wait before a response
 * and for each wait within it; here the first byte has a time of its own.
 * And nginx sends the same bytes to the next address, however old; here the
 * request is signed anew.
 */

#ifndef _NGX_S3EDGE_ATTEMPT_H_INCLUDED_
#define _NGX_S3EDGE_ATTEMPT_H_INCLUDED_


#include "ngx_s3edge.h"


/* the time for the first byte, once the proxy module has its settings */
void ngx_s3edge_attempt_merge(ngx_conf_t *cf, ngx_s3edge_loc_conf_t *prev,
    ngx_s3edge_loc_conf_t *conf);

/*
 * For the evaluation of a variable that each request to the origin has: sets
 * up r->upstream, once, if there is one.
 */
ngx_int_t ngx_s3edge_attempt_prepare(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_ATTEMPT_H_INCLUDED_ */
