
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_stats.h"
#include "ngx_s3edge_disk.h"


#define NGX_S3EDGE_STATS_LAYOUT  3


typedef struct {
    ngx_uint_t                layout;
    ngx_uint_t                max;
    ngx_uint_t                nslots;      /* written by the master only */
    ngx_s3edge_slot_t        *slots;
    ngx_s3edge_disks_t       *disks;
} ngx_s3edge_stats_t;


static ngx_int_t ngx_s3edge_stats_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_s3edge_stats_create(ngx_shm_zone_t *zone);
static void ngx_s3edge_stats_claim(ngx_shm_zone_t *zone,
    ngx_s3edge_main_conf_t *smcf);
static ngx_s3edge_slot_t *ngx_s3edge_stats_slot(ngx_s3edge_stats_t *stats,
    ngx_str_t *name);
static ngx_s3edge_ctx_t *ngx_s3edge_stats_ctx(ngx_http_request_t *r);
static void ngx_s3edge_stats_add(ngx_s3edge_slot_t *slot, ngx_uint_t counter,
    ngx_uint_t n);
static void ngx_s3edge_stats_status(ngx_http_request_t *r,
    ngx_s3edge_slot_t *slot);
static void ngx_s3edge_stats_cache(ngx_http_request_t *r,
    ngx_s3edge_slot_t *slot);
static void ngx_s3edge_stats_memory(ngx_http_request_t *r,
    ngx_s3edge_slot_t *slot, ngx_s3edge_ctx_t *ctx);
static void ngx_s3edge_stats_origin(ngx_http_request_t *r,
    ngx_s3edge_slot_t *slot);
static void ngx_s3edge_stats_cleanup(void *data);


/* every cache status counts under one name */

static const ngx_uint_t  ngx_s3edge_stats_by_cache[] = {
    0,
    S3_STATS_misses,               /* NGX_HTTP_CACHE_MISS */
    S3_STATS_bypass,               /* NGX_HTTP_CACHE_BYPASS */
    S3_STATS_expired,              /* NGX_HTTP_CACHE_EXPIRED */
    S3_STATS_stale,                /* NGX_HTTP_CACHE_STALE */
    S3_STATS_stale,                /* NGX_HTTP_CACHE_UPDATING */
    S3_STATS_revalidated,          /* NGX_HTTP_CACHE_REVALIDATED */
    S3_STATS_hits,                 /* NGX_HTTP_CACHE_HIT */
    S3_STATS_misses                /* NGX_HTTP_CACHE_SCARCE */
};


ngx_int_t
ngx_s3edge_stats_handler(ngx_http_request_t *r)
{
    ngx_s3edge_ctx_t        *ctx;
    ngx_s3edge_slot_t       *slot;
    ngx_s3edge_main_conf_t  *smcf;

    ctx = ngx_s3edge_stats_ctx(r);

    if (ctx == NULL) {
        return NGX_OK;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    slot = ctx->bucket ? ctx->bucket->slot : smcf->slots;

    if (r->background) {
        return NGX_OK;
    }

    if (r == r->main) {
        ngx_s3edge_stats_add(slot, S3_STATS_requests, 1);
        ngx_s3edge_stats_add(slot, S3_STATS_bytes_sent,
                             (ngx_uint_t) r->connection->sent);
        ngx_s3edge_stats_status(r, slot);
        ngx_s3edge_stats_cache(r, slot);
    }

    ngx_s3edge_stats_origin(r, slot);

    return NGX_OK;
}


/* a variable was looked at, and the request then rewritten: not ours */

static ngx_s3edge_ctx_t *
ngx_s3edge_stats_ctx(ngx_http_request_t *r)
{
    ngx_s3edge_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    return slcf->mode != NGX_S3EDGE_OFF
           ? ngx_http_get_module_ctx(r, ngx_s3edge_module) : NULL;
}


ngx_int_t
ngx_s3edge_stats_background(ngx_http_request_t *r)
{
    ngx_http_cleanup_t  *cln;

    /* its context may be made more than once */

    for (cln = r->main->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_s3edge_stats_cleanup && cln->data == r) {
            return NGX_OK;
        }
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_s3edge_stats_cleanup;
    cln->data = r;

    return NGX_OK;
}


static void
ngx_s3edge_stats_cleanup(void *data)
{
    ngx_http_request_t  *r = data;

    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_s3edge_stats_ctx(r);

    if (ctx != NULL && ctx->bucket != NULL) {
        ngx_s3edge_stats_origin(r, ctx->bucket->slot);
    }
}


static void
ngx_s3edge_stats_status(ngx_http_request_t *r, ngx_s3edge_slot_t *slot)
{
    ngx_uint_t  status;

    status = r->err_status ? r->err_status : r->headers_out.status;

    if (status >= 500) {
        ngx_s3edge_stats_add(slot, S3_STATS_errors_5xx, 1);

    } else if (status >= 400) {
        ngx_s3edge_stats_add(slot, S3_STATS_errors_4xx, 1);
    }
}


static void
ngx_s3edge_stats_cache(ngx_http_request_t *r, ngx_s3edge_slot_t *slot)
{
    ngx_uint_t         status;
    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_s3edge_module);

    if (ctx->from_memory != NULL) {
        ngx_s3edge_stats_memory(r, slot, ctx);
        return;
    }

    if (r->upstream == NULL) {
        return;
    }

    status = ngx_s3edge_cache_status(r);

    if (status == 0
        || status >= sizeof(ngx_s3edge_stats_by_cache) / sizeof(ngx_uint_t))
    {
        ngx_s3edge_stats_add(slot, S3_STATS_bypass, 1);
        return;
    }

    ngx_s3edge_stats_add(slot, ngx_s3edge_stats_by_cache[status], 1);

    if (ngx_s3edge_is_cached(r)) {
        ngx_s3edge_stats_add(slot, S3_STATS_bytes_hit,
                             (ngx_uint_t) r->connection->sent);
    }
}


static void
ngx_s3edge_stats_memory(ngx_http_request_t *r, ngx_s3edge_slot_t *slot,
    ngx_s3edge_ctx_t *ctx)
{
    ngx_s3edge_stats_add(slot, S3_STATS_bytes_hit,
                         (ngx_uint_t) r->connection->sent);

    if (ctx->from_memory->data[0] != 'H') {
        ngx_s3edge_stats_add(slot, S3_STATS_stale, 1);
        return;
    }

    ngx_s3edge_stats_add(slot, S3_STATS_hits, 1);
    ngx_s3edge_stats_add(slot, S3_STATS_memory_hits, 1);
}


static void
ngx_s3edge_stats_origin(ngx_http_request_t *r, ngx_s3edge_slot_t *slot)
{
    ngx_uint_t                  i;
    ngx_http_upstream_state_t  *state;

    if (r->upstream_states == NULL) {
        return;
    }

    state = r->upstream_states->elts;

    for (i = 0; i < r->upstream_states->nelts; i++) {

        /* nginx adds an empty state at an internal redirect */

        if (state[i].peer == NULL) {
            continue;
        }

        ngx_s3edge_stats_add(slot, S3_STATS_origin_requests, 1);
        ngx_s3edge_stats_add(slot, S3_STATS_origin_bytes,
                             (ngx_uint_t) state[i].response_length);

        if (state[i].status == 0 || state[i].status >= 500) {
            ngx_s3edge_stats_add(slot, S3_STATS_origin_errors, 1);
        }
    }
}


static void
ngx_s3edge_stats_add(ngx_s3edge_slot_t *slot, ngx_uint_t counter,
    ngx_uint_t n)
{
    ngx_s3edge_stats_line_t  *line;

    line = &slot->lines[ngx_worker % NGX_S3EDGE_STATS_LINES];

    (void) ngx_atomic_fetch_add(&line->counters[counter], (ngx_atomic_int_t) n);
}


void
ngx_s3edge_stats_sum(ngx_s3edge_slot_t *slot, uint64_t sums[S3_STATS_MAX])
{
    ngx_uint_t  i, n;

    for (i = 0; i < NGX_S3EDGE_STATS_LINES; i++) {
        for (n = 0; n < S3_STATS_MAX; n++) {
            sums[n] += slot->lines[i].counters[n];
        }
    }
}


void
ngx_s3edge_stats_total(ngx_s3edge_main_conf_t *smcf,
    uint64_t sums[S3_STATS_MAX])
{
    ngx_uint_t           i;
    ngx_slab_pool_t     *shpool;
    ngx_s3edge_stats_t  *stats;

    shpool = (ngx_slab_pool_t *) smcf->zone->shm.addr;
    stats = shpool->data;

    for (i = 0; i < stats->nslots; i++) {
        ngx_s3edge_stats_sum(&stats->slots[i], sums);
    }
}


ngx_int_t
ngx_s3edge_stats_add_zone(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    ngx_str_t  name = ngx_string("s3edge_counters");

    smcf->zone = ngx_shared_memory_add(cf, &name, smcf->zone_size,
                                       &ngx_s3edge_module);
    if (smcf->zone == NULL) {
        return NGX_ERROR;
    }

    smcf->zone->init = ngx_s3edge_stats_init_zone;
    smcf->zone->data = smcf;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_stats_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t         *shpool;
    ngx_s3edge_stats_t      *stats;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data == NULL && !zone->shm.exists) {
        if (ngx_s3edge_stats_create(zone) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    stats = shpool->data;

    if (stats == NULL || stats->layout != NGX_S3EDGE_STATS_LAYOUT) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" is of another version of the module: "
                      "restart nginx instead of reloading it",
                      &zone->shm.name);
        return NGX_ERROR;
    }

    smcf->slots = stats->slots;
    smcf->disks = stats->disks;
    ngx_s3edge_stats_claim(zone, smcf);

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_stats_create(ngx_shm_zone_t *zone)
{
    size_t               room;
    ngx_slab_pool_t     *shpool;
    ngx_s3edge_stats_t  *stats;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    stats = ngx_slab_calloc(shpool, sizeof(ngx_s3edge_stats_t));
    if (stats == NULL) {
        return NGX_ERROR;
    }

    stats->layout = NGX_S3EDGE_STATS_LAYOUT;

    stats->disks = ngx_slab_calloc(shpool, sizeof(ngx_s3edge_disks_t));
    if (stats->disks == NULL) {
        return NGX_ERROR;
    }

    /* one run of pages, all but one that the slab may still want */

    if (shpool->pfree < 2) {
        return NGX_ERROR;
    }

    room = (shpool->pfree - 1) * ngx_pagesize;
    stats->max = room / sizeof(ngx_s3edge_slot_t);

    stats->slots = ngx_slab_calloc(shpool,
                                   stats->max * sizeof(ngx_s3edge_slot_t));
    if (stats->max == 0 || stats->slots == NULL) {
        return NGX_ERROR;
    }

    stats->nslots = 1;
    shpool->data = stats;

    return NGX_OK;
}


static void
ngx_s3edge_stats_claim(ngx_shm_zone_t *zone, ngx_s3edge_main_conf_t *smcf)
{
    ngx_uint_t             i, missing;
    ngx_slab_pool_t       *shpool;
    ngx_s3edge_bucket_t  **bucket;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    bucket = smcf->buckets.elts;
    missing = 0;

    for (i = 0; i < smcf->buckets.nelts; i++) {
        bucket[i]->slot = ngx_s3edge_stats_slot(shpool->data,
                                                &bucket[i]->node.str);
        if (bucket[i]->slot == NULL) {
            bucket[i]->slot = smcf->slots;
            missing++;
            continue;
        }

        /* the region may be another one now */

        bucket[i]->slot->region_len = 0;
    }

    if (missing) {
        ngx_log_error(NGX_LOG_WARN, zone->shm.log, 0,
                      "s3edge_zone is too small: %ui buckets have no counters "
                      "of their own", missing);
    }
}


static ngx_s3edge_slot_t *
ngx_s3edge_stats_slot(ngx_s3edge_stats_t *stats, ngx_str_t *name)
{
    ngx_uint_t          i;
    ngx_s3edge_slot_t  *slot;

    for (i = 1; i < stats->nslots; i++) {
        slot = &stats->slots[i];

        if (slot->name_len == name->len
            && ngx_memcmp(slot->name, name->data, name->len) == 0)
        {
            return slot;
        }
    }

    if (stats->nslots == stats->max) {
        return NULL;
    }

    slot = &stats->slots[stats->nslots];

    ngx_memcpy(slot->name, name->data, name->len);
    slot->name_len = name->len;

    ngx_memory_barrier();

    stats->nslots++;

    return slot;
}
