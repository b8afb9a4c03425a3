
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The signature of the request to the origin.
 */

#ifndef _NGX_S3EDGE_SIGN_H_INCLUDED_
#define _NGX_S3EDGE_SIGN_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Signs what nginx is about to send, once per request and method: sets date
 * and authorization in ctx.  Called while the request to the origin is
 * built, for the method may differ from the client's.  NGX_DECLINED: the
 * bucket is anonymous.
 */
ngx_int_t ngx_s3edge_sign(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_SIGN_H_INCLUDED_ */
