
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_region.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_reason.h"
#include "ngx_s3edge_repeat.h"
#include "ngx_s3edge_slot.h"
#include "s3_error_parse.h"
#include "s3_uri.h"


static ngx_int_t ngx_s3edge_region_find(ngx_http_request_t *r,
    ngx_str_t *region);
static void ngx_s3edge_region_set(ngx_s3edge_bucket_t *bucket,
    ngx_str_t *region);


s3_str_t
ngx_s3edge_region_get(ngx_s3edge_bucket_t *bucket)
{
    s3_str_t    region;
    s3_slot_t  *slot;

    slot = ngx_s3edge_slot_of(bucket);

    if (slot != NULL) {
        region.len = __atomic_load_n(&slot->region_len, __ATOMIC_ACQUIRE);
        region.data = slot->region;

    } else {
        region = *ngx_s3edge_str(&bucket->told);
    }

    return region.len ? region : *ngx_s3edge_str(&bucket->region);
}


s3_answer_region_e
ngx_s3edge_region_told(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    s3_str_t   used;
    ngx_str_t  region;

    if (ctx->req.bucket->creds == NULL
        || ngx_s3edge_region_find(r, &region) != NGX_OK)
    {
        return S3_ANSWER_REGION_NONE;
    }

    used = ngx_s3edge_region_get(ctx->req.bucket);

    if (used.len != region.len
        || ngx_memcmp(used.data, region.data, region.len) != 0)
    {
        return S3_ANSWER_REGION_NEW;
    }

    return ctx->origin.region.len == region.len
           && ngx_memcmp(ctx->origin.region.data, region.data, region.len)
              == 0
           ? S3_ANSWER_REGION_SIGNED : S3_ANSWER_REGION_KNOWN;
}


void
ngx_s3edge_region_learn(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_str_t             region;
    ngx_s3edge_bucket_t  *bucket;

    bucket = ctx->req.bucket;

    if (ngx_s3edge_region_find(r, &region) != NGX_OK) {
        return;                                /* cannot be */
    }

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "s3edge bucket \"%V\" is in region \"%V\", not \"%V\": "
                  "set \"region %V\"", &bucket->node.str, &region,
                  &bucket->region, &region);

    ngx_s3edge_region_set(bucket, &region);
}


ngx_int_t
ngx_s3edge_region_repeat(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ctx->origin.retried = 1;

    return ngx_s3edge_repeat(r, ctx);
}


static ngx_int_t
ngx_s3edge_region_find(ngx_http_request_t *r, ngx_str_t *region)
{
    ngx_str_t         body;
    ngx_table_elt_t  *h;

    static ngx_str_t  name = ngx_string("x-amz-bucket-region");

    h = ngx_s3edge_header_find(&r->upstream->headers_in.headers, &name);

    if (h != NULL) {
        *region = h->value;
        return s3_region_check(ngx_s3edge_str(region)) == S3_OK ? NGX_OK
                                                             : NGX_DECLINED;
    }

    (void) ngx_s3edge_reason(r, &body);

    if (s3_error_parse_region(ngx_s3edge_str(&body), ngx_s3edge_str(region))
        != S3_OK)
    {
        return NGX_DECLINED;
    }

    return s3_region_check(ngx_s3edge_str(region)) == S3_OK ? NGX_OK
                                                             : NGX_DECLINED;
}


/*
 * Workers may be told at the same time, but they are told the same.  The
 * length is written last: a reader sees all of the name, or none.  A bucket
 * without a slot is told in each worker.
 */

static void
ngx_s3edge_region_set(ngx_s3edge_bucket_t *bucket, ngx_str_t *region)
{
    s3_slot_t  *slot;

    slot = ngx_s3edge_slot_of(bucket);

    if (slot != NULL) {
        __atomic_store_n(&slot->region_len, 0, __ATOMIC_SEQ_CST);

        ngx_memcpy(slot->region, region->data, region->len);

        __atomic_store_n(&slot->region_len, region->len, __ATOMIC_RELEASE);

    } else {
        bucket->told.data = bucket->told_buf;
        bucket->told.len = region->len;
        ngx_memcpy(bucket->told_buf, region->data, region->len);
    }

    bucket->key.set = 0;
}
