
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_error.h"
#include "ngx_s3edge_header.h"
#include "s3_uri.h"


static ngx_int_t ngx_s3edge_error_request_id(ngx_http_request_t *r,
    ngx_str_t *id);


static ngx_str_t  ngx_s3edge_error_id_name = ngx_string("x-amz-request-id");
static ngx_str_t  ngx_s3edge_error_allow_name = ngx_string("Allow");
static ngx_str_t  ngx_s3edge_error_allow = ngx_string("GET, HEAD");


ngx_int_t
ngx_s3edge_error_send(ngx_http_request_t *r, s3_error_t error)
{
    ngx_int_t               rc;
    ngx_buf_t              *b;
    ngx_str_t               id, path, query;
    ngx_chain_t             out;
    const s3_error_info_t  *info;

    info = s3_error_info(error);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_s3edge_error_request_id(r, &id) != NGX_OK
        || ngx_s3edge_header_add(r, &ngx_s3edge_error_id_name, &id) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* RFC 9110, 15.5.6: a 405 names the methods that are allowed */

    if (info->status == NGX_HTTP_NOT_ALLOWED
        && ngx_s3edge_header_add(r, &ngx_s3edge_error_allow_name,
                                 &ngx_s3edge_error_allow)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    s3_uri_split(ngx_s3edge_str(&r->unparsed_uri), ngx_s3edge_str(&path),
                 ngx_s3edge_str(&query));

    b = ngx_create_temp_buf(r->pool,
                            s3_error_body(error, ngx_s3edge_str(&path),
                                          ngx_s3edge_str(&id), NULL));
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last += s3_error_body(error, ngx_s3edge_str(&path),
                             ngx_s3edge_str(&id), b->pos);
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = info->status;
    r->headers_out.content_length_n = b->last - b->pos;
    ngx_str_set(&r->headers_out.content_type, "application/xml");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_s3edge_error_request_id(ngx_http_request_t *r, ngx_str_t *id)
{
    ngx_uint_t                  key;
    ngx_str_t                   name = ngx_string("request_id");
    ngx_http_variable_value_t  *vv;

    key = ngx_hash_key(name.data, name.len);

    vv = ngx_http_get_variable(r, &name, key);
    if (vv == NULL || vv->not_found) {
        return NGX_ERROR;
    }

    id->data = vv->data;
    id->len = vv->len;

    return NGX_OK;
}
