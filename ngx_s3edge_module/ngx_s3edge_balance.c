
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_addresses.h"
#include "ngx_s3edge_balance.h"
#include "ngx_s3edge_peer.h"


#define NGX_S3EDGE_BALANCE_LAST   2        /* tries where all have failed */
#define NGX_S3EDGE_BALANCE_BITS   (8 * sizeof(uintptr_t))


/* in which order a request looks for an address */

typedef enum {
    NGX_S3EDGE_BALANCE_WELL = 0,
    NGX_S3EDGE_BALANCE_DOWN,               /* it has failed lately */
    NGX_S3EDGE_BALANCE_AGAIN               /* this request was there */
} ngx_s3edge_balance_e;


typedef struct {
    ngx_s3edge_addresses_t    *conf;
    ngx_s3edge_address_set_t  *set;
    ngx_s3edge_address_t      *current;
    ngx_s3edge_balance_e       pass;
    uintptr_t                  tried[NGX_S3EDGE_ADDRESSES_MAX
                                     / NGX_S3EDGE_BALANCE_BITS];
} ngx_s3edge_balance_t;


static void ngx_s3edge_balance_cleanup(void *data);
static ngx_int_t ngx_s3edge_balance_get(ngx_peer_connection_t *pc,
    void *data);
static ngx_s3edge_address_t *ngx_s3edge_balance_find(
    ngx_s3edge_balance_t *balance);
static void ngx_s3edge_balance_free(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state);
#if (NGX_HTTP_SSL)
static ngx_int_t ngx_s3edge_balance_set_session(ngx_peer_connection_t *pc,
    void *data);
static void ngx_s3edge_balance_save_session(ngx_peer_connection_t *pc,
    void *data);
#endif


ngx_int_t
ngx_s3edge_balance_init(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_pool_cleanup_t      *cln;
    ngx_s3edge_balance_t    *balance;
    ngx_peer_connection_t   *pc;
    ngx_s3edge_peer_conf_t  *conf;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_s3edge_balance_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    conf = ngx_http_conf_upstream_srv_conf(us, ngx_s3edge_module);

    balance = cln->data;
    ngx_memzero(balance, sizeof(ngx_s3edge_balance_t));

    balance->conf = conf->addresses;
    balance->set = ngx_s3edge_addresses_hold(conf->addresses);

    cln->handler = ngx_s3edge_balance_cleanup;

    pc = &r->upstream->peer;

    pc->data = balance;
    pc->get = ngx_s3edge_balance_get;
    pc->free = ngx_s3edge_balance_free;
    pc->tries = balance->set->len;
#if (NGX_HTTP_SSL)
    pc->set_session = ngx_s3edge_balance_set_session;
    pc->save_session = ngx_s3edge_balance_save_session;
#endif

    return NGX_OK;
}


/* the log phase is over: nobody reads the name of an address any more */

static void
ngx_s3edge_balance_cleanup(void *data)
{
    ngx_s3edge_balance_t  *balance = data;

    ngx_s3edge_addresses_release(balance->set);
}


static ngx_int_t
ngx_s3edge_balance_get(ngx_peer_connection_t *pc, void *data)
{
    ngx_s3edge_balance_t *balance = data;

    ngx_s3edge_address_t  *address;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "s3edge balance: get, tries %ui", pc->tries);

    pc->cached = 0;
    pc->connection = NULL;

    if (balance->set->len == 0) {
        pc->name = &balance->conf->watch.name;
        return NGX_BUSY;
    }

    /* one alone is never passed by */

    if (balance->set->len == 1) {
        address = balance->set->addresses;

    } else {
        address = ngx_s3edge_balance_find(balance);

        if (balance->pass != NGX_S3EDGE_BALANCE_WELL
            && pc->tries > NGX_S3EDGE_BALANCE_LAST)
        {
            pc->tries = NGX_S3EDGE_BALANCE_LAST;
        }
    }

    balance->current = address;

    pc->sockaddr = address->sockaddr;
    pc->socklen = address->socklen;
    pc->name = &address->name;

    return NGX_OK;
}


/* there are at least two, so one is found by the last pass */

static ngx_s3edge_address_t *
ngx_s3edge_balance_find(ngx_s3edge_balance_t *balance)
{
    uintptr_t                  bit, *word;
    ngx_uint_t                 i, n;
    ngx_s3edge_addresses_t    *conf;
    ngx_s3edge_address_t      *address;
    ngx_s3edge_address_set_t  *set;

    set = balance->set;
    conf = balance->conf;

    for ( ;; ) {

        n = set->next;

        for (i = 0; i < set->len; i++) {

            if (n >= set->len) {
                n = 0;
            }

            address = &set->addresses[n];
            word = &balance->tried[n / NGX_S3EDGE_BALANCE_BITS];
            bit = (uintptr_t) 1 << n % NGX_S3EDGE_BALANCE_BITS;
            n++;

            if ((*word & bit)
                || (balance->pass == NGX_S3EDGE_BALANCE_WELL
                    && ngx_s3edge_health_is_down(conf->health, address->key,
                                                 conf->max_fails,
                                                 conf->fail_timeout)))
            {
                continue;
            }

            ngx_s3edge_health_tried(conf->health, address->key,
                                    conf->fail_timeout);
            set->next = n;
            *word |= bit;

            return address;
        }

        if (balance->pass != NGX_S3EDGE_BALANCE_AGAIN) {
            balance->pass++;
        }

        if (balance->pass == NGX_S3EDGE_BALANCE_AGAIN) {
            ngx_memzero(balance->tried, sizeof(balance->tried));
        }
    }
}


static void
ngx_s3edge_balance_free(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_s3edge_balance_t *balance = data;

    ngx_uint_t               fails;
    ngx_s3edge_addresses_t  *conf;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "s3edge balance: free, tries %ui, state %ui",
                   pc->tries, state);

    if (balance->set->len <= 1) {
        pc->tries = 0;
        return;
    }

    conf = balance->conf;

    if (state & NGX_PEER_FAILED) {

        fails = ngx_s3edge_health_failed(conf->health, balance->current->key);

        if (conf->max_fails && fails >= conf->max_fails) {
            ngx_log_error(NGX_LOG_WARN, pc->log, 0,
                          "upstream server temporarily disabled");
        }

    } else {
        ngx_s3edge_health_passed(conf->health, balance->current->key);
    }

    if (pc->tries) {
        pc->tries--;
    }
}


#if (NGX_HTTP_SSL)

static ngx_int_t
ngx_s3edge_balance_set_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_s3edge_balance_t  *balance = data;

    return ngx_ssl_set_session(pc->connection, balance->current->session);
}


static void
ngx_s3edge_balance_save_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_s3edge_balance_t *balance = data;

    ngx_ssl_session_t  *session;

    session = ngx_ssl_get_session(pc->connection);

    if (session == NULL) {
        return;
    }

    if (balance->current->session != NULL) {
        ngx_ssl_free_session(balance->current->session);
    }

    balance->current->session = session;
}

#endif
