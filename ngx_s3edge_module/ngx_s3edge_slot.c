
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_slot.h"
#include "ngx_s3edge_bucket.h"
#include "ngx_s3edge_disk.h"


#define NGX_S3EDGE_SLOT_LAYOUT  4


_Static_assert(S3_STATS_MAX <= NGX_S3EDGE_SLOT_LINE,
               "a worker's counters reach into those of the next one");

_Static_assert(sizeof(ngx_s3edge_slot_t) % 64 == 0
               && offsetof(ngx_s3edge_slot_t, lines) == 0,
               "workers share a cache line");


/* written by the master only */

typedef struct {
    ngx_uint_t                layout;
    ngx_uint_t                ncounters;
    size_t                    slot_size;
    ngx_uint_t                max;
    ngx_uint_t                nslots;
    ngx_uint_t                cycle;       /* configurations so far */
    ngx_uint_t                last_id;
    ngx_s3edge_slot_t        *slots;
    ngx_s3edge_disks_t       *disks;
} ngx_s3edge_slots_t;


static void ngx_s3edge_slot_add(ngx_s3edge_slot_t *slot,
    uint64_t sums[S3_STATS_MAX]);
static ngx_int_t ngx_s3edge_slot_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_uint_t ngx_s3edge_slot_known(ngx_s3edge_slots_t *slots);
static ngx_int_t ngx_s3edge_slot_create(ngx_shm_zone_t *zone,
    ngx_s3edge_main_conf_t *smcf);
static ngx_slab_pool_t *ngx_s3edge_slot_previous(ngx_shm_zone_t *zone);
static void ngx_s3edge_slot_inherit(ngx_slab_pool_t *from,
    ngx_s3edge_slots_t *slots, ngx_s3edge_main_conf_t *smcf);
static void ngx_s3edge_slot_claim(ngx_shm_zone_t *zone,
    ngx_s3edge_main_conf_t *smcf);
static ngx_s3edge_slot_t *ngx_s3edge_slot_take(ngx_s3edge_slots_t *slots,
    ngx_uint_t *next, ngx_uint_t *age);
static void ngx_s3edge_slot_give(ngx_s3edge_slots_t *slots,
    ngx_s3edge_slot_t *slot, ngx_str_t *name);
static void ngx_s3edge_slot_keep(ngx_s3edge_slots_t *slots,
    ngx_s3edge_slot_t *slot, ngx_s3edge_bucket_t *bucket);
static void ngx_s3edge_slot_move(ngx_s3edge_slot_t *from,
    ngx_s3edge_slot_t *to);
static void ngx_s3edge_slot_copy(ngx_s3edge_slot_t *from,
    ngx_s3edge_slot_t *to);


ngx_s3edge_slot_t *
ngx_s3edge_slot_of(ngx_s3edge_bucket_t *bucket)
{
    return bucket->slot_id != 0 && bucket->slot->id == bucket->slot_id
           ? bucket->slot : NULL;
}


void
ngx_s3edge_slot_sum(ngx_s3edge_bucket_t *bucket, uint64_t sums[S3_STATS_MAX])
{
    ngx_s3edge_slot_t  *slot;

    slot = ngx_s3edge_slot_of(bucket);

    if (slot != NULL) {
        ngx_s3edge_slot_add(slot, sums);
    }
}


static void
ngx_s3edge_slot_add(ngx_s3edge_slot_t *slot, uint64_t sums[S3_STATS_MAX])
{
    ngx_uint_t  i, n;

    for (i = 0; i < NGX_S3EDGE_SLOT_LINES; i++) {
        for (n = 0; n < S3_STATS_MAX; n++) {
            sums[n] += slot->lines[i].counters[n];
        }
    }
}


void
ngx_s3edge_slot_total(ngx_s3edge_main_conf_t *smcf,
    uint64_t sums[S3_STATS_MAX])
{
    ngx_uint_t           i;
    ngx_slab_pool_t     *shpool;
    ngx_s3edge_slots_t  *slots;

    shpool = (ngx_slab_pool_t *) smcf->zone->shm.addr;
    slots = shpool->data;

    for (i = 0; i < slots->nslots; i++) {
        ngx_s3edge_slot_add(&slots->slots[i], sums);
    }
}


/*
 * Where nothing is said, there is room for all buckets, and for as many others
 * that a reload may bring in place of them.  It grows in steps of two, so that
 * few reloads need another zone.
 */

ngx_int_t
ngx_s3edge_slot_add_zone(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    size_t     need;
    ngx_str_t  name = ngx_string("s3edge_counters");

    if (smcf->zone_size == NGX_CONF_UNSET_SIZE) {

        need = (2 * smcf->buckets.nelts + 1) * sizeof(ngx_s3edge_slot_t)
               + sizeof(ngx_s3edge_disks_t) + 16 * ngx_pagesize;

        smcf->zone_size = NGX_S3EDGE_ZONE_SIZE;

        /* 1/64 is more than the slab's own 24 bytes a page */

        while (smcf->zone_size - smcf->zone_size / 64 < need) {
            smcf->zone_size *= 2;
        }
    }

    smcf->zone = ngx_shared_memory_add(cf, &name, smcf->zone_size,
                                       &ngx_s3edge_module);
    if (smcf->zone == NULL) {
        return NGX_ERROR;
    }

    smcf->zone->init = ngx_s3edge_slot_init_zone;
    smcf->zone->data = smcf;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_slot_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t         *shpool;
    ngx_s3edge_slots_t      *slots;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data == NULL && !zone->shm.exists) {
        if (ngx_s3edge_slot_create(zone, smcf) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    slots = shpool->data;

    if (!ngx_s3edge_slot_known(slots)) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" is of another version of the module: "
                      "restart nginx instead of reloading it",
                      &zone->shm.name);
        return NGX_ERROR;
    }

    smcf->slots = slots->slots;
    smcf->disks = slots->disks;
    ngx_s3edge_slot_claim(zone, smcf);

    return NGX_OK;
}


static ngx_uint_t
ngx_s3edge_slot_known(ngx_s3edge_slots_t *slots)
{
    return slots != NULL
           && slots->layout == NGX_S3EDGE_SLOT_LAYOUT
           && slots->ncounters == S3_STATS_MAX
           && slots->slot_size == sizeof(ngx_s3edge_slot_t);
}


static ngx_int_t
ngx_s3edge_slot_create(ngx_shm_zone_t *zone, ngx_s3edge_main_conf_t *smcf)
{
    size_t               room;
    ngx_slab_pool_t     *shpool, *previous;
    ngx_s3edge_slots_t  *slots;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    slots = ngx_slab_calloc(shpool, sizeof(ngx_s3edge_slots_t));
    if (slots == NULL) {
        return NGX_ERROR;
    }

    slots->layout = NGX_S3EDGE_SLOT_LAYOUT;
    slots->ncounters = S3_STATS_MAX;
    slots->slot_size = sizeof(ngx_s3edge_slot_t);

    slots->disks = ngx_slab_calloc(shpool, sizeof(ngx_s3edge_disks_t));
    if (slots->disks == NULL) {
        return NGX_ERROR;
    }

    /* one run of pages, all but one that the slab may still want */

    if (shpool->pfree < 2) {
        return NGX_ERROR;
    }

    room = (shpool->pfree - 1) * ngx_pagesize;
    slots->max = room / sizeof(ngx_s3edge_slot_t);

    slots->slots = ngx_slab_calloc(shpool,
                                   slots->max * sizeof(ngx_s3edge_slot_t));
    if (slots->max == 0 || slots->slots == NULL) {
        return NGX_ERROR;
    }

    slots->nslots = 1;
    shpool->data = slots;

    previous = ngx_s3edge_slot_previous(zone);

    if (previous != NULL) {
        ngx_s3edge_slot_inherit(previous, slots, smcf);
    }

    return NGX_OK;
}


/* the zone of the configuration before this one, if it had another size */

static ngx_slab_pool_t *
ngx_s3edge_slot_previous(ngx_shm_zone_t *zone)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *old;
    ngx_slab_pool_t  *shpool;
    ngx_list_part_t  *part;

    part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
    old = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            old = part->elts;
            i = 0;
        }

        if (&old[i] == zone
            || old[i].tag != zone->tag
            || old[i].shm.addr == NULL
            || old[i].shm.name.len != zone->shm.name.len
            || ngx_memcmp(old[i].shm.name.data, zone->shm.name.data,
                          zone->shm.name.len)
               != 0)
        {
            continue;
        }

        shpool = (ngx_slab_pool_t *) old[i].shm.addr;

        return ngx_s3edge_slot_known(shpool->data) ? shpool : NULL;
    }
}


/*
 * The old zone is left as it is, for a reload that fails.  What its workers
 * count from now on is lost.
 */

static void
ngx_s3edge_slot_inherit(ngx_slab_pool_t *from, ngx_s3edge_slots_t *slots,
    ngx_s3edge_main_conf_t *smcf)
{
    ngx_str_t            name;
    ngx_uint_t           i;
    ngx_s3edge_slot_t   *slot, *to;
    ngx_s3edge_slots_t  *old;

    old = from->data;

    ngx_shmtx_lock(&from->mutex);
    *slots->disks = *old->disks;
    ngx_shmtx_unlock(&from->mutex);

    for (i = 0; i < old->nslots; i++) {

        slot = &old->slots[i];
        to = slots->slots;

        name.len = slot->name_len;
        name.data = slot->name;

        if (name.len != 0
            && slots->nslots < slots->max
            && ngx_s3edge_bucket_find(smcf, &name) != NULL)
        {
            to = &slots->slots[slots->nslots++];
            ngx_s3edge_slot_give(slots, to, &name);
        }

        ngx_s3edge_slot_copy(slot, to);
    }
}


static void
ngx_s3edge_slot_claim(ngx_shm_zone_t *zone, ngx_s3edge_main_conf_t *smcf)
{
    ngx_str_t              name;
    ngx_uint_t             i, next, age, missing;
    ngx_slab_pool_t       *shpool;
    ngx_s3edge_slot_t     *slot;
    ngx_s3edge_slots_t    *slots;
    ngx_s3edge_bucket_t   *found, **bucket;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    slots = shpool->data;
    slots->cycle++;

    for (i = 1; i < slots->nslots; i++) {

        name.len = slots->slots[i].name_len;
        name.data = slots->slots[i].name;

        found = ngx_s3edge_bucket_find(smcf, &name);

        if (found != NULL) {
            ngx_s3edge_slot_keep(slots, &slots->slots[i], found);
        }
    }

    bucket = smcf->buckets.elts;
    missing = 0;
    next = 1;
    age = 1;

    for (i = 0; i < smcf->buckets.nelts; i++) {

        if (bucket[i]->slot != NULL) {
            continue;
        }

        slot = ngx_s3edge_slot_take(slots, &next, &age);

        if (slot == NULL) {
            missing++;
            continue;
        }

        ngx_s3edge_slot_give(slots, slot, &bucket[i]->node.str);
        ngx_s3edge_slot_keep(slots, slot, bucket[i]);
    }

    if (missing) {
        ngx_log_error(NGX_LOG_WARN, zone->shm.log, 0,
                      "s3edge_zone is too small: %ui buckets have no counters "
                      "of their own", missing);
    }
}


/*
 * A slot that no bucket had yet; else one whose bucket was not in the last
 * configuration either, whose workers may still count; else any whose bucket
 * is gone.  *age is 1 at first, and *next 1.
 */

static ngx_s3edge_slot_t *
ngx_s3edge_slot_take(ngx_s3edge_slots_t *slots, ngx_uint_t *next,
    ngx_uint_t *age)
{
    ngx_s3edge_slot_t  *slot;

    if (slots->nslots < slots->max) {
        return &slots->slots[slots->nslots++];
    }

    for ( ;; ) {

        while (*next < slots->nslots) {

            slot = &slots->slots[(*next)++];

            if (slots->cycle - slot->cycle > *age) {
                return slot;
            }
        }

        if (*age == 0) {
            return NULL;
        }

        *age = 0;
        *next = 1;
    }
}


static void
ngx_s3edge_slot_give(ngx_s3edge_slots_t *slots, ngx_s3edge_slot_t *slot,
    ngx_str_t *name)
{
    slot->id = 0;

    ngx_memory_barrier();

    ngx_s3edge_slot_move(slot, slots->slots);

    slot->region_len = 0;
    slot->name_len = name->len;
    ngx_memcpy(slot->name, name->data, name->len);

    ngx_memory_barrier();

    slot->id = ++slots->last_id;
}


static void
ngx_s3edge_slot_keep(ngx_s3edge_slots_t *slots, ngx_s3edge_slot_t *slot,
    ngx_s3edge_bucket_t *bucket)
{
    slot->cycle = slots->cycle;

    /* the region may be another one now */

    slot->region_len = 0;

    bucket->slot = slot;
    bucket->slot_id = slot->id;
}


/* a worker may add to from meanwhile: nothing of that is lost */

static void
ngx_s3edge_slot_move(ngx_s3edge_slot_t *from, ngx_s3edge_slot_t *to)
{
    ngx_uint_t         i, n;
    ngx_atomic_uint_t  count;

    for (i = 0; i < NGX_S3EDGE_SLOT_LINES; i++) {
        for (n = 0; n < S3_STATS_MAX; n++) {

            count = __atomic_exchange_n(&from->lines[i].counters[n], 0,
                                        __ATOMIC_SEQ_CST);

            (void) ngx_atomic_fetch_add(&to->lines[i].counters[n],
                                        (ngx_atomic_int_t) count);
        }
    }
}


static void
ngx_s3edge_slot_copy(ngx_s3edge_slot_t *from, ngx_s3edge_slot_t *to)
{
    ngx_uint_t  i, n;

    for (i = 0; i < NGX_S3EDGE_SLOT_LINES; i++) {
        for (n = 0; n < S3_STATS_MAX; n++) {
            to->lines[i].counters[n] += from->lines[i].counters[n];
        }
    }
}
