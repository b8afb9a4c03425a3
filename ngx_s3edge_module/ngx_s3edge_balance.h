
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which address of an "upstream" block with s3edge_addresses a request goes
 * to: round robin, past those that failed lately.  If all have, they are tried
 * all the same.
 */

#ifndef _NGX_S3EDGE_BALANCE_H_INCLUDED_
#define _NGX_S3EDGE_BALANCE_H_INCLUDED_


#include "ngx_s3edge.h"


/* the peers of a request: us->peer.init */
ngx_int_t ngx_s3edge_balance_init(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);


#endif /* _NGX_S3EDGE_BALANCE_H_INCLUDED_ */
