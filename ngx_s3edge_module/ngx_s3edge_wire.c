
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_wire.h"


static void ngx_s3edge_wire_cleanup(void *data);


ngx_s3edge_wire_t *
ngx_s3edge_wire_add(ngx_http_request_t *r)
{
    ngx_s3edge_wire_t   *wire;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_s3edge_wire_t));
    if (cln == NULL) {
        return NULL;
    }

    wire = cln->data;
    ngx_memzero(wire, sizeof(ngx_s3edge_wire_t));

    wire->upstream = r->upstream;
    cln->handler = ngx_s3edge_wire_cleanup;

    return wire;
}


/* nginx may have forgotten the context of the request, but not its pool */

ngx_s3edge_wire_t *
ngx_s3edge_wire_find(ngx_http_request_t *r)
{
    ngx_s3edge_wire_t   *wire;
    ngx_pool_cleanup_t  *cln;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_s3edge_wire_cleanup) {
            continue;
        }

        wire = cln->data;

        if (wire->upstream == r->upstream) {
            return wire;
        }
    }

    return NULL;
}


static void
ngx_s3edge_wire_cleanup(void *data)
{
    /* marks the entry */
}


void
ngx_s3edge_wire_begin(ngx_s3edge_wire_t *wire)
{
    wire->interim = 0;
    ngx_str_null(&wire->body);

    wire->line = 0;
    wire->header = 0;
    wire->waits = 0;
    wire->timed = 0;
    wire->ended = 0;
    wire->told = 0;
    wire->original_recv = NULL;
}


/* nginx reads this at each point where it decides to keep a connection */

void
ngx_s3edge_wire_distrust(ngx_s3edge_wire_t *wire)
{
    ngx_http_upstream_t  *u;

    u = wire->upstream;

    wire->dirty = u->peer.connection->number;
    u->headers_in.connection_close = 1;
    u->keepalive = 0;
}
