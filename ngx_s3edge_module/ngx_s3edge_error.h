
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Answers of our own: S3 XML errors.
 */

#ifndef _NGX_S3EDGE_ERROR_H_INCLUDED_
#define _NGX_S3EDGE_ERROR_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Answers with the error: status, S3 XML body with RequestId, and
 * x-amz-request-id, both nginx's $request_id; a HEAD gets no body.  Returns
 * what a content handler returns.
 */
ngx_int_t ngx_s3edge_error_send(ngx_http_request_t *r, s3_error_t error);


#endif /* _NGX_S3EDGE_ERROR_H_INCLUDED_ */
