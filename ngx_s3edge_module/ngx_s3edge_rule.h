
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The ttl rules of a bucket: ttl [STATUS ...] TIME [PATTERN ...];
 */

#ifndef _NGX_S3EDGE_RULE_H_INCLUDED_
#define _NGX_S3EDGE_RULE_H_INCLUDED_


#include "ngx_s3edge.h"


/* rules of a bucket, a status and a pattern each */
#define NGX_S3EDGE_RULES_MAX  256


/*
 * Adds the rules of one line.  Logs what is wrong, with file and line, and
 * returns NGX_CONF_ERROR; otherwise NULL.
 */
char *ngx_s3edge_rule_add(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n);


#endif /* _NGX_S3EDGE_RULE_H_INCLUDED_ */
