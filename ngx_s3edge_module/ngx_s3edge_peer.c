
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_peer.h"
#include "ngx_s3edge_wire.h"

#include <poll.h>


static ngx_int_t ngx_s3edge_peer_init(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_s3edge_peer_get(ngx_peer_connection_t *pc, void *data);
static ngx_uint_t ngx_s3edge_peer_is_quiet(ngx_connection_t *c);
static ngx_uint_t ngx_s3edge_peer_has_pending(ngx_connection_t *c);
static void ngx_s3edge_peer_close(ngx_connection_t *c);
static void ngx_s3edge_peer_free(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state);
#if (NGX_SSL || NGX_COMPAT)
static ngx_int_t ngx_s3edge_peer_set_session(ngx_peer_connection_t *pc,
    void *data);
static void ngx_s3edge_peer_save_session(ngx_peer_connection_t *pc,
    void *data);
#endif


static ngx_int_t
ngx_s3edge_peer_init(ngx_http_request_t *r, ngx_http_upstream_srv_conf_t *us)
{
    ngx_s3edge_wire_t       *wire;
    ngx_peer_connection_t   *pc;
    ngx_s3edge_peer_conf_t  *conf;

    conf = ngx_http_conf_upstream_srv_conf(us, ngx_s3edge_module);

    if (conf->original_init(r, us) != NGX_OK) {
        return NGX_ERROR;
    }

    wire = ngx_s3edge_wire_find(r);

    if (wire == NULL) {
        return NGX_OK;                         /* not of ours */
    }

    pc = &r->upstream->peer;

    wire->peer_data = pc->data;
    wire->original_get = pc->get;
    wire->original_free = pc->free;

    pc->data = wire;
    pc->get = ngx_s3edge_peer_get;
    pc->free = ngx_s3edge_peer_free;

#if (NGX_SSL || NGX_COMPAT)

    wire->original_set_session = pc->set_session;
    wire->original_save_session = pc->save_session;

    if (pc->set_session != NULL) {
        pc->set_session = ngx_s3edge_peer_set_session;
    }

    if (pc->save_session != NULL) {
        pc->save_session = ngx_s3edge_peer_save_session;
    }

#endif

    return NGX_OK;
}


/* a connection to the same address is made in place of one that is no good */

static ngx_int_t
ngx_s3edge_peer_get(ngx_peer_connection_t *pc, void *data)
{
    ngx_s3edge_wire_t *wire = data;

    ngx_int_t  rc;

    rc = wire->original_get(pc, wire->peer_data);

    if (rc != NGX_DONE || pc->connection == NULL) {
        return rc;
    }

    if (!wire->fresh && ngx_s3edge_peer_is_quiet(pc->connection)) {
        return rc;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "s3edge peer: connection %p is not used again",
                   pc->connection);

    ngx_s3edge_peer_close(pc->connection);

    pc->connection = NULL;
    pc->cached = 0;

    return NGX_OK;
}


/*
 * No byte, end or error is there to be read: of each, poll() tells, for less
 * than to peek costs.
 */

static ngx_uint_t
ngx_s3edge_peer_is_quiet(ngx_connection_t *c)
{
    struct pollfd  fd;

    fd.fd = c->fd;
    fd.events = POLLIN;

    return poll(&fd, 1, 0) == 0 && !ngx_s3edge_peer_has_pending(c);
}


static ngx_uint_t
ngx_s3edge_peer_has_pending(ngx_connection_t *c)
{
#if (NGX_SSL)
    return c->ssl != NULL && SSL_has_pending(c->ssl->connection);
#else
    return 0;
#endif
}


static void
ngx_s3edge_peer_close(ngx_connection_t *c)
{
#if (NGX_SSL)

    if (c->ssl != NULL) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        (void) ngx_ssl_shutdown(c);
    }

#endif

    if (c->pool != NULL) {
        ngx_destroy_pool(c->pool);
    }

    ngx_close_connection(c);
}


static void
ngx_s3edge_peer_free(ngx_peer_connection_t *pc, void *data, ngx_uint_t state)
{
    ngx_s3edge_wire_t *wire = data;

    ngx_connection_t  *c;

    c = pc->connection;

    if (c != NULL
        && (c->number == wire->dirty || ngx_s3edge_peer_has_pending(c)))
    {
        wire->upstream->keepalive = 0;

        /* the server has answered: not what was left of another answer */

        if (wire->fresh && pc->cached) {
            state &= ~NGX_PEER_FAILED;
        }
    }

    wire->original_free(pc, wire->peer_data, state);
}


#if (NGX_SSL || NGX_COMPAT)

static ngx_int_t
ngx_s3edge_peer_set_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_s3edge_wire_t *wire = data;

    return wire->original_set_session(pc, wire->peer_data);
}


static void
ngx_s3edge_peer_save_session(ngx_peer_connection_t *pc, void *data)
{
    ngx_s3edge_wire_t *wire = data;

    wire->original_save_session(pc, wire->peer_data);
}

#endif


void *
ngx_s3edge_peer_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_peer_conf_t));
}


void
ngx_s3edge_peer_watch(ngx_conf_t *cf)
{
    ngx_uint_t                       i;
    ngx_s3edge_peer_conf_t          *conf;
    ngx_http_upstream_srv_conf_t   **us;
    ngx_http_upstream_main_conf_t   *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module);
    us = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {

        if (us[i]->srv_conf == NULL || us[i]->peer.init == NULL) {
            continue;
        }

        conf = ngx_http_conf_upstream_srv_conf(us[i], ngx_s3edge_module);

        conf->original_init = us[i]->peer.init;
        us[i]->peer.init = ngx_s3edge_peer_init;
    }
}
