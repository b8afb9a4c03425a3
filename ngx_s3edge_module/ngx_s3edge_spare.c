
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_spare.h"
#include "ngx_s3edge_error.h"
#include "ngx_s3edge_flight.h"
#include "ngx_s3edge_mem.h"
#include "ngx_s3edge_prior.h"
#include "ngx_s3edge_range.h"
#include "ngx_s3edge_zone.h"


static ngx_int_t ngx_s3edge_spare_not_modified(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_spare_make(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_arena_place_t *place, size_t offset,
    size_t len);
static void ngx_s3edge_spare_copy(ngx_s3edge_ctx_t *ctx,
    s3_arena_place_t *place, size_t offset, size_t len, u_char *dst);


ngx_int_t
ngx_s3edge_spare(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    off_t              offset, len, size;
    ngx_int_t          rc;
    ngx_uint_t         status;
    s3_arena_place_t   place;

    status = r->err_status ? r->err_status : r->headers_out.status;

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "s3edge origin of bucket \"%V\" failed, %ui: the stale copy "
                  "in memory is served", &ctx->req.bucket->node.str, status);

    ngx_s3edge_prior_restore(r, ctx, NULL);
    r->err_status = 0;

    if (ngx_s3edge_mem_header(r, ctx, &place) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_s3edge_mem_is_spare(ctx);
    ngx_s3edge_flight_fail(ctx);

    size = r->headers_out.content_length_n;
    status = ngx_s3edge_range_judge(r, ctx, &offset, &len);

    switch (status) {

    case NGX_HTTP_NOT_MODIFIED:
        len = 0;
        rc = ngx_s3edge_spare_not_modified(r);
        break;

    case NGX_HTTP_PARTIAL_CONTENT:
        r->headers_out.status = status;
        ngx_http_clear_content_length(r);
        r->headers_out.content_length_n = len;
        rc = ngx_s3edge_range_content(r, offset, len, size);
        break;

    case NGX_HTTP_PRECONDITION_FAILED:
        return ngx_s3edge_error_replace(r, ctx, S3_ERR_PRECONDITION_FAILED,
                                        status);

    case NGX_HTTP_RANGE_NOT_SATISFIABLE:
        if (ngx_s3edge_range_content(r, 0, 0, size) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_s3edge_error_replace(r, ctx, S3_ERR_INVALID_RANGE, status);

    default: /* NGX_HTTP_OK */
        rc = NGX_OK;
        break;
    }

    return rc == NGX_OK ? ngx_s3edge_spare_make(r, ctx, &place, offset, len)
                        : rc;
}


static ngx_int_t
ngx_s3edge_spare_not_modified(ngx_http_request_t *r)
{
    r->headers_out.status = NGX_HTTP_NOT_MODIFIED;
    r->headers_out.content_type.len = 0;

    ngx_http_clear_content_length(r);

    if (r->headers_out.content_encoding != NULL) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

    return NGX_OK;
}


/*
 * What comes in at the body filter has passed the one that copies for those
 * who write to a body (charset), so it is copied here.
 */

static ngx_int_t
ngx_s3edge_spare_make(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_arena_place_t *place, size_t offset, size_t len)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    b = len ? ngx_create_temp_buf(r->pool, len) : ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    if (len) {
        ngx_s3edge_spare_copy(ctx, place, offset, len, b->pos);
        b->last += len;
    }

    b->last_buf = (r == r->main);
    b->last_in_chain = 1;
    b->sync = !b->last_buf && len == 0;

    cl->buf = b;
    cl->next = NULL;

    ctx->copy.body = cl;

    return NGX_OK;
}


static void
ngx_s3edge_spare_copy(ngx_s3edge_ctx_t *ctx, s3_arena_place_t *place,
    size_t offset, size_t len, u_char *dst)
{
    size_t        n;
    u_char       *p;
    s3_arena_t   *arena;

    p = s3_mem_plain(ctx->copy.entry);

    if (p != NULL) {
        ngx_memcpy(dst, p + ctx->copy.entry->head_len + offset, len);
        return;
    }

    arena = &ctx->copy.shard->mem->arena;

    while (offset) {
        offset -= s3_arena_run(arena, place, offset, &p);
    }

    while (len) {
        n = s3_arena_run(arena, place, len, &p);
        dst = ngx_cpymem(dst, p, n);
        len -= n;
    }
}


ngx_chain_t *
ngx_s3edge_spare_body(ngx_s3edge_ctx_t *ctx)
{
    if (ctx->copy.body_sent) {
        return NULL;
    }

    ctx->copy.body_sent = 1;

    return ctx->copy.body;
}
