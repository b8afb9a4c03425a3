
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which bucket has which slot of counters (s3_slot.h).
 *
 * Slots are in memory without a path, as large as the configuration needs.  A
 * reload makes it larger where it has to, so that older workers go on counting
 * in the same slots; another nginx binary takes it over from the one that it
 * replaces.  Slots are given by the master once nothing of a configuration can
 * be refused any more.  A bucket that is gone keeps its slot until another one
 * needs it.
 */

#ifndef _NGX_S3EDGE_SLOT_H_INCLUDED_
#define _NGX_S3EDGE_SLOT_H_INCLUDED_


#include "ngx_s3edge.h"


/* configuration time: asks for the zone that leads to an older cycle's */
ngx_int_t ngx_s3edge_slot_add_zone(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf);

/* master, as the configuration comes into force: slots and the file */
void ngx_s3edge_slot_claim(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf);

/* the bucket's own slot, or NULL: it has none, or none any more */
s3_slot_t *ngx_s3edge_slot_of(ngx_s3edge_bucket_t *bucket);

/* adds the counters of a bucket to sums: nothing if it has no slot */
void ngx_s3edge_slot_sum(ngx_s3edge_main_conf_t *smcf,
    ngx_s3edge_bucket_t *bucket, uint64_t sums[S3_STATS_MAX]);

/* the same of all slots, those of buckets that are gone included */
void ngx_s3edge_slot_total(ngx_s3edge_main_conf_t *smcf,
    uint64_t sums[S3_STATS_MAX]);


#endif /* _NGX_S3EDGE_SLOT_H_INCLUDED_ */
