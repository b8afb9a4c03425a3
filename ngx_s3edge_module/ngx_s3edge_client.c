
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_client.h"
#include "ngx_s3edge_header.h"


#define ngx_s3edge_client_named(suffix, text)                                 \
    ((suffix)->len == sizeof(text) - 1                                        \
     && ngx_memcmp((suffix)->data, text, sizeof(text) - 1) == 0)

#define NGX_S3EDGE_CLIENT_SSE_C                                               \
    "x-amz-server-side-encryption-customer-"

#define NGX_S3EDGE_CLIENT_OWNER  "x-amz-expected-bucket-owner"


static ngx_uint_t ngx_s3edge_client_has_amz(ngx_http_request_t *r);
static ngx_str_t *ngx_s3edge_client_fixed(ngx_s3edge_ctx_t *ctx,
    ngx_str_t *name);
static ngx_str_t *ngx_s3edge_client_suffix_fixed(ngx_s3edge_ctx_t *ctx,
    ngx_str_t *suffix);
static ngx_table_elt_t *ngx_s3edge_client_settled(ngx_http_request_t *r,
    ngx_str_t *suffix);
static ngx_table_elt_t *ngx_s3edge_client_suffix(ngx_http_request_t *r,
    ngx_str_t *suffix);
static ngx_uint_t ngx_s3edge_client_is(ngx_table_elt_t *h,
    ngx_str_t *suffix);
static ngx_uint_t ngx_s3edge_client_is_in(ngx_table_elt_t *h,
    ngx_str_t *table);
#if (NGX_HTTP_CACHE)
static ngx_uint_t ngx_s3edge_client_revalidates(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_client_revalidate(ngx_http_request_t *r,
    ngx_str_t *suffix, ngx_str_t *value);
#endif


typedef struct {
    ngx_str_t   suffix;
    size_t      offset;                    /* in headers_in */
} ngx_s3edge_client_settled_t;


/* RFC 9110, 13.1 and 14.2 */

static const ngx_s3edge_client_settled_t  ngx_s3edge_client_objects[] = {
    { ngx_string("if_match"),
      offsetof(ngx_http_headers_in_t, if_match) },
    { ngx_string("if_modified_since"),
      offsetof(ngx_http_headers_in_t, if_modified_since) },
    { ngx_string("if_none_match"),
      offsetof(ngx_http_headers_in_t, if_none_match) },
    { ngx_string("if_range"),
      offsetof(ngx_http_headers_in_t, if_range) },
    { ngx_string("if_unmodified_since"),
      offsetof(ngx_http_headers_in_t, if_unmodified_since) },
    { ngx_string("range"),
      offsetof(ngx_http_headers_in_t, range) },
    { ngx_null_string, 0 }
};


static ngx_str_t  ngx_s3edge_client_headers[] = {
    ngx_string("if-match"),
    ngx_string("if-modified-since"),
    ngx_string("if-none-match"),
    ngx_string("if-range"),
    ngx_string("if-unmodified-since"),
    ngx_string("range"),
    ngx_null_string
};


/* AWS, "Amazon S3 API Reference": what reads heed */

static ngx_str_t  ngx_s3edge_client_amz_headers[] = {
    ngx_string("x-amz-checksum-mode"),         /* the first */
    ngx_string("x-amz-expected-bucket-owner"),
    ngx_string("x-amz-max-parts"),
    ngx_string("x-amz-object-attributes"),
    ngx_string("x-amz-optional-object-attributes"),
    ngx_string("x-amz-part-number-marker"),
    ngx_string("x-amz-request-payer"),
    ngx_string(NGX_S3EDGE_CLIENT_SSE_C "algorithm"),
    ngx_string(NGX_S3EDGE_CLIENT_SSE_C "key"),
    ngx_string(NGX_S3EDGE_CLIENT_SSE_C "key-md5"),
    ngx_null_string
};


#define ngx_s3edge_client_checksum  ngx_s3edge_client_amz_headers[0]

static ngx_str_t  ngx_s3edge_client_enabled = ngx_string("ENABLED");


_Static_assert(sizeof(ngx_s3edge_client_amz_headers) / sizeof(ngx_str_t)
               == NGX_S3EDGE_CLIENT_AMZ_MAX + 1,
               "the table and its size differ");


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

    if (!ctx->bypass && r->upstream != NULL) {
        return r->cache == NULL
               || !r->upstream->cacheable
               || !r->upstream->buffering;
    }

#endif

    return ctx->bypass;
}


ngx_uint_t
ngx_s3edge_client_amz(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_pair_t *headers)
{
    ngx_str_t        *name, *value;
    ngx_uint_t        n, theirs;
    ngx_table_elt_t  *h;

    n = 0;
    theirs = ngx_s3edge_client_passes(r, ctx) && ngx_s3edge_client_has_amz(r);

    if (!theirs
        && ctx->op != S3_OP_OBJECT
        && ctx->bucket->request_payer.len == 0
        && ctx->bucket->expected_owner.len == 0)
    {
        return 0;
    }

    for (name = ngx_s3edge_client_amz_headers; name->len; name++) {

        value = ngx_s3edge_client_fixed(ctx, name);

        if (value == NULL && theirs) {
            h = ngx_s3edge_header_find(&r->headers_in.headers, name);
            value = h ? &h->value : NULL;
        }

        /* nginx sends no header with an empty value */

        if (value != NULL && value->len) {
            headers[n].name = *ngx_s3edge_str(name);
            headers[n].value = *ngx_s3edge_str(value);
            n++;
        }
    }

    return n;
}


/* nearly no client has one */

static ngx_uint_t
ngx_s3edge_client_has_amz(ngx_http_request_t *r)
{
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    ngx_s3edge_header_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->key.len > 6 && ngx_memcmp(h->lowcase_key, "x-amz-", 6) == 0) {
            return 1;
        }
    }

    return 0;
}


/* what goes whoever asks; NULL: nothing */

static ngx_str_t *
ngx_s3edge_client_fixed(ngx_s3edge_ctx_t *ctx, ngx_str_t *name)
{
    ngx_s3edge_bucket_t  *bucket;

    bucket = ctx->bucket;

    if (ctx->op == S3_OP_OBJECT && name == &ngx_s3edge_client_checksum) {
        return &ngx_s3edge_client_enabled;
    }

    if (bucket->request_payer.len
        && ngx_s3edge_client_named(name, "x-amz-request-payer"))
    {
        return &bucket->request_payer;
    }

    if (bucket->expected_owner.len
        && ngx_s3edge_client_named(name, NGX_S3EDGE_CLIENT_OWNER))
    {
        return &bucket->expected_owner;
    }

    return NULL;
}


ngx_uint_t
ngx_s3edge_client_is_special(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_uint_t  i, n;
    s3_pair_t   headers[NGX_S3EDGE_CLIENT_AMZ_MAX];

    if (!ngx_s3edge_client_has_amz(r)) {
        return 0;
    }

    n = ngx_s3edge_client_amz(r, ctx, headers);

    for (i = 0; i < n; i++) {
        if (!ngx_s3edge_client_named(&headers[i].name, "x-amz-checksum-mode")
            && ngx_s3edge_client_fixed(ctx, (ngx_str_t *) &headers[i].name)
               == NULL)
        {
            return 1;
        }
    }

    return 0;
}


/* the same by the end of a variable's name: "x_amz_request_payer" */

static ngx_str_t *
ngx_s3edge_client_suffix_fixed(ngx_s3edge_ctx_t *ctx, ngx_str_t *suffix)
{
    ngx_s3edge_bucket_t  *bucket;

    bucket = ctx->bucket;

    if (ctx->op == S3_OP_OBJECT
        && ngx_s3edge_client_named(suffix, "x_amz_checksum_mode"))
    {
        return &ngx_s3edge_client_enabled;
    }

    if (bucket->request_payer.len
        && ngx_s3edge_client_named(suffix, "x_amz_request_payer"))
    {
        return &bucket->request_payer;
    }

    if (bucket->expected_owner.len
        && ngx_s3edge_client_named(suffix, "x_amz_expected_bucket_owner"))
    {
        return &bucket->expected_owner;
    }

    return NULL;
}


ngx_int_t
ngx_s3edge_client_value(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *suffix, ngx_str_t *value)
{
    ngx_str_t        *fixed;
    ngx_table_elt_t  *h;

    if (suffix->len == 0) {
        return NGX_OK;
    }

    fixed = ngx_s3edge_client_suffix_fixed(ctx, suffix);

    if (fixed != NULL) {
        *value = *fixed;
        return NGX_OK;
    }

#if (NGX_HTTP_CACHE)

    /* 304 is about the copy that was asked for, so it is never the client's */

    if (ngx_s3edge_client_revalidates(r)
        && (ngx_s3edge_client_named(suffix, "if_none_match")
            || ngx_s3edge_client_named(suffix, "if_modified_since")))
    {
        return ctx->refetch ? NGX_OK
                            : ngx_s3edge_client_revalidate(r, suffix, value);
    }

#endif

    if (ngx_s3edge_client_passes(r, ctx)) {
        h = (ctx->op == S3_OP_OBJECT && suffix->data[0] != 'x')
            ? ngx_s3edge_client_settled(r, suffix)
            : ngx_s3edge_client_suffix(r, suffix);

        if (ctx->unranged
            && (h == r->headers_in.range || h == r->headers_in.if_range))
        {
            return NGX_OK;
        }

        if (h != NULL && h->value.len) {
            *value = h->value;
            ctx->ranged |= (h == r->headers_in.range);
        }
    }

    return NGX_OK;
}


/* range and conditions as range.c has them, the rest as the client sent it */

static ngx_table_elt_t *
ngx_s3edge_client_settled(ngx_http_request_t *r, ngx_str_t *suffix)
{
    const ngx_s3edge_client_settled_t  *known;

    for (known = ngx_s3edge_client_objects; known->suffix.len; known++) {

        if (known->suffix.len == suffix->len
            && ngx_memcmp(known->suffix.data, suffix->data, suffix->len) == 0)
        {
            return *(ngx_table_elt_t **) ((char *) &r->headers_in
                                          + known->offset);
        }
    }

    return ngx_s3edge_client_suffix(r, suffix);
}


/*
 * The header of "if_match", or NULL where there is none, or none that may
 * pass.  Begins with what the client sent, which is less than the tables.
 */

static ngx_table_elt_t *
ngx_s3edge_client_suffix(ngx_http_request_t *r, ngx_str_t *suffix)
{
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    ngx_s3edge_header_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->key.len == suffix->len
            && ngx_s3edge_client_is(h, suffix)
            && (ngx_s3edge_client_is_in(h, ngx_s3edge_client_headers)
                || ngx_s3edge_client_is_in(h, ngx_s3edge_client_amz_headers)))
        {
            return h;
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_s3edge_client_is(ngx_table_elt_t *h, ngx_str_t *suffix)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < suffix->len; i++) {
        c = h->lowcase_key[i];

        if (suffix->data[i] != (c == '-' ? '_' : c)) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_s3edge_client_is_in(ngx_table_elt_t *h, ngx_str_t *table)
{
    ngx_str_t  *name;

    for (name = table; name->len; name++) {
        if (ngx_s3edge_header_is(h, name)) {
            return 1;
        }
    }

    return 0;
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
ngx_s3edge_client_revalidate(ngx_http_request_t *r, ngx_str_t *suffix,
    ngx_str_t *value)
{
    if (ngx_s3edge_client_named(suffix, "if_none_match")) {
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
