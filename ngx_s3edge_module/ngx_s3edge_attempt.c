
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_attempt.h"


/* proxy_read_timeout of s3edge_proxy.conf, and what goes with it */

#define NGX_S3EDGE_ATTEMPT_READ        20000           /* ms */
#define NGX_S3EDGE_ATTEMPT_FIRST_BYTE  10000           /* ms */


extern ngx_module_t  ngx_http_proxy_module;


/* of one upstream of a request */

typedef struct {
    ngx_http_request_t        *request;
    ngx_http_upstream_t       *upstream;
    ngx_http_upstream_conf_t  *conf;           /* that it had */
    ngx_http_upstream_conf_t  *waiting;        /* in its place */

    ngx_int_t                (*original_reinit)(ngx_http_request_t *r);
    ngx_int_t                (*original_init)(void *data);
} ngx_s3edge_attempt_t;


static ngx_http_upstream_conf_t *ngx_s3edge_attempt_waiting(
    ngx_http_request_t *r, ngx_s3edge_loc_conf_t *slcf);
static ngx_http_upstream_conf_t *ngx_s3edge_attempt_copy(ngx_pool_t *pool,
    ngx_http_upstream_conf_t *conf, ngx_msec_t wait);
static ngx_s3edge_attempt_t *ngx_s3edge_attempt_find(ngx_http_request_t *r);
static void ngx_s3edge_attempt_cleanup(void *data);
static ngx_int_t ngx_s3edge_attempt_reinit(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_attempt_init(void *data);
static ngx_uint_t ngx_s3edge_attempt_is_whole(ngx_http_upstream_t *u);


void
ngx_s3edge_attempt_merge(ngx_conf_t *cf, ngx_s3edge_loc_conf_t *prev,
    ngx_s3edge_loc_conf_t *conf)
{
    ngx_http_upstream_conf_t  *ucf;

    ngx_conf_merge_msec_value(conf->first_byte, prev->first_byte,
                              NGX_CONF_UNSET_MSEC);

    conf->wait = conf->first_byte;

    if (conf->wait == NGX_CONF_UNSET_MSEC) {

        /* the upstream's settings are the first thing in the module's */

        ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);

        conf->wait = ucf->read_timeout == NGX_S3EDGE_ATTEMPT_READ
                     ? NGX_S3EDGE_ATTEMPT_FIRST_BYTE : ucf->read_timeout;
    }
}


ngx_int_t
ngx_s3edge_attempt_prepare(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_upstream_t    *u;
    ngx_s3edge_attempt_t   *attempt;
    ngx_s3edge_loc_conf_t  *slcf;

    u = r->upstream;

    if (u == NULL
        || u->reinit_request == NULL           /* not set up yet */
        || u->reinit_request == ngx_s3edge_attempt_reinit
        || ngx_s3edge_attempt_find(r) != NULL)
    {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_s3edge_attempt_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_s3edge_attempt_cleanup;

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    attempt = cln->data;
    attempt->request = r;
    attempt->upstream = u;
    attempt->conf = u->conf;
    attempt->waiting = NULL;

    attempt->original_reinit = u->reinit_request;
    u->reinit_request = ngx_s3edge_attempt_reinit;

    if (u->input_filter_init == NULL || slcf->wait == u->conf->read_timeout) {
        attempt->original_init = NULL;
        return NGX_OK;
    }

    attempt->waiting = ngx_s3edge_attempt_waiting(r, slcf);
    if (attempt->waiting == NULL) {
        return NGX_ERROR;
    }

    u->conf = attempt->waiting;

    attempt->original_init = u->input_filter_init;
    u->input_filter_init = ngx_s3edge_attempt_init;

    return NGX_OK;
}


/*
 * The configuration is everybody's, so another one takes its place: that of a
 * location is copied once in a worker, that of another module each time.
 */

static ngx_http_upstream_conf_t *
ngx_s3edge_attempt_waiting(ngx_http_request_t *r, ngx_s3edge_loc_conf_t *slcf)
{
    ngx_http_upstream_conf_t  *conf;

    conf = r->upstream->conf;

    if (conf != ngx_http_get_module_loc_conf(r, ngx_http_proxy_module)) {
        return ngx_s3edge_attempt_copy(r->pool, conf, slcf->wait);
    }

    if (slcf->waiting == NULL) {
        slcf->waiting = ngx_s3edge_attempt_copy(ngx_cycle->pool, conf,
                                                slcf->wait);
    }

    return slcf->waiting;
}


static ngx_http_upstream_conf_t *
ngx_s3edge_attempt_copy(ngx_pool_t *pool, ngx_http_upstream_conf_t *conf,
    ngx_msec_t wait)
{
    ngx_http_upstream_conf_t  *copy;

    copy = ngx_palloc(pool, sizeof(ngx_http_upstream_conf_t));
    if (copy == NULL) {
        return NULL;
    }

    *copy = *conf;
    copy->read_timeout = wait;

    return copy;
}


static ngx_s3edge_attempt_t *
ngx_s3edge_attempt_find(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t    *cln;
    ngx_s3edge_attempt_t  *attempt;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_s3edge_attempt_cleanup) {
            continue;
        }

        attempt = cln->data;

        if (attempt->request == r && attempt->upstream == r->upstream) {
            return attempt;
        }
    }

    return NULL;
}


static void
ngx_s3edge_attempt_cleanup(void *data)
{
    /* marks the entry */
}


/*
 * nginx calls this before a request that was sent goes to the next address,
 * and then sends the bytes in u->request_bufs again; but also before it sends
 * a copy from the cache, when there is nothing to be signed.
 */

static ngx_int_t
ngx_s3edge_attempt_reinit(ngx_http_request_t *r)
{
    ngx_connection_t      *c;
    ngx_s3edge_ctx_t      *ctx;
    ngx_http_upstream_t   *u;
    ngx_s3edge_attempt_t  *attempt;

    attempt = ngx_s3edge_attempt_find(r);

    if (attempt == NULL) {
        return NGX_ERROR;                      /* cannot be */
    }

    if (attempt->original_reinit(r) != NGX_OK) {
        return NGX_ERROR;
    }

    u = r->upstream;
    c = u->peer.connection;

    if (c == NULL || c->sent != 0) {
        return NGX_OK;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_s3edge_module);

    if (ctx == NULL || ctx->origin.authorization.len == 0) {
        return NGX_OK;                         /* it was not signed */
    }

    ngx_s3edge_ctx_again(ctx);

    u->request_bufs = r->request_body ? r->request_body->bufs : NULL;

    return u->create_request(r);
}


/* the header is there: what follows has another time */

static ngx_int_t
ngx_s3edge_attempt_init(void *data)
{
    ngx_http_request_t  *r = data;

    ngx_int_t              rc;
    ngx_http_upstream_t   *u;
    ngx_s3edge_attempt_t  *attempt;

    attempt = ngx_s3edge_attempt_find(r);

    if (attempt == NULL) {
        return NGX_ERROR;                      /* cannot be */
    }

    rc = attempt->original_init(data);

    u = r->upstream;

    /* another module may have put a copy of its own in place of ours */

    if (u->conf == attempt->waiting) {
        u->conf = attempt->conf;

        if (u->pipe != NULL && !ngx_s3edge_attempt_is_whole(u)) {
            u->pipe->read_timeout = u->conf->read_timeout;
        }
    }

    return rc;
}


/* nothing is waited for any more, so nginx need not move its timer */

static ngx_uint_t
ngx_s3edge_attempt_is_whole(ngx_http_upstream_t *u)
{
    return !u->headers_in.chunked
           && u->pipe->length >= 0
           && (off_t) u->pipe->preread_size >= u->pipe->length;
}
