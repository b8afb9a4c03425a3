
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_fill.h"
#include "ngx_s3edge_fields.h"
#include "ngx_s3edge_zone.h"


struct ngx_s3edge_fill_s {
    ngx_s3edge_shard_t   *shard;
    s3_mem_entry_t       *entry;           /* NULL: done, or given up */
    s3_arena_place_t      place;
    size_t                left;
};


static off_t ngx_s3edge_fill_length(ngx_http_request_t *r);
static void ngx_s3edge_fill_publish(ngx_s3edge_fill_t *fill);
static void ngx_s3edge_fill_abort(void *data);


ngx_uint_t
ngx_s3edge_fill_fits(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    off_t  length;

    length = ngx_s3edge_fill_length(r);

    return length >= 0 && length <= (off_t) ctx->copy.shard->memory->max_object;
}


ngx_int_t
ngx_s3edge_fill_begin(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_s3edge_fill_times_t *times)
{
    ngx_int_t            rc;
    ngx_str_t            head;
    s3_mem_object_t      object;
    s3_arena_place_t     place;
    ngx_s3edge_fill_t   *fill;
    ngx_pool_cleanup_t  *cln;

    rc = ngx_s3edge_fields_write(r, &head);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_s3edge_fill_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&object, sizeof(s3_mem_object_t));

    object.hash = ctx->copy.hash;
    object.key = *ngx_s3edge_str(&ctx->copy.key);
    object.head_len = head.len;
    object.body_len = ngx_s3edge_fill_length(r);
    object.now = ngx_time();
    object.date = times->date;
    object.valid = times->valid;
    object.updating = times->updating;
    object.error = times->error;
    object.seen = ctx->copy.seen;

    fill = cln->data;
    fill->shard = ctx->copy.shard;
    fill->left = object.body_len;

    ngx_s3edge_zone_lock(fill->shard);

    fill->entry = s3_mem_begin(fill->shard->mem, fill->shard->slot, &object,
                               &place);

    ngx_s3edge_zone_unlock(fill->shard);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "s3edge fill of %uz bytes: %d", fill->left,
                   fill->entry != NULL);

    if (fill->entry == NULL) {
        return NGX_OK;
    }

    s3_arena_write(&fill->shard->mem->arena, &place, head.data, head.len);

    fill->place = place;
    cln->handler = ngx_s3edge_fill_abort;
    ctx->copy.fill = fill;

    if (fill->left == 0) {
        ngx_s3edge_fill_publish(fill);
        return NGX_OK;
    }

    /* from disk: a copy needs bytes */

    r->filter_need_in_memory = 1;

    return NGX_OK;
}


/* the origin's: others may make a body longer, or take its length away */

static off_t
ngx_s3edge_fill_length(ngx_http_request_t *r)
{
    off_t  length;

    length = r->upstream->headers_in.content_length_n;

    return length != -1 ? length : r->headers_out.content_length_n;
}


ngx_uint_t
ngx_s3edge_fill_is_done(ngx_s3edge_fill_t *fill)
{
    return fill->entry == NULL && fill->left == 0;
}


void
ngx_s3edge_fill_body(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_chain_t *in)
{
    size_t              n;
    ngx_buf_t          *b;
    ngx_chain_t        *cl;
    ngx_s3edge_fill_t  *fill;

    fill = ctx->copy.fill;

    for (cl = in; cl && fill->entry != NULL; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_special(b)) {
            continue;
        }

        n = ngx_buf_in_memory(b) ? (size_t) (b->last - b->pos) : 0;

        /* more than was said, or bytes that are not here */

        if (n > fill->left || !ngx_buf_in_memory(b)) {
            ngx_s3edge_fill_abort(fill);
            return;
        }

        s3_arena_write(&fill->shard->mem->arena, &fill->place, b->pos, n);
        fill->left -= n;

        if (fill->left == 0) {
            ngx_s3edge_fill_publish(fill);
        }
    }
}


static void
ngx_s3edge_fill_publish(ngx_s3edge_fill_t *fill)
{
    ngx_s3edge_zone_lock(fill->shard);

    s3_mem_publish(fill->shard->mem, fill->entry);

    ngx_s3edge_zone_unlock(fill->shard);

    fill->entry = NULL;
}


static void
ngx_s3edge_fill_abort(void *data)
{
    ngx_s3edge_fill_t  *fill = data;

    if (fill->entry == NULL) {
        return;
    }

    ngx_s3edge_zone_lock(fill->shard);

    s3_mem_abort(fill->shard->mem, fill->entry);

    ngx_s3edge_zone_unlock(fill->shard);

    fill->entry = NULL;
}
