
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Status, counters and purge over HTTP on a unix socket: docs/control.md.
 */

#ifndef _NGX_S3EDGE_CONTROL_H_INCLUDED_
#define _NGX_S3EDGE_CONTROL_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Content handler of a location with s3edge_control.  Answers on unix
 * sockets only, where file permissions say who may call.
 */
ngx_int_t ngx_s3edge_control_handler(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_CONTROL_H_INCLUDED_ */
