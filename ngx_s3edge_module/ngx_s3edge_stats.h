
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counters per bucket in shared memory: a slot per bucket, in it a line of
 * counters per worker, so that workers do not share cache lines.  Added to
 * atomically, without a lock; summed when read.
 *
 * Slots are claimed by the master while it reads the configuration, and keep
 * their counts over reloads.  Slot 0 counts requests that name no known
 * bucket, and those of buckets for which the zone has no room; it has no
 * name.
 */

#ifndef _NGX_S3EDGE_STATS_H_INCLUDED_
#define _NGX_S3EDGE_STATS_H_INCLUDED_


#include "ngx_s3edge.h"


#define NGX_S3EDGE_STATS_LINES    16
#define NGX_S3EDGE_STATS_LINE     16       /* counters: two cache lines */


typedef struct {
    ngx_atomic_t              counters[NGX_S3EDGE_STATS_LINE];
} ngx_s3edge_stats_line_t;


/*
 * The name is written once, by the master, before a worker sees the slot.
 * A region that the origin told (region.c) is good where region_len is not 0,
 * which is written after it.
 */

struct ngx_s3edge_slot_s {
    ngx_s3edge_stats_line_t   lines[NGX_S3EDGE_STATS_LINES];
    size_t                    name_len;
    size_t                    region_len;
    u_char                    region[S3_REGION_MAX];
    u_char                    name[S3_BUCKET_MAX + 1];
};


/* asks for the zone that holds the slots */
ngx_int_t ngx_s3edge_stats_add_zone(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf);

/* log phase: counts the request */
ngx_int_t ngx_s3edge_stats_handler(ngx_http_request_t *r);

/*
 * For a background update, which nginx takes through no log phase: counts
 * what it asked of the origin when the main request ends, once however often
 * this is called.
 */
ngx_int_t ngx_s3edge_stats_background(ngx_http_request_t *r);

/* adds the counters of a slot to sums */
void ngx_s3edge_stats_sum(ngx_s3edge_slot_t *slot,
    uint64_t sums[S3_STATS_MAX]);

/* the same of all slots, those of buckets that are gone included */
void ngx_s3edge_stats_total(ngx_s3edge_main_conf_t *smcf,
    uint64_t sums[S3_STATS_MAX]);


#endif /* _NGX_S3EDGE_STATS_H_INCLUDED_ */
