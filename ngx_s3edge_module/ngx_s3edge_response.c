
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_response.h"
#include "ngx_s3edge_error.h"
#include "ngx_s3edge_handler.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_region.h"


static ngx_int_t ngx_s3edge_response_filter(ngx_http_request_t *r);
#if (NGX_HTTP_CACHE)
static void ngx_s3edge_response_validity(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_response_whole(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_uint_t status);
static ngx_int_t ngx_s3edge_response_has_mark(ngx_http_request_t *r);
#endif
static ngx_str_t *ngx_s3edge_response_status(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_response_origin(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_response_from_origin(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_response_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


#if (NGX_HTTP_CACHE)

static ngx_str_t  ngx_s3edge_response_marks[] = {
    ngx_string("x-amz-delete-marker"),
    ngx_string("x-amz-server-side-encryption-customer-algorithm"),
    ngx_null_string
};

#endif


static ngx_str_t  ngx_s3edge_response_x_cache = ngx_string("X-Cache");
static ngx_str_t  ngx_s3edge_response_bypass = ngx_string("BYPASS");


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_int_t
ngx_s3edge_response_filter(ngx_http_request_t *r)
{
    ngx_int_t               rc;
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

    } else if (r->err_status >= NGX_HTTP_BAD_REQUEST) {

        /* nginx's own error page, in HTML */

        if (ngx_s3edge_error_replace(r, ctx,
                                     s3_error_by_status(r->err_status),
                                     r->err_status)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ctx->bucket != NULL && r->upstream != NULL
        && ngx_s3edge_header_add(r, &ngx_s3edge_response_x_cache,
                                 ngx_s3edge_response_status(r))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_s3edge_response_origin(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t   rc;
    ngx_uint_t  status;

    if (ctx->bucket == NULL) {
        return NGX_OK;
    }

    rc = ngx_s3edge_region_learn(r, ctx);

    if (rc != NGX_DECLINED) {
        return rc;
    }

#if (NGX_HTTP_CACHE)
    ngx_s3edge_response_validity(r, ctx);
#endif

    status = r->headers_out.status;

    if (ctx->bucket->hide_errors
        && (status == NGX_HTTP_FORBIDDEN || status == NGX_HTTP_NOT_FOUND))
    {
        return ngx_s3edge_error_replace(r, ctx, S3_ERR_NO_SUCH_KEY,
                                        NGX_HTTP_NOT_FOUND);
    }

    return NGX_OK;
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
           && (r->cached || r->upstream->cleanup != NULL);
}


static ngx_int_t
ngx_s3edge_response_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_chain_t       *out;
    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_s3edge_module);

    if (ctx == NULL || ctx->error_body == NULL || in == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    out = ngx_s3edge_error_body(r, ctx, in);

    if (out == NGX_CHAIN_ERROR) {
        return NGX_ERROR;
    }

    return ngx_http_next_body_filter(r, out);
}


#if (NGX_HTTP_CACHE)

static void
ngx_s3edge_response_validity(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    time_t                seconds;
    ngx_uint_t            status;
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (r->cache == NULL) {
        return;
    }

    /* from the cache, and not confirmed by the origin just now */

    if (r->cached && u->cache_status != NGX_HTTP_CACHE_REVALIDATED) {
        return;
    }

    status = u->headers_in.status_n;

    seconds = ngx_s3edge_response_whole(r, ctx, status)
              ? s3_ttl(ctx->bucket->ttl.elts, ctx->bucket->ttl.nelts, status)
              : S3_TTL_NONE;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "s3edge status:%ui ttl:%T cacheable:%d",
                   status, seconds, u->cacheable);

    if (seconds > 0) {
        r->cache->valid_sec = ngx_time() + seconds;
        return;
    }

    /*
     * What was confirmed stays stored, expired as it is.  Anything else is
     * not stored.
     */

    if (!r->cached) {
        u->cacheable = 0;
        r->cache->valid_sec = 0;
    }
}


/*
 * An entry holds the whole body of a GET: not what a HEAD brought, nor a
 * part, nor a body of which nginx has no use.
 */

static ngx_int_t
ngx_s3edge_response_whole(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_uint_t status)
{
    if (ctx->bypass || (r->method != NGX_HTTP_GET && !r->cached)) {
        return 0;
    }

    if (ngx_s3edge_response_has_mark(r)) {
        return 0;
    }

    return status != NGX_HTTP_PARTIAL_CONTENT
           && status != NGX_HTTP_NOT_MODIFIED;
}


/*
 * Headers of an answer that is for this client, or this moment, alone: a
 * delete marker, and an object under the client's own key.
 */

static ngx_int_t
ngx_s3edge_response_has_mark(ngx_http_request_t *r)
{
    ngx_uint_t        i, k;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->upstream->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        for (k = 0; ngx_s3edge_response_marks[k].len; k++) {
            if (h[i].key.len == ngx_s3edge_response_marks[k].len
                && ngx_strncasecmp(h[i].key.data,
                                   ngx_s3edge_response_marks[k].data,
                                   h[i].key.len)
                   == 0)
            {
                return 1;
            }
        }
    }
}

#endif


static ngx_str_t *
ngx_s3edge_response_status(ngx_http_request_t *r)
{
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
