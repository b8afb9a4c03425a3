
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a request adds to the counters of its bucket (slot.h).
 */

#ifndef _NGX_S3EDGE_STATS_H_INCLUDED_
#define _NGX_S3EDGE_STATS_H_INCLUDED_


#include "ngx_s3edge.h"


/* log phase: counts the request */
ngx_int_t ngx_s3edge_stats_handler(ngx_http_request_t *r);

/*
 * For a background update, which nginx takes through no log phase: counts
 * what it asked of the origin when the main request ends, once however often
 * this is called.
 */
ngx_int_t ngx_s3edge_stats_background(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_STATS_H_INCLUDED_ */
