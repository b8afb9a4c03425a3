
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edge_default: a directive of the proxy module that holds in a location
 * unless the location has one of its own, wherever that stands.
 *
 * A directive written twice is an error to nginx, so a default is kept aside
 * until all of the http block is read, and is set before the proxy module
 * merges its locations.
 */

#ifndef _NGX_S3EDGE_DEFAULT_H_INCLUDED_
#define _NGX_S3EDGE_DEFAULT_H_INCLUDED_


#include "ngx_s3edge.h"


/* setter of the command table: NAME VALUE ... */
char *ngx_s3edge_default_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Sets the defaults of all locations.  To be called once the http block is
 * read, and before the proxy module merges it.  Has logged what is wrong.
 */
ngx_int_t ngx_s3edge_default_apply(ngx_conf_t *cf);


#endif /* _NGX_S3EDGE_DEFAULT_H_INCLUDED_ */
