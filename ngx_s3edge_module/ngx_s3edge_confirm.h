
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * 304 of the origin: whether it confirms the copy that it was asked about.
 *
 * S3 keeps the ETag of an object that is copied onto itself with other
 * metadata and moves its Last-Modified.  nginx looks at the status alone, and
 * would renew the headers of before for ever.
 */

#ifndef _NGX_S3EDGE_CONFIRM_H_INCLUDED_
#define _NGX_S3EDGE_CONFIRM_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * A 304 as it was parsed; asked: 1 where the request had a condition.  NGX_OK:
 * nginx may act on it.  NGX_DECLINED: it confirms nothing; it goes to the
 * header filter, and the object is fetched without conditions.  NGX_ERROR: no
 * answer to this request, and that has been tried.
 */
ngx_int_t ngx_s3edge_confirm(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_uint_t asked);


#endif /* _NGX_S3EDGE_CONFIRM_H_INCLUDED_ */
