
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buckets: the s3edge_bucket block, and finding one by name.
 */

#ifndef _NGX_S3EDGE_BUCKET_H_INCLUDED_
#define _NGX_S3EDGE_BUCKET_H_INCLUDED_


#include "ngx_s3edge.h"


/* setter of the block directive */
char *ngx_s3edge_bucket_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* after all is read: credentials and upstreams that buckets name */
ngx_int_t ngx_s3edge_bucket_finish(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf);

/* the bucket of that name, or NULL */
ngx_s3edge_bucket_t *ngx_s3edge_bucket_find(ngx_s3edge_main_conf_t *smcf,
    ngx_str_t *name);


#endif /* _NGX_S3EDGE_BUCKET_H_INCLUDED_ */
