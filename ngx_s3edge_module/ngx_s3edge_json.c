
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_json.h"


#define NGX_S3EDGE_JSON_ERROR_MAX  512


ngx_int_t
ngx_s3edge_json_send(ngx_http_request_t *r, ngx_uint_t status, ngx_buf_t *b)
{
    ngx_int_t    rc;
    ngx_chain_t  out;

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = b->last - b->pos;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_s3edge_json_error(ngx_http_request_t *r, ngx_uint_t status, char *code,
    char *message)
{
    ngx_buf_t  *b;

    b = ngx_create_temp_buf(r->pool, NGX_S3EDGE_JSON_ERROR_MAX);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_slprintf(b->last, b->end,
                           "{\"error\":\"%s\",\"message\":\"%s\"}\n",
                           code, message);

    return ngx_s3edge_json_send(r, status, b);
}
