
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cache disks that are out of use: full, or failing.  Whoever watches them
 * says so through the control location; requests for a disk that is off are
 * passed to the origin, and nothing is stored on it.
 */

#ifndef _NGX_S3EDGE_DISK_H_INCLUDED_
#define _NGX_S3EDGE_DISK_H_INCLUDED_


#include "ngx_s3edge.h"


/* disks that may be off at a time, and bytes of the name of a zone */
#define NGX_S3EDGE_DISKS_MAX      64
#define NGX_S3EDGE_DISK_NAME_MAX  64


typedef struct {
    size_t                   len;
    u_char                   name[NGX_S3EDGE_DISK_NAME_MAX];
} ngx_s3edge_disk_t;


/*
 * In the zone of the counters.  n is written last and read without a lock: a
 * worker that sees 0 asks no further.
 */

struct ngx_s3edge_disks_s {
    ngx_uint_t               n;            /* under the slab's mutex */
    ngx_s3edge_disk_t        off[NGX_S3EDGE_DISKS_MAX];    /* the same */
};


/* NGX_OK: a cache has a zone of that name */
ngx_int_t ngx_s3edge_disk_is_cache(ngx_str_t *zone);

/* NGX_DECLINED: too many are off already */
ngx_int_t ngx_s3edge_disk_set(ngx_s3edge_main_conf_t *smcf, ngx_str_t *zone,
    ngx_uint_t off);

/* 1 where the cache with that zone is off */
ngx_uint_t ngx_s3edge_disk_find(ngx_s3edge_main_conf_t *smcf,
    ngx_str_t *zone);

/* the next cache of the proxy module from *i on; NULL: there is no other */
ngx_shm_zone_t *ngx_s3edge_disk_next(ngx_cycle_t *cycle,
    ngx_list_part_t **part, ngx_uint_t *i);

/* of such a cache, from its own zone */
void ngx_s3edge_disk_values(ngx_s3edge_main_conf_t *smcf,
    ngx_shm_zone_t *zone, uint64_t values[S3_STATS_DISK_MAX]);

/* what the location says of bypass and no_cache beside $s3edge_bypass */
ngx_int_t ngx_s3edge_disk_predicates(ngx_conf_t *cf,
    ngx_s3edge_loc_conf_t *slcf);

/* 1 where the request's location has a cache on disk */
ngx_uint_t ngx_s3edge_disk_is_used(ngx_http_request_t *r);

/* the request goes past the cache on disk: ctx->copy.bypass */
void ngx_s3edge_disk_bypass(ngx_s3edge_ctx_t *ctx);

/* it does not any more, if its location has one */
void ngx_s3edge_disk_return(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

#if (NGX_HTTP_CACHE)

/* 1 where the cache that this request would use is off */
ngx_uint_t ngx_s3edge_disk_is_off(ngx_http_request_t *r);

#endif


#endif /* _NGX_S3EDGE_DISK_H_INCLUDED_ */
