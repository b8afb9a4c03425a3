
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a s3edge_bucket block may hold.
 */

#ifndef _NGX_S3EDGE_PARAMS_H_INCLUDED_
#define _NGX_S3EDGE_PARAMS_H_INCLUDED_


#include "ngx_s3edge.h"


/* cf->handler_conf while nginx reads the block */

typedef struct {
    ngx_s3edge_bucket_t  *bucket;
    ngx_uint_t            seen;            /* bit per parameter, 0 at first */
} ngx_s3edge_params_t;


/* cf->handler: one line of the block */
char *ngx_s3edge_params_handler(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);

/* names of parameters, from 0 on; NULL: there are no more */
ngx_str_t *ngx_s3edge_params_word(ngx_uint_t i);


#endif /* _NGX_S3EDGE_PARAMS_H_INCLUDED_ */
