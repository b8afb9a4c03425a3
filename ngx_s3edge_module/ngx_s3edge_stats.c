
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_stats.h"
#include "ngx_s3edge_flush.h"
#include "ngx_s3edge_slot.h"


static s3_slot_t *ngx_s3edge_stats_of(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_s3edge_ctx_t *ngx_s3edge_stats_ctx(ngx_http_request_t *r);
static void ngx_s3edge_stats_add(s3_slot_t *slot, ngx_uint_t counter,
    ngx_uint_t n);
static void ngx_s3edge_stats_status(ngx_http_request_t *r,
    s3_slot_t *slot);
static void ngx_s3edge_stats_cache(ngx_http_request_t *r,
    s3_slot_t *slot);
static void ngx_s3edge_stats_memory(ngx_http_request_t *r,
    s3_slot_t *slot, ngx_s3edge_ctx_t *ctx);
static void ngx_s3edge_stats_origin(ngx_http_request_t *r,
    s3_slot_t *slot);
static void ngx_s3edge_stats_note(ngx_http_request_t *r, s3_slot_t *slot);
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
    s3_slot_t         *slot;
    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_s3edge_stats_ctx(r);

    if (ctx == NULL || r->background) {
        return NGX_OK;
    }

    slot = ngx_s3edge_stats_of(r, ctx);

    if (r == r->main) {
        ngx_s3edge_stats_add(slot, S3_STATS_requests, 1);
        ngx_s3edge_stats_add(slot, S3_STATS_bytes_sent,
                             (ngx_uint_t) r->connection->sent);
        ngx_s3edge_stats_status(r, slot);
        ngx_s3edge_stats_cache(r, slot);
    }

    ngx_s3edge_stats_origin(r, slot);
    ngx_s3edge_stats_note(r, slot);

    return NGX_OK;
}


static s3_slot_t *
ngx_s3edge_stats_of(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    s3_slot_t               *slot;
    ngx_s3edge_main_conf_t  *smcf;

    slot = ctx->req.bucket ? ngx_s3edge_slot_of(ctx->req.bucket) : NULL;

    if (slot == NULL) {
        smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);
        slot = s3_slots_at(smcf->counts.slots, 0);
    }

    return slot;
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

    s3_slot_t         *slot;
    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_s3edge_stats_ctx(r);

    if (ctx != NULL && ctx->req.bucket != NULL) {
        slot = ngx_s3edge_stats_of(r, ctx);

        ngx_s3edge_stats_origin(r, slot);
        ngx_s3edge_stats_note(r, slot);
    }
}


static void
ngx_s3edge_stats_status(ngx_http_request_t *r, s3_slot_t *slot)
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
ngx_s3edge_stats_cache(ngx_http_request_t *r, s3_slot_t *slot)
{
    ngx_uint_t         status;
    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_s3edge_module);

    if (ctx->copy.served != NULL) {
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
ngx_s3edge_stats_memory(ngx_http_request_t *r, s3_slot_t *slot,
    ngx_s3edge_ctx_t *ctx)
{
    ngx_s3edge_stats_add(slot, S3_STATS_bytes_hit,
                         (ngx_uint_t) r->connection->sent);

    if (ctx->copy.served->data[0] != 'H') {
        ngx_s3edge_stats_add(slot, S3_STATS_stale, 1);
        return;
    }

    ngx_s3edge_stats_add(slot, S3_STATS_hits, 1);
    ngx_s3edge_stats_add(slot, S3_STATS_memory_hits, 1);
}


static void
ngx_s3edge_stats_origin(ngx_http_request_t *r, s3_slot_t *slot)
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
ngx_s3edge_stats_add(s3_slot_t *slot, ngx_uint_t counter,
    ngx_uint_t n)
{
    s3_slot_add(slot, ngx_worker % S3_SLOT_LINES, counter, n);
}


static void
ngx_s3edge_stats_note(ngx_http_request_t *r, s3_slot_t *slot)
{
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    ngx_s3edge_flush_note(smcf, slot);
}
