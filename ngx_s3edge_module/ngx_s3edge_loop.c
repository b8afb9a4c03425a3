
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_loop.h"
#include "ngx_s3edge_header.h"
#include "s3_hash.h"


static size_t ngx_s3edge_loop_sent(ngx_http_request_t *r, u_char *dst);


void
ngx_s3edge_loop_init(ngx_s3edge_main_conf_t *smcf)
{
    ngx_uint_t             i;
    ngx_s3edge_bucket_t  **bucket;

    bucket = smcf->buckets.elts;

    /* the epoch is random, and that of all workers */

    for (i = 0; i < smcf->buckets.nelts; i++) {
        (void) ngx_sprintf(bucket[i]->loop, "s3edge-%016xL",
                           s3_hash(smcf->counters->epoch,
                                   ngx_s3edge_str(&bucket[i]->node.str)));
    }
}


ngx_uint_t
ngx_s3edge_loop_is(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    size_t  len;
    u_char  sent[NGX_S3EDGE_LOOP_MAX];

    len = ngx_s3edge_loop_sent(r, NULL);

    if (len == 0) {
        return 0;
    }

    if (len > NGX_S3EDGE_LOOP_MAX) {
        return 1;
    }

    (void) ngx_s3edge_loop_sent(r, sent);

    return ngx_strlcasestrn(sent, sent + len, ctx->req.bucket->loop,
                            NGX_S3EDGE_LOOP_LEN - 1)
           != NULL;
}


ngx_int_t
ngx_s3edge_loop_value(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    size_t   len;
    u_char  *p;

    len = ngx_s3edge_loop_sent(r, NULL);

    p = ngx_pnalloc(r->pool, len + 2 + NGX_S3EDGE_LOOP_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value->data = p;

    if (len) {
        p += ngx_s3edge_loop_sent(r, p);
        *p++ = ',';
        *p++ = ' ';
    }

    p = ngx_cpymem(p, ctx->req.bucket->loop, NGX_S3EDGE_LOOP_LEN);

    value->len = p - value->data;

    return NGX_OK;
}


/* what the client sent, of several headers as one */

static size_t
ngx_s3edge_loop_sent(ngx_http_request_t *r, u_char *dst)
{
    size_t                     len;
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    static ngx_str_t  name = ngx_string("cdn-loop");

    len = 0;

    ngx_s3edge_header_walk(&walk, &r->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (!ngx_s3edge_header_is(h, &name) || h->value.len == 0) {
            continue;
        }

        if (dst != NULL) {
            if (len) {
                dst[len] = ',';
            }

            ngx_memcpy(dst + len + (len != 0), h->value.data, h->value.len);
        }

        len += (len != 0) + h->value.len;
    }

    return len;
}
