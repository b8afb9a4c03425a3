
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Directives: docs/directives.md.
 */

#ifndef _NGX_S3EDGE_CONF_H_INCLUDED_
#define _NGX_S3EDGE_CONF_H_INCLUDED_


#include "ngx_s3edge.h"


/* setters of the command table */

char *ngx_s3edge_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_s3edge_conf_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_s3edge_conf_credentials(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_s3edge_conf_location(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_s3edge_conf_control(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* merge of a location: its bucket is known, and somebody proxies */
char *ngx_s3edge_conf_check_location(ngx_conf_t *cf,
    ngx_s3edge_loc_conf_t *slcf);

/*
 * Merge of a location: a hash of what it hides and passes of the origin's
 * header fields; what is in memory has been through that.
 */
uint64_t ngx_s3edge_conf_fields(ngx_conf_t *cf);

/* the same: a hash of its cache on disk, for those who share one */
uint64_t ngx_s3edge_conf_cache(ngx_conf_t *cf);


#endif /* _NGX_S3EDGE_CONF_H_INCLUDED_ */
