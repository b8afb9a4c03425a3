
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The $s3edge_* variables: docs/variables.md.
 */

#ifndef _NGX_S3EDGE_VARIABLES_H_INCLUDED_
#define _NGX_S3EDGE_VARIABLES_H_INCLUDED_


#include "ngx_s3edge.h"


/* preconfiguration */
ngx_int_t ngx_s3edge_variables_add(ngx_conf_t *cf);


#endif /* _NGX_S3EDGE_VARIABLES_H_INCLUDED_ */
