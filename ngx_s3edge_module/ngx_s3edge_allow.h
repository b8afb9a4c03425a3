
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What anybody may read of a bucket: the edge signs for its clients, so what
 * the origin would allow to all is not for it to say.
 */

#ifndef _NGX_S3EDGE_ALLOW_H_INCLUDED_
#define _NGX_S3EDGE_ALLOW_H_INCLUDED_


#include "ngx_s3edge.h"


/* allow none | object | list | version | override | sub ..., of a bucket */
char *ngx_s3edge_allow_set(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n);

/* s3edge_allow of a location: the same, in place of what the bucket says */
char *ngx_s3edge_allow_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * A request with this raw query, whose bucket and operation are known: NGX_OK,
 * or an s3_error_t.
 */
ngx_int_t ngx_s3edge_allow_check(ngx_s3edge_loc_conf_t *slcf,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *query);


#endif /* _NGX_S3EDGE_ALLOW_H_INCLUDED_ */
