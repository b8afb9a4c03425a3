
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * POST /purge of the control location: docs/control.md.
 */

#ifndef _NGX_S3EDGE_PURGE_H_INCLUDED_
#define _NGX_S3EDGE_PURGE_H_INCLUDED_


#include "ngx_s3edge.h"


/* content handler; reads the body where there is one */
ngx_int_t ngx_s3edge_purge_handler(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_PURGE_H_INCLUDED_ */
