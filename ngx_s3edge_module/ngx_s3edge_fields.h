
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The header fields of a response in the form in which memory keeps them:
 * parsed, so that a hit only points to them.
 */

#ifndef _NGX_S3EDGE_FIELDS_H_INCLUDED_
#define _NGX_S3EDGE_FIELDS_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * What the origin sent, of r->upstream, less what the location hides;
 * nothing of what others have put into r->headers_out.  NGX_DECLINED: a field
 * says that the response is not for everybody (Vary, Set-Cookie, private,
 * SSE-C), or is too long.
 */
ngx_int_t ngx_s3edge_fields_write(ngx_http_request_t *r, ngx_str_t *head);

/*
 * Puts it into r->headers_out beside what is there, as nginx does with an
 * upstream's, but for status and length, and for checksums that nobody asks
 * for.  Fields point into head, which has to outlive the request.
 */
ngx_int_t ngx_s3edge_fields_read(ngx_http_request_t *r, ngx_str_t *head);


#endif /* _NGX_S3EDGE_FIELDS_H_INCLUDED_ */
