
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_flight.h"
#include "ngx_s3edge_client.h"
#include "ngx_s3edge_disk.h"
#include "ngx_s3edge_fill.h"
#include "ngx_s3edge_flights.h"
#include "ngx_s3edge_key.h"
#include "s3_hash.h"


/* ms */
#define NGX_S3EDGE_FLIGHT_DONE    1000
#define NGX_S3EDGE_FLIGHT_PASS    10000    /* of an object */


static ngx_uint_t ngx_s3edge_flight_is_passed(ngx_http_request_t *r,
    ngx_s3edge_flight_t *flight, s3_flight_kind_e kind);
static ngx_uint_t ngx_s3edge_flight_may(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_flight_key(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_flights_t *table);
static ngx_int_t ngx_s3edge_flight_new(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_s3edge_flights_t *flights);
static void ngx_s3edge_flight_cleanup(void *data);
static ngx_int_t ngx_s3edge_flight_wait(ngx_http_request_t *r,
    ngx_s3edge_flight_t *flight);
static ngx_uint_t ngx_s3edge_flight_fills(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_uint_t ngx_s3edge_flight_is_stored(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_uint_t fresh);
#if (NGX_HTTP_CACHE)
static void ngx_s3edge_flight_unlock(ngx_http_cache_t *c);
#endif


ngx_int_t
ngx_s3edge_flight_join(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t                rc;
    s3_flight_kind_e         kind;
    ngx_s3edge_flight_t     *flight;
    ngx_s3edge_flights_t    *flights;
    ngx_s3edge_loc_conf_t   *slcf;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);
    flights = smcf->flights;
    flight = ctx->flight.part;

    ctx->flight.key = 0;

    if (!ngx_s3edge_flight_may(r, ctx)
        || (flight == NULL
            && s3_flight_is_idle(flights->table, ngx_current_msec)))
    {
        return NGX_OK;
    }

    if (ngx_s3edge_flight_key(r, ctx, flights->table) != NGX_OK) {
        return NGX_ERROR;
    }

    if (flight != NULL && flight->leading) {

        if (flight->key == ctx->flight.key) {
            return NGX_OK;
        }

        ngx_s3edge_flights_end(flight, S3_FLIGHT_NONE, 0);
    }

    kind = s3_flight_look(flights->table, ctx->flight.key, ngx_current_msec);

    if (ngx_s3edge_flight_is_passed(r, flight, kind)) {
        ngx_s3edge_disk_bypass(ctx);
        ctx->flight.passes = 1;
        return NGX_OK;
    }

    if (kind != S3_FLIGHT_FETCH) {
        return NGX_OK;
    }

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    if (ctx->copy.shard == NULL && slcf->bypass != NULL) {
        rc = ngx_http_test_predicates(r, slcf->bypass);

        if (rc != NGX_OK) {
            return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
        }
    }

    if (flight == NULL && ngx_s3edge_flight_new(r, ctx, flights) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_s3edge_flight_wait(r, ctx->flight.part);
}


/* HEAD waits for nothing */

static ngx_uint_t
ngx_s3edge_flight_is_passed(ngx_http_request_t *r,
    ngx_s3edge_flight_t *flight, s3_flight_kind_e kind)
{
    if (flight != NULL && flight->apart) {
        return 1;
    }

    switch (kind) {

    case S3_FLIGHT_PASS:
        return 1;

    case S3_FLIGHT_APART:
        return ngx_s3edge_flights_is_apart(r);

    case S3_FLIGHT_FETCH:
        return r->method == NGX_HTTP_HEAD;

    default:
        return 0;
    }
}


static ngx_uint_t
ngx_s3edge_flight_may(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    return ctx->req.storable
           && !ctx->origin.stale
           && !ctx->copy.anew
           && !r->background;
}


static ngx_int_t
ngx_s3edge_flight_key(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_flights_t *table)
{
    ngx_s3edge_loc_conf_t  *slcf;

    if (ctx->copy.shard == NULL
        && ngx_s3edge_key_pack(r, ctx, &ctx->copy.key) != NGX_OK)
    {
        return NGX_ERROR;
    }

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    ctx->flight.key = s3_hash(table->seed, ngx_s3edge_str(&ctx->copy.key))
                      ^ slcf->fields ^ slcf->cache;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_flight_new(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_s3edge_flights_t *flights)
{
    ngx_pool_cleanup_t   *cln;
    ngx_s3edge_flight_t  *flight;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_s3edge_flight_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    flight = cln->data;
    ngx_memzero(flight, sizeof(ngx_s3edge_flight_t));

    flight->flights = flights;
    flight->request = r;
    flight->ctx = ctx;
    flight->owner = ((uint64_t) ngx_pid << 32) | ++flights->number;
    flight->since = ngx_current_msec;

    cln->handler = ngx_s3edge_flight_cleanup;

    ctx->flight.part = flight;

    return NGX_OK;
}


static void
ngx_s3edge_flight_cleanup(void *data)
{
    ngx_s3edge_flight_t  *flight = data;

    ngx_s3edge_flights_leave(flight);
}


static ngx_int_t
ngx_s3edge_flight_wait(ngx_http_request_t *r, ngx_s3edge_flight_t *flight)
{
    if (r == r->main
        && ngx_handle_read_event(r->connection->read, 0) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "s3edge flight: waits");

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    flight->key = flight->ctx->flight.key;

    ngx_s3edge_flights_wait(flight);

    return NGX_AGAIN;
}


ngx_int_t
ngx_s3edge_flight_lead(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_s3edge_flight_t     *flight;
    ngx_s3edge_flights_t    *flights;
    ngx_s3edge_main_conf_t  *smcf;

    if (r->upstream == NULL || r->header_sent) {
        return NGX_OK;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);
    flights = smcf->flights;

    if (!ngx_s3edge_flight_fills(r, ctx)) {
#if (NGX_HTTP_CACHE)
        if (r->cache != NULL
            && (r->method == NGX_HTTP_HEAD
                || ngx_s3edge_client_passes(r, ctx)))
        {
            ngx_s3edge_flight_unlock(r->cache);
        }
#endif
        ngx_s3edge_flight_quit(ctx);

        return NGX_OK;
    }

    if (ctx->flight.key == 0
        && ngx_s3edge_flight_key(r, ctx, flights->table) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->flight.part == NULL
        && ngx_s3edge_flight_new(r, ctx, flights) != NGX_OK)
    {
        return NGX_ERROR;
    }

    flight = ctx->flight.part;

    if (!flight->leading) {
        flight->key = ctx->flight.key;

        if (ngx_s3edge_flights_begin(flight) != NGX_OK) {
            return NGX_OK;
        }
    }

    flight->upstream = r->upstream;
    flight->came = 0;
    flight->answered = 0;
    flight->confirmed = 0;
    flight->has_copy = 0;

#if (NGX_HTTP_CACHE)

    if (r->cache != NULL) {
        flight->has_copy = (r->upstream->cache_status
                            == NGX_HTTP_CACHE_EXPIRED);
        ngx_s3edge_flights_hold(r->cache);
    }

#endif

    return NGX_OK;
}


/* to one tier; nobody waits for what is served stale meanwhile */

static ngx_uint_t
ngx_s3edge_flight_fills(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    if (!ngx_s3edge_flight_may(r, ctx)
        || ctx->flight.passes
        || r->subrequest_in_memory
        || r->method != NGX_HTTP_GET)
    {
        return 0;
    }

#if (NGX_HTTP_CACHE)

    if (r->cache != NULL) {

        if (r->upstream->cache_status == NGX_HTTP_CACHE_BYPASS
            && !ctx->copy.bypass)
        {
            return 0;
        }

        if (r->upstream->cache_status == NGX_HTTP_CACHE_EXPIRED
            && (r->cache->stale_updating
                || (r->upstream->conf->cache_use_stale
                    & NGX_HTTP_UPSTREAM_FT_UPDATING)))
        {
            return 0;
        }
    }

#endif

    if (!ngx_s3edge_client_passes(r, ctx)) {
        return 1;
    }

    return ctx->copy.shard != NULL
           && !ngx_s3edge_flights_is_apart(r)
           && !ngx_s3edge_client_is_special(r, ctx);
}


void
ngx_s3edge_flight_regain(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_uint_t fresh)
{
    ngx_s3edge_main_conf_t  *smcf;

    if (!fresh
        || !ctx->flight.passes
        || ctx->flight.key == 0
        || r->method != NGX_HTTP_GET
        || r->upstream->headers_in.status_n != NGX_HTTP_OK
        || ngx_s3edge_client_is_special(r, ctx))
    {
        return;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    ngx_s3edge_flights_forget(smcf->flights, ctx->flight.key);

    ctx->flight.passes = 0;
    ngx_s3edge_disk_return(r, ctx);

#if (NGX_HTTP_CACHE)

    /* as nginx does where it bypassed, and stores in spite of it */

    if (r->cache != NULL
        && r->cache->node == NULL
        && r->upstream->cache_status == NGX_HTTP_CACHE_BYPASS
        && ngx_http_file_cache_create(r) == NGX_OK)
    {
        r->upstream->cache_status = NGX_HTTP_CACHE_MISS;
    }

#endif
}


void
ngx_s3edge_flight_answer(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_uint_t fresh)
{
    ngx_s3edge_flight_t  *flight;

    flight = ctx->flight.part;

    if (flight == NULL || !flight->leading) {
        return;
    }

#if (NGX_HTTP_CACHE)

    if (r->cached) {

        if (r->upstream->cache_status == NGX_HTTP_CACHE_REVALIDATED) {
            flight->answered = 1;
            flight->confirmed = 1;

        } else {
            ngx_s3edge_flight_done(ctx);
        }

        return;
    }

#endif

    if (ngx_s3edge_flight_is_stored(r, ctx, fresh)) {
        flight->answered = 1;
        return;
    }

    /* what says nothing of the object leaves the stale copy as it is */

    if (r->upstream->headers_in.status_n != NGX_HTTP_OK) {
        ngx_s3edge_flights_fail(flight);
        return;
    }

    ngx_s3edge_flights_end(flight, S3_FLIGHT_PASS, NGX_S3EDGE_FLIGHT_PASS);
}


/* by one tier at least, when it is whole; not as fast as its client reads */

static ngx_uint_t
ngx_s3edge_flight_is_stored(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_uint_t fresh)
{
    size_t                     room;
    ngx_http_upstream_t       *u;
    ngx_http_upstream_conf_t  *conf;

    u = r->upstream;
    conf = u->conf;

    if (!u->buffering) {
        return 0;
    }

#if (NGX_HTTP_CACHE)

    if (fresh && !ctx->copy.bypass && r->cache != NULL && u->cacheable) {
        return 1;
    }

#endif

    room = conf->bufs.num * conf->bufs.size + conf->max_temp_file_size;

    return ctx->copy.fill != NULL
           && u->headers_in.content_length_n <= (off_t) room;
}


void
ngx_s3edge_flight_filled(ngx_s3edge_ctx_t *ctx)
{
    if (ctx->flight.part != NULL && ngx_s3edge_fill_is_done(ctx->copy.fill)) {
        ngx_s3edge_flight_done(ctx);
    }
}


void
ngx_s3edge_flight_done(ngx_s3edge_ctx_t *ctx)
{
    if (ctx->flight.part != NULL) {
        ngx_s3edge_flights_end(ctx->flight.part, S3_FLIGHT_DONE,
                              NGX_S3EDGE_FLIGHT_DONE);
    }
}


void
ngx_s3edge_flight_fail(ngx_s3edge_ctx_t *ctx)
{
    if (ctx->flight.part != NULL) {
        ngx_s3edge_flights_fail(ctx->flight.part);
    }
}


void
ngx_s3edge_flight_quit(ngx_s3edge_ctx_t *ctx)
{
    if (ctx->origin.stale || ctx->flight.passes) {
        ngx_s3edge_flight_fail(ctx);

    } else {
        ngx_s3edge_flight_done(ctx);
    }
}


void
ngx_s3edge_flight_pass(ngx_s3edge_ctx_t *ctx)
{
    ngx_s3edge_disk_bypass(ctx);
    ctx->flight.passes = 1;

    if (ctx->flight.part != NULL) {
        ngx_s3edge_flights_end(ctx->flight.part, S3_FLIGHT_PASS,
                               NGX_S3EDGE_FLIGHT_PASS);
    }
}


void
ngx_s3edge_flight_again(ngx_s3edge_ctx_t *ctx)
{
    if (ctx->flight.part != NULL) {
        ctx->flight.part->upstream = NULL;
        ctx->flight.part->moved = ngx_current_msec;
    }
}


#if (NGX_HTTP_CACHE)

/* of a request that stores nothing */

static void
ngx_s3edge_flight_unlock(ngx_http_cache_t *c)
{
    ngx_slab_pool_t  *shpool;

    if (!c->updating || c->updated || c->node == NULL) {
        return;
    }

    shpool = c->file_cache->shpool;

    ngx_shmtx_lock(&shpool->mutex);

    if (c->node->lock_time == c->lock_time) {
        c->node->updating = 0;
    }

    ngx_shmtx_unlock(&shpool->mutex);

    c->updating = 0;
}

#endif
