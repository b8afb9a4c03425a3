
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_range.h"
#include "ngx_s3edge_client.h"
#include "ngx_s3edge_flight.h"
#include "ngx_s3edge_repeat.h"
#include "s3_etag.h"


/* digits of a number that is not too large, and bytes of a plain range */
#define NGX_S3EDGE_RANGE_DIGITS  18
#define NGX_S3EDGE_RANGE_PLAIN                                                \
    (sizeof("bytes=-") - 1 + 2 * NGX_S3EDGE_RANGE_DIGITS)

/* bytes that are fetched for nothing rather than asking again */
#define NGX_S3EDGE_RANGE_WASTE   (1024 * 1024)


static ngx_int_t ngx_s3edge_range_take(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_range_quote(ngx_http_request_t *r,
    ngx_table_elt_t **header);
static ngx_int_t ngx_s3edge_range_rewrite(ngx_http_request_t *r,
    ngx_table_elt_t **header, ngx_str_t *value);
static ngx_uint_t ngx_s3edge_range_is_date(ngx_table_elt_t *h);
static ngx_int_t ngx_s3edge_range_recheck(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_uint_t ngx_s3edge_range_is_origins(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_range_accept(ngx_http_request_t *r);
static ngx_uint_t ngx_s3edge_range_holds(ngx_http_request_t *r);
static ngx_uint_t ngx_s3edge_range_failed(ngx_http_request_t *r);
static ngx_uint_t ngx_s3edge_range_modified(ngx_http_request_t *r);
static ngx_uint_t ngx_s3edge_range_match(ngx_http_request_t *r,
    ngx_table_elt_t *list, ngx_uint_t weak);


ngx_int_t
ngx_s3edge_range_settle(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_http_headers_in_t     *in;
    ngx_http_core_loc_conf_t  *clcf;

    in = &r->headers_in;

    if (!ctx->req.op->cacheable) {
        in->if_match = NULL;
        in->if_none_match = NULL;
        in->if_modified_since = NULL;
        in->if_unmodified_since = NULL;
        in->if_range = NULL;
        in->range = NULL;

        return NGX_OK;
    }

    if (in->if_match != NULL
        || (in->if_unmodified_since != NULL
            && !ngx_s3edge_range_is_date(in->if_unmodified_since)))
    {
        in->if_unmodified_since = NULL;
    }

    if (in->if_none_match != NULL) {
        in->if_modified_since = NULL;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->max_ranges == 0) {
        in->range = NULL;
    }

    if (in->range != NULL && ngx_s3edge_range_take(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (in->if_match != NULL
        && ngx_s3edge_range_quote(r, &in->if_match) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (in->if_none_match != NULL
        && ngx_s3edge_range_quote(r, &in->if_none_match) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (in->if_range != NULL
        && !ngx_s3edge_range_is_date(in->if_range)
        && ngx_s3edge_range_quote(r, &in->if_range) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* nginx takes a number that is too large for behind the end, the last, too */

static ngx_int_t
ngx_s3edge_range_take(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    u_char           *p;
    ngx_str_t         value;
    ngx_table_elt_t  *h;

    h = r->headers_in.range;

    if (s3_range_parse(ngx_s3edge_str(&h->value), &ctx->req.range) != S3_OK) {
        r->headers_in.range = NULL;
        return NGX_OK;
    }

    if (h->value.len <= NGX_S3EDGE_RANGE_PLAIN
        && (ctx->req.range.last != INT64_MAX
            || h->value.data[h->value.len - 1] == '-'))
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, sizeof("bytes=-") + 2 * NGX_OFF_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;

    if (ctx->req.range.suffix) {
        p = ngx_sprintf(p, "bytes=-%O", (off_t) ctx->req.range.last);

    } else {
        p = ngx_sprintf(p, "bytes=%O-", (off_t) ctx->req.range.first);

        if (ctx->req.range.last != INT64_MAX) {
            p = ngx_sprintf(p, "%O", (off_t) ctx->req.range.last);
        }
    }

    value.len = p - value.data;
    *p = '\0';                                 /* nginx reads up to it */

    return ngx_s3edge_range_rewrite(r, &r->headers_in.range, &value);
}


static ngx_int_t
ngx_s3edge_range_quote(ngx_http_request_t *r, ngx_table_elt_t **header)
{
    ngx_str_t  *list, value;

    list = &(*header)->value;

    /* one tag with quotes, as nearly always */

    if (list->len >= 2
        && list->data[0] == '"'
        && ngx_strlchr(list->data + 1, list->data + list->len, '"')
           == list->data + list->len - 1)
    {
        return NGX_OK;
    }

    value.len = s3_etag_quote(ngx_s3edge_str(list), NULL);

    value.data = ngx_pnalloc(r->pool, value.len + 1);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    (void) s3_etag_quote(ngx_s3edge_str(list), value.data);

    value.data[value.len] = '\0';

    return ngx_s3edge_range_rewrite(r, header, &value);
}


/* what the client has sent stays as it is, for logs and other modules */

static ngx_int_t
ngx_s3edge_range_rewrite(ngx_http_request_t *r, ngx_table_elt_t **header,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_palloc(r->pool, sizeof(ngx_table_elt_t));
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = **header;
    h->value = *value;

    *header = h;

    return NGX_OK;
}


static ngx_uint_t
ngx_s3edge_range_is_date(ngx_table_elt_t *h)
{
    return ngx_parse_http_time(h->value.data, h->value.len)
           != (time_t) NGX_ERROR;
}


ngx_int_t
ngx_s3edge_range_offer(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    off_t                      offset, len;
    ngx_int_t                  rc;
    ngx_http_core_loc_conf_t  *clcf;

    if (!ctx->req.op->cacheable
        || r != r->main
        || (r->upstream == NULL && ctx->copy.served == NULL))
    {
        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->max_ranges == 0) {
        return NGX_OK;
    }

    switch (r->headers_out.status) {

    case NGX_HTTP_OK:
        break;

    case NGX_HTTP_PARTIAL_CONTENT:
    case NGX_HTTP_RANGE_NOT_SATISFIABLE:
        rc = ngx_s3edge_range_recheck(r, ctx);

        return rc == NGX_DECLINED ? ngx_s3edge_range_accept(r) : rc;

    default:
        return NGX_OK;
    }

    if (r->headers_in.range == NULL || !ngx_s3edge_range_holds(r)) {
        ngx_http_clear_accept_ranges(r);       /* nginx's filter adds it */
        r->allow_ranges = 1;
        r->single_range = 1;

        return NGX_OK;
    }

    if (ngx_s3edge_range_is_origins(r, ctx)) {
        ngx_s3edge_flight_pass(ctx);

        rc = ngx_s3edge_repeat(r, ctx);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (r->headers_out.content_length_n == -1) {
        return NGX_OK;
    }

    if (s3_range_apply(&ctx->req.range, r->headers_out.content_length_n,
                       &offset, &len)
        != S3_OK)
    {
        r->headers_out.status = NGX_HTTP_RANGE_NOT_SATISFIABLE;

        if (ngx_s3edge_range_content(r, 0, 0,
                                     r->headers_out.content_length_n)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_clear_content_length(r);

        return NGX_HTTP_RANGE_NOT_SATISFIABLE;
    }

#if (NGX_HTTP_GZIP)

    /* what is compressed on its way has no ranges */

    r->gzip_tested = 1;
    r->gzip_ok = 0;

#endif

    if (ngx_s3edge_range_accept(r) != NGX_OK) {
        return NGX_ERROR;
    }

    r->allow_ranges = 1;
    r->single_range = 1;

    return NGX_OK;
}


/*
 * S3 and RGW take no notice of If-Range.  A part of another version than the
 * client's is none: the whole is asked for, and judged here.
 */

static ngx_int_t
ngx_s3edge_range_recheck(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (!ctx->origin.ranged
        || ctx->origin.unranged
        || r->headers_in.if_range == NULL
        || r->upstream == NULL
        || r->headers_out.status != r->upstream->headers_in.status_n
        || (r->headers_out.status == NGX_HTTP_PARTIAL_CONTENT
            && ngx_s3edge_range_holds(r)))
    {
        return NGX_DECLINED;
    }

    ctx->origin.unranged = 1;

    rc = ngx_s3edge_repeat(r, ctx);

    return rc == NGX_DECLINED ? NGX_HTTP_BAD_GATEWAY : rc;
}


/*
 * Of what nobody keeps nginx would read all, to send a part; and what has no
 * length only the origin can cut.
 */

static ngx_uint_t
ngx_s3edge_range_is_origins(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    off_t  size, offset, len;

    if (ctx->origin.ranged
        || ctx->copy.served != NULL
        || ngx_s3edge_is_cached(r)
        || r->header_only
        || r->method != NGX_HTTP_GET)
    {
        return 0;
    }

    size = r->headers_out.content_length_n;

    if (size == -1) {
        return 1;
    }

    return ctx->copy.fill == NULL
           && ngx_s3edge_client_passes(r, ctx)
           && s3_range_apply(&ctx->req.range, size, &offset, &len) == S3_OK
           && size - len > NGX_S3EDGE_RANGE_WASTE;
}


static ngx_int_t
ngx_s3edge_range_accept(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    ngx_http_clear_accept_ranges(r);

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "Accept-Ranges");
    ngx_str_set(&h->value, "bytes");

    r->headers_out.accept_ranges = h;

    return NGX_OK;
}


/* If-Range, as nginx's filter judges it after us */

static ngx_uint_t
ngx_s3edge_range_holds(ngx_http_request_t *r)
{
    ngx_str_t  *value, *etag;

    if (r->headers_in.if_range == NULL) {
        return 1;
    }

    value = &r->headers_in.if_range->value;

    if (value->len >= 2 && value->data[value->len - 1] == '"') {

        if (r->headers_out.etag == NULL) {
            return 0;
        }

        etag = &r->headers_out.etag->value;

        return value->len == etag->len
               && ngx_strncmp(value->data, etag->data, etag->len) == 0;
    }

    return r->headers_out.last_modified_time != (time_t) -1
           && ngx_parse_http_time(value->data, value->len)
              == r->headers_out.last_modified_time;
}


ngx_int_t
ngx_s3edge_range_content(ngx_http_request_t *r, off_t offset, off_t len,
    off_t size)
{
    u_char           *p;
    ngx_table_elt_t  *h;

    p = ngx_pnalloc(r->pool, sizeof("bytes -/") - 1 + 3 * NGX_OFF_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    ngx_str_set(&h->key, "Content-Range");
    h->value.data = p;

    p = len ? ngx_sprintf(p, "bytes %O-%O/%O", offset, offset + len - 1, size)
            : ngx_sprintf(p, "bytes */%O", size);

    h->value.len = p - h->value.data;

    r->headers_out.content_range = h;

    return NGX_OK;
}


/* RFC 9110, 13.2.2, as nginx's not modified and range filters have it */

ngx_uint_t
ngx_s3edge_range_judge(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    off_t *ret_offset, off_t *ret_len)
{
    *ret_offset = 0;
    *ret_len = r->headers_out.content_length_n;

    if (r != r->main) {
        return NGX_HTTP_OK;
    }

    if (ngx_s3edge_range_failed(r)) {
        return NGX_HTTP_PRECONDITION_FAILED;
    }

    if (!ngx_s3edge_range_modified(r)) {
        return NGX_HTTP_NOT_MODIFIED;
    }

    if (r->headers_in.range == NULL || !ngx_s3edge_range_holds(r)) {
        return NGX_HTTP_OK;
    }

    return (s3_range_apply(&ctx->req.range, r->headers_out.content_length_n,
                           ret_offset, ret_len)
            == S3_OK)
           ? NGX_HTTP_PARTIAL_CONTENT : NGX_HTTP_RANGE_NOT_SATISFIABLE;
}


static ngx_uint_t
ngx_s3edge_range_failed(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = r->headers_in.if_unmodified_since;

    if (h != NULL
        && (r->headers_out.last_modified_time == (time_t) -1
            || ngx_parse_http_time(h->value.data, h->value.len)
               < r->headers_out.last_modified_time))
    {
        return 1;
    }

    h = r->headers_in.if_match;

    return h != NULL && !ngx_s3edge_range_match(r, h, 0);
}


static ngx_uint_t
ngx_s3edge_range_modified(ngx_http_request_t *r)
{
    time_t                     since, modified;
    ngx_table_elt_t           *h;
    ngx_http_core_loc_conf_t  *clcf;

    h = r->headers_in.if_none_match;

    if (h != NULL) {
        return !ngx_s3edge_range_match(r, h, 1);
    }

    h = r->headers_in.if_modified_since;
    modified = r->headers_out.last_modified_time;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (h == NULL
        || modified == (time_t) -1
        || clcf->if_modified_since == NGX_HTTP_IMS_OFF)
    {
        return 1;
    }

    since = ngx_parse_http_time(h->value.data, h->value.len);

    return clcf->if_modified_since == NGX_HTTP_IMS_EXACT
           ? since != modified : since < modified;
}


static ngx_uint_t
ngx_s3edge_range_match(ngx_http_request_t *r, ngx_table_elt_t *list,
    ngx_uint_t weak)
{
    ngx_str_t  etag;

    ngx_str_null(&etag);

    if (r->headers_out.etag != NULL) {
        etag = r->headers_out.etag->value;
    }

    return s3_etag_match(ngx_s3edge_str(&list->value), ngx_s3edge_str(&etag),
                         weak);
}
