
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_client.h"
#include "ngx_s3edge_header.h"


#define ngx_s3edge_client_named(header, text)                                 \
    ((header)->name.len == sizeof(text) - 1                                   \
     && ngx_memcmp((header)->name.data, text, sizeof(text) - 1) == 0)

#define NGX_S3EDGE_CLIENT_SSE_C                                               \
    "x-amz-server-side-encryption-customer-"

#define NGX_S3EDGE_CLIENT_OWNER  "x-amz-expected-bucket-owner"


static ngx_str_t *ngx_s3edge_client_fixed(ngx_s3edge_ctx_t *ctx,
    const s3_op_header_t *header);
static ngx_table_elt_t *ngx_s3edge_client_sent(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, const s3_op_header_t *header);
#if (NGX_HTTP_CACHE)
static ngx_uint_t ngx_s3edge_client_revalidates(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_client_revalidate(ngx_http_request_t *r,
    const s3_op_header_t *header, ngx_str_t *value);
#endif


typedef struct {
    ngx_str_t   name;
    size_t      offset;                    /* in headers_in */
} ngx_s3edge_client_settled_t;


/* RFC 9110, 13.1 and 14.2 */

static const ngx_s3edge_client_settled_t  ngx_s3edge_client_objects[] = {
    { ngx_string("if-match"),
      offsetof(ngx_http_headers_in_t, if_match) },
    { ngx_string("if-modified-since"),
      offsetof(ngx_http_headers_in_t, if_modified_since) },
    { ngx_string("if-none-match"),
      offsetof(ngx_http_headers_in_t, if_none_match) },
    { ngx_string("if-range"),
      offsetof(ngx_http_headers_in_t, if_range) },
    { ngx_string("if-unmodified-since"),
      offsetof(ngx_http_headers_in_t, if_unmodified_since) },
    { ngx_string("range"),
      offsetof(ngx_http_headers_in_t, range) },
    { ngx_null_string, 0 }
};


static ngx_str_t  ngx_s3edge_client_checksum =
    ngx_string("x-amz-checksum-mode");

static ngx_str_t  ngx_s3edge_client_enabled = ngx_string("ENABLED");


/* one walk, for every request comes by here */

ngx_int_t
ngx_s3edge_client_is_alone(ngx_http_request_t *r, ngx_s3edge_bucket_t *bucket)
{
    ngx_int_t                  alone;
    ngx_str_t                 *owner;
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    alone = 0;
    owner = &bucket->expected_owner;

    ngx_s3edge_header_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->key.len < sizeof(NGX_S3EDGE_CLIENT_OWNER) - 1) {
            continue;
        }

        if (h->key.len == sizeof(NGX_S3EDGE_CLIENT_OWNER) - 1) {

            if (ngx_memcmp(h->lowcase_key, NGX_S3EDGE_CLIENT_OWNER,
                           sizeof(NGX_S3EDGE_CLIENT_OWNER) - 1)
                != 0
                || h->value.len == 0)
            {
                continue;
            }

            if (owner->len == 0) {
                alone = 1;

            } else if (h->value.len != owner->len
                       || ngx_memcmp(h->value.data, owner->data, owner->len)
                          != 0)
            {
                return -1;
            }

            continue;
        }

        if (h->key.len > sizeof(NGX_S3EDGE_CLIENT_SSE_C) - 1
            && ngx_memcmp(h->lowcase_key, NGX_S3EDGE_CLIENT_SSE_C,
                          sizeof(NGX_S3EDGE_CLIENT_SSE_C) - 1)
               == 0)
        {
            alone = 1;
        }
    }

    return alone;
}


ngx_uint_t
ngx_s3edge_client_wants_checksum(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_s3edge_header_find(&r->headers_in.headers,
                               &ngx_s3edge_client_checksum);

    return h != NULL
           && h->value.len == ngx_s3edge_client_enabled.len
           && ngx_strncasecmp(h->value.data, ngx_s3edge_client_enabled.data,
                              h->value.len)
              == 0;
}


/* an update in the background is for everybody */

ngx_uint_t
ngx_s3edge_client_passes(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    if (ngx_s3edge_is_update(r)) {
        return 0;
    }

#if (NGX_HTTP_CACHE)

    if (!ctx->copy.bypass && r->upstream != NULL) {
        return r->cache == NULL
               || !r->upstream->cacheable
               || !r->upstream->buffering;
    }

#endif

    return ctx->copy.bypass;
}


ngx_uint_t
ngx_s3edge_client_amz(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_pair_t *headers)
{
    ngx_str_t             *value;
    ngx_uint_t             i, n, theirs;
    ngx_table_elt_t       *h;
    const s3_op_header_t  *header;

    n = 0;
    theirs = !ctx->req.plain && ngx_s3edge_client_passes(r, ctx);

    if (!theirs
        && !ctx->req.op->cacheable
        && ctx->req.bucket->request_payer.len == 0
        && ctx->req.bucket->expected_owner.len == 0)
    {
        return 0;
    }

    for (i = 0; (header = s3_op_header(i)) != NULL; i++) {

        if (!(header->group & S3_OP_PASS_AMZ)) {
            continue;
        }

        value = ngx_s3edge_client_fixed(ctx, header);

        if (value == NULL && theirs) {
            h = ngx_s3edge_client_sent(r, ctx, header);
            value = h ? &h->value : NULL;
        }

        /* nginx sends no header with an empty value */

        if (value != NULL && value->len) {
            headers[n].name = header->name;
            headers[n].value = *ngx_s3edge_str(value);
            n++;
        }
    }

    return n;
}


ngx_uint_t
ngx_s3edge_client_is_plain(ngx_http_request_t *r)
{
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    ngx_s3edge_header_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->key.len > 6 && ngx_memcmp(h->lowcase_key, "x-amz-", 6) == 0) {
            return 0;
        }
    }

    return 1;
}


/* what goes whoever asks; NULL: nothing */

static ngx_str_t *
ngx_s3edge_client_fixed(ngx_s3edge_ctx_t *ctx, const s3_op_header_t *header)
{
    ngx_str_t  *value;

    switch (header->group) {

    case S3_OP_PASS_CHECKSUM:
        return ctx->req.op->cacheable ? &ngx_s3edge_client_enabled : NULL;

    case S3_OP_PASS_PAYER:
        value = &ctx->req.bucket->request_payer;
        break;

    case S3_OP_PASS_OWNER:
        value = &ctx->req.bucket->expected_owner;
        break;

    default:
        return NULL;
    }

    return value->len ? value : NULL;
}


ngx_uint_t
ngx_s3edge_client_is_special(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_uint_t             i;
    ngx_table_elt_t       *h;
    const s3_op_header_t  *header;

    if (ctx->req.plain || !ngx_s3edge_client_passes(r, ctx)) {
        return 0;
    }

    for (i = 0; (header = s3_op_header(i)) != NULL; i++) {

        if (!(header->group & S3_OP_PASS_AMZ)
            || header->group == S3_OP_PASS_CHECKSUM
            || ngx_s3edge_client_fixed(ctx, header) != NULL)
        {
            continue;
        }

        h = ngx_s3edge_client_sent(r, ctx, header);

        if (h != NULL && h->value.len) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_s3edge_client_value(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    const s3_op_header_t *header, ngx_str_t *value)
{
    ngx_str_t        *fixed;
    ngx_table_elt_t  *h;

    if (header->group & S3_OP_PASS_AMZ) {
        fixed = ngx_s3edge_client_fixed(ctx, header);

        if (fixed != NULL) {
            *value = *fixed;
            return NGX_OK;
        }

        if (ctx->req.plain) {
            return NGX_OK;                     /* nearly all */
        }
    }

#if (NGX_HTTP_CACHE)

    /* 304 is about the copy that was asked for, so it is never the client's */

    if (ngx_s3edge_client_revalidates(r)
        && (ngx_s3edge_client_named(header, "if-none-match")
            || ngx_s3edge_client_named(header, "if-modified-since")))
    {
        return ctx->origin.refetch
               ? NGX_OK : ngx_s3edge_client_revalidate(r, header, value);
    }

#endif

    if (ngx_s3edge_client_passes(r, ctx)) {
        h = ngx_s3edge_client_sent(r, ctx, header);

        if (ctx->origin.unranged
            && (h == r->headers_in.range || h == r->headers_in.if_range))
        {
            return NGX_OK;
        }

        if (h != NULL && h->value.len) {
            *value = h->value;
            ctx->origin.ranged |= (h == r->headers_in.range);
        }
    }

    return NGX_OK;
}


/*
 * What may pass of that name: range and conditions as range.c has them, the
 * rest as the client sent it.
 */

static ngx_table_elt_t *
ngx_s3edge_client_sent(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    const s3_op_header_t *header)
{
    const ngx_s3edge_client_settled_t  *known;

    if (!(header->group & ctx->req.op->passes)) {
        return NULL;
    }

    if (ctx->req.op->cacheable && header->group == S3_OP_PASS_RANGE) {

        for (known = ngx_s3edge_client_objects; known->name.len; known++) {

            if (known->name.len == header->name.len
                && ngx_memcmp(known->name.data, header->name.data,
                              known->name.len)
                   == 0)
            {
                return *(ngx_table_elt_t **) ((char *) &r->headers_in
                                              + known->offset);
            }
        }
    }

    return ngx_s3edge_header_find(&r->headers_in.headers,
                                  (ngx_str_t *) &header->name);
}


#if (NGX_HTTP_CACHE)

static ngx_uint_t
ngx_s3edge_client_revalidates(ngx_http_request_t *r)
{
    return r->cache != NULL
           && r->upstream != NULL
           && r->upstream->conf->cache_revalidate
           && r->upstream->cache_status == NGX_HTTP_CACHE_EXPIRED;
}


/* RFC 9111, 4.3.1: what nginx itself would send for an expired entry */

static ngx_int_t
ngx_s3edge_client_revalidate(ngx_http_request_t *r,
    const s3_op_header_t *header, ngx_str_t *value)
{
    if (ngx_s3edge_client_named(header, "if-none-match")) {
        *value = r->cache->etag;
        return NGX_OK;
    }

    if (r->cache->last_modified == -1) {
        return NGX_OK;
    }

    value->data = ngx_pnalloc(r->pool,
                              sizeof("Mon, 28 Sep 1970 06:00:00 GMT") - 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = ngx_http_time(value->data, r->cache->last_modified)
                 - value->data;
    return NGX_OK;
}

#endif
