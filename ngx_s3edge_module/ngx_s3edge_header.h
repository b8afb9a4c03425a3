
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Response headers that we add.
 */

#ifndef _NGX_S3EDGE_HEADER_H_INCLUDED_
#define _NGX_S3EDGE_HEADER_H_INCLUDED_


#include "ngx_s3edge.h"


/* both strings must outlive the request; NGX_ERROR: no memory */
ngx_int_t ngx_s3edge_header_add(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value);

/*
 * Age of what came here on that date: the time since, and what it had then
 * (RFC 9111, 4.2.3 and 5.1).  NGX_ERROR: no memory.
 */
ngx_int_t ngx_s3edge_header_age(ngx_http_request_t *r, time_t date);


#endif /* _NGX_S3EDGE_HEADER_H_INCLUDED_ */
