
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_repeat.h"
#include "ngx_s3edge_flight.h"
#include "ngx_s3edge_prior.h"


/* what an internal redirect makes another */

typedef struct {
    ngx_http_request_t          *request;      /* NULL: repeated */
    ngx_s3edge_ctx_t            *ctx;
    void                       **loc_conf;
    ngx_http_handler_pt          handler;      /* of the location */
    ngx_http_post_subrequest_t  *post_subrequest;
    ngx_str_t                    uri;
    ngx_str_t                    args;
    ngx_int_t                    err_status;
    unsigned                     error_page:1; /* it is one */
} ngx_s3edge_repeat_kept_t;


static ngx_int_t ngx_s3edge_repeat_keep(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_s3edge_repeat_kept_t *ngx_s3edge_repeat_find(
    ngx_http_request_t *r);
static void ngx_s3edge_repeat_cleanup(void *data);


ngx_uint_t
ngx_s3edge_repeat_may(ngx_http_request_t *r)
{
    return r->uri_changes > 1;
}


ngx_int_t
ngx_s3edge_repeat(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    if (!ngx_s3edge_repeat_may(r)) {
        return NGX_DECLINED;
    }

    if (ngx_s3edge_repeat_keep(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_s3edge_ctx_again(ctx);
    ngx_s3edge_flight_again(ctx);
    ngx_s3edge_prior_restore(r, ctx, NULL);

    return NGX_S3EDGE_REPEAT;
}


static ngx_int_t
ngx_s3edge_repeat_keep(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_pool_cleanup_t        *cln;
    ngx_s3edge_repeat_kept_t  *kept;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_s3edge_repeat_kept_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_s3edge_repeat_cleanup;

    kept = cln->data;
    kept->request = r;
    kept->ctx = ctx;
    kept->loc_conf = r->loc_conf;
    kept->handler = r->content_handler;
    kept->uri = r->uri;
    kept->args = r->args;
    kept->err_status = r->err_status;
    kept->error_page = r->error_page;

    r->error_page = 0;                         /* nginx takes but one */

    /* it would be told of our status (Lua), and not of the answer */

    kept->post_subrequest = r->post_subrequest;
    r->post_subrequest = NULL;

    return NGX_OK;
}


/* on to what follows the location's rewrite phase: that has been taken */

ngx_int_t
ngx_s3edge_repeat_handler(ngx_http_request_t *r)
{
    ngx_int_t                   n;
    ngx_http_phase_handler_t   *ph;
    ngx_s3edge_repeat_kept_t   *kept;
    ngx_http_core_main_conf_t  *cmcf;

    kept = ngx_s3edge_repeat_find(r);

    if (kept == NULL) {
        return NGX_DECLINED;
    }

    kept->request = NULL;

    r->error_page = kept->error_page;          /* ours was none */
    r->err_status = kept->err_status;
    r->post_subrequest = kept->post_subrequest;
    r->uri = kept->uri;
    r->args = kept->args;
    ngx_http_set_exten(r);

    r->loc_conf = kept->loc_conf;
    ngx_http_update_location_config(r);
    r->content_handler = kept->handler;        /* "if" has none of its own */

    ngx_http_set_ctx(r, kept->ctx, ngx_s3edge_module);

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    ph = cmcf->phase_engine.handlers;
    n = cmcf->phase_engine.location_rewrite_index;

    while (ph[n].checker == ngx_http_core_rewrite_phase) {
        n++;
    }

    r->phase_handler = n - 1;                  /* declined: the next one */

    return NGX_DECLINED;
}


static ngx_s3edge_repeat_kept_t *
ngx_s3edge_repeat_find(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t        *cln;
    ngx_s3edge_repeat_kept_t  *kept;

    if (!r->internal) {
        return NULL;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_s3edge_repeat_cleanup) {
            continue;
        }

        kept = cln->data;

        if (kept->request == r) {
            return kept;
        }
    }

    return NULL;
}


static void
ngx_s3edge_repeat_cleanup(void *data)
{
    /* marks the entry */
}


ngx_int_t
ngx_s3edge_repeat_add_page(ngx_conf_t *cf)
{
    ngx_str_t                          uri = ngx_string("$uri");
    ngx_array_t                       *pages;
    ngx_http_err_page_t               *page;
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_compile_complex_value_t   ccv;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* the array may be the one of an outer level */

    pages = ngx_array_create(cf->pool,
                             clcf->error_pages
                             ? clcf->error_pages->nelts + 1 : 1,
                             sizeof(ngx_http_err_page_t));
    if (pages == NULL) {
        return NGX_ERROR;
    }

    page = ngx_array_push(pages);

    ngx_memzero(page, sizeof(ngx_http_err_page_t));

    page->status = NGX_S3EDGE_REPEAT;
    page->overwrite = 0;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &uri;
    ccv.complex_value = &page->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_ERROR;
    }

    if (clcf->error_pages) {
        page = ngx_array_push_n(pages, clcf->error_pages->nelts);

        ngx_memcpy(page, clcf->error_pages->elts,
                   clcf->error_pages->nelts * sizeof(ngx_http_err_page_t));
    }

    clcf->error_pages = pages;

    return NGX_OK;
}
