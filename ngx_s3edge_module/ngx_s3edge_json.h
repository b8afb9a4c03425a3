
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * JSON answers of the control location.
 */

#ifndef _NGX_S3EDGE_JSON_H_INCLUDED_
#define _NGX_S3EDGE_JSON_H_INCLUDED_


#include "ngx_s3edge.h"


/* sends b as the whole answer; returns what a content handler returns */
ngx_int_t ngx_s3edge_json_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_buf_t *b);

/*
 * {"error":"code","message":"text"}; both are literals that need no escape,
 * at most 400 bytes in all.
 */
ngx_int_t ngx_s3edge_json_error(ngx_http_request_t *r, ngx_uint_t status,
    char *code, char *message);


#endif /* _NGX_S3EDGE_JSON_H_INCLUDED_ */
