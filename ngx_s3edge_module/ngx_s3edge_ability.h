
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What this module knows, for whoever writes its configuration: after an
 * upgrade that may be newer than the module that nginx has loaded.
 */

#ifndef _NGX_S3EDGE_ABILITY_H_INCLUDED_
#define _NGX_S3EDGE_ABILITY_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Preconfiguration, after all variables of ours: makes smcf->can, a JSON array
 * of directives, parameters of a bucket, and variables with their "$".
 */
ngx_int_t ngx_s3edge_ability_init(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf);


#endif /* _NGX_S3EDGE_ABILITY_H_INCLUDED_ */
