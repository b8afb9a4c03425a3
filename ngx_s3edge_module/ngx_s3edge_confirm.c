
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_confirm.h"
#include "ngx_s3edge_repeat.h"
#include "s3_reply.h"


#if (NGX_HTTP_CACHE)
static ngx_uint_t ngx_s3edge_confirm_is_other(ngx_http_cache_t *c,
    ngx_http_upstream_headers_in_t *in);
#endif


ngx_int_t
ngx_s3edge_confirm(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_uint_t asked)
{
    ngx_uint_t  other;

    other = !asked;

#if (NGX_HTTP_CACHE)

    if (r->cache != NULL
        && r->upstream->cache_status == NGX_HTTP_CACHE_EXPIRED
        && ngx_s3edge_confirm_is_other(r->cache, &r->upstream->headers_in))
    {
        other = 1;
    }

#endif

    if (!other) {
        return NGX_OK;
    }

    if (ctx->origin.refetch || !ngx_s3edge_repeat_may(r)) {
        return NGX_ERROR;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "s3edge 304 does not confirm the copy");

    ctx->origin.refetch = 1;

#if (NGX_HTTP_CACHE)

    /* nginx would renew it */

    r->upstream->cache_status = NGX_HTTP_CACHE_MISS;

#endif

    return NGX_DECLINED;
}


#if (NGX_HTTP_CACHE)

/* RFC 9110, 15.4.5: what it names has to be what was stored */

static ngx_uint_t
ngx_s3edge_confirm_is_other(ngx_http_cache_t *c,
    ngx_http_upstream_headers_in_t *in)
{
    if (in->etag != NULL && c->etag.len
        && !s3_reply_same_etag(ngx_s3edge_str(&in->etag->value),
                               ngx_s3edge_str(&c->etag)))
    {
        return 1;
    }

    return in->last_modified != NULL
           && in->last_modified_time != -1
           && c->last_modified != -1
           && in->last_modified_time != c->last_modified;
}

#endif
