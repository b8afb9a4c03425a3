
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_response.h"
#include "ngx_s3edge_checksum.h"
#include "ngx_s3edge_client.h"
#include "ngx_s3edge_confirm.h"
#include "ngx_s3edge_cors.h"
#include "ngx_s3edge_error.h"
#include "ngx_s3edge_fill.h"
#include "ngx_s3edge_flight.h"
#include "ngx_s3edge_handler.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_hop.h"
#include "ngx_s3edge_mem.h"
#include "ngx_s3edge_prior.h"
#include "ngx_s3edge_range.h"
#include "ngx_s3edge_reason.h"
#include "ngx_s3edge_redirect.h"
#include "ngx_s3edge_region.h"
#include "ngx_s3edge_spare.h"
#include "ngx_s3edge_stale.h"
#include "ngx_s3edge_ttl.h"
#include "ngx_s3edge_update.h"
#include "s3_code.h"


#define NGX_S3EDGE_RESPONSE_GONE  410


static ngx_int_t ngx_s3edge_response_filter(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_response_own(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_response_page(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_response_origin(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_response_keep(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *code);
static ngx_uint_t ngx_s3edge_response_is_whole(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *code);
static void ngx_s3edge_response_displace(ngx_s3edge_ctx_t *ctx);
#if (NGX_HTTP_CACHE)
static ngx_int_t ngx_s3edge_response_cached(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *code);
#endif
static ngx_int_t ngx_s3edge_response_memory(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_response_cache_control(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_response_hide(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *code);
static ngx_int_t ngx_s3edge_response_from_origin(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_response_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_s3edge_response_swallow(ngx_chain_t *in);


static ngx_str_t  ngx_s3edge_response_x_cache = ngx_string("X-Cache");
static ngx_str_t  ngx_s3edge_response_bypass = ngx_string("BYPASS");
static ngx_str_t  ngx_s3edge_response_cache_control_name =
                                                 ngx_string("Cache-Control");


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_int_t
ngx_s3edge_response_filter(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t              *status;
    ngx_s3edge_ctx_t       *ctx;
    ngx_s3edge_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    if (slcf->mode == NGX_S3EDGE_OFF) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_s3edge_handler_ctx(r);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (!ctx->answered && ngx_s3edge_response_from_origin(r)) {
        rc = ngx_s3edge_response_origin(r, ctx);

        if (rc != NGX_OK) {
            return rc;
        }

        ctx->answered = 1;

    } else if (ngx_s3edge_response_own(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    status = ngx_s3edge_response_status(r, ctx);

    if (status != NULL
        && ngx_s3edge_header_add(r, &ngx_s3edge_response_x_cache, status)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_s3edge_cors_header(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_s3edge_range_offer(r, ctx);

    return rc == NGX_OK ? ngx_http_next_header_filter(r) : rc;
}


/* of memory, or nginx's own error page, in HTML */

static ngx_int_t
ngx_s3edge_response_own(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (r->filter_finalize && r->upstream == NULL) {
        ngx_s3edge_mem_recall(r, ctx);
    }

    if (ctx->from_memory != NULL && !ctx->answered) {
        ctx->answered = 1;
        return ngx_s3edge_response_memory(r, ctx);
    }

    if (r->err_status < NGX_HTTP_BAD_REQUEST) {
        return NGX_OK;
    }

    if (r->err_status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        rc = ngx_s3edge_spare(r, ctx);

        if (rc != NGX_DECLINED) {
            return rc == NGX_OK ? ngx_s3edge_response_memory(r, ctx) : rc;
        }
    }

    return ngx_s3edge_response_page(r, ctx);
}


static ngx_int_t
ngx_s3edge_response_page(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_uint_t              status;
    s3_error_t              error;
    ngx_s3edge_loc_conf_t  *slcf;

    status = r->err_status;
    error = s3_error_by_status(status);

    if (ctx->refused && s3_error_info(ctx->error)->status == status) {
        error = ctx->error;
    }

    /* nginx looks at the length before we can see that nobody may write */

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    if (status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
        && !slcf->routes
        && !(ctx->op->by & S3_OP_BY_READING))
    {
        error = ngx_s3edge_handler_method(ctx);
        status = s3_error_info(error)->status;
        r->err_status = status;
    }

    return ngx_s3edge_error_replace(r, ctx, error, status);
}


static ngx_int_t
ngx_s3edge_response_origin(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t   rc;
    ngx_str_t   code;
    ngx_uint_t  away;

    if (ctx->bucket == NULL) {
        return NGX_OK;
    }

    rc = ngx_s3edge_confirm_repeat(r, ctx);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_s3edge_region_learn(r, ctx);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    ngx_s3edge_hop_clear(r, ctx);
    ngx_s3edge_reason_code(r, &code);

    away = ngx_s3edge_redirect_is(r, ctx, &code);

    if (away) {
        rc = ngx_s3edge_redirect_follow(r, ctx);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

#if (NGX_HTTP_CACHE)

    rc = r->cached ? ngx_s3edge_stale_expire(r, ctx)
                   : ngx_s3edge_stale_instead(r, ctx, &code);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* what came in chunks was stored without a length, but it has one */

    if (r->cached && r->upstream->headers_in.chunked
        && r->headers_out.status != NGX_HTTP_NOT_MODIFIED)
    {
        r->headers_out.content_length_n = r->cache->length
                                          - r->cache->body_start;
    }

#endif

    rc = ngx_s3edge_response_keep(r, ctx, &code);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* another client might sign there; ours cannot */

    if (away && r->upstream->headers_in.status_n
                == NGX_HTTP_TEMPORARY_REDIRECT)
    {
        ngx_http_clear_location(r);

        return ngx_s3edge_error_replace(r, ctx, S3_ERR_SERVICE_UNAVAILABLE,
                                        NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    ngx_s3edge_checksum_clear(r, ctx);

    if (ctx->bucket->cache_control.len
        && ngx_s3edge_response_cache_control(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ctx->bucket->hide_errors
           ? ngx_s3edge_response_hide(r, ctx, &code) : NGX_OK;
}


/*
 * Tells both tiers how long it is good; NGX_DECLINED: it goes on to the
 * client.  An error for which a stale copy is at hand does not.
 */

static ngx_int_t
ngx_s3edge_response_keep(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *code)
{
    ngx_int_t                 rc;
    ngx_uint_t                status;
    s3_ttl_t                  ttl;
    ngx_s3edge_loc_conf_t    *slcf;
    ngx_s3edge_fill_times_t   times;

#if (NGX_HTTP_CACHE)

    if (r->cached
        && r->upstream->cache_status != NGX_HTTP_CACHE_REVALIDATED)
    {
        return ngx_s3edge_response_cached(r, ctx, code);
    }

#endif

    status = r->upstream->headers_in.status_n;

    if (ctx->copy != NULL && status >= NGX_HTTP_BAD_REQUEST
        && s3_code_is_origin_fault(status,
                                   s3_code_find(ngx_s3edge_str(code))))
    {
        rc = ngx_s3edge_spare(r, ctx);

        if (rc != NGX_DECLINED) {
            return rc == NGX_OK ? ngx_s3edge_response_memory(r, ctx) : rc;
        }
    }

    if (!ngx_s3edge_has_cache(r) && ctx->shard == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_s3edge_ttl(r, ctx, code, &ttl) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_s3edge_flight_regain(r, ctx, ttl.fresh > 0);

#if (NGX_HTTP_CACHE)

    if (r->cache != NULL) {
        ngx_s3edge_ttl_set(r, ctx, &ttl);
    }

#endif

    /* NGX_DECLINED: whoever said so sees to what is stored */

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    rc = ngx_http_test_predicates(r, slcf->no_cache);

    if (rc != NGX_OK) {
        ngx_s3edge_flight_fail(ctx);
        return rc;
    }

    if (ttl.fresh > 0) {
        times.date = ngx_time();
        times.valid = times.date + ttl.fresh;
        times.updating = ttl.stale_while_revalidate;
        times.error = ttl.stale_if_error;

        if (ngx_s3edge_fill_begin(r, ctx, &times) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_s3edge_flight_answer(r, ctx, ttl.fresh > 0);

    if (ngx_s3edge_response_is_whole(r, ctx, code)) {
#if (NGX_HTTP_CACHE)
        ngx_s3edge_stale_end(r);
#endif
        ngx_s3edge_response_displace(ctx);
    }

    return NGX_DECLINED;
}


/*
 * 1 for an answer about the object, which no stale copy may outlast.  A part
 * and a failed condition say nothing of it (the owner that a client expects is
 * one, too), nor does a fault.
 */

static ngx_uint_t
ngx_s3edge_response_is_whole(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *code)
{
    if (r->method != NGX_HTTP_GET) {
        return 0;
    }

    switch (r->upstream->headers_in.status_n) {

    case NGX_HTTP_OK:
    case NGX_HTTP_NOT_FOUND:
    case NGX_S3EDGE_RESPONSE_GONE:
        return 1;

    default:
        return s3_code_find(ngx_s3edge_str(code)) == S3_CODE_DENIED
               && !ngx_s3edge_client_is_special(r, ctx);
    }
}


/* by an answer that memory does not take in */

static void
ngx_s3edge_response_displace(ngx_s3edge_ctx_t *ctx)
{
    if (ctx->shard != NULL && ctx->fill == NULL
        && (ctx->copy != NULL || ctx->anew))
    {
        ngx_s3edge_fill_forget(ctx);
        ctx->copy = NULL;
    }
}


#if (NGX_HTTP_CACHE)

static ngx_int_t
ngx_s3edge_response_cached(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *code)
{
    ngx_int_t                 rc;
    ngx_s3edge_loc_conf_t    *slcf;
    ngx_s3edge_fill_times_t   times;

    ngx_s3edge_update_detach(r);
    ngx_s3edge_flight_answer(r, ctx, 1);

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    rc = ngx_http_test_predicates(r, slcf->no_cache);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    times.date = r->cache->date;
    times.valid = r->cache->valid_sec;
    times.updating = r->cache->updating_sec;
    times.error = r->cache->error_sec;

    if (rc == NGX_OK && ngx_s3edge_fill_begin(r, ctx, &times) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rc == NGX_OK && r->upstream->cache_status == NGX_HTTP_CACHE_HIT
        && ngx_s3edge_response_is_whole(r, ctx, code))
    {
        ngx_s3edge_response_displace(ctx);
    }

    if (ngx_s3edge_header_age(r, r->cache->date) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_DECLINED;
}

#endif


static ngx_int_t
ngx_s3edge_response_memory(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    if (ctx->error_body != NULL) {
        return NGX_OK;                         /* a condition that failed */
    }

    if (r->headers_out.status != NGX_HTTP_OK) {
        ngx_s3edge_checksum_clear(r, ctx);
    }

    if (ngx_s3edge_header_age(r, ngx_s3edge_mem_date(ctx)) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->bucket->cache_control.len == 0) {
        return NGX_OK;
    }

    return ngx_s3edge_response_cache_control(r, ctx);
}


static ngx_int_t
ngx_s3edge_response_cache_control(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx)
{
    if (r->headers_out.status != NGX_HTTP_OK
        && r->headers_out.status != NGX_HTTP_PARTIAL_CONTENT
        && r->headers_out.status != NGX_HTTP_NOT_MODIFIED)
    {
        return NGX_OK;
    }

    ngx_s3edge_prior_restore_caching(r, ctx);

    return ngx_s3edge_header_add(r, &ngx_s3edge_response_cache_control_name,
                                 &ctx->bucket->cache_control);
}


/* an origin that refuses our credentials says nothing of the object */

static ngx_int_t
ngx_s3edge_response_hide(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *code)
{
    if (r->headers_out.status != NGX_HTTP_FORBIDDEN
        && r->headers_out.status != NGX_HTTP_NOT_FOUND)
    {
        return NGX_OK;
    }

    if (s3_code_find(ngx_s3edge_str(code)) == S3_CODE_CREDENTIALS) {
        return ngx_s3edge_error_replace(r, ctx, S3_ERR_SERVICE_UNAVAILABLE,
                                        NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    return ngx_s3edge_error_replace(r, ctx, S3_ERR_NO_SUCH_KEY,
                                    NGX_HTTP_NOT_FOUND);
}


/*
 * Not a page that nginx makes for an error: of ours, of the request (412,
 * 416) or of the origin (502), whose upstream has been finalized then.
 */

static ngx_int_t
ngx_s3edge_response_from_origin(ngx_http_request_t *r)
{
    return r->upstream != NULL
           && !r->filter_finalize
           && (ngx_s3edge_is_cached(r) || r->upstream->cleanup != NULL);
}


static ngx_int_t
ngx_s3edge_response_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_uint_t         update;
    ngx_chain_t       *out;
    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_s3edge_module);

    if (ctx == NULL || in == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    if (ctx->fill != NULL) {
        ngx_s3edge_fill_body(r, ctx, in);
        ngx_s3edge_flight_filled(ctx);
    }

    update = ngx_s3edge_is_update(r);

    if (!update && ctx->error_body == NULL && ctx->body == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    ngx_s3edge_response_swallow(in);

    if (update) {
        return NGX_OK;
    }

    out = (ctx->error_body != NULL) ? ngx_s3edge_error_body(r, ctx)
                                    : ngx_s3edge_spare_body(ctx);

    if (out == NGX_CHAIN_ERROR) {
        return NGX_ERROR;
    }

    return ngx_http_next_body_filter(r, out);
}


/* what nobody gets counts as sent, so that its buffers are used again */

static void
ngx_s3edge_response_swallow(ngx_chain_t *in)
{
    ngx_chain_t  *cl;

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }
}


ngx_str_t *
ngx_s3edge_response_status(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    if (ctx->bucket == NULL) {
        return NULL;
    }

    if (ctx->from_memory != NULL) {
        return ctx->from_memory;
    }

    if (r->upstream == NULL) {
        return NULL;
    }

#if (NGX_HTTP_CACHE)
    if (r->cache != NULL && r->upstream->cache_status != 0) {
        return &ngx_http_cache_status[r->upstream->cache_status - 1];
    }
#endif

    return &ngx_s3edge_response_bypass;
}


ngx_int_t
ngx_s3edge_response_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_s3edge_response_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_s3edge_response_body_filter;

    return NGX_OK;
}
