
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Connections to origins that are kept: none is used on which something has
 * come since, or that was closed, and none is kept with bytes that OpenSSL
 * has read and nginx has not.
 *
 * nginx closes such a connection once it is told of it, which may be after
 * another request has got it.
 */

#ifndef _NGX_S3EDGE_PEER_H_INCLUDED_
#define _NGX_S3EDGE_PEER_H_INCLUDED_


#include "ngx_s3edge.h"


/* of an "upstream" block */

typedef struct {
    ngx_http_upstream_init_peer_pt  original_init;
    ngx_s3edge_addresses_t         *addresses;     /* NULL: "server" alone */
} ngx_s3edge_peer_conf_t;


void *ngx_s3edge_peer_create_conf(ngx_conf_t *cf);

/* postconfiguration: has the peers of all "upstream" blocks come by here */
void ngx_s3edge_peer_watch(ngx_conf_t *cf);


#endif /* _NGX_S3EDGE_PEER_H_INCLUDED_ */
