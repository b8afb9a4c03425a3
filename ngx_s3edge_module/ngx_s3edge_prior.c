
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_prior.h"
#include "ngx_s3edge_header.h"


/* nginx's, too, takes all of headers_out from here on for one */

#define NGX_S3EDGE_PRIOR_FROM  offsetof(ngx_http_headers_out_t, status)
#define NGX_S3EDGE_PRIOR_SIZE                                                 \
    (sizeof(ngx_http_headers_out_t) - NGX_S3EDGE_PRIOR_FROM)


struct ngx_s3edge_prior_s {
    ngx_list_part_t            *part;      /* NULL: before the first one */
    ngx_uint_t                  nelts;     /* in that part */
    ngx_http_headers_out_t      out;       /* without its lists */
    unsigned                    allow_ranges:1;
    unsigned                    single_range:1;
};


static void ngx_s3edge_prior_walk(ngx_s3edge_header_walk_t *walk,
    ngx_http_request_t *r, ngx_s3edge_prior_t *prior);
static void ngx_s3edge_prior_take_back(ngx_http_request_t *r,
    ngx_s3edge_prior_t *prior, ngx_s3edge_prior_stays_pt stays);
static ngx_uint_t ngx_s3edge_prior_is_not_caching(ngx_table_elt_t *h);


/* nearly every request */

static ngx_s3edge_prior_t  ngx_s3edge_prior_none = {
    .out = { .content_length_n = -1, .last_modified_time = -1 }
};


ngx_int_t
ngx_s3edge_prior_keep(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_s3edge_prior_t      *prior;
    ngx_http_headers_out_t  *out;

    out = &r->headers_out;

    if (out->headers.part.nelts == 0
        && out->content_type.len == 0
        && out->override_charset == NULL
        && !r->allow_ranges)
    {
        ctx->answer.prior = &ngx_s3edge_prior_none;
        return NGX_OK;
    }

    prior = ngx_palloc(r->pool, sizeof(ngx_s3edge_prior_t));
    if (prior == NULL) {
        return NGX_ERROR;
    }

    prior->part = out->headers.last;
    prior->nelts = out->headers.last->nelts;
    prior->allow_ranges = r->allow_ranges;
    prior->single_range = r->single_range;

    ngx_memcpy((u_char *) &prior->out + NGX_S3EDGE_PRIOR_FROM,
               (u_char *) out + NGX_S3EDGE_PRIOR_FROM, NGX_S3EDGE_PRIOR_SIZE);

    ctx->answer.prior = prior;

    return NGX_OK;
}


void
ngx_s3edge_prior_restore(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_s3edge_prior_stays_pt stays)
{
    ngx_table_elt_t     *range;
    ngx_s3edge_prior_t  *prior;

    prior = ctx->answer.prior;

    if (prior == NULL) {
        return;
    }

    ngx_s3edge_prior_take_back(r, prior, stays);

    range = r->headers_out.content_range;

    ngx_memcpy((u_char *) &r->headers_out + NGX_S3EDGE_PRIOR_FROM,
               (u_char *) &prior->out + NGX_S3EDGE_PRIOR_FROM,
               NGX_S3EDGE_PRIOR_SIZE);

    if (range != NULL && range->hash != 0) {
        r->headers_out.content_range = range;
    }

    r->allow_ranges = prior->allow_ranges;
    r->single_range = prior->single_range;
}


void
ngx_s3edge_prior_restore_caching(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx)
{
    ngx_s3edge_prior_t  *prior;

    prior = ctx->answer.prior;

    if (prior == NULL) {
        return;
    }

    ngx_s3edge_prior_take_back(r, prior, ngx_s3edge_prior_is_not_caching);

    r->headers_out.cache_control = prior->out.cache_control;
    r->headers_out.expires = prior->out.expires;
}


void
ngx_s3edge_prior_clear(ngx_http_request_t *r, ngx_s3edge_prior_t *prior,
    ngx_str_t *name)
{
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    ngx_s3edge_prior_walk(&walk, r, prior);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (ngx_s3edge_header_named(h, name)) {
            h->hash = 0;
        }
    }
}


/* from the first header on that came after "prior" was kept */

static void
ngx_s3edge_prior_walk(ngx_s3edge_header_walk_t *walk, ngx_http_request_t *r,
    ngx_s3edge_prior_t *prior)
{
    ngx_s3edge_header_walk(walk, &r->headers_out.headers);

    if (prior != NULL) {
        walk->i = prior->nelts;

        if (prior->part != NULL) {
            walk->part = prior->part;
        }
    }
}


/* they stay in the list, for headers of one name may point to each other */

static void
ngx_s3edge_prior_take_back(ngx_http_request_t *r, ngx_s3edge_prior_t *prior,
    ngx_s3edge_prior_stays_pt stays)
{
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    ngx_s3edge_prior_walk(&walk, r, prior);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (stays == NULL || !stays(h)) {
            h->hash = 0;
        }
    }
}


static ngx_uint_t
ngx_s3edge_prior_is_not_caching(ngx_table_elt_t *h)
{
    ngx_str_t         *name;
    static ngx_str_t   names[] = {
        ngx_string("Cache-Control"),
        ngx_string("Expires"),
        ngx_null_string
    };

    for (name = names; name->len; name++) {
        if (ngx_s3edge_header_named(h, name)) {
            return 0;
        }
    }

    return 1;
}
