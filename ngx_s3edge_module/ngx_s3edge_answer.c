
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The steps of an answer, each with all that has come so far:
 *
 *   line    what cannot be the status line of HTTP/1 is refused at its first
 *           byte; interim responses are cut out of the buffer, for a file of
 *           the cache begins where the answer does
 *   header  proxy_pass parses; lengths that contradict each other and what
 *           was not asked for are refused
 *   body    of an error: its code decides what it means, so nginx is told to
 *           read on until that has come, for as long as it may take
 *
 * What is refused is, to nginx, an invalid header: the next server, the stale
 * copy, or 502.  From a kept connection it may be the rest of an earlier
 * answer, and nginx is told that the connection broke: it tries a new one.
 */

#include "ngx_s3edge_answer.h"
#include "ngx_s3edge_confirm.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_reason.h"
#include "ngx_s3edge_wire.h"
#include "s3_reply.h"


#define NGX_S3EDGE_ANSWER_INTERIM  32


/* a header that was sent, in lower case */

#define ngx_s3edge_answer_sent(u, text)                                       \
    (ngx_strlcasestrn((u)->request_bufs->buf->start,                          \
                      (u)->request_bufs->buf->last,                           \
                      (u_char *) "\n" text ":", sizeof("\n" text ":") - 2)    \
     != NULL)


static ngx_int_t ngx_s3edge_answer_process(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_answer_original(ngx_http_request_t *r,
    ngx_s3edge_wire_t *wire);
static ngx_int_t ngx_s3edge_answer_reinit(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_answer_line(ngx_http_request_t *r,
    ngx_s3edge_wire_t *wire);
static ngx_int_t ngx_s3edge_answer_early(ngx_http_request_t *r,
    ngx_s3edge_wire_t *wire, ngx_uint_t status);
static ngx_int_t ngx_s3edge_answer_header(ngx_http_request_t *r,
    ngx_s3edge_wire_t *wire);
static ngx_uint_t ngx_s3edge_answer_lengths(ngx_http_upstream_t *u);
static ngx_uint_t ngx_s3edge_answer_is_dirty(ngx_http_upstream_t *u,
    ngx_s3edge_ctx_t *ctx, ngx_uint_t head, ngx_uint_t status);
static ngx_int_t ngx_s3edge_answer_refuse(ngx_http_request_t *r,
    ngx_s3edge_wire_t *wire, char *why);
static ssize_t ngx_s3edge_answer_broken(ngx_connection_t *c, u_char *buf,
    size_t size);


ngx_int_t
ngx_s3edge_answer_guard(ngx_http_request_t *r)
{
    ngx_s3edge_wire_t    *wire;
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (u == NULL
        || u->process_header == NULL
        || u->process_header == ngx_s3edge_answer_process
        || ngx_s3edge_wire_find(r) != NULL)
    {
        return NGX_OK;
    }

    wire = ngx_s3edge_wire_add(r);
    if (wire == NULL) {
        return NGX_ERROR;
    }

    wire->original_process = u->process_header;
    wire->original_reinit = u->reinit_request;

    u->process_header = ngx_s3edge_answer_process;
    u->reinit_request = ngx_s3edge_answer_reinit;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_answer_process(ngx_http_request_t *r)
{
    ngx_int_t           rc;
#if (NGX_HTTP_CACHE)
    ngx_connection_t   *c;
#endif
    ngx_s3edge_wire_t  *wire;

    wire = ngx_s3edge_wire_find(r);

    if (wire == NULL) {
        return NGX_ERROR;                      /* cannot be */
    }

#if (NGX_HTTP_CACHE)

    /* the header of a stored file says nothing of the connection */

    if (r->cached) {
        rc = ngx_s3edge_answer_original(r, wire);

        c = wire->upstream->peer.connection;

        if (c != NULL && c->number == wire->dirty) {
            ngx_s3edge_wire_distrust(wire);
        }

        return rc;
    }

#endif

    if (!wire->line) {
        rc = ngx_s3edge_answer_line(r, wire);

        if (rc != NGX_OK) {
            return rc;
        }

        wire->line = 1;
    }

    if (!wire->header) {
        rc = ngx_s3edge_answer_original(r, wire);

        if (rc != NGX_OK) {
            return rc;
        }

        wire->header = 1;

        rc = ngx_s3edge_answer_header(r, wire);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (!wire->waits) {
        return NGX_OK;
    }

    rc = ngx_s3edge_reason_wait(r, wire);

    return rc == NGX_DECLINED
           ? ngx_s3edge_answer_refuse(r, wire, "chunks that are none") : rc;
}


static ngx_int_t
ngx_s3edge_answer_original(ngx_http_request_t *r, ngx_s3edge_wire_t *wire)
{
    ngx_int_t             rc;
    ngx_http_upstream_t  *u;

    u = wire->upstream;

    rc = wire->original_process(r);

    if (u->process_header != ngx_s3edge_answer_process) {
        wire->original_process = u->process_header;
        u->process_header = ngx_s3edge_answer_process;
    }

    return rc;
}


static ngx_int_t
ngx_s3edge_answer_reinit(ngx_http_request_t *r)
{
    ngx_int_t             rc;
    ngx_s3edge_wire_t    *wire;
    ngx_http_upstream_t  *u;

    wire = ngx_s3edge_wire_find(r);

    if (wire == NULL) {
        return NGX_ERROR;                      /* cannot be */
    }

    u = wire->upstream;

    rc = wire->original_reinit(r);

    if (u->process_header != ngx_s3edge_answer_process) {
        wire->original_process = u->process_header;
        u->process_header = ngx_s3edge_answer_process;
    }

    ngx_s3edge_wire_begin(wire);

    return rc;
}


static ngx_int_t
ngx_s3edge_answer_line(ngx_http_request_t *r, ngx_s3edge_wire_t *wire)
{
    int         rc;
    size_t      len;
    unsigned    status;
    s3_str_t    in;
    ngx_buf_t  *b;

    b = &wire->upstream->buffer;

    for ( ;; ) {
        in.data = b->pos;
        in.len = b->last - b->pos;

        rc = s3_reply_status(&in, &status);

        if (rc == S3_ERROR) {
            return ngx_s3edge_answer_refuse(r, wire, "no HTTP response");
        }

        if (rc == S3_AGAIN) {
            return NGX_AGAIN;
        }

        if (status >= NGX_HTTP_OK) {
            return ngx_s3edge_answer_early(r, wire, status);
        }

        if (status == NGX_HTTP_SWITCHING_PROTOCOLS) {
            return ngx_s3edge_answer_refuse(r, wire, "another protocol");
        }

        if (s3_reply_head(&in, &len) != S3_OK) {
            return NGX_AGAIN;
        }

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "s3edge passes over an interim response: %ui",
                       (ngx_uint_t) status);

        if (++wire->interim > NGX_S3EDGE_ANSWER_INTERIM) {
            return ngx_s3edge_answer_refuse(r, wire,
                                          "too many interim responses");
        }

        ngx_memmove(b->pos, b->pos + len, in.len - len);
        b->last -= len;
    }
}


/*
 * An answer to nobody: the request had not left us yet, or has not come there.
 * That an origin is too busy, it may say before.
 */

static ngx_int_t
ngx_s3edge_answer_early(ngx_http_request_t *r, ngx_s3edge_wire_t *wire,
    ngx_uint_t status)
{
    ngx_http_upstream_t  *u;

    u = wire->upstream;

    if (!u->request_body_sent) {
        ngx_s3edge_wire_distrust(wire);

        return status < NGX_HTTP_BAD_REQUEST
               ? ngx_s3edge_answer_refuse(r, wire,
                                        "a response before the request")
               : NGX_OK;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_answer_header(ngx_http_request_t *r, ngx_s3edge_wire_t *wire)
{
    ngx_uint_t            head, status;
    ngx_s3edge_ctx_t     *ctx;
    ngx_http_upstream_t  *u;

    u = wire->upstream;
    ctx = ngx_http_get_module_ctx(r, ngx_s3edge_module);

    if (ctx == NULL) {
        return NGX_ERROR;                      /* cannot be */
    }

    status = u->headers_in.status_n;

    if (!ngx_s3edge_answer_lengths(u)) {
        return ngx_s3edge_answer_refuse(r, wire, "a length that is none");
    }

    if (status == NGX_HTTP_PARTIAL_CONTENT
        && ctx->req.query.len == 0
        && !ngx_s3edge_answer_sent(u, "range"))
    {
        return ngx_s3edge_answer_refuse(r, wire, "a part without being asked");
    }

    if (status == NGX_HTTP_NOT_MODIFIED
        && ngx_s3edge_confirm(r, ctx,
                              ngx_s3edge_answer_sent(u, "if-none-match")
                              || ngx_s3edge_answer_sent(u, "if-modified-since"))
           == NGX_ERROR)
    {
        return ngx_s3edge_answer_refuse(r, wire, "304 without being asked");
    }

    head = ngx_strncmp(u->request_bufs->buf->start, "HEAD ", 5) == 0;

    if (ngx_s3edge_answer_is_dirty(u, ctx, head, status)) {
        ngx_s3edge_wire_distrust(wire);
    }

    wire->waits = !head
                  && status >= NGX_HTTP_SPECIAL_RESPONSE
                  && status != NGX_HTTP_NOT_MODIFIED;

    wire->told = head;

    return NGX_OK;
}


/*
 * RFC 9112, 6.3.  Of two lengths nginx takes the last one, or none; as from
 * 1.23 it refuses them itself.
 */

static ngx_uint_t
ngx_s3edge_answer_lengths(ngx_http_upstream_t *u)
{
    ngx_uint_t                 n;
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    static ngx_str_t  length = ngx_string("content-length");
    static ngx_str_t  encoding = ngx_string("transfer-encoding");

    n = 0;

    ngx_s3edge_header_walk(&walk, &u->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {

        if (ngx_s3edge_header_is(h, &length)) {
            if (ngx_atoof(h->value.data, h->value.len) == NGX_ERROR) {
                return 0;
            }

            n++;
        }

        if (ngx_s3edge_header_is(h, &encoding)) {
            if (h->value.len != 7
                || ngx_strncasecmp(h->value.data, (u_char *) "chunked", 7) != 0)
            {
                return 0;
            }

            n++;
        }
    }

    return n <= 1;
}


/*
 * A response that has no body leaves nothing behind it.  Some servers write
 * one all the same (RGW after "HEAD ?acl", Swift the end of chunks after the
 * error of a HEAD), perhaps later, so that none is kept that says it has.
 */

static ngx_uint_t
ngx_s3edge_answer_is_dirty(ngx_http_upstream_t *u, ngx_s3edge_ctx_t *ctx,
    ngx_uint_t head, ngx_uint_t status)
{
    off_t       length;
    ngx_uint_t  chunked;

    length = u->headers_in.content_length_n;
    chunked = u->headers_in.chunked;

    if (status == NGX_HTTP_NO_CONTENT || status == NGX_HTTP_NOT_MODIFIED) {
        return chunked || length > 0 || u->buffer.pos != u->buffer.last;
    }

    if (head) {
        return chunked
               || !ctx->req.op->cacheable
               || (status >= NGX_HTTP_SPECIAL_RESPONSE && length != 0)
               || u->buffer.pos != u->buffer.last;
    }

    return !chunked && length == 0 && u->buffer.pos != u->buffer.last;
}


static ngx_int_t
ngx_s3edge_answer_refuse(ngx_http_request_t *r, ngx_s3edge_wire_t *wire,
    char *why)
{
    ngx_connection_t     *c;
    ngx_http_upstream_t  *u;

    u = wire->upstream;
    c = u->peer.connection;

    ngx_s3edge_wire_distrust(wire);

    if (!u->peer.cached || wire->fresh) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "s3edge origin sent %s", why);

        return NGX_HTTP_UPSTREAM_INVALID_HEADER;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "s3edge origin sent %s over a connection that was kept: "
                  "another one is tried", why);

    wire->fresh = 1;

    u->buffer.pos = u->buffer.start;
    u->buffer.last = u->buffer.start;
    c->recv = ngx_s3edge_answer_broken;

    return NGX_AGAIN;
}


static ssize_t
ngx_s3edge_answer_broken(ngx_connection_t *c, u_char *buf, size_t size)
{
    c->read->error = 1;

    return NGX_ERROR;
}
