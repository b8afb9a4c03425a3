
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_sign.h"
#include "ngx_s3edge_client.h"
#include "ngx_s3edge_redirect.h"
#include "ngx_s3edge_region.h"
#include "s3_canon.h"


#define NGX_S3EDGE_SIGN_HEADERS  (4 + S3_OP_AMZ_MAX)
#define NGX_S3EDGE_SIGN_TEXT     1024  /* bytes of nearly all */


static ngx_int_t ngx_s3edge_sign_key(ngx_s3edge_main_conf_t *smcf,
    ngx_s3edge_bucket_t *bucket, time_t now, ngx_log_t *log);
static void ngx_s3edge_sign_date(ngx_s3edge_main_conf_t *smcf, time_t now,
    u_char *dst);
static ngx_uint_t ngx_s3edge_sign_headers(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_pair_t *headers);
static ngx_int_t ngx_s3edge_sign_canon(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_pair_t *headers, ngx_uint_t n, u_char *buf,
    s3_str_t *text, s3_str_t *names);
static ngx_int_t ngx_s3edge_sign_finish(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_str_t *names, u_char *signature);


static const s3_str_t  ngx_s3edge_sign_service = s3_string("s3");


ngx_int_t
ngx_s3edge_sign(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    time_t                   now;
    s3_str_t                 date, text, names;
    s3_pair_t                headers[NGX_S3EDGE_SIGN_HEADERS];
    ngx_str_t               *method;
    ngx_uint_t               n;
    ngx_s3edge_main_conf_t  *smcf;
    u_char                   signature[S3_SHA256_HEX_LEN];
    u_char                   buf[NGX_S3EDGE_SIGN_TEXT];

    if (ctx->req.bucket == NULL || ctx->req.bucket->creds == NULL) {
        return NGX_DECLINED;
    }

    method = (r->upstream && r->upstream->method.len)
             ? &r->upstream->method : &r->method_name;

    if (ctx->origin.authorization.len
        && ctx->origin.method.len == method->len
        && ngx_memcmp(ctx->origin.method.data, method->data, method->len) == 0)
    {
        return NGX_OK;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);
    now = ngx_time();

    if (ngx_s3edge_sign_key(smcf, ctx->req.bucket, now, r->connection->log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_s3edge_sign_date(smcf, now, ctx->origin.date);
    ctx->origin.method = *method;

    n = ngx_s3edge_sign_headers(r, ctx, headers);

    if (ngx_s3edge_sign_canon(r, ctx, headers, n, buf, &text, &names)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    date.data = ctx->origin.date;
    date.len = S3_AMZ_DATE_LEN;

    if (s3_sigv4_sign(&smcf->crypto, &ctx->req.bucket->key, &date, &text,
                      signature)
        != S3_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "s3edge could not sign for bucket \"%V\"",
                      &ctx->req.bucket->node.str);
        return NGX_ERROR;
    }

    return ngx_s3edge_sign_finish(r, ctx, &names, signature);
}


/* costs four HMACs once per worker, bucket, credential and UTC day */

static ngx_int_t
ngx_s3edge_sign_key(ngx_s3edge_main_conf_t *smcf, ngx_s3edge_bucket_t *bucket,
    time_t now, ngx_log_t *log)
{
    s3_str_t  region;

    region = ngx_s3edge_region_get(bucket);

    /* a copy: another worker may be told of another region at any time */

    if (bucket->key_version != bucket->creds->version
        || bucket->key_region.len != region.len
        || ngx_memcmp(bucket->key_region_buf, region.data, region.len) != 0)
    {
        bucket->key_version = bucket->creds->version;
        bucket->key_region.data = bucket->key_region_buf;
        bucket->key_region.len = region.len;
        ngx_memcpy(bucket->key_region_buf, region.data, region.len);
        bucket->key.set = 0;
    }

    if (s3_sigv4_key_update(&smcf->crypto, &bucket->key,
                            ngx_s3edge_str(&bucket->creds->secret_key),
                            ngx_s3edge_str(&bucket->key_region),
                            &ngx_s3edge_sign_service, now)
        != S3_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "s3edge could not derive the signing key of bucket "
                      "\"%V\"", &bucket->node.str);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* a calendar is costly, a second long */

static void
ngx_s3edge_sign_date(ngx_s3edge_main_conf_t *smcf, time_t now, u_char *dst)
{
    if (smcf->dated != now) {
        s3_amz_date(now, smcf->date);
        smcf->dated = now;
    }

    ngx_memcpy(dst, smcf->date, S3_AMZ_DATE_LEN);
}


/*
 * Only headers that the snippet sends.  With the one that each object has they
 * are in order as they are put here, and nearly no request has another.
 */

static ngx_uint_t
ngx_s3edge_sign_headers(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_pair_t *headers)
{
    ngx_uint_t             n, amz;
    ngx_s3edge_bucket_t   *bucket;
    static const s3_str_t  host = s3_string("host");
    static const s3_str_t  sha256 = s3_string("x-amz-content-sha256");
    static const s3_str_t  empty = s3_string(S3_EMPTY_SHA256);
    static const s3_str_t  date = s3_string("x-amz-date");
    static const s3_str_t  token = s3_string("x-amz-security-token");

    bucket = ctx->req.bucket;
    n = 0;

    headers[n].name = host;
    headers[n++].value = *ngx_s3edge_str(ngx_s3edge_redirect_host(ctx));

    amz = ngx_s3edge_client_amz(r, ctx, &headers[n]);
    n += amz;

    headers[n].name = sha256;
    headers[n++].value = empty;

    headers[n].name = date;
    headers[n].value.data = ctx->origin.date;
    headers[n++].value.len = S3_AMZ_DATE_LEN;

    if (bucket->creds->token.len) {
        headers[n].name = token;
        headers[n++].value = *ngx_s3edge_str(&bucket->creds->token);
    }

    if (amz > 1 || !ctx->req.op->cacheable) {
        s3_canon_sort_headers(headers, n);
    }

    return n;
}


/* buf has NGX_S3EDGE_SIGN_TEXT bytes; a longer text is put elsewhere */

static ngx_int_t
ngx_s3edge_sign_canon(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_pair_t *headers, ngx_uint_t n, u_char *buf, s3_str_t *text,
    s3_str_t *names)
{
    u_char                 *p;
    size_t                  len;
    ngx_str_t              *path;
    s3_canon_t              canon;
    static const s3_str_t   empty = s3_string(S3_EMPTY_SHA256);

    canon.method = *ngx_s3edge_str(&ctx->origin.method);
    path = ngx_s3edge_redirect_path(ctx);

    canon.path.len = path->len + ctx->req.key.len;
    canon.query = *ngx_s3edge_str(&ctx->req.query);
    canon.headers = headers;
    canon.nheaders = n;
    canon.payload = empty;

    len = canon.path.len + s3_canon_request_max(&canon);

    if (len > NGX_S3EDGE_SIGN_TEXT) {
        buf = ngx_pnalloc(r->pool, len);
        if (buf == NULL) {
            return NGX_ERROR;
        }
    }

    canon.path.data = buf;

    p = ngx_cpymem(buf, path->data, path->len);
    p = ngx_cpymem(p, ctx->req.key.data, ctx->req.key.len);

    text->data = p;
    text->len = s3_canon_request_names(&canon, p, names);

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_sign_finish(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_str_t *names, u_char *signature)
{
    size_t                len;
    u_char               *p;
    s3_str_t             *access_key;
    ngx_s3edge_bucket_t  *bucket;

    bucket = ctx->req.bucket;

    ctx->origin.region.len = bucket->key_region.len;
    ctx->origin.region.data = ngx_pstrdup(r->pool, &bucket->key_region);
    if (ctx->origin.region.data == NULL) {
        return NGX_ERROR;
    }

    access_key = ngx_s3edge_str(&bucket->creds->access_key);

    len = s3_sigv4_authorization(&bucket->key, access_key, names,
                                 signature, NULL);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->origin.authorization.data = p;
    ctx->origin.authorization.len = s3_sigv4_authorization(&bucket->key,
                                                           access_key, names,
                                                           signature, p);
    return NGX_OK;
}
