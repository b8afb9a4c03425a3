
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The directive s3edge_addresses of an "upstream" block.
 */

#ifndef _NGX_S3EDGE_UPSTREAM_H_INCLUDED_
#define _NGX_S3EDGE_UPSTREAM_H_INCLUDED_


#include "ngx_s3edge.h"


/* conf is an ngx_s3edge_peer_conf_t */
char *ngx_s3edge_upstream_conf(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_S3EDGE_UPSTREAM_H_INCLUDED_ */
