
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_handler.h"
#include "ngx_s3edge_allow.h"
#include "ngx_s3edge_bucket.h"
#include "ngx_s3edge_client.h"
#include "ngx_s3edge_cors.h"
#include "ngx_s3edge_disk.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_list.h"
#include "ngx_s3edge_lookup.h"
#include "ngx_s3edge_range.h"
#include "ngx_s3edge_stats.h"
#include "ngx_s3edge_ttl.h"
#include "s3_canon.h"
#include "s3_uri.h"


/* raw slices of a request URI */

typedef struct {
    ngx_str_t   bucket;
    ngx_str_t   key;
    ngx_str_t   query;
} ngx_s3edge_target_t;


static ngx_int_t ngx_s3edge_handler_options(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);
static ngx_uint_t ngx_s3edge_handler_holds(ngx_http_request_t *r,
    ngx_s3edge_loc_conf_t *slcf, ngx_s3edge_ctx_t *ctx);
static ngx_uint_t ngx_s3edge_handler_by(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_handler_parse(ngx_http_request_t *r,
    ngx_s3edge_loc_conf_t *slcf, ngx_s3edge_ctx_t *ctx);
static ngx_int_t ngx_s3edge_handler_uri(ngx_http_request_t *r,
    ngx_str_t *uri);
static ngx_int_t ngx_s3edge_handler_target(ngx_http_request_t *r,
    ngx_s3edge_loc_conf_t *slcf, ngx_str_t *uri, ngx_s3edge_target_t *target);
static ngx_int_t ngx_s3edge_handler_host(ngx_http_request_t *r,
    ngx_s3edge_loc_conf_t *slcf, ngx_str_t *path,
    ngx_s3edge_target_t *target);
static ngx_int_t ngx_s3edge_handler_location(ngx_http_request_t *r,
    ngx_str_t *prefix, ngx_str_t *path, ngx_str_t *key);
static size_t ngx_s3edge_handler_prefix(ngx_str_t *prefix, ngx_str_t *path);
static ngx_int_t ngx_s3edge_handler_name(ngx_http_request_t *r,
    ngx_str_t *name);
static ngx_int_t ngx_s3edge_handler_key(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *raw);
static ngx_int_t ngx_s3edge_handler_query(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, ngx_str_t *raw);


ngx_int_t
ngx_s3edge_handler_ahead(ngx_http_request_t *r)
{
    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_s3edge_handler_ctx(r);

    if (ctx != NULL) {
        ngx_s3edge_lookup_ahead(ctx);
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_s3edge_handler(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    if (r->method == NGX_HTTP_OPTIONS
        && ctx->req.bucket != NULL && ctx->req.bucket->cors != NULL)
    {
        return ngx_s3edge_handler_options(r, ctx);
    }

    if (ctx->req.error != -1) {
        return ngx_s3edge_handler_refuse(r, ctx, ctx->req.error);
    }

    if (ctx->req.bucket != NULL) {
        return NGX_OK;
    }

    ngx_http_finalize_request(r, ngx_s3edge_list_send(r));

    return NGX_DONE;
}


/* whether the request may be made is asked of that one */

static ngx_int_t
ngx_s3edge_handler_options(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_s3edge_cors_preflight(r, ctx);

    if (rc != NGX_OK) {
        return ngx_s3edge_handler_refuse(r, ctx, rc);
    }

    ctx->req.error = -1;

    ngx_http_finalize_request(r, ngx_s3edge_cors_send(r));

    return NGX_DONE;
}


ngx_int_t
ngx_s3edge_handler_refuse(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_error_t error)
{
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                  "s3edge refused the request: %V, %V",
                  &s3_error_info(error)->code, &ctx->req.op->name);

    ctx->req.error = error;
    ctx->req.refused = 1;

    return s3_error_info(error)->status;
}


ngx_s3edge_ctx_t *
ngx_s3edge_handler_make(ngx_http_request_t *r)
{
    ngx_int_t               rc, alone;
    ngx_s3edge_ctx_t       *ctx;
    ngx_s3edge_loc_conf_t  *slcf;

    static const s3_str_t  none = s3_string("");

    slcf = ngx_http_get_module_loc_conf(r, ngx_s3edge_module);

    if (slcf->mode == NGX_S3EDGE_OFF) {
        return NULL;
    }

    /* a variable may be looked at before "rewrite" has done its work */

    ctx = ngx_http_get_module_ctx(r, ngx_s3edge_module);

    if (ctx != NULL && ngx_s3edge_handler_holds(r, slcf, ctx)) {
        return ctx;
    }

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_s3edge_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    ctx->req.conf = slcf;
    ctx->req.uri = r->uri.data;
    ctx->req.args = r->args;
    ctx->req.error = -1;

    /* of a HEAD, too: what is stored has a body */

    if (ngx_s3edge_is_update(r) && r->method == NGX_HTTP_HEAD) {
        r->method = NGX_HTTP_GET;
        ngx_str_set(&r->method_name, "GET");
    }

    ctx->req.method = r->method;

    rc = ngx_s3edge_handler_parse(r, slcf, ctx);

    if (rc == NGX_ERROR) {
        return NULL;
    }

    if (rc != NGX_OK) {
        ctx->req.error = rc;
    }

    if (ctx->req.op == NULL) {                     /* there is no bucket */
        ctx->req.op = s3_op_find(ngx_s3edge_handler_by(r), &none, &none, &none);
    }

    if (r->background && ngx_s3edge_stats_background(r) != NGX_OK) {
        return NULL;
    }

    if (ctx->req.error == -1 && ctx->req.bucket != NULL) {
        alone = ngx_s3edge_client_is_alone(r, ctx->req.bucket);

        ctx->req.storable = (ctx->req.op->cacheable
                             && alone == 0
                             && !ngx_s3edge_ttl_is_zero(r, ctx));

        if (!ctx->req.storable) {
            ngx_s3edge_disk_bypass(ctx);
        }

        /* as S3 answers, where the owner is another one */

        if (alone == -1) {
            ctx->req.error = S3_ERR_ACCESS_DENIED;
        }

        if (ngx_s3edge_lookup(r, ctx) != NGX_OK) {
            return NULL;
        }
    }

    ngx_http_set_ctx(r, ctx, ngx_s3edge_module);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "s3edge op:%V error:%i key:\"%V\" query len:%uz",
                   &ctx->req.op->name, ctx->req.error, &ctx->req.key,
                   ctx->req.query.len);

    return ctx;
}


/* what is written elsewhere is another one: "rewrite" and "set" do so */

static ngx_uint_t
ngx_s3edge_handler_holds(ngx_http_request_t *r, ngx_s3edge_loc_conf_t *slcf,
    ngx_s3edge_ctx_t *ctx)
{
    return ctx->req.conf == slcf
           && ctx->req.uri == r->uri.data
           && ctx->req.args.data == r->args.data
           && ctx->req.args.len == r->args.len
           && ctx->req.method == r->method;
}


ngx_s3edge_ctx_t *
ngx_s3edge_handler_settle(ngx_http_request_t *r)
{
    s3_error_t         refusal;
    ngx_s3edge_ctx_t  *ctx;

    ctx = ngx_s3edge_handler_ctx(r);

    if (ctx != NULL && !ctx->req.settled) {
        ctx->req.settled = 1;
        ctx->req.plain = ngx_s3edge_client_is_plain(r);

        /* whatever else is wrong with it: nobody may */

        refusal = s3_op_refusal(ctx->req.op);

        if (refusal != S3_ERR_INTERNAL_ERROR) {
            ctx->req.error = refusal;
        }

        if (ngx_s3edge_range_settle(r, ctx) != NGX_OK) {
            return NULL;
        }
    }

    return ctx;
}


/* NGX_OK, NGX_ERROR for no memory, or an s3_error_t */

static ngx_int_t
ngx_s3edge_handler_parse(ngx_http_request_t *r, ngx_s3edge_loc_conf_t *slcf,
    ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t                rc;
    ngx_str_t                uri;
    ngx_s3edge_target_t      target;
    ngx_s3edge_main_conf_t  *smcf;

    if (ngx_s3edge_handler_uri(r, &uri) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&target, sizeof(ngx_s3edge_target_t));

    rc = ngx_s3edge_handler_target(r, slcf, &uri, &target);
    if (rc != NGX_OK) {
        return rc;
    }

    if (slcf->bucket != NULL) {
        ctx->req.bucket = slcf->bucket;

    } else if (target.bucket.len) {
        rc = ngx_s3edge_handler_name(r, &target.bucket);
        if (rc != NGX_OK) {
            return rc;
        }

        smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

        ctx->req.bucket = ngx_s3edge_bucket_find(smcf, &target.bucket);

        if (ctx->req.bucket == NULL) {
            return S3_ERR_NO_SUCH_BUCKET;
        }

    } else if (target.key.len) {
        return S3_ERR_INVALID_BUCKET_NAME;

    } else {
        return slcf->list_buckets ? NGX_OK : S3_ERR_ACCESS_DENIED;
    }

    ctx->req.op = s3_op_find(ngx_s3edge_handler_by(r),
                             ngx_s3edge_str(&ctx->req.bucket->node.str),
                             ngx_s3edge_str(&target.key),
                             ngx_s3edge_str(&target.query));

    rc = ngx_s3edge_allow_check(slcf, ctx, &target.query);
    if (rc != NGX_OK) {
        return rc;
    }

    /* a list would show keys outside the prefix, and name others wrongly */

    if (ctx->req.op->of == S3_OP_OF_BUCKET && ctx->req.bucket->prefix.len) {
        return S3_ERR_NOT_IMPLEMENTED;
    }

    rc = ngx_s3edge_handler_key(r, ctx, &target.key);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_s3edge_handler_query(r, ctx, &target.query);
}


/* S3_OP_BY_NOTHING: S3 has no such method */

static ngx_uint_t
ngx_s3edge_handler_by(ngx_http_request_t *r)
{
    static ngx_str_t  source = ngx_string("x-amz-copy-source");

    switch (r->method) {

    case NGX_HTTP_GET:
        return S3_OP_BY_GET;

    case NGX_HTTP_HEAD:
        return S3_OP_BY_HEAD;

    case NGX_HTTP_PUT:
        return ngx_s3edge_header_find(&r->headers_in.headers, &source) != NULL
               ? S3_OP_BY_COPY : S3_OP_BY_PUT;

    case NGX_HTTP_POST:
        return S3_OP_BY_POST;

    case NGX_HTTP_DELETE:
        return S3_OP_BY_DELETE;

    default:
        return S3_OP_BY_NOTHING;
    }
}


/*
 * The URI as the client wrote it.  Where nginx has put another one in its
 * place (rewrite, internal redirect, SSI), that one is encoded; "rewrite" may
 * have left its slash out.
 */

static ngx_int_t
ngx_s3edge_handler_uri(ngx_http_request_t *r, ngx_str_t *uri)
{
    size_t   len;
    u_char  *p;

    if (r->valid_unparsed_uri) {
        *uri = r->unparsed_uri;
        return NGX_OK;
    }

    len = s3_uri_encode(ngx_s3edge_str(&r->uri), S3_URI_PATH, NULL);

    p = ngx_pnalloc(r->pool, 1 + len + 1 + r->args.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    uri->data = p;

    if (r->uri.len == 0 || r->uri.data[0] != '/') {
        *p++ = '/';
    }

    p += s3_uri_encode(ngx_s3edge_str(&r->uri), S3_URI_PATH, p);

    if (r->args.len) {
        *p++ = '?';
        p = ngx_cpymem(p, r->args.data, r->args.len);
    }

    uri->len = p - uri->data;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_handler_target(ngx_http_request_t *r, ngx_s3edge_loc_conf_t *slcf,
    ngx_str_t *uri, ngx_s3edge_target_t *target)
{
    ngx_str_t  path;

    s3_uri_split(ngx_s3edge_str(uri), ngx_s3edge_str(&path),
                 ngx_s3edge_str(&target->query));

    switch (slcf->mode) {

    case NGX_S3EDGE_HOST:
        return ngx_s3edge_handler_host(r, slcf, &path, target);

    case NGX_S3EDGE_BUCKET:
        return ngx_s3edge_handler_location(r, &slcf->prefix, &path,
                                           &target->key);

    default: /* NGX_S3EDGE_PATH */
        break;
    }

    if (s3_uri_path_bucket(ngx_s3edge_str(&path),
                           ngx_s3edge_str(&target->bucket),
                           ngx_s3edge_str(&target->key))
        != S3_OK)
    {
        return S3_ERR_INVALID_URI;
    }

    return NGX_OK;
}


/* a host that is one of the suffixes itself is addressed by path, as on S3 */

static ngx_int_t
ngx_s3edge_handler_host(ngx_http_request_t *r, ngx_s3edge_loc_conf_t *slcf,
    ngx_str_t *path, ngx_s3edge_target_t *target)
{
    ngx_str_t   *suffix;
    ngx_uint_t   i;

    suffix = slcf->suffixes->elts;

    for (i = 0; i < slcf->suffixes->nelts; i++) {

        if (s3_uri_host_bucket(ngx_s3edge_str(&r->headers_in.server),
                               ngx_s3edge_str(&suffix[i]),
                               ngx_s3edge_str(&target->bucket))
            == S3_OK)
        {
            target->key = *path;
            target->key.data++;
            target->key.len--;

            return NGX_OK;
        }
    }

    if (s3_uri_path_bucket(ngx_s3edge_str(path),
                           ngx_s3edge_str(&target->bucket),
                           ngx_s3edge_str(&target->key))
        != S3_OK)
    {
        return S3_ERR_INVALID_URI;
    }

    return NGX_OK;
}


/*
 * The key is what follows the location's prefix.  The prefix was found in
 * the normalised URI; a raw one that reaches it by way of "//" or ".." has
 * no key that both would agree on.  A URI that "rewrite ... break" has put
 * elsewhere is the key as a whole, as proxy_pass would send it.
 */

static ngx_int_t
ngx_s3edge_handler_location(ngx_http_request_t *r, ngx_str_t *prefix,
    ngx_str_t *path, ngx_str_t *key)
{
    size_t      n;
    ngx_uint_t  below;

    n = ngx_s3edge_handler_prefix(prefix, path);

    below = n > 0 && (n == path->len || path->data[n - 1] == '/'
                      || path->data[n] == '/');

    if (!below && !r->valid_location && !r->valid_unparsed_uri) {
        n = 1;

    } else if (n == 0) {
        return S3_ERR_INVALID_URI;

    } else if (n < path->len && path->data[n] == '/'
               && path->data[n - 1] != '/')
    {
        n++;
    }

    key->data = path->data + n;
    key->len = path->len - n;

    return NGX_OK;
}


/* how much of the path is the prefix; 0: it does not begin with it */

static size_t
ngx_s3edge_handler_prefix(ngx_str_t *prefix, ngx_str_t *path)
{
    u_char     c;
    size_t     i, n;
    ngx_str_t  one;

    n = 0;

    for (i = 0; i < prefix->len; i++) {

        if (n == path->len) {
            return 0;
        }

        one.data = path->data + n;
        one.len = (one.data[0] == '%' && path->len - n >= 3) ? 3 : 1;

        if (s3_uri_decode(ngx_s3edge_str(&one), &c) != 1
            || c != prefix->data[i])
        {
            return 0;
        }

        n += one.len;
    }

    return n;
}


/* a client may write "my%2Dbucket" */

static ngx_int_t
ngx_s3edge_handler_name(ngx_http_request_t *r, ngx_str_t *name)
{
    u_char   *p;
    ssize_t   len;

    if (ngx_strlchr(name->data, name->data + name->len, '%') == NULL) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, name->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    len = s3_uri_decode(ngx_s3edge_str(name), p);

    if (len < 0) {
        return S3_ERR_INVALID_URI;
    }

    name->data = p;
    name->len = len;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_handler_key(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *raw)
{
    ssize_t  len, decoded;

    /* most keys: nothing to decode and nothing to encode */

    if (raw->len <= S3_KEY_MAX
        && s3_uri_plain_len(ngx_s3edge_str(raw), S3_URI_PATH) == raw->len)
    {
        ctx->req.key = *raw;
        return NGX_OK;
    }

    decoded = s3_uri_decoded_len(ngx_s3edge_str(raw));

    if (decoded < 0) {
        return S3_ERR_INVALID_URI;
    }

    if (decoded > S3_KEY_MAX) {
        return S3_ERR_KEY_TOO_LONG;
    }

    len = s3_uri_recode(ngx_s3edge_str(raw), S3_URI_PATH, NULL);

    ctx->req.key.data = ngx_pnalloc(r->pool, len);
    if (ctx->req.key.data == NULL) {
        return NGX_ERROR;
    }

    ctx->req.key.len = s3_uri_recode(ngx_s3edge_str(raw), S3_URI_PATH,
                                     ctx->req.key.data);
    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_handler_query(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_str_t *raw)
{
    ssize_t    len;
    s3_str_t   query;
    s3_pair_t  pairs[S3_QUERY_PAIRS_MAX];

    if (raw->len == 0) {
        return NGX_OK;
    }

    query.len = s3_op_query(ctx->req.op, ngx_s3edge_str(raw), NULL);

    if (query.len == 0) {
        return NGX_OK;
    }

    query.data = ngx_pnalloc(r->pool, query.len);
    if (query.data == NULL) {
        return NGX_ERROR;
    }

    (void) s3_op_query(ctx->req.op, ngx_s3edge_str(raw), query.data);

    len = s3_canon_query(&query, pairs, S3_QUERY_PAIRS_MAX, NULL);

    if (len < 0) {
        return S3_ERR_INVALID_URI;
    }

    ctx->req.query.data = ngx_pnalloc(r->pool, len);
    if (ctx->req.query.data == NULL) {
        return NGX_ERROR;
    }

    ctx->req.query.len = s3_canon_query(&query, pairs, S3_QUERY_PAIRS_MAX,
                                        ctx->req.query.data);
    return NGX_OK;
}
