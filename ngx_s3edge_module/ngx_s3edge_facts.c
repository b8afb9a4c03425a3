
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_facts.h"
#include "ngx_s3edge_client.h"
#include "ngx_s3edge_fill.h"
#include "ngx_s3edge_reason.h"
#include "ngx_s3edge_region.h"


static s3_answer_by_e ngx_s3edge_facts_by(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static void ngx_s3edge_facts_page(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f);
static void ngx_s3edge_facts_origin(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f);
static ngx_uint_t ngx_s3edge_facts_has_rule(ngx_s3edge_bucket_t *bucket,
    ngx_uint_t status);
#if (NGX_HTTP_CACHE)
static void ngx_s3edge_facts_disk(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_answer_facts_t *f);
#endif


void
ngx_s3edge_facts(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f)
{
    ngx_memzero(f, sizeof(s3_answer_facts_t));

    f->by = ngx_s3edge_facts_by(r, ctx);

    switch (f->by) {

    case S3_ANSWER_BY_MEMORY:
        return;

    case S3_ANSWER_BY_EDGE:
        ngx_s3edge_facts_page(r, ctx, f);
        return;

    default:
        break;
    }

    f->status = r->upstream->headers_in.status_n;
    f->shown = r->headers_out.status;
    f->is_get = (r->method == NGX_HTTP_GET);
    f->storable = ctx->req.storable;
    f->bypass = ctx->copy.bypass;
    f->hides = ctx->req.bucket->hide_errors;
    f->memory = (ctx->copy.shard != NULL && ctx->copy.fill == NULL);

    if (f->by == S3_ANSWER_BY_ORIGIN) {
        ngx_s3edge_facts_origin(r, ctx, f);
    }

#if (NGX_HTTP_CACHE)

    if (r->cache != NULL) {
        ngx_s3edge_facts_disk(r, ctx, f);
    }

#endif
}


/*
 * Not of the origin is a page that nginx makes for an error: of ours, of the
 * request (412, 416) or of the origin (502), whose upstream has been finalized
 * then.
 */

static s3_answer_by_e
ngx_s3edge_facts_by(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    if (ctx->answer.given) {
        return S3_ANSWER_BY_EDGE;
    }

    if (r->upstream == NULL
        || r->filter_finalize
        || ctx->req.bucket == NULL
        || (!ngx_s3edge_is_cached(r) && r->upstream->cleanup == NULL))
    {
        return ctx->copy.served != NULL ? S3_ANSWER_BY_MEMORY
                                        : S3_ANSWER_BY_EDGE;
    }

#if (NGX_HTTP_CACHE)

    if (r->cached) {
        return r->upstream->cache_status == NGX_HTTP_CACHE_REVALIDATED
               ? S3_ANSWER_BY_CONFIRMED : S3_ANSWER_BY_DISK;
    }

#endif

    return S3_ANSWER_BY_ORIGIN;
}


static void
ngx_s3edge_facts_page(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f)
{
    ngx_s3edge_loc_conf_t  *slcf;

    f->status = r->err_status;

    if (f->status < NGX_HTTP_BAD_REQUEST) {
        return;
    }

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    f->refused = ctx->req.refused ? (s3_error_t) ctx->req.error
                                  : S3_ERR_INTERNAL_ERROR;
    f->refusal = s3_op_refusal(ctx->req.op);
    f->routes = slcf->routes;
    f->spare = (ctx->copy.entry != NULL && ctx->copy.served == NULL);
}


static void
ngx_s3edge_facts_origin(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f)
{
    ngx_str_t             code, body;
    ngx_http_upstream_t  *u;

    u = r->upstream;

    f->unconfirmed = ctx->origin.refetch;
    f->retried = ctx->origin.retried;
    f->staled = ctx->origin.stale;
    f->updates = ngx_s3edge_is_update(r);
    f->has_length = (u->headers_in.content_length_n != -1
                     || u->headers_in.chunked);
    f->spare = (ctx->copy.entry != NULL && ctx->copy.served == NULL);

    if (f->status < NGX_HTTP_SPECIAL_RESPONSE) {
        return;
    }

    ngx_s3edge_reason_code(r, &code);

    f->code = s3_code_find(ngx_s3edge_str(&code));
    f->has_code = (code.len != 0);
    f->all_told = (f->has_code || ngx_s3edge_reason(r, &body));

    if (s3_answer_tells_region(f->status)) {
        f->region = ngx_s3edge_region_told(r, ctx);
    }

    if (f->status == NGX_HTTP_TEMPORARY_REDIRECT) {
        f->expects_307 = ngx_s3edge_facts_has_rule(ctx->req.bucket, f->status);
    }
}


static ngx_uint_t
ngx_s3edge_facts_has_rule(ngx_s3edge_bucket_t *bucket, ngx_uint_t status)
{
    ngx_uint_t              i;
    const s3_ttl_policy_t  *policy;

    policy = &bucket->policy;

    for (i = 0; i < policy->nrules; i++) {
        if (policy->rules[i].status == status) {
            return 1;
        }
    }

    return 0;
}


#if (NGX_HTTP_CACHE)

/* a copy of the very second of a soft purge may be older than it */

static void
ngx_s3edge_facts_disk(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f)
{
    ngx_http_cache_t  *c;

    c = r->cache;

    f->hit = (r->upstream->cache_status == NGX_HTTP_CACHE_HIT);
    f->expired = (r->upstream->cache_status == NGX_HTTP_CACHE_EXPIRED);

    f->outdated = (f->hit
                   && ctx->copy.soft != 0
                   && !ctx->copy.expired
                   && c->date <= (time_t) ctx->copy.soft);

    f->covers = c->stale_error;
    f->lingers = (c->stale_error || c->stale_updating);
}

#endif


void
ngx_s3edge_facts_keep(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f)
{
    f->partial = (r->headers_in.range != NULL && r == r->main);
    f->no_body = (r->header_only || r->subrequest_in_memory);
    f->fits = f->memory && ngx_s3edge_fill_fits(r, ctx);

#if (NGX_HTTP_CACHE)
    f->cacheable = (r->cache != NULL && r->upstream->cacheable);
#endif

    /* it takes a walk over the client's headers */

    if (f->is_get && (f->fits || f->code == S3_CODE_DENIED)) {
        f->special = ngx_s3edge_client_is_special(r, ctx);
    }
}
