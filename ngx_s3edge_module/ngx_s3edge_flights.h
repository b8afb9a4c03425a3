
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The flights of a worker: those that fetch, those that wait, and the timer
 * that looks after both while there are any; the table that workers share.
 */

#ifndef _NGX_S3EDGE_FLIGHTS_H_INCLUDED_
#define _NGX_S3EDGE_FLIGHTS_H_INCLUDED_


#include "ngx_s3edge.h"
#include "s3_flight.h"


/* ms; a range waits no longer */
#define NGX_S3EDGE_FLIGHTS_RANGE  30000


/* of a worker, but for the table */

struct ngx_s3edge_flights_s {
    ngx_slab_pool_t         *shpool;
    s3_flights_t            *table;        /* under its mutex */
    size_t                   slots;        /* of it */
    ngx_queue_t              leaders;
    ngx_queue_t              waiters;
    ngx_event_t              tick;
    uint32_t                 number;
};


struct ngx_s3edge_flight_s {
    ngx_queue_t              queue;        /* in leaders or waiters */
    ngx_s3edge_flights_t    *flights;
    ngx_http_request_t      *request;
    ngx_s3edge_ctx_t        *ctx;
    ngx_http_upstream_t     *upstream;     /* NULL: has asked nobody yet */
    uint64_t                 key;
    uint64_t                 owner;
    off_t                    came;
    ngx_msec_t               since;        /* it began to wait */
    ngx_msec_t               moved;        /* when a byte came */
    ngx_msec_t               renewed;
    unsigned                 waiting:1;
    unsigned                 owns:1;       /* in the table: is to lead */
    unsigned                 leading:1;
    unsigned                 apart:1;      /* goes to the origin by itself */
    unsigned                 answered:1;   /* by what will be stored */
    unsigned                 confirmed:1;  /* what was stored */
    unsigned                 has_copy:1;   /* a stale one, if all fails */
};


/* asks for the zone of the table */
ngx_int_t ngx_s3edge_flights_add_zone(ngx_conf_t *cf,
    ngx_s3edge_main_conf_t *smcf);

/* with the configuration */
void ngx_s3edge_flights_release(ngx_s3edge_main_conf_t *smcf);

/* 1 if it has a range or a condition */
ngx_uint_t ngx_s3edge_flights_is_apart(ngx_http_request_t *r);

/* is called, by the phases, when flight->key is no longer fetched */
void ngx_s3edge_flights_wait(ngx_s3edge_flight_t *flight);

/* NGX_OK: leads from now on, for flight->key; NGX_DECLINED: another does */
ngx_int_t ngx_s3edge_flights_begin(ngx_s3edge_flight_t *flight);

/* the origin has failed: those who wait ask it at once, not in turn */
void ngx_s3edge_flights_fail(ngx_s3edge_flight_t *flight);

/* the key is no longer one that is passed */
void ngx_s3edge_flights_forget(ngx_s3edge_flights_t *flights, uint64_t key);

/* leads no more, nor is to; what is known of the key for so long */
void ngx_s3edge_flights_end(ngx_s3edge_flight_t *flight,
    s3_flight_kind_e kind, ngx_msec_t ms);

/* with the request: the one that fetched, or one that waited */
void ngx_s3edge_flights_leave(ngx_s3edge_flight_t *flight);

#if (NGX_HTTP_CACHE)

/* keeps nginx's lock of the entry, which is given for a fixed time */
void ngx_s3edge_flights_hold(ngx_http_cache_t *c);

#endif


#endif /* _NGX_S3EDGE_FLIGHTS_H_INCLUDED_ */
