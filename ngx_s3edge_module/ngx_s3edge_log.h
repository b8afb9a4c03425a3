
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What of a request may stand in a log: no signature, and no byte that a log
 * cannot hold.
 *
 * nginx puts the request line, the URL asked of the upstream and the Referer
 * behind each message about a request.  A presigned URL among them is cut at
 * its "?", and bytes that a terminal obeys become "?", for all requests of
 * this nginx from the post-read phase on.  What
 * goes wrong before, while the header is read, is logged by nginx alone.
 */

#ifndef _NGX_S3EDGE_LOG_H_INCLUDED_
#define _NGX_S3EDGE_LOG_H_INCLUDED_


#include "ngx_s3edge.h"


/* $s3edge_log_uri and $s3edge_log_agent */
ngx_int_t ngx_s3edge_log_add_variables(ngx_conf_t *cf);

/* a handler of the post-read phase */
ngx_int_t ngx_s3edge_log_handler(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_LOG_H_INCLUDED_ */
