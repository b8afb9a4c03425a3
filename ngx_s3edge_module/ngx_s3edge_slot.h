
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counters per bucket in shared memory: a slot per bucket, in it a line of
 * counters per worker, so that workers do not share cache lines.  Added to
 * atomically, without a lock; summed when read.
 *
 * Slots are claimed by the master while it reads the configuration, and keep
 * their counts over reloads, also into a zone of another size.  The slot of a
 * bucket that is gone waits for that bucket to come back, until another one
 * needs the room.  Slot 0 counts requests that name no known bucket, those of
 * buckets for which the zone has no room, and what slots that were given to
 * another bucket had counted; it has no name.
 */

#ifndef _NGX_S3EDGE_SLOT_H_INCLUDED_
#define _NGX_S3EDGE_SLOT_H_INCLUDED_


#include "ngx_s3edge.h"


#define NGX_S3EDGE_SLOT_LINES    16

/* counters of a worker: those of the table, up to the end of a cache line */

#define NGX_S3EDGE_SLOT_ALIGN    (64 / sizeof(ngx_atomic_t))
#define NGX_S3EDGE_SLOT_LINE                                                  \
    ((S3_STATS_MAX + NGX_S3EDGE_SLOT_ALIGN - 1)                               \
     / NGX_S3EDGE_SLOT_ALIGN * NGX_S3EDGE_SLOT_ALIGN)


typedef struct {
    ngx_atomic_t              counters[NGX_S3EDGE_SLOT_LINE];
} __attribute__((aligned(64))) ngx_s3edge_slot_line_t;


/*
 * The name is written by the master while id is 0, so that a worker of an
 * older configuration, which compares id, takes the slot for no other bucket.
 * A region that the origin told (region.c) is good if region_len is not 0,
 * which is written after it.
 */

struct ngx_s3edge_slot_s {
    ngx_s3edge_slot_line_t    lines[NGX_S3EDGE_SLOT_LINES];
    ngx_atomic_t              id;          /* slot_id of its bucket */
    ngx_uint_t                cycle;       /* the last one to claim it */
    size_t                    name_len;
    size_t                    region_len;
    u_char                    region[S3_REGION_MAX];
    u_char                    name[S3_BUCKET_MAX + 1];
};


/* asks for the zone that holds the slots */
ngx_int_t ngx_s3edge_slot_add_zone(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf);

/* the bucket's own slot, or NULL: it has none, or none any more */
ngx_s3edge_slot_t *ngx_s3edge_slot_of(ngx_s3edge_bucket_t *bucket);

/* adds the counters of a bucket to sums: nothing if it has no slot */
void ngx_s3edge_slot_sum(ngx_s3edge_bucket_t *bucket,
    uint64_t sums[S3_STATS_MAX]);

/* the same of all slots, those of buckets that are gone included */
void ngx_s3edge_slot_total(ngx_s3edge_main_conf_t *smcf,
    uint64_t sums[S3_STATS_MAX]);


#endif /* _NGX_S3EDGE_SLOT_H_INCLUDED_ */
