
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_update.h"
#include "ngx_s3edge_twin.h"


/* worker_connections are scarce where fewer than this part of them are free */

#define NGX_S3EDGE_UPDATE_SPARE  4

#define NGX_S3EDGE_UPDATE_FLAGS                                               \
    (NGX_HTTP_SUBREQUEST_CLONE|NGX_HTTP_SUBREQUEST_BACKGROUND)


static ngx_http_request_t *ngx_s3edge_update_start(ngx_http_request_t *r);
static ngx_connection_t *ngx_s3edge_update_connect(ngx_http_request_t *r);
static ngx_socket_t ngx_s3edge_update_socket(ngx_log_t *log);
static ngx_log_t *ngx_s3edge_update_log(ngx_connection_t *client,
    ngx_pool_t *pool);
static ngx_int_t ngx_s3edge_update_dress(ngx_http_request_t *r,
    ngx_connection_t *c);
static void ngx_s3edge_update_count(ngx_http_request_t *twin);
static void ngx_s3edge_update_handler(ngx_event_t *ev);
static ssize_t ngx_s3edge_update_send(ngx_connection_t *c, u_char *buf,
    size_t size);
static ngx_chain_t *ngx_s3edge_update_send_chain(ngx_connection_t *c,
    ngx_chain_t *in, off_t limit);
#if (NGX_HTTP_CACHE)
static ngx_http_posted_request_t **ngx_s3edge_update_posted(
    ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_update_claim(ngx_http_request_t *r,
    ngx_http_request_t *twin);
static void ngx_s3edge_update_unclaim(void *data);
#endif


/*
 * Counters of stub_status: nginx may have them, and closes connections
 * accordingly, though the module was built without.
 */

extern ngx_atomic_t  *ngx_stat_active __attribute__((weak));
extern ngx_atomic_t  *ngx_stat_requests __attribute__((weak));
extern ngx_atomic_t  *ngx_stat_reading __attribute__((weak));
extern ngx_atomic_t  *ngx_stat_writing __attribute__((weak));


ngx_int_t
ngx_s3edge_update(ngx_http_request_t *r)
{
    unsigned             in_memory;
    ngx_int_t            rc;
    ngx_http_request_t  *sr;

    if (ngx_s3edge_update_start(r) != NULL) {
        return NGX_OK;
    }

    /* such a one may have none of its own, for their output; this has none */

    in_memory = r->subrequest_in_memory;
    r->subrequest_in_memory = 0;

    rc = ngx_http_subrequest(r, &r->uri, &r->args, &sr, NULL,
                             NGX_S3EDGE_UPDATE_FLAGS);

    r->subrequest_in_memory = in_memory;

    return rc;
}


/* NULL: it cannot be, and nothing has changed */

static ngx_http_request_t *
ngx_s3edge_update_start(ngx_http_request_t *r)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *twin, *sr;

    c = ngx_s3edge_update_connect(r);
    if (c == NULL) {
        return NULL;
    }

    twin = ngx_http_create_request(c);
    if (twin == NULL) {
        ngx_http_close_connection(c);
        return NULL;
    }

    ngx_s3edge_update_count(twin);

    twin->logged = 1;
    twin->done = 1;
    twin->read_event_handler = ngx_http_request_empty_handler;
    twin->write_event_handler = ngx_http_request_empty_handler;

    if (ngx_s3edge_twin(r, twin) != NGX_OK
        || ngx_http_subrequest(twin, &twin->uri, &twin->args, &sr, NULL,
                               NGX_S3EDGE_UPDATE_FLAGS)
           != NGX_OK
#if (NGX_HTTP_CACHE)
        || ngx_s3edge_update_claim(r, twin) != NGX_OK
#endif
       )
    {
        ngx_http_free_request(twin, 0);
        ngx_http_close_connection(c);
        return NULL;
    }

    /* the twin itself has ended; its connection runs what is left */

    twin->count--;
    twin->posted_requests = NULL;
    c->data = sr;

    ngx_post_event(c->write, &ngx_posted_events);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "s3edge update: \"%V\" on connection %d", &r->uri, c->fd);

    return sr;
}


static ngx_connection_t *
ngx_s3edge_update_connect(ngx_http_request_t *r)
{
    ngx_log_t                 *log;
    ngx_pool_t                *pool;
    ngx_socket_t               s;
    ngx_connection_t          *c, *client;
    ngx_http_core_srv_conf_t  *cscf;

    client = r->connection;

    if (ngx_cycle->free_connection_n
        < ngx_cycle->connection_n / NGX_S3EDGE_UPDATE_SPARE)
    {
        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, client->log, 0,
                       "s3edge update: connections are scarce");
        return NULL;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    pool = ngx_create_pool(cscf->connection_pool_size, client->log);
    if (pool == NULL) {
        return NULL;
    }

    log = ngx_s3edge_update_log(client, pool);

    s = (log != NULL) ? ngx_s3edge_update_socket(log) : (ngx_socket_t) -1;

    if (s == (ngx_socket_t) -1) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    c = ngx_get_connection(s, log);

    if (c == NULL) {
        if (ngx_close_socket(s) == -1) {
            ngx_log_error(NGX_LOG_ALERT, client->log, ngx_socket_errno,
                          ngx_close_socket_n " failed");
        }

        ngx_destroy_pool(pool);
        return NULL;
    }

    c->pool = pool;

    if (&ngx_stat_active != NULL) {
        (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
    }

    if (ngx_s3edge_update_dress(r, c) != NGX_OK) {
        ngx_http_close_connection(c);
        return NULL;
    }

    return c;
}


/* of nobody: nothing can be read from it, and it never ends */

static ngx_socket_t
ngx_s3edge_update_socket(ngx_log_t *log)
{
    ngx_socket_t  s;

    s = ngx_socket(AF_UNIX, SOCK_DGRAM, 0);

    if (s == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_socket_errno,
                      ngx_socket_n " failed, an update holds its client");
        return s;
    }

    if (ngx_nonblocking(s) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      ngx_nonblocking_n " failed");

        if (ngx_close_socket(s) == -1) {
            ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                          ngx_close_socket_n " failed");
        }

        return (ngx_socket_t) -1;
    }

    return s;
}


static ngx_log_t *
ngx_s3edge_update_log(ngx_connection_t *client, ngx_pool_t *pool)
{
    ngx_log_t           *log;
    ngx_http_log_ctx_t  *ctx;

    log = ngx_palloc(pool, sizeof(ngx_log_t));
    if (log == NULL) {
        return NULL;
    }

    ctx = ngx_pcalloc(pool, sizeof(ngx_http_log_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    *log = *client->log;
    log->data = ctx;
    log->action = "updating a stale copy";

    ctx->connection = client;

    pool->log = log;

    return log;
}


/* for logs and variables it is the client's connection */

static ngx_int_t
ngx_s3edge_update_dress(ngx_http_request_t *r, ngx_connection_t *c)
{
    ngx_connection_t       *client;
    ngx_http_log_ctx_t     *ctx;
    ngx_http_connection_t  *hc;

    client = r->connection;

    ctx = c->log->data;
    ctx->connection = c;

    if (ngx_connection_local_sockaddr(client, NULL, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    hc = ngx_pcalloc(c->pool, sizeof(ngx_http_connection_t));
    c->sockaddr = ngx_palloc(c->pool, client->socklen);
    c->local_sockaddr = ngx_palloc(c->pool, client->local_socklen);
    c->addr_text.data = ngx_pstrdup(c->pool, &client->addr_text);

    if (hc == NULL
        || c->sockaddr == NULL
        || c->local_sockaddr == NULL
        || c->addr_text.data == NULL)
    {
        return NGX_ERROR;
    }

    hc->addr_conf = r->main->http_connection->addr_conf;
    hc->conf_ctx = r->main->http_connection->conf_ctx;

    ngx_memcpy(c->sockaddr, client->sockaddr, client->socklen);
    ngx_memcpy(c->local_sockaddr, client->local_sockaddr,
               client->local_socklen);

    c->data = hc;
    c->type = SOCK_STREAM;
    c->listening = client->listening;
    c->socklen = client->socklen;
    c->local_socklen = client->local_socklen;
    c->addr_text.len = client->addr_text.len;
    c->number = client->number;
    c->requests = client->requests - 1;
    c->start_time = client->start_time;
    c->log_error = NGX_ERROR_INFO;

    c->recv = ngx_recv;
    c->recv_chain = ngx_recv_chain;
    c->send = ngx_s3edge_update_send;
    c->send_chain = ngx_s3edge_update_send_chain;

    c->sndlowat = 1;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;

    c->read->handler = ngx_s3edge_update_handler;
    c->read->log = c->log;
    c->read->eof = 1;

    c->write->handler = ngx_s3edge_update_handler;
    c->write->log = c->log;
    c->write->ready = 1;

    return NGX_OK;
}


/* it is nothing that was asked for, nor does anybody read it */

static void
ngx_s3edge_update_count(ngx_http_request_t *twin)
{
    if (!twin->stat_reading) {
        return;
    }

    (void) ngx_atomic_fetch_add(ngx_stat_requests, -1);

    (void) ngx_atomic_fetch_add(ngx_stat_reading, -1);
    twin->stat_reading = 0;

    (void) ngx_atomic_fetch_add(ngx_stat_writing, 1);
    twin->stat_writing = 1;
}


/* as nginx's own, which cannot be called */

static void
ngx_s3edge_update_handler(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;
    ngx_http_log_ctx_t  *ctx;

    c = ev->data;
    r = c->data;

    ctx = c->log->data;
    ctx->current_request = r;

    if (c->close) {                            /* worker_shutdown_timeout */

        /* what nginx ends with it counts as well, before nginx is done */

        r->main->count++;
        ngx_http_finalize_request(r, NGX_ERROR);
        ngx_http_run_posted_requests(c);
        return;
    }

    if (ev->delayed && ev->timedout) {
        ev->delayed = 0;
        ev->timedout = 0;
    }

    if (ev->write) {
        r->write_event_handler(r);

    } else {
        r->read_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


static ssize_t
ngx_s3edge_update_send(ngx_connection_t *c, u_char *buf, size_t size)
{
    return size;
}


static ngx_chain_t *
ngx_s3edge_update_send_chain(ngx_connection_t *c, ngx_chain_t *in,
    off_t limit)
{
    ngx_chain_t  *cl;

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    return NULL;
}


#if (NGX_HTTP_CACHE)

void
ngx_s3edge_update_detach(ngx_http_request_t *r)
{
    ngx_http_request_t          *sr;
    ngx_http_posted_request_t  **posted;

    if (!r->cache->background || !r->cache->updating) {
        return;
    }

    posted = ngx_s3edge_update_posted(r);
    if (posted == NULL) {
        return;
    }

    sr = ngx_s3edge_update_start(r);
    if (sr == NULL) {
        return;
    }

    sr->header_only = (*posted)->request->header_only;

    /* nginx's has not begun yet, and will not */

    *posted = (*posted)->next;
    r->main->count--;
}


static ngx_http_posted_request_t **
ngx_s3edge_update_posted(ngx_http_request_t *r)
{
    ngx_http_request_t          *sr;
    ngx_http_posted_request_t  **posted;

    for (posted = &r->main->posted_requests;
         *posted != NULL;
         posted = &(*posted)->next)
    {
        sr = (*posted)->request;

        if (sr->parent == r && ngx_s3edge_is_update(sr)) {
            return posted;
        }
    }

    return NULL;
}


/*
 * nginx marks the node of a file that is being updated, and takes the mark off
 * with the request that put it there.  That is the twin from now on.
 */

static ngx_int_t
ngx_s3edge_update_claim(ngx_http_request_t *r, ngx_http_request_t *twin)
{
    ngx_http_cache_t    *cache;
    ngx_pool_cleanup_t  *cln;

    if (r->cache == NULL || !r->cache->background || !r->cache->updating) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(twin->pool, sizeof(ngx_http_cache_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cache = cln->data;
    ngx_memzero(cache, sizeof(ngx_http_cache_t));

    cache->file.fd = NGX_INVALID_FILE;
    cache->file.log = twin->connection->log;
    cache->file_cache = r->cache->file_cache;
    cache->node = r->cache->node;
    cache->min_uses = r->cache->min_uses;
    cache->lock_time = r->cache->lock_time;
    cache->updating = 1;

    ngx_shmtx_lock(&cache->file_cache->shpool->mutex);
    cache->node->count++;
    ngx_shmtx_unlock(&cache->file_cache->shpool->mutex);

    cln->handler = ngx_s3edge_update_unclaim;

    r->cache->updating = 0;

    return NGX_OK;
}


static void
ngx_s3edge_update_unclaim(void *data)
{
    ngx_http_cache_t  *cache = data;

    ngx_http_file_cache_free(cache, NULL);
}

#endif
