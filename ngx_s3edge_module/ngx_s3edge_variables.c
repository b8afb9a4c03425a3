
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_variables.h"
#include "ngx_s3edge_answer.h"
#include "ngx_s3edge_attempt.h"
#include "ngx_s3edge_client.h"
#include "ngx_s3edge_disk.h"
#include "ngx_s3edge_flight.h"
#include "ngx_s3edge_handler.h"
#include "ngx_s3edge_key.h"
#include "ngx_s3edge_loop.h"
#include "ngx_s3edge_redirect.h"
#include "ngx_s3edge_response.h"
#include "ngx_s3edge_route.h"
#include "ngx_s3edge_sign.h"
#include "ngx_s3edge_stale.h"


#define NGX_S3EDGE_VARIABLES_HTTP  "s3edge_http_"


/* a getter finds the value, or leaves it empty: not found */

typedef ngx_int_t (*ngx_s3edge_variables_get_pt)(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);


typedef struct {
    ngx_str_t                     name;
    ngx_s3edge_variables_get_pt   get;
    ngx_uint_t                    flags;
    ngx_str_t                     header;      /* that it takes the place of */
} ngx_s3edge_variables_entry_t;


static ngx_int_t ngx_s3edge_variables_get(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_s3edge_variables_theirs(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_s3edge_variables_add_client(ngx_conf_t *cf);
static ngx_int_t ngx_s3edge_variables_client(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_s3edge_variables_named(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_s3edge_variables_their_header(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_str_t *name);
static void ngx_s3edge_variables_set(ngx_http_variable_value_t *v,
    ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_url(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_uint_t ngx_s3edge_variables_same_uri(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_variables_host(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_authorization(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_date(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_sha256(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_token(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_encoding(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_length(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_bypass(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_bucket(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_key(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_s3edge_variables_cache_status(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value);


/* none is kept: an error page may be another key, and HEAD become GET */

static const ngx_s3edge_variables_entry_t  ngx_s3edge_variables[] = {

    { ngx_string("s3edge_url"), ngx_s3edge_variables_url,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_null_string },

    { ngx_string("s3edge_host"), ngx_s3edge_variables_host,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_string("host") },

    { ngx_string("s3edge_authorization"), ngx_s3edge_variables_authorization,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_string("authorization") },

    { ngx_string("s3edge_date"), ngx_s3edge_variables_date,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_string("x-amz-date") },

    { ngx_string("s3edge_content_sha256"), ngx_s3edge_variables_sha256,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_string("x-amz-content-sha256") },

    { ngx_string("s3edge_security_token"), ngx_s3edge_variables_token,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_string("x-amz-security-token") },

    { ngx_string("s3edge_accept_encoding"), ngx_s3edge_variables_encoding,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_string("accept-encoding") },

    { ngx_string("s3edge_cdn_loop"), ngx_s3edge_loop_value,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_string("cdn-loop") },

    { ngx_string("s3edge_content_length"), ngx_s3edge_variables_length,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_null_string },

    { ngx_string("s3edge_cache_key"), ngx_s3edge_key,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_null_string },

    { ngx_string("s3edge_bypass"), ngx_s3edge_variables_bypass,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_null_string },

    { ngx_string("s3edge_bucket"), ngx_s3edge_variables_bucket,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_null_string },

    { ngx_string("s3edge_key"), ngx_s3edge_variables_key,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_null_string },

    { ngx_string("s3edge_cache_status"), ngx_s3edge_variables_cache_status,
      NGX_HTTP_VAR_NOCACHEABLE, ngx_null_string }
};


ngx_int_t
ngx_s3edge_variables_add(ngx_conf_t *cf)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    ngx_http_variable_t  *var;

    for (i = 0;
         i < sizeof(ngx_s3edge_variables)
             / sizeof(ngx_s3edge_variables_entry_t);
         i++)
    {
        name = ngx_s3edge_variables[i].name;

        var = ngx_http_add_variable(cf, &name, ngx_s3edge_variables[i].flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_s3edge_variables_get;
        var->data = i;
    }

    return ngx_s3edge_variables_add_client(cf);
}


/*
 * Each header has a variable, so that a configuration which names it knows
 * which one it is: the request to the origin has all of them.  nginx's hash,
 * whose buckets are too small for the longest, is for names that come with a
 * request: those are looked up in the table.
 */

static ngx_int_t
ngx_s3edge_variables_add_client(ngx_conf_t *cf)
{
    u_char                *p;
    ngx_str_t              name;
    ngx_uint_t             i;
    ngx_http_variable_t   *var;
    const s3_op_header_t  *header;

    for (i = 0; (header = s3_op_header(i)) != NULL; i++) {

        name.len = sizeof(NGX_S3EDGE_VARIABLES_HTTP) - 1 + header->name.len;

        name.data = ngx_pnalloc(cf->temp_pool, name.len);
        if (name.data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_cpymem(name.data, NGX_S3EDGE_VARIABLES_HTTP,
                       sizeof(NGX_S3EDGE_VARIABLES_HTTP) - 1);

        ngx_memcpy(p, header->name.data, header->name.len);

        for ( /* void */ ; p < name.data + name.len; p++) {
            if (*p == '-') {
                *p = '_';
            }
        }

        /* a configuration may have one of that name: "map", "set" */

        var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_CHANGEABLE
                                               |NGX_HTTP_VAR_NOCACHEABLE
                                               |NGX_HTTP_VAR_NOHASH);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_s3edge_variables_client;
        var->data = (uintptr_t) header;
    }

    ngx_str_set(&name, NGX_S3EDGE_VARIABLES_HTTP);

    var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE
                                           |NGX_HTTP_VAR_PREFIX);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_s3edge_variables_named;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_variables_get(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t          value;
    ngx_s3edge_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_s3edge_handler_ctx(r);

    if (ctx == NULL) {
        return ngx_s3edge_variables_theirs(r, v, data);
    }

    if (ctx->req.bucket == NULL) {
        return NGX_OK;
    }

    /* most are asked for when the request to the origin is made */

    if (ngx_s3edge_stale_guard(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_null(&value);

    if (ngx_s3edge_variables[data].get(r, ctx, &value) == NGX_ERROR) {
        return NGX_ERROR;
    }

    ngx_s3edge_variables_set(v, &value);

    return NGX_OK;
}


/* in a block that sends its requests elsewhere: as without the snippet */

static ngx_int_t
ngx_s3edge_variables_theirs(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                            value;
    ngx_s3edge_loc_conf_t               *slcf;
    const ngx_s3edge_variables_entry_t  *var;

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    if (!slcf->theirs) {
        return NGX_OK;
    }

    var = &ngx_s3edge_variables[data];

    ngx_str_null(&value);

    if (var->header.len) {
        ngx_s3edge_route_header(r, (ngx_str_t *) &var->header, &value);

    } else if (var->get == ngx_s3edge_variables_length) {
        if (ngx_s3edge_route_length(r, &value) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (var->get == ngx_s3edge_variables_url) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "s3edge: an \"if\" or \"limit_except\" has a proxy_pass "
                      "of its own to $s3edge_url: leave it out, the block "
                      "inherits that of its location");
    }

    ngx_s3edge_variables_set(v, &value);

    return NGX_OK;
}


/* data is the header's row in the table of them */

static ngx_int_t
ngx_s3edge_variables_client(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t              value;
    ngx_s3edge_ctx_t      *ctx;
    const s3_op_header_t  *header;

    v->not_found = 1;

    ctx = ngx_s3edge_handler_ctx(r);
    header = (const s3_op_header_t *) data;

    if (ctx == NULL) {
        return ngx_s3edge_variables_their_header(r, v,
                                                 (ngx_str_t *) &header->name);
    }

    if (ctx->req.bucket == NULL) {
        return NGX_OK;
    }

    ngx_str_null(&value);

    if (ngx_s3edge_client_value(r, ctx, header, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_s3edge_variables_set(v, &value);

    return NGX_OK;
}


/* data is the whole name, "s3edge_http_..." */

static ngx_int_t
ngx_s3edge_variables_named(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t             *name, suffix;
    const s3_op_header_t  *header;

    name = (ngx_str_t *) data;

    suffix.data = name->data + sizeof(NGX_S3EDGE_VARIABLES_HTTP) - 1;
    suffix.len = name->data + name->len - suffix.data;

    header = s3_op_header_find(ngx_s3edge_str(&suffix));

    if (header != NULL) {
        return ngx_s3edge_variables_client(r, v, (uintptr_t) header);
    }

    v->not_found = 1;

    return ngx_s3edge_handler_ctx(r) == NULL
           ? ngx_s3edge_variables_their_header(r, v, &suffix) : NGX_OK;
}


/* in a block that sends its requests elsewhere: as the client sent it */

static ngx_int_t
ngx_s3edge_variables_their_header(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_str_t *name)
{
    ngx_str_t               value;
    ngx_s3edge_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    if (slcf->theirs) {
        ngx_str_null(&value);
        ngx_s3edge_route_header(r, name, &value);
        ngx_s3edge_variables_set(v, &value);
    }

    return NGX_OK;
}


static void
ngx_s3edge_variables_set(ngx_http_variable_value_t *v, ngx_str_t *value)
{
    if (value->data == NULL) {
        return;
    }

    v->len = value->len;
    v->data = value->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
}


static ngx_int_t
ngx_s3edge_variables_url(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    u_char     *p;
    ngx_str_t  *url, *path;

    url = ngx_s3edge_redirect_url(ctx);
    path = ngx_s3edge_redirect_path(ctx);

    if (ctx->origin.stale) {
        ngx_str_set(value, NGX_S3EDGE_STALE_URL);
        return NGX_OK;
    }

    if (ngx_s3edge_variables_same_uri(r, ctx)) {
        *value = *url;
        return NGX_OK;
    }

    value->len = url->len + path->len + ctx->req.key.len
                 + (ctx->req.query.len ? 1 : 0) + ctx->req.query.len;

    p = ngx_pnalloc(r->pool, value->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value->data = p;

    p = ngx_cpymem(p, url->data, url->len);
    p = ngx_cpymem(p, path->data, path->len);
    p = ngx_cpymem(p, ctx->req.key.data, ctx->req.key.len);

    if (ctx->req.query.len) {
        *p++ = '?';
        ngx_memcpy(p, ctx->req.query.data, ctx->req.query.len);
    }

    return NGX_OK;
}


/*
 * nginx evaluates and parses the URL on hits too.  From one without a path
 * it takes the request's own URI, as the client wrote it: often that is what
 * the origin is to get.
 */

static ngx_uint_t
ngx_s3edge_variables_same_uri(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_str_t  *path, *uri;

    path = ngx_s3edge_redirect_path(ctx);
    uri = &r->unparsed_uri;

    return r == r->main
           && r->valid_unparsed_uri
           && ctx->req.query.len == 0
           && uri->len == path->len + ctx->req.key.len
           && ctx->req.key.data == uri->data + path->len
           && ngx_memcmp(uri->data, path->data, path->len) == 0;
}


/* each request to an origin has it, so its answer is watched from here */

static ngx_int_t
ngx_s3edge_variables_host(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    if (ngx_s3edge_answer_guard(r) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_s3edge_redirect_guard(r, ctx);

    *value = *ngx_s3edge_redirect_host(ctx);

    /* each request to the origin has it */

    return ngx_s3edge_attempt_prepare(r);
}


/* signs, where the request has not been signed yet for this method */

static ngx_int_t
ngx_s3edge_variables_authorization(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value)
{
    ngx_int_t  rc;

    if (ngx_s3edge_flight_lead(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_s3edge_sign(r, ctx);

    if (rc == NGX_OK) {
        *value = ctx->origin.authorization;
    }

    return rc;
}


static ngx_int_t
ngx_s3edge_variables_date(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    ngx_int_t  rc;

    rc = ngx_s3edge_sign(r, ctx);

    if (rc == NGX_OK) {
        value->data = ctx->origin.date;
        value->len = S3_AMZ_DATE_LEN;
    }

    return rc;
}


static ngx_int_t
ngx_s3edge_variables_sha256(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    if (ctx->req.bucket->creds != NULL) {
        ngx_str_set(value, S3_EMPTY_SHA256);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_variables_token(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    if (ctx->req.bucket->creds != NULL && ctx->req.bucket->creds->token.len) {
        *value = ctx->req.bucket->creds->token;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_variables_encoding(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    if (ctx->req.bucket->accept_encoding.len) {
        *value = ctx->req.bucket->accept_encoding;
    }

    return NGX_OK;
}


/* what is read has no body */

static ngx_int_t
ngx_s3edge_variables_length(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_variables_bypass(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
#if (NGX_HTTP_CACHE)

    /* which cache it would be is known by now */

    if (!ctx->copy.bypass && ngx_s3edge_disk_is_off(r)) {
        ngx_s3edge_disk_bypass(ctx);
    }

#endif

    ngx_str_set(value, "0");

    if (ctx->copy.bypass) {
        ngx_str_set(value, "1");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_variables_bucket(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    *value = ctx->req.bucket->node.str;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_variables_key(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *value)
{
    *value = ctx->req.key;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_variables_cache_status(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *value)
{
    ngx_str_t  *status;

    status = ngx_s3edge_response_status(r, ctx);

    if (status != NULL) {
        *value = *status;
    }

    return NGX_OK;
}
