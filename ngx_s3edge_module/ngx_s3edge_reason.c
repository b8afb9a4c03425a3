
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_reason.h"
#include "ngx_s3edge_wire.h"
#include "s3_error_parse.h"
#include "s3_reply.h"


#define NGX_S3EDGE_REASON_MAX   2048           /* bytes */
#define NGX_S3EDGE_REASON_WAIT  3000           /* milliseconds */


static void ngx_s3edge_reason_begin(ngx_s3edge_wire_t *wire);
static ssize_t ngx_s3edge_reason_recv(ngx_connection_t *c, u_char *buf,
    size_t size);
static ngx_int_t ngx_s3edge_reason_collect(ngx_http_request_t *r,
    ngx_s3edge_wire_t *wire);


ngx_int_t
ngx_s3edge_reason_wait(ngx_http_request_t *r, ngx_s3edge_wire_t *wire)
{
    ngx_int_t             rc;
    ngx_http_upstream_t  *u;

    u = wire->upstream;

    if (wire->ended) {
        u->buffer.last--;
        u->state->bytes_received--;
    }

    rc = ngx_s3edge_reason_collect(r, wire);

    if (rc == NGX_ERROR || rc == NGX_DECLINED) {
        return rc;
    }

    wire->told = (rc == NGX_OK || wire->body.len >= NGX_S3EDGE_REASON_MAX);

    /* a full buffer is an error to nginx */

    if (wire->told || u->buffer.last == u->buffer.end) {
        wire->waits = 0;

        if (wire->original_recv != NULL) {
            u->peer.connection->recv = wire->original_recv;
            wire->original_recv = NULL;
        }

        return NGX_OK;
    }

    if (!wire->timed) {
        ngx_s3edge_reason_begin(wire);
    }

    return NGX_AGAIN;
}


/* nginx gives up when the time is over, as if no header had come */

static void
ngx_s3edge_reason_begin(ngx_s3edge_wire_t *wire)
{
    ngx_connection_t     *c;
    ngx_http_upstream_t  *u;

    u = wire->upstream;
    c = u->peer.connection;

    wire->timed = 1;
    ngx_add_timer(c->read,
                  ngx_min(u->conf->read_timeout, NGX_S3EDGE_REASON_WAIT));

    if (!u->headers_in.chunked && u->headers_in.content_length_n == -1) {
        wire->original_recv = c->recv;
        c->recv = ngx_s3edge_reason_recv;
    }
}


/*
 * The end of a body that has no length is none of the connection's to nginx
 * while it reads a header: it gets a byte, which is taken back.
 */

static ssize_t
ngx_s3edge_reason_recv(ngx_connection_t *c, u_char *buf, size_t size)
{
    ssize_t              n;
    ngx_s3edge_wire_t   *wire;
    ngx_http_request_t  *r;

    r = c->data;
    wire = ngx_s3edge_wire_find(r);

    if (wire == NULL || wire->original_recv == NULL || size == 0) {
        return NGX_ERROR;                      /* cannot be */
    }

    n = wire->original_recv(c, buf, size);

    if (n != 0) {
        return n;
    }

    wire->ended = 1;
    *buf = LF;

    c->read->ready = 1;                        /* to be seen once more */
    c->read->eof = 0;

    return 1;
}


/* NGX_OK: all that tells a code is here; NGX_AGAIN; the others as above */

static ngx_int_t
ngx_s3edge_reason_collect(ngx_http_request_t *r, ngx_s3edge_wire_t *wire)
{
    ngx_int_t             rc;
    s3_str_t              in;
    ngx_http_upstream_t  *u;

    u = wire->upstream;

    in.data = u->buffer.pos;
    in.len = u->buffer.last - u->buffer.pos;

    if (!u->headers_in.chunked && u->headers_in.content_length_n == -1) {
        wire->body.data = in.data;
        wire->body.len = in.len;

        return wire->ended
               || ngx_strlcasestrn(in.data, in.data + in.len,
                                   (u_char *) "</error>", 8 - 1)
                  != NULL
               ? NGX_OK : NGX_AGAIN;
    }

    if (!u->headers_in.chunked) {
        wire->body.data = in.data;
        wire->body.len = (size_t) ngx_min((off_t) in.len,
                                          u->headers_in.content_length_n);

        return (off_t) wire->body.len == u->headers_in.content_length_n
               ? NGX_OK : NGX_AGAIN;
    }

    if (wire->unframed == NULL) {
        wire->unframed = ngx_pnalloc(r->pool, NGX_S3EDGE_REASON_MAX);
        if (wire->unframed == NULL) {
            return NGX_ERROR;
        }
    }

    wire->body.data = wire->unframed;

    rc = s3_reply_chunks(&in, wire->unframed, NGX_S3EDGE_REASON_MAX,
                         &wire->body.len);

    return rc == S3_ERROR ? NGX_DECLINED : rc;
}


ngx_uint_t
ngx_s3edge_reason(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_s3edge_wire_t  *wire;

    wire = ngx_s3edge_wire_find(r);

    if (wire == NULL) {
        ngx_str_null(body);
        return 0;
    }

    *body = wire->body;

    return wire->told;
}


void
ngx_s3edge_reason_code(ngx_http_request_t *r, ngx_str_t *code)
{
    ngx_str_t             body;
    ngx_http_upstream_t  *u;

    u = r->upstream;

    ngx_str_null(code);

    if (ngx_s3edge_is_cached(r)
        || u->headers_in.status_n < NGX_HTTP_SPECIAL_RESPONSE)
    {
        return;
    }

    (void) ngx_s3edge_reason(r, &body);
    (void) s3_error_parse_code(ngx_s3edge_str(&body), ngx_s3edge_str(code));
}
