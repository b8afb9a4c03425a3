
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_key.h"
#include "s3_key.h"


static ngx_int_t ngx_s3edge_key_begin(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_key_t *parts, ngx_str_t *key);


ngx_int_t
ngx_s3edge_key(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx, ngx_str_t *key)
{
    s3_key_t  parts;

    if (ngx_s3edge_key_begin(r, ctx, &parts, key) != NGX_OK) {
        return NGX_ERROR;
    }

    s3_key_write(&parts, key->data);

    return NGX_OK;
}


ngx_int_t
ngx_s3edge_key_pack(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *key)
{
    s3_key_t  parts;

    if (ngx_s3edge_key_begin(r, ctx, &parts, key) != NGX_OK) {
        return NGX_ERROR;
    }

    key->len = s3_key_pack(&parts, key->data);

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_key_begin(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_key_t *parts, ngx_str_t *key)
{
    s3_state_view_t          view;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    parts->bucket = *ngx_s3edge_str(&ctx->req.bucket->node.str);
    parts->key = *ngx_s3edge_str(&ctx->req.key);
    parts->variant = *ngx_s3edge_str(&ctx->req.query);

    view = s3_state_view(smcf->counters, &parts->bucket, &parts->key);

    parts->generation = view.generation;
    parts->origin = ctx->req.bucket->origin;
    ctx->copy.soft = view.soft;

    key->len = s3_key_len(parts);
    key->data = ngx_pnalloc(r->pool, key->len);

    return key->data != NULL ? NGX_OK : NGX_ERROR;
}
