
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_response.h"
#include "ngx_s3edge_checksum.h"
#include "ngx_s3edge_cors.h"
#include "ngx_s3edge_error.h"
#include "ngx_s3edge_facts.h"
#include "ngx_s3edge_fill.h"
#include "ngx_s3edge_flight.h"
#include "ngx_s3edge_handler.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_hop.h"
#include "ngx_s3edge_mem.h"
#include "ngx_s3edge_prior.h"
#include "ngx_s3edge_range.h"
#include "ngx_s3edge_redirect.h"
#include "ngx_s3edge_region.h"
#include "ngx_s3edge_repeat.h"
#include "ngx_s3edge_spare.h"
#include "ngx_s3edge_stale.h"
#include "ngx_s3edge_ttl.h"
#include "ngx_s3edge_update.h"


/* NGX_DECLINED: it could not be done, or is half of it */

typedef ngx_int_t (*ngx_s3edge_response_pt)(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);


static ngx_int_t ngx_s3edge_response_filter(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_response_pass(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_error(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_memory(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_spare(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_learn(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_refetch(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_region(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_redirect(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_expire(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_stale(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, s3_answer_t *answer);
static ngx_int_t ngx_s3edge_response_keep(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f);
#if (NGX_HTTP_CACHE)
static ngx_int_t ngx_s3edge_response_keep_disk(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f);
#endif
static ngx_int_t ngx_s3edge_response_copies(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f, int64_t fresh,
    ngx_s3edge_fill_times_t *times);
static ngx_int_t ngx_s3edge_response_unwanted(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_response_cache_control(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_response_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_s3edge_response_swallow(ngx_chain_t *in);


static ngx_str_t  ngx_s3edge_response_x_cache = ngx_string("X-Cache");
static ngx_str_t  ngx_s3edge_response_bypass = ngx_string("BYPASS");
static ngx_str_t  ngx_s3edge_response_cache_control_name =
                                                 ngx_string("Cache-Control");


static const ngx_s3edge_response_pt  ngx_s3edge_response_do[] = {
    [S3_ANSWER_PASS] = ngx_s3edge_response_pass,
    [S3_ANSWER_ERROR] = ngx_s3edge_response_error,
    [S3_ANSWER_MEMORY] = ngx_s3edge_response_memory,
    [S3_ANSWER_SPARE] = ngx_s3edge_response_spare,
    [S3_ANSWER_LEARN] = ngx_s3edge_response_learn,
    [S3_ANSWER_REFETCH] = ngx_s3edge_response_refetch,
    [S3_ANSWER_REGION] = ngx_s3edge_response_region,
    [S3_ANSWER_REDIRECT] = ngx_s3edge_response_redirect,
    [S3_ANSWER_EXPIRE] = ngx_s3edge_response_expire,
    [S3_ANSWER_STALE] = ngx_s3edge_response_stale
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_int_t
ngx_s3edge_response_filter(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_str_t              *status;
    s3_answer_t             answer;
    ngx_s3edge_ctx_t       *ctx;
    s3_answer_facts_t       facts;
    ngx_s3edge_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    if (slcf->mode == NGX_S3EDGE_OFF) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_s3edge_handler_ctx(r);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (r->filter_finalize && r->upstream == NULL
        && ngx_s3edge_mem_recall(r, ctx))
    {
        ctx->answer.given = 1;
    }

    ngx_s3edge_facts(r, ctx, &facts);

    do {
        answer = s3_answer(&facts);
        rc = ngx_s3edge_response_do[answer.what](r, ctx, &facts, &answer);
        facts.declined |= 1U << answer.what;

    } while (rc == NGX_DECLINED);

    if (rc != NGX_OK) {
        return rc;
    }

    if (facts.by != S3_ANSWER_BY_EDGE) {
        ctx->answer.given = 1;
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


static ngx_int_t
ngx_s3edge_response_pass(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
    ngx_int_t  rc;

    if (f->by == S3_ANSWER_BY_EDGE) {
        return NGX_OK;
    }

    rc = ngx_s3edge_response_keep(r, ctx, f);

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_s3edge_checksum_clear(r, ctx);

    if (ctx->req.bucket->cache_control.len == 0) {
        return NGX_OK;
    }

    return ngx_s3edge_response_cache_control(r, ctx);
}


static ngx_int_t
ngx_s3edge_response_error(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
    ngx_int_t  rc;

    if (f->by == S3_ANSWER_BY_EDGE) {
        r->err_status = answer->status;

    } else {
        rc = ngx_s3edge_response_keep(r, ctx, f);

        if (rc != NGX_OK) {
            return rc;
        }

        ngx_http_clear_location(r);
    }

    return ngx_s3edge_error_replace(r, ctx, answer->error, answer->status);
}


static ngx_int_t
ngx_s3edge_response_memory(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
    if (ctx->answer.error != NULL) {
        return NGX_OK;                         /* a condition that failed */
    }

    if (r->headers_out.status != NGX_HTTP_OK) {
        ngx_s3edge_checksum_clear(r, ctx);
    }

    if (ngx_s3edge_header_age(r, ngx_s3edge_mem_date(ctx)) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->req.bucket->cache_control.len == 0) {
        return NGX_OK;
    }

    return ngx_s3edge_response_cache_control(r, ctx);
}


static ngx_int_t
ngx_s3edge_response_spare(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
    if (ngx_s3edge_spare(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_s3edge_response_memory(r, ctx, f, answer);
}


static ngx_int_t
ngx_s3edge_response_learn(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
    ngx_s3edge_region_learn(r, ctx);

    f->region = S3_ANSWER_REGION_KNOWN;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_s3edge_response_refetch(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
    return ngx_s3edge_repeat(r, ctx);
}


static ngx_int_t
ngx_s3edge_response_region(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
    return ngx_s3edge_region_repeat(r, ctx);
}


static ngx_int_t
ngx_s3edge_response_redirect(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
    return ngx_s3edge_redirect_follow(r, ctx);
}


static ngx_int_t
ngx_s3edge_response_expire(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
#if (NGX_HTTP_CACHE)
    return ngx_s3edge_stale_expire(r, ctx);
#else
    return NGX_DECLINED;
#endif
}


static ngx_int_t
ngx_s3edge_response_stale(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_answer_t *answer)
{
#if (NGX_HTTP_CACHE)
    return ngx_s3edge_stale_instead(r, ctx);
#else
    return NGX_DECLINED;
#endif
}


/* tells both tiers how long it is good, and ends who waits for it */

static ngx_int_t
ngx_s3edge_response_keep(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f)
{
    ngx_int_t                 rc;
    s3_ttl_t                  ttl;
    ngx_s3edge_fill_times_t   times;

    ngx_s3edge_hop_clear(r, ctx);

#if (NGX_HTTP_CACHE)

    /* what came in chunks was stored without a length, but it has one */

    if (r->cached && r->upstream->headers_in.chunked
        && r->headers_out.status != NGX_HTTP_NOT_MODIFIED)
    {
        r->headers_out.content_length_n = r->cache->length
                                          - r->cache->body_start;
    }

    if (f->by == S3_ANSWER_BY_DISK) {
        return ngx_s3edge_response_keep_disk(r, ctx, f);
    }

#endif

    if (!ngx_s3edge_has_cache(r) && ctx->copy.shard == NULL) {
        return NGX_OK;
    }

    if (ngx_s3edge_ttl(r, ctx, f, &ttl) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_s3edge_flight_regain(r, ctx, ttl.fresh > 0);

    f->bypass = ctx->copy.bypass;

#if (NGX_HTTP_CACHE)

    if (r->cache != NULL) {
        ngx_s3edge_ttl_set(r, s3_answer_disk(f, ttl.fresh), &ttl);
    }

#endif

    rc = ngx_s3edge_response_unwanted(r);

    if (rc != NGX_OK) {
        ngx_s3edge_flight_fail(ctx);

        return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
    }

    times.date = ngx_time();
    times.valid = times.date + ttl.fresh;
    times.updating = ttl.stale_while_revalidate;
    times.error = ttl.stale_if_error;

    return ngx_s3edge_response_copies(r, ctx, f, ttl.fresh, &times);
}


#if (NGX_HTTP_CACHE)

static ngx_int_t
ngx_s3edge_response_keep_disk(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f)
{
    ngx_int_t                 rc;
    ngx_s3edge_fill_times_t   times;

    ngx_s3edge_update_detach(r);
    ngx_s3edge_flight_answer(r, ctx, 1);

    rc = ngx_s3edge_response_unwanted(r);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    times.date = r->cache->date;
    times.valid = r->cache->valid_sec;
    times.updating = r->cache->updating_sec;
    times.error = r->cache->error_sec;

    f->unwanted = (rc == NGX_DECLINED);

    /* valid is the last second */

    if (ngx_s3edge_response_copies(r, ctx, f, times.valid - ngx_time() + 1,
                                   &times)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_s3edge_header_age(r, r->cache->date);
}

#endif


static ngx_int_t
ngx_s3edge_response_copies(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, int64_t fresh, ngx_s3edge_fill_times_t *times)
{
    s3_answer_keep_t  keep;

    ngx_s3edge_facts_keep(r, ctx, f);

    keep = s3_answer_keep(f, fresh);

    if (keep.fill && ngx_s3edge_fill_begin(r, ctx, times) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->by != S3_ANSWER_BY_DISK) {
        ngx_s3edge_flight_answer(r, ctx, fresh > 0);
    }

#if (NGX_HTTP_CACHE)

    if (keep.retire) {
        ngx_s3edge_stale_retire(r);
    }

#endif

    if (keep.displace && ctx->copy.fill == NULL) {
        ngx_s3edge_mem_displace(ctx);
    }

    return NGX_OK;
}


/* proxy_no_cache: NGX_DECLINED */

static ngx_int_t
ngx_s3edge_response_unwanted(ngx_http_request_t *r)
{
    ngx_s3edge_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    return ngx_http_test_predicates(r, slcf->no_cache);
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
                                 &ctx->req.bucket->cache_control);
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

    if (ctx->copy.fill != NULL) {
        ngx_s3edge_fill_body(r, ctx, in);
        ngx_s3edge_flight_filled(ctx);
    }

    update = ngx_s3edge_is_update(r);

    if (!update && ctx->answer.error == NULL && ctx->copy.body == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    ngx_s3edge_response_swallow(in);

    if (update) {
        return NGX_OK;
    }

    out = (ctx->answer.error != NULL) ? ngx_s3edge_error_body(r, ctx)
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
    if (ctx->req.bucket == NULL) {
        return NULL;
    }

    if (ctx->copy.served != NULL) {
        return ctx->copy.served;
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
