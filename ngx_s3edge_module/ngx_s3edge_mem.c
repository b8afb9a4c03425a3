
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_mem.h"
#include "ngx_s3edge_disk.h"
#include "ngx_s3edge_fields.h"
#include "ngx_s3edge_flight.h"
#include "ngx_s3edge_handler.h"
#include "ngx_s3edge_lookup.h"
#include "ngx_s3edge_prior.h"
#include "ngx_s3edge_loop.h"
#include "ngx_s3edge_update.h"
#include "ngx_s3edge_zone.h"
#include "s3_prefetch.h"


typedef enum {
    NGX_S3EDGE_MEM_MISS = 0,
    NGX_S3EDGE_MEM_HIT,
    NGX_S3EDGE_MEM_STALE,                  /* and this request updates it */
    NGX_S3EDGE_MEM_UPDATING,               /* and another one does */
    NGX_S3EDGE_MEM_SPARE                   /* in case that the origin fails */
} ngx_s3edge_mem_state_e;


typedef struct {
    ngx_s3edge_shard_t         *shard;
    s3_pin_t                    pin;
    ngx_http_request_t         *request;   /* subrequests share a pool */
    ngx_str_t                  *served;    /* ctx->copy.served */
} ngx_s3edge_mem_pin_t;


static ngx_int_t ngx_s3edge_mem_find(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_s3edge_mem_state_e *state);
static ngx_s3edge_mem_state_e ngx_s3edge_mem_state(ngx_s3edge_ctx_t *ctx,
    s3_mem_entry_t *entry);
static void ngx_s3edge_mem_cleanup(void *data);
static ngx_int_t ngx_s3edge_mem_send(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_s3edge_mem_state_e state);
static ngx_chain_t *ngx_s3edge_mem_chain(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_arena_place_t *place);


static ngx_str_t  ngx_s3edge_mem_status[] = {
    ngx_string("MISS"),
    ngx_string("HIT"),
    ngx_string("STALE"),
    ngx_string("UPDATING"),
    ngx_string("STALE")
};


ngx_int_t
ngx_s3edge_mem_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_s3edge_ctx_t        *ctx;
    ngx_s3edge_loc_conf_t   *slcf;
    ngx_s3edge_mem_state_e   state;

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    if (slcf->mode == NGX_S3EDGE_OFF) {
        return NGX_DECLINED;
    }

    ctx = ngx_s3edge_handler_settle(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_s3edge_handler(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    /* of a request that is repeated nothing holds: it may have another key */

    ctx->copy.entry = NULL;
    ctx->copy.served = NULL;
    ctx->copy.seen = 0;
    ctx->copy.anew = ngx_s3edge_is_update(r);

    if (ngx_s3edge_prior_keep(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* nor does a key from before a wait */

    if (ngx_s3edge_lookup_settle(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->copy.shard != NULL) {

        if (slcf->bypass != NULL) {
            rc = ngx_http_test_predicates(r, slcf->bypass);

            if (rc == NGX_ERROR) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            ctx->copy.anew |= (rc == NGX_DECLINED);
        }

        if (ngx_s3edge_mem_find(r, ctx, &state) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (ctx->copy.served != NULL) {

            ngx_s3edge_flight_quit(ctx);

            return ngx_s3edge_mem_send(r, ctx, state);
        }
    }

    if (ngx_s3edge_loop_is(r, ctx)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "s3edge: the origin of bucket \"%V\" leads back to it",
                      &ctx->req.bucket->node.str);

        return ngx_s3edge_handler_refuse(r, ctx, S3_ERR_LOOP);
    }

    rc = ngx_s3edge_flight_join(r, ctx);

    if (rc != NGX_OK) {
        return rc == NGX_AGAIN ? rc : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* where nothing keeps the whole object, the client gets what it asks */

    if (!ngx_s3edge_disk_is_used(r)) {
        ngx_s3edge_disk_bypass(ctx);
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_s3edge_mem_find(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_s3edge_mem_state_e *state)
{
    s3_mem_entry_t        *entry;
    ngx_pool_cleanup_t    *cln;
    ngx_s3edge_shard_t    *shard;
    ngx_s3edge_mem_pin_t  *pinned;

    shard = ctx->copy.shard;
    *state = NGX_S3EDGE_MEM_MISS;

    if (ngx_s3edge_is_update(r)) {
        ctx->copy.seen = 1;
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_s3edge_mem_pin_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    pinned = cln->data;
    pinned->shard = shard;
    pinned->request = r;
    pinned->served = NULL;

    ngx_s3edge_zone_lock(shard);

    entry = s3_mem_find(shard->mem, ctx->copy.hash,
                        ngx_s3edge_str(&ctx->copy.key));

    if (entry != NULL) {
        *state = ctx->copy.anew ? NGX_S3EDGE_MEM_MISS
                                : ngx_s3edge_mem_state(ctx, entry);

        if (*state != NGX_S3EDGE_MEM_MISS
            && s3_pin(shard->mem, shard->slot, entry, &pinned->pin) != S3_OK)
        {
            *state = NGX_S3EDGE_MEM_MISS;
        }

        ctx->copy.seen = 1;

    } else {
        ctx->copy.seen = s3_mem_seen(shard->mem, ctx->copy.hash);
    }

    ngx_s3edge_zone_unlock(shard);

    if (*state == NGX_S3EDGE_MEM_MISS) {
        return NGX_OK;
    }

    s3_prefetch_rest(entry);

    cln->handler = ngx_s3edge_mem_cleanup;
    ctx->copy.entry = entry;

    if (*state != NGX_S3EDGE_MEM_SPARE || ctx->origin.stale) {
        ctx->copy.served = &ngx_s3edge_mem_status[*state];
        pinned->served = ctx->copy.served;
    }

    return NGX_OK;
}


/*
 * With the lock.  As nginx has it on disk: valid is the last second, windows
 * follow it; a soft purge expires what was made up to its time.
 */

static ngx_s3edge_mem_state_e
ngx_s3edge_mem_state(ngx_s3edge_ctx_t *ctx, s3_mem_entry_t *entry)
{
    int64_t  now, valid;

    now = ngx_time();
    valid = entry->valid;

    if (ctx->copy.soft != 0 && entry->date <= (int64_t) ctx->copy.soft
        && valid >= (int64_t) ctx->copy.soft)
    {
        valid = (int64_t) ctx->copy.soft - 1;
    }

    if (valid >= now) {
        return NGX_S3EDGE_MEM_HIT;
    }

    if (valid + entry->updating >= now) {

        if (now - entry->update < S3_MEM_UPDATE) {
            return NGX_S3EDGE_MEM_UPDATING;
        }

        entry->update = now;
        return NGX_S3EDGE_MEM_STALE;
    }

    return valid + entry->error >= now ? NGX_S3EDGE_MEM_SPARE
                                       : NGX_S3EDGE_MEM_MISS;
}


static void
ngx_s3edge_mem_cleanup(void *data)
{
    ngx_s3edge_mem_pin_t  *pinned = data;

    ngx_s3edge_zone_unpin(pinned->shard, &pinned->pin);
}


static ngx_int_t
ngx_s3edge_mem_send(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_s3edge_mem_state_e state)
{
    ngx_int_t          rc;
    ngx_chain_t       *out;
    s3_arena_place_t   place;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

#if (S3_MEM_CHECK)
    if (s3_mem_sum(ctx->copy.shard->mem, ctx->copy.entry)
        != ctx->copy.entry->sum)
    {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "s3edge memory of \"%V/%V\" has changed",
                      &ctx->req.bucket->node.str, &ctx->req.key);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
#endif

    if (state == NGX_S3EDGE_MEM_STALE && ngx_s3edge_update(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_s3edge_mem_header(r, ctx, &place) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

#if (NGX_HTTP_CACHE)
    r->cached = 0;                         /* of a request that is repeated */
#endif

    rc = ngx_http_send_header(r);

    /* NGX_AGAIN: of HTTP/2, where the connection cannot be written to */

    if (rc != NGX_ERROR && rc <= NGX_OK && !r->header_only) {
        out = ngx_s3edge_mem_chain(r, ctx, &place);

        rc = out ? ngx_http_output_filter(r, out) : NGX_ERROR;
    }

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


ngx_int_t
ngx_s3edge_mem_header(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_arena_place_t *place)
{
    size_t           n, len;
    u_char          *p;
    ngx_str_t        head;
    s3_mem_t        *mem;
    s3_mem_entry_t  *entry;

    mem = ctx->copy.shard->mem;
    entry = ctx->copy.entry;

    head.len = entry->head_len;
    head.data = s3_mem_plain(entry);

    if (head.data == NULL) {
        *place = s3_mem_head(mem, entry);
        n = s3_arena_run(&mem->arena, place, head.len, &head.data);

        /* in pieces: nearly never, for the first chunk holds most heads */

        if (n < head.len) {
            p = ngx_pnalloc(r->pool, head.len);
            if (p == NULL) {
                return NGX_ERROR;
            }

            ngx_memcpy(p, head.data, n);
            head.data = p;

            for (len = n; len < head.len; len += n) {
                n = s3_arena_run(&mem->arena, place, head.len - len, &p);
                ngx_memcpy(head.data + len, p, n);
            }
        }
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.status_line.len = 0;
    r->headers_out.content_length_n = entry->body_len;

    return ngx_s3edge_fields_read(r, &head);
}


static ngx_chain_t *
ngx_s3edge_mem_chain(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_arena_place_t *place)
{
    size_t         left, n;
    u_char        *plain;
    ngx_buf_t     *b;
    ngx_chain_t   *cl, *out, **last;
    s3_arena_t    *arena;

    arena = &ctx->copy.shard->mem->arena;
    last = &out;
    left = ctx->copy.entry->body_len;
    plain = s3_mem_plain(ctx->copy.entry);

    do {
        cl = ngx_alloc_chain_link(r->pool);
        if (cl == NULL) {
            return NULL;
        }

        b = ngx_calloc_buf(r->pool);
        if (b == NULL) {
            return NULL;
        }

        if (left) {

            if (plain != NULL) {
                b->pos = plain + ctx->copy.entry->head_len;
                n = left;

            } else {
                n = s3_arena_run(arena, place, left, &b->pos);
            }

            b->last = b->pos + n;
            b->start = b->pos;
            b->end = b->last;
            b->memory = 1;
            left -= n;
        }

        cl->buf = b;
        *last = cl;
        last = &cl->next;

    } while (left);

    *last = NULL;

    b->last_buf = (r == r->main);
    b->last_in_chain = 1;
    b->sync = !b->last_buf && !b->memory;

    return out;
}


void
ngx_s3edge_mem_is_spare(ngx_s3edge_ctx_t *ctx)
{
    ctx->copy.served = &ngx_s3edge_mem_status[NGX_S3EDGE_MEM_SPARE];
}


/* nginx has forgotten the context; what is pinned it has not */

ngx_uint_t
ngx_s3edge_mem_recall(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_pool_cleanup_t    *cln;
    ngx_s3edge_mem_pin_t  *pinned;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_s3edge_mem_cleanup) {
            continue;
        }

        pinned = cln->data;

        if (pinned->request == r) {
            ctx->copy.served = pinned->served;
            return 1;
        }
    }

    return 0;
}


void
ngx_s3edge_mem_displace(ngx_s3edge_ctx_t *ctx)
{
    if (ctx->copy.shard == NULL
        || (ctx->copy.entry == NULL && !ctx->copy.anew))
    {
        return;
    }

    ngx_s3edge_zone_lock(ctx->copy.shard);

    s3_mem_forget(ctx->copy.shard->mem, ctx->copy.hash);

    ngx_s3edge_zone_unlock(ctx->copy.shard);

    ctx->copy.entry = NULL;
}


time_t
ngx_s3edge_mem_date(ngx_s3edge_ctx_t *ctx)
{
    return (time_t) ctx->copy.entry->date;
}
