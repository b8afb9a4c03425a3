
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What comes from the origin, looked at before nginx takes it for the answer.
 *
 * nginx takes bytes that are no HTTP for a body (HTTP/0.9), an interim
 * response for the final one, and keeps connections on which an origin has
 * written more than it said: whoever is next reads the rest.  So the parser
 * of proxy_pass is called from here.  It is put back by proxy_pass with each
 * attempt, and replaced after the status line, so that is watched, too.
 */

#ifndef _NGX_S3EDGE_ANSWER_H_INCLUDED_
#define _NGX_S3EDGE_ANSWER_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * While the request to the origin is made: has its answer come through here.
 * May be called more than once.
 */
ngx_int_t ngx_s3edge_answer_guard(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_ANSWER_H_INCLUDED_ */
