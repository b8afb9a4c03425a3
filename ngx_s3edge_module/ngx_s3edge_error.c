
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_error.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_prior.h"
#include "s3_uri.h"


/* at most */
#define NGX_S3EDGE_ERROR_DETAILS  2
#define NGX_S3EDGE_ERROR_LOOP  508


static ngx_buf_t *ngx_s3edge_error_make(ngx_http_request_t *r,
    s3_error_t error, ngx_uint_t status);
static ngx_int_t ngx_s3edge_error_request_id(ngx_http_request_t *r,
    ngx_str_t *id);
static size_t ngx_s3edge_error_details(ngx_http_request_t *r,
    s3_error_t error, s3_pair_t *details);
static ngx_uint_t ngx_s3edge_error_stays(ngx_table_elt_t *h);


static ngx_str_t  ngx_s3edge_error_id_name = ngx_string("x-amz-request-id");
static ngx_str_t  ngx_s3edge_error_allow_name = ngx_string("Allow");
static ngx_str_t  ngx_s3edge_error_allow = ngx_string("GET, HEAD");


ngx_int_t
ngx_s3edge_error_replace(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_error_t error, ngx_uint_t status)
{
    /* as nginx's own pages: nothing of what the error takes the place of */

    ngx_s3edge_prior_restore(r, ctx, ngx_s3edge_error_stays);

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    ctx->answer.error = ngx_s3edge_error_make(r, error, status);

    return ctx->answer.error ? NGX_OK : NGX_ERROR;
}


ngx_chain_t *
ngx_s3edge_error_body(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_chain_t  *cl;

    if (ctx->answer.error_sent) {
        return NULL;
    }

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_CHAIN_ERROR;
    }

    cl->buf = ctx->answer.error;
    cl->next = NULL;

    ctx->answer.error_sent = 1;

    return cl;
}


/* sets the headers and returns the body */

static ngx_buf_t *
ngx_s3edge_error_make(ngx_http_request_t *r, s3_error_t error,
    ngx_uint_t status)
{
    size_t      n;
    ngx_buf_t  *b;
    ngx_str_t   id, path, query;
    s3_pair_t   details[NGX_S3EDGE_ERROR_DETAILS];

    if (ngx_s3edge_error_request_id(r, &id) != NGX_OK
        || ngx_s3edge_header_add(r, &ngx_s3edge_error_id_name, &id) != NGX_OK)
    {
        return NULL;
    }

    /* RFC 9110, 15.5.6: a 405 names the methods that are allowed */

    if (status == NGX_HTTP_NOT_ALLOWED
        && ngx_s3edge_header_add(r, &ngx_s3edge_error_allow_name,
                                 &ngx_s3edge_error_allow)
           != NGX_OK)
    {
        return NULL;
    }

    s3_uri_split(ngx_s3edge_str(&r->unparsed_uri), ngx_s3edge_str(&path),
                 ngx_s3edge_str(&query));

    n = ngx_s3edge_error_details(r, error, details);

    b = ngx_create_temp_buf(r->pool,
                            s3_error_body_of(error, details, n,
                                             ngx_s3edge_str(&path),
                                             ngx_s3edge_str(&id), NULL));
    if (b == NULL) {
        return NULL;
    }

    b->last += s3_error_body_of(error, details, n, ngx_s3edge_str(&path),
                                ngx_s3edge_str(&id), b->pos);
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = status;
    r->headers_out.status_line.len = 0;

    /* nginx has no word for it */

    if (status == NGX_S3EDGE_ERROR_LOOP) {
        ngx_str_set(&r->headers_out.status_line, "508 Loop Detected");
    }

    r->headers_out.content_length_n = b->last - b->pos;
    ngx_str_set(&r->headers_out.content_type, "application/xml");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.charset.len = 0;

    return b;
}


/* of a range that cannot be had: which, and of how many bytes */

static size_t
ngx_s3edge_error_details(ngx_http_request_t *r, s3_error_t error,
    s3_pair_t *details)
{
    size_t                  skip;
    ngx_str_t              *value;
    static const s3_str_t   range = s3_string("RangeRequested");
    static const s3_str_t   actual = s3_string("ActualObjectSize");

    skip = sizeof("bytes */") - 1;

    if (error != S3_ERR_INVALID_RANGE
        || r->headers_in.range == NULL
        || r->headers_out.content_range == NULL
        || r->headers_out.content_range->value.len <= skip)
    {
        return 0;
    }

    value = &r->headers_out.content_range->value;

    details[0].name = range;
    details[0].value = *ngx_s3edge_str(&r->headers_in.range->value);

    details[1].name = actual;
    details[1].value.data = value->data + skip;
    details[1].value.len = value->len - skip;

    return NGX_S3EDGE_ERROR_DETAILS;
}


static ngx_int_t
ngx_s3edge_error_request_id(ngx_http_request_t *r, ngx_str_t *id)
{
    ngx_s3edge_main_conf_t     *smcf;
    ngx_http_variable_value_t  *vv;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    /* by index, so that a log that has $request_id has the same one */

    vv = ngx_http_get_indexed_variable(r, smcf->request_id);
    if (vv == NULL || vv->not_found) {
        return NGX_ERROR;
    }

    id->data = vv->data;
    id->len = vv->len;

    return NGX_OK;
}


/* what an error itself says: RFC 9110, 10.2.3, 11.6.1 and 14.4 */

static ngx_uint_t
ngx_s3edge_error_stays(ngx_table_elt_t *h)
{
    ngx_str_t         *name;
    static ngx_str_t   names[] = {
        ngx_string("Content-Range"),
        ngx_string("Retry-After"),
        ngx_string("WWW-Authenticate"),
        ngx_null_string
    };

    for (name = names; name->len; name++) {
        if (h->key.len == name->len
            && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}
