
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_lookup.h"
#include "ngx_s3edge_key.h"
#include "ngx_s3edge_zone.h"
#include "s3_prefetch.h"


ngx_int_t
ngx_s3edge_lookup(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_s3edge_shard_t      *shard;
    ngx_s3edge_memory_t     *memory;
    ngx_s3edge_loc_conf_t   *slcf;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);
    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);
    memory = smcf->memory;

    ctx->copy.shard = NULL;
    ctx->copy.as_of = ngx_current_msec;
    ctx->copy.looked_up = 1;

    if (memory == NULL || !slcf->memory || !ctx->req.storable) {
        return NGX_OK;
    }

    if (ngx_s3edge_key_pack(r, ctx, &ctx->copy.key) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->copy.hash = s3_mem_hash(memory->shards[0].mem,
                                 ngx_s3edge_str(&ctx->copy.key))
                ^ slcf->fields;

    shard = &memory->shards[(ctx->copy.hash >> 32) * memory->nshards >> 32];

    if (shard->slot != -1) {
        ctx->copy.shard = shard;
        s3_prefetch_place(shard->mem, ctx->copy.hash);
    }

    return NGX_OK;
}


ngx_int_t
ngx_s3edge_lookup_settle(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    if ((!ctx->copy.looked_up || ctx->copy.as_of != ngx_current_msec)
        && ngx_s3edge_lookup(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->copy.looked_up = 0;

    return NGX_OK;
}


void
ngx_s3edge_lookup_ahead(ngx_s3edge_ctx_t *ctx)
{
    if (ctx->copy.shard != NULL) {
        s3_prefetch_object(ctx->copy.shard->mem, ctx->copy.hash);
    }
}
