
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_checksum.h"
#include "ngx_s3edge_client.h"
#include "ngx_s3edge_header.h"


#define NGX_S3EDGE_CHECKSUM_PREFIX  "x-amz-checksum-"


ngx_uint_t
ngx_s3edge_checksum_is(ngx_str_t *name)
{
    size_t  len;

    len = sizeof(NGX_S3EDGE_CHECKSUM_PREFIX) - 1;

    /* "x-amz-" begins many, and few of them go on with "c" */

    return name->len > len
           && ngx_tolower(name->data[6]) == 'c'
           && ngx_strncasecmp(name->data,
                              (u_char *) NGX_S3EDGE_CHECKSUM_PREFIX, len)
              == 0;
}


ngx_uint_t
ngx_s3edge_checksum_is_wanted(ngx_http_request_t *r)
{
    return r->headers_in.range == NULL
           && ngx_s3edge_client_wants_checksum(r);
}


void
ngx_s3edge_checksum_clear(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_uint_t                 status;
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    status = r->headers_out.status;

    if (!ctx->req.op->cacheable
        || ((status == NGX_HTTP_OK || status == NGX_HTTP_PARTIAL_CONTENT)
            && ngx_s3edge_checksum_is_wanted(r)))
    {
        return;
    }

    ngx_s3edge_header_walk(&walk, &r->headers_out.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->hash != 0 && ngx_s3edge_checksum_is(&h->key)) {
            h->hash = 0;
        }
    }
}
