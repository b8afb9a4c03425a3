
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_flights.h"
#include "ngx_s3edge_fill.h"

#include <sys/random.h>


#define NGX_S3EDGE_FLIGHTS_SLOTS  8192
#define NGX_S3EDGE_FLIGHTS_MAX    262144   /* slots: 10 MiB */

/* ms */
#define NGX_S3EDGE_FLIGHTS_TICK   15
#define NGX_S3EDGE_FLIGHTS_RENEW  500
#define NGX_S3EDGE_FLIGHTS_STALL  10000    /* without a byte: given up */
#define NGX_S3EDGE_FLIGHTS_LOCK   2000     /* nginx's, until the next renewal */
#define NGX_S3EDGE_FLIGHTS_KNOWN  1000     /* how it ended */


static size_t ngx_s3edge_flights_slots(ngx_conf_t *cf);
static ngx_int_t ngx_s3edge_flights_init_zone(ngx_shm_zone_t *zone,
    void *data);
static void ngx_s3edge_flights_lead(ngx_s3edge_flight_t *flight);
static void ngx_s3edge_flights_start(ngx_s3edge_flights_t *flights);
static void ngx_s3edge_flights_tick(ngx_event_t *ev);
static void ngx_s3edge_flights_watch(ngx_s3edge_flight_t *flight);
static ngx_uint_t ngx_s3edge_flights_ended(ngx_s3edge_flight_t *flight);
static void ngx_s3edge_flights_call(ngx_s3edge_flights_t *flights,
    ngx_queue_t *ready);
static ngx_uint_t ngx_s3edge_flights_goes(ngx_s3edge_flight_t *flight);
static ngx_uint_t ngx_s3edge_flights_takes(ngx_s3edge_flight_t *flight);
static void ngx_s3edge_flights_resume(ngx_s3edge_flight_t *flight);
static int ngx_s3edge_flights_alive(int32_t pid);


ngx_int_t
ngx_s3edge_flights_add_zone(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    size_t                 size;
    ngx_shm_zone_t        *zone;
    ngx_s3edge_flights_t  *flights;
    ngx_str_t              name = ngx_string("s3edge_flights");

    flights = ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_flights_t));
    if (flights == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&flights->leaders);
    ngx_queue_init(&flights->waiters);

    /* the slab keeps a descriptor for each page of the table */

    flights->slots = ngx_s3edge_flights_slots(cf);

    size = s3_flight_size(flights->slots);
    size += size / 32 + 16 * ngx_pagesize;

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_s3edge_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_s3edge_flights_init_zone;
    zone->data = flights;

    smcf->flights = flights;

    return NGX_OK;
}


/*
 * A flight has two connections at least, and the table is as good as empty
 * while half of it is: one slot for each connection, where "events" is before
 * "http" and says how many there are.
 */

static size_t
ngx_s3edge_flights_slots(ngx_conf_t *cf)
{
    size_t             n, max;
    ngx_core_conf_t   *ccf;
    ngx_event_conf_t  *ecf;

    n = NGX_S3EDGE_FLIGHTS_SLOTS;

    if (ngx_get_conf(cf->cycle->conf_ctx, ngx_events_module) == NULL) {
        return n;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);
    ecf = ngx_event_get_conf(cf->cycle->conf_ctx, ngx_event_core_module);

    max = ngx_min(ecf->connections, NGX_S3EDGE_FLIGHTS_MAX);

    if (ccf->worker_processes > 0) {
        max *= ccf->worker_processes;
    }

    while (n < max && n < NGX_S3EDGE_FLIGHTS_MAX) {
        n *= 2;
    }

    return n;
}


static ngx_int_t
ngx_s3edge_flights_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_s3edge_flights_t  *old = data;

    uint64_t               seed;
    ngx_s3edge_flights_t  *flights;

    flights = zone->data;
    flights->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (old) {
        flights->table = old->table;
        return NGX_OK;
    }

    if (zone->shm.exists) {
        flights->table = flights->shpool->data;
        return NGX_OK;
    }

    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t) sizeof(seed)) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, ngx_errno,
                      "getrandom() failed");
        return NGX_ERROR;
    }

    flights->table = ngx_slab_alloc(flights->shpool,
                                    s3_flight_size(flights->slots));
    if (flights->table == NULL) {
        return NGX_ERROR;
    }

    s3_flight_init(flights->table, flights->slots, seed);

    flights->shpool->data = flights->table;

    return NGX_OK;
}


void
ngx_s3edge_flights_release(ngx_s3edge_main_conf_t *smcf)
{
    ngx_event_t  *tick;

    if (smcf->flights == NULL) {
        return;
    }

    tick = &smcf->flights->tick;

    if (tick->timer_set) {
        ngx_del_timer(tick);
    }

    if (tick->posted) {
        ngx_delete_posted_event(tick);
    }
}


void
ngx_s3edge_flights_wait(ngx_s3edge_flight_t *flight)
{
    ngx_s3edge_flights_t  *flights;

    flights = flight->flights;

    ngx_shmtx_lock(&flights->shpool->mutex);

    s3_flight_wait(flights->table, flight->key);

    ngx_shmtx_unlock(&flights->shpool->mutex);

    flight->waiting = 1;

    ngx_queue_insert_tail(&flights->waiters, &flight->queue);
    ngx_s3edge_flights_start(flights);
}


ngx_int_t
ngx_s3edge_flights_begin(ngx_s3edge_flight_t *flight)
{
    int                    rc;
    ngx_s3edge_flights_t  *flights;

    flights = flight->flights;

    ngx_shmtx_lock(&flights->shpool->mutex);

    rc = s3_flight_begin(flights->table, flight->key, flight->owner,
                         ngx_current_msec, NGX_S3EDGE_FLIGHTS_STALL);

    ngx_shmtx_unlock(&flights->shpool->mutex);

    if (rc == S3_OK) {
        ngx_s3edge_flights_lead(flight);
    }

    return rc;
}


void
ngx_s3edge_flights_forget(ngx_s3edge_flights_t *flights, uint64_t key)
{
    ngx_shmtx_lock(&flights->shpool->mutex);

    s3_flight_forget(flights->table, key);

    ngx_shmtx_unlock(&flights->shpool->mutex);
}


static void
ngx_s3edge_flights_lead(ngx_s3edge_flight_t *flight)
{
    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, flight->request->connection->log, 0,
                   "s3edge flight: leads, key %xL", flight->key);

    flight->leading = 1;
    flight->upstream = NULL;
    flight->moved = ngx_current_msec;
    flight->renewed = ngx_current_msec;

    ngx_queue_insert_tail(&flight->flights->leaders, &flight->queue);
    ngx_s3edge_flights_start(flight->flights);
}


void
ngx_s3edge_flights_end(ngx_s3edge_flight_t *flight, s3_flight_kind_e kind,
    ngx_msec_t ms)
{
    ngx_s3edge_flights_t  *flights;

    if (!flight->leading && !flight->owns) {
        return;
    }

    flights = flight->flights;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, flight->request->connection->log, 0,
                   "s3edge flight: ends, key %xL, %d", flight->key, kind);

    if (flight->leading) {
        ngx_queue_remove(&flight->queue);
    }

    flight->leading = 0;
    flight->owns = 0;

    ngx_shmtx_lock(&flights->shpool->mutex);

    s3_flight_end(flights->table, flight->key, flight->owner, kind,
                  ngx_current_msec, ms);

    ngx_shmtx_unlock(&flights->shpool->mutex);

    if (!ngx_queue_empty(&flights->waiters)) {
        ngx_post_event(&flights->tick, &ngx_posted_events);
    }
}


/* a stale copy has to be at hand for them, if all fails */

void
ngx_s3edge_flights_fail(ngx_s3edge_flight_t *flight)
{
    ngx_s3edge_flights_end(flight, flight->has_copy ? S3_FLIGHT_EACH
                                                    : S3_FLIGHT_ERROR,
                           NGX_S3EDGE_FLIGHTS_KNOWN);
}


/* an error that was sent is one for others, too; a client that left is not */

void
ngx_s3edge_flights_leave(ngx_s3edge_flight_t *flight)
{
    if (flight->waiting) {
        ngx_queue_remove(&flight->queue);
        flight->waiting = 0;
    }

    if (flight->leading
        && flight->upstream != NULL
        && (flight->answered || flight->request->header_sent)
        && !flight->request->connection->error
        && ngx_s3edge_flights_ended(flight))
    {
        return;
    }

    ngx_s3edge_flights_end(flight, S3_FLIGHT_NONE, 0);
}


/* not cancelable: what waits has no other event, and a worker is to stay */

static void
ngx_s3edge_flights_start(ngx_s3edge_flights_t *flights)
{
    ngx_event_t  *tick;

    tick = &flights->tick;

    if (tick->timer_set) {
        return;
    }

    tick->handler = ngx_s3edge_flights_tick;
    tick->data = flights;
    tick->log = ngx_cycle->log;

    ngx_add_timer(tick, NGX_S3EDGE_FLIGHTS_TICK);
}


static void
ngx_s3edge_flights_tick(ngx_event_t *ev)
{
    ngx_s3edge_flights_t  *flights = ev->data;

    ngx_queue_t           *q, *next, ready;
    ngx_s3edge_flight_t   *flight;

    for (q = ngx_queue_head(&flights->leaders);
         q != ngx_queue_sentinel(&flights->leaders);
         q = next)
    {
        next = ngx_queue_next(q);

        ngx_s3edge_flights_watch(ngx_queue_data(q, ngx_s3edge_flight_t,
                                               queue));
    }

    ngx_queue_init(&ready);

    if (!ngx_queue_empty(&flights->waiters)) {
        ngx_s3edge_flights_call(flights, &ready);
    }

    /* one that goes on may end others, and be ended */

    while (!ngx_queue_empty(&ready)) {
        q = ngx_queue_head(&ready);
        flight = ngx_queue_data(q, ngx_s3edge_flight_t, queue);

        ngx_queue_remove(q);
        flight->waiting = 0;

        ngx_s3edge_flights_resume(flight);
    }

    if (!ngx_queue_empty(&flights->leaders)
        || !ngx_queue_empty(&flights->waiters))
    {
        ngx_s3edge_flights_start(flights);
    }
}


static void
ngx_s3edge_flights_watch(ngx_s3edge_flight_t *flight)
{
    off_t                  came;
    ngx_msec_t             now;
    ngx_http_upstream_t   *u;
    ngx_s3edge_flights_t  *flights;

    u = flight->upstream;
    now = ngx_current_msec;
    flights = flight->flights;

    if (u != NULL) {

        if (ngx_s3edge_flights_ended(flight)) {
            return;
        }

        came = (u->pipe ? u->pipe->read_length : 0)
               + (u->state ? u->state->bytes_received : 0);

        if (came != flight->came) {
            flight->came = came;
            flight->moved = now;
        }
    }

    /* it goes on, but nobody waits for it any more */

    if (now - flight->moved >= NGX_S3EDGE_FLIGHTS_STALL) {
        ngx_log_error(NGX_LOG_WARN, flight->request->connection->log, 0,
                      "s3edge fetch of \"%V/%V\" does not get on",
                      &flight->ctx->req.bucket->node.str,
                      &flight->ctx->req.key);

        if (flight->answered) {
            ngx_s3edge_flights_end(flight, S3_FLIGHT_LOST,
                                   NGX_S3EDGE_FLIGHTS_KNOWN);
        } else {
            ngx_s3edge_flights_fail(flight);
        }

        return;
    }

    if (now - flight->renewed < NGX_S3EDGE_FLIGHTS_RENEW) {
        return;
    }

    flight->renewed = now;

    ngx_shmtx_lock(&flights->shpool->mutex);

    (void) s3_flight_renew(flights->table, flight->key, flight->owner, now,
                           NGX_S3EDGE_FLIGHTS_STALL);

    ngx_shmtx_unlock(&flights->shpool->mutex);

#if (NGX_HTTP_CACHE)

    if (u != NULL && flight->request->cache != NULL) {
        ngx_s3edge_flights_hold(flight->request->cache);
    }

#endif
}


static ngx_uint_t
ngx_s3edge_flights_ended(ngx_s3edge_flight_t *flight)
{
    ngx_uint_t            status, here;
    ngx_http_upstream_t  *u;

    u = flight->upstream;

    if (flight->ctx->copy.fill != NULL
        && ngx_s3edge_fill_is_done(flight->ctx->copy.fill))
    {
        ngx_s3edge_flights_end(flight, S3_FLIGHT_DONE,
                               NGX_S3EDGE_FLIGHTS_KNOWN);
        return 1;
    }

    if (u->cleanup != NULL) {
        return 0;
    }

    /* nginx is through with it; what it had all of, it has stored by now */

    status = flight->request->headers_out.status;

    here = (status == NGX_HTTP_PRECONDITION_FAILED
            || status == NGX_HTTP_RANGE_NOT_SATISFIABLE);

    if (!flight->answered && !here) {
        ngx_s3edge_flights_fail(flight);

    } else if (flight->confirmed
               || (u->pipe != NULL
                   && (u->pipe->upstream_done
                       || (u->pipe->upstream_eof && u->pipe->length == -1))))
    {
        ngx_s3edge_flights_end(flight, S3_FLIGHT_DONE,
                               NGX_S3EDGE_FLIGHTS_KNOWN);

    } else {

        /* it was answered here (412, 416), or cut short */

        ngx_s3edge_flights_end(flight, here ? S3_FLIGHT_APART : S3_FLIGHT_LOST,
                               NGX_S3EDGE_FLIGHTS_KNOWN);
    }

    return 1;
}


/*
 * Of those whose leader has failed one for each key is the next; those that
 * may go by themselves are called before that.
 */

static void
ngx_s3edge_flights_call(ngx_s3edge_flights_t *flights, ngx_queue_t *ready)
{
    ngx_queue_t          *q, *next;
    ngx_uint_t            pass;
    ngx_s3edge_flight_t  *flight;

    ngx_shmtx_lock(&flights->shpool->mutex);

    for (pass = 0; pass < 2; pass++) {

        for (q = ngx_queue_head(&flights->waiters);
             q != ngx_queue_sentinel(&flights->waiters);
             q = next)
        {
            next = ngx_queue_next(q);
            flight = ngx_queue_data(q, ngx_s3edge_flight_t, queue);

            if (pass == 0 ? ngx_s3edge_flights_goes(flight)
                          : ngx_s3edge_flights_takes(flight))
            {
                ngx_queue_remove(q);
                ngx_queue_insert_tail(ready, q);
            }
        }
    }

    ngx_shmtx_unlock(&flights->shpool->mutex);
}


static ngx_uint_t
ngx_s3edge_flights_goes(ngx_s3edge_flight_t *flight)
{
    ngx_http_request_t  *r;

    r = flight->request;

    switch (s3_flight_look(flight->flights->table, flight->key,
                           ngx_current_msec))
    {

    case S3_FLIGHT_DONE:
    case S3_FLIGHT_PASS:
    case S3_FLIGHT_EACH:
        return 1;

    case S3_FLIGHT_APART:
        flight->apart = ngx_s3edge_flights_is_apart(r);
        break;

    default:
        flight->apart = (r->headers_in.range != NULL
                         && ngx_current_msec - flight->since
                            >= NGX_S3EDGE_FLIGHTS_RANGE);
        break;
    }

    return flight->apart;
}


static ngx_uint_t
ngx_s3edge_flights_takes(ngx_s3edge_flight_t *flight)
{
    s3_flights_t  *table;

    table = flight->flights->table;

    if (s3_flight_take(table, flight->key, flight->owner, ngx_current_msec,
                       NGX_S3EDGE_FLIGHTS_STALL, ngx_s3edge_flights_alive)
        == S3_OK)
    {
        flight->owns = 1;
        return 1;
    }

    /* nobody fetches, but there is no room to say that this one does */

    if (s3_flight_look(table, flight->key, ngx_current_msec)
        == S3_FLIGHT_NONE)
    {
        return 1;
    }

    s3_flight_wait(table, flight->key);        /* for another one by now */

    return 0;
}


ngx_uint_t
ngx_s3edge_flights_is_apart(ngx_http_request_t *r)
{
    ngx_http_headers_in_t  *in;

    in = &r->headers_in;

    return in->range != NULL
           || in->if_match != NULL
           || in->if_none_match != NULL
           || in->if_modified_since != NULL
           || in->if_unmodified_since != NULL;
}


static void
ngx_s3edge_flights_resume(ngx_s3edge_flight_t *flight)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = flight->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, c->log, 0, "s3edge flight: goes on");

    if (flight->owns) {
        flight->owns = 0;
        ngx_s3edge_flights_lead(flight);
    }

    if (r == r->main && ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);

    } else {
        r->read_event_handler = ngx_http_block_reading;
        r->write_event_handler = ngx_http_core_run_phases;

        ngx_http_core_run_phases(r);
    }

    ngx_http_run_posted_requests(c);
}


static int
ngx_s3edge_flights_alive(int32_t pid)
{
    return kill((pid_t) pid, 0) == 0 || ngx_errno != ESRCH;
}


#if (NGX_HTTP_CACHE)

void
ngx_s3edge_flights_hold(ngx_http_cache_t *c)
{
    ngx_slab_pool_t  *shpool;

    if (!c->updating || c->updated || c->node == NULL) {
        return;
    }

    shpool = c->file_cache->shpool;

    ngx_shmtx_lock(&shpool->mutex);

    if (c->node->lock_time == c->lock_time) {
        c->lock_time = ngx_current_msec + NGX_S3EDGE_FLIGHTS_LOCK;
        c->node->lock_time = c->lock_time;
    }

    ngx_shmtx_unlock(&shpool->mutex);
}

#endif
