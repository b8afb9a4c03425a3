
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_slot.h"
#include "ngx_s3edge_bucket.h"
#include "ngx_s3edge_disk.h"
#include "ngx_s3edge_memfd.h"
#include "ngx_s3edge_tally.h"

#include <sys/mman.h>
#include <sys/random.h>


#define NGX_S3EDGE_SLOT_PAGES  16          /* of the zone, for the disks */


static void ngx_s3edge_slot_release(void *data);
static ngx_int_t ngx_s3edge_slot_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_s3edge_slot_open(ngx_s3edge_main_conf_t *smcf,
    ngx_s3edge_main_conf_t *old, ngx_log_t *log);
static ngx_int_t ngx_s3edge_slot_map(ngx_s3edge_counts_t *counts, size_t size,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_slot_begin(ngx_s3edge_main_conf_t *smcf,
    ngx_log_t *log);
static size_t ngx_s3edge_slot_limit(ngx_s3edge_main_conf_t *smcf);
static size_t ngx_s3edge_slot_need(ngx_s3edge_main_conf_t *smcf);
static ngx_s3edge_bucket_t *ngx_s3edge_slot_bucket(
    ngx_s3edge_main_conf_t *smcf, s3_slot_t *slot);


s3_slot_t *
ngx_s3edge_slot_of(ngx_s3edge_bucket_t *bucket)
{
    return bucket->slot_id != 0
           && __atomic_load_n(&bucket->slot->id, __ATOMIC_RELAXED)
              == bucket->slot_id
           ? bucket->slot : NULL;
}


void
ngx_s3edge_slot_sum(ngx_s3edge_main_conf_t *smcf, ngx_s3edge_bucket_t *bucket,
    uint64_t sums[S3_STATS_MAX])
{
    s3_slot_t  *slot;

    slot = ngx_s3edge_slot_of(bucket);

    if (slot != NULL) {
        s3_slot_sum(smcf->counts.slots, slot, sums);
    }
}


void
ngx_s3edge_slot_total(ngx_s3edge_main_conf_t *smcf,
    uint64_t sums[S3_STATS_MAX])
{
    ngx_uint_t   i;
    s3_slots_t  *slots;

    slots = smcf->counts.slots;

    for (i = 0; i < slots->used && i < smcf->counts.room; i++) {
        s3_slot_sum(slots, s3_slots_at(slots, i), sums);
    }
}


ngx_int_t
ngx_s3edge_slot_add_zone(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    ngx_str_t            name = ngx_string("s3edge_counters");
    ngx_pool_cleanup_t  *cln;

    smcf->zone = ngx_shared_memory_add(cf, &name,
                                       NGX_S3EDGE_SLOT_PAGES * ngx_pagesize,
                                       &ngx_s3edge_module);
    if (smcf->zone == NULL) {
        return NGX_ERROR;
    }

    smcf->zone->init = ngx_s3edge_slot_init_zone;
    smcf->zone->data = smcf;

    smcf->counts.mem = NGX_INVALID_FILE;
    smcf->counts.file = NGX_INVALID_FILE;

    cln = ngx_pool_cleanup_add(cf->cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_s3edge_slot_release;
    cln->data = &smcf->counts;

    return ngx_s3edge_tally_path(cf->pool, smcf);
}


static void
ngx_s3edge_slot_release(void *data)
{
    ngx_s3edge_counts_t  *counts = data;

    if (counts->slots != NULL) {
        (void) munmap(counts->slots, counts->size);
        counts->slots = NULL;
    }

    if (counts->mem != NGX_INVALID_FILE) {
        (void) ngx_close_file(counts->mem);
        counts->mem = NGX_INVALID_FILE;
    }

    ngx_s3edge_tally_release(counts);
}


static ngx_int_t
ngx_s3edge_slot_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_s3edge_main_conf_t  *old = data;

    ngx_slab_pool_t         *shpool;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (old == NULL && !zone->shm.exists) {
        shpool->data = ngx_slab_calloc(shpool, sizeof(ngx_s3edge_disks_t));
        if (shpool->data == NULL) {
            return NGX_ERROR;
        }
    }

    smcf->disks = shpool->data;

    if (ngx_test_config) {
        return NGX_OK;
    }

    return ngx_s3edge_slot_open(smcf, old, zone->shm.log);
}


static ngx_int_t
ngx_s3edge_slot_open(ngx_s3edge_main_conf_t *smcf, ngx_s3edge_main_conf_t *old,
    ngx_log_t *log)
{
    size_t                need;
    ngx_int_t             rc;
    ngx_file_info_t       fi;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;

    if (old != NULL) {
        rc = ngx_s3edge_tally_inherit(counts, &old->counts, log);

    } else {
        rc = ngx_s3edge_tally_find(counts, log);
    }

    if (rc == NGX_DECLINED) {
        return ngx_s3edge_slot_begin(smcf, log);
    }

    /* may be larger than it was for those who have it: by one that failed */

    if (rc != NGX_OK
        || ngx_fd_info(counts->mem, &fi) == NGX_FILE_ERROR
        || ngx_s3edge_slot_map(counts, (size_t) ngx_file_size(&fi), log)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    need = s3_slots_size(ngx_s3edge_slot_need(smcf));

    if (need > counts->size) {

        if (ftruncate(counts->mem, (off_t) need) == -1) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          "ftruncate(%uz) failed", need);
            return NGX_ERROR;
        }

        (void) munmap(counts->slots, counts->size);
        counts->slots = NULL;

        if (ngx_s3edge_slot_map(counts, need, log) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    counts->room = ngx_min(s3_slots_room(counts->size),
                           ngx_s3edge_slot_limit(smcf));

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_slot_map(ngx_s3edge_counts_t *counts, size_t size, ngx_log_t *log)
{
    counts->slots = ngx_s3edge_memfd_map(counts->mem, size, log);
    counts->size = size;

    return counts->slots != NULL ? NGX_OK : NGX_ERROR;
}


/* the first of its master: with what the file has, if there is one */

static ngx_int_t
ngx_s3edge_slot_begin(ngx_s3edge_main_conf_t *smcf, ngx_log_t *log)
{
    size_t                size;
    uint64_t              token;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;

    size = s3_slots_size(ngx_min(smcf->buckets.nelts + 1,
                                 ngx_s3edge_slot_limit(smcf)));

    counts->mem = ngx_s3edge_memfd_new(NGX_S3EDGE_TALLY_MEMORY, size, 1, log);

    if (counts->mem == NGX_INVALID_FILE
        || ngx_s3edge_slot_map(counts, size, log) != NGX_OK)
    {
        return NGX_ERROR;
    }

    counts->room = ngx_min(s3_slots_room(size), ngx_s3edge_slot_limit(smcf));

    if (getrandom(&token, sizeof(token), 0) != (ssize_t) sizeof(token)) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "getrandom() failed");
        return NGX_ERROR;
    }

    s3_slots_init(counts->slots, token);
    s3_slots_use_line(counts->slots, 0);

    return ngx_s3edge_tally_load(smcf, log);
}


/* slots that s3edge_zone has room for */

static size_t
ngx_s3edge_slot_limit(ngx_s3edge_main_conf_t *smcf)
{
    return smcf->zone_size == NGX_CONF_UNSET_SIZE
           ? NGX_MAX_SIZE_T_VALUE : smcf->zone_size / sizeof(s3_slot_t);
}


/*
 * Slots of the configuration that runs stay what they are, for it has workers
 * yet and may go on running.
 */

static size_t
ngx_s3edge_slot_need(ngx_s3edge_main_conf_t *smcf)
{
    size_t       n, kept, free;
    ngx_uint_t   i;
    s3_slot_t   *slot;
    s3_slots_t  *slots;

    slots = smcf->counts.slots;
    kept = 0;
    free = 0;

    for (i = 1; i < slots->used; i++) {
        slot = s3_slots_at(slots, i);

        if (ngx_s3edge_slot_bucket(smcf, slot) != NULL) {
            kept++;

        } else if (s3_slot_is_free(slots, slot)) {
            free++;
        }
    }

    n = slots->used;

    if (smcf->buckets.nelts > kept + free) {
        n += smcf->buckets.nelts - kept - free;
    }

    return ngx_min(n, ngx_s3edge_slot_limit(smcf));
}


static ngx_s3edge_bucket_t *
ngx_s3edge_slot_bucket(ngx_s3edge_main_conf_t *smcf, s3_slot_t *slot)
{
    ngx_str_t  name;

    name.len = slot->name_len;
    name.data = slot->name;

    return name.len != 0 ? ngx_s3edge_bucket_find(smcf, &name) : NULL;
}


void
ngx_s3edge_slot_claim(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf)
{
    ngx_uint_t             i, missing;
    s3_slot_t             *slot;
    s3_slots_t            *slots;
    s3_slot_hand_t         hand;
    ngx_s3edge_bucket_t   *found, **bucket;

    slots = smcf->counts.slots;

    if (slots == NULL) {
        return;
    }

    ngx_s3edge_tally_lock(&smcf->counts);

    s3_slots_begin(slots);
    s3_slots_cut(slots, smcf->counts.room);
    smcf->counts.cycle = slots->cycle;

    for (i = 1; i < slots->used; i++) {
        slot = s3_slots_at(slots, i);
        found = ngx_s3edge_slot_bucket(smcf, slot);

        if (found != NULL) {
            s3_slot_keep(slots, slot);
            found->slot = slot;
            found->slot_id = slot->id;
        }
    }

    ngx_memzero(&hand, sizeof(s3_slot_hand_t));

    bucket = smcf->buckets.elts;
    missing = 0;

    for (i = 0; i < smcf->buckets.nelts; i++) {

        if (bucket[i]->slot != NULL) {
            continue;
        }

        slot = s3_slot_take(slots, smcf->counts.room, &hand);

        if (slot == NULL) {
            missing++;
            continue;
        }

        s3_slot_give(slots, slot, ngx_s3edge_str(&bucket[i]->node.str));
        bucket[i]->slot = slot;
        bucket[i]->slot_id = slot->id;
    }

    if (missing) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "s3edge_zone is too small: %ui buckets have no counters "
                      "of their own", missing);
    }

    ngx_s3edge_tally_open(cycle, smcf);

    s3_slots_unlock(slots, ngx_pid);
}
