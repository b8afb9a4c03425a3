
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The workers of one configuration are a crew.  After a reload the old one
 * finishes what it has begun; of such crews only so many may be there at a
 * time: the oldest beyond that close their connections, as they would at
 * worker_shutdown_timeout.
 */

#ifndef _NGX_S3EDGE_CREW_H_INCLUDED_
#define _NGX_S3EDGE_CREW_H_INCLUDED_


#include "ngx_s3edge.h"


#define NGX_S3EDGE_CREW_MAX  64


/* asks for the zone, if "s3edge_old_workers" is set */
ngx_int_t ngx_s3edge_crew_add_zone(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf);

/* start and end of a worker; the end may be told again with its conf's */
void ngx_s3edge_crew_join(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf);
void ngx_s3edge_crew_leave(ngx_s3edge_main_conf_t *smcf);


#endif /* _NGX_S3EDGE_CREW_H_INCLUDED_ */
