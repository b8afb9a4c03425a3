
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The body of an error, in which S3 says what it means: waited for, since it
 * may come in another packet than its header.  Bounded in bytes and in time.
 */

#ifndef _NGX_S3EDGE_REASON_H_INCLUDED_
#define _NGX_S3EDGE_REASON_H_INCLUDED_


#include "ngx_s3edge_wire.h"


/*
 * After each read, once the header is parsed: NGX_OK where there is enough of
 * it; NGX_AGAIN: nginx is to read on; NGX_DECLINED: it is no body; NGX_ERROR:
 * no memory.
 */
ngx_int_t ngx_s3edge_reason_wait(ngx_http_request_t *r,
    ngx_s3edge_wire_t *wire);

/*
 * Header filter, on a response of the origin: the first bytes of an error's
 * body, without the framing of chunks.  1: a code of S3's would be in them; 0:
 * there is no telling.
 */
ngx_uint_t ngx_s3edge_reason(ngx_http_request_t *r, ngx_str_t *body);

/* the same: S3's code of an error or redirect; empty where it has none */
void ngx_s3edge_reason_code(ngx_http_request_t *r, ngx_str_t *code);


#endif /* _NGX_S3EDGE_REASON_H_INCLUDED_ */
