
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_ttl.h"
#include "ngx_s3edge_header.h"
#include "s3_uri.h"


/* what of a response is asked: the policy's view of it, and if it is whole */

typedef struct {
    s3_ttl_response_t   policy;
    unsigned            private_key:1;     /* or a delete marker */
} ngx_s3edge_ttl_t;


typedef void (*ngx_s3edge_ttl_header_pt)(ngx_s3edge_ttl_t *ttl,
    ngx_str_t *value);


typedef struct {
    ngx_str_t                  name;
    ngx_s3edge_ttl_header_pt   handler;
} ngx_s3edge_ttl_header_t;


static void ngx_s3edge_ttl_headers(ngx_http_request_t *r,
    ngx_s3edge_ttl_t *ttl);
static void ngx_s3edge_ttl_cache_control(ngx_s3edge_ttl_t *ttl,
    ngx_str_t *value);
static void ngx_s3edge_ttl_expires(ngx_s3edge_ttl_t *ttl, ngx_str_t *value);
static void ngx_s3edge_ttl_date(ngx_s3edge_ttl_t *ttl, ngx_str_t *value);
static void ngx_s3edge_ttl_age(ngx_s3edge_ttl_t *ttl, ngx_str_t *value);
static void ngx_s3edge_ttl_vary(ngx_s3edge_ttl_t *ttl, ngx_str_t *value);
static void ngx_s3edge_ttl_set_cookie(ngx_s3edge_ttl_t *ttl,
    ngx_str_t *value);
static void ngx_s3edge_ttl_private_key(ngx_s3edge_ttl_t *ttl,
    ngx_str_t *value);
static ngx_int_t ngx_s3edge_ttl_key(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_str_t *key);


/* the last two: an answer for this moment, or this client, alone */

static const ngx_s3edge_ttl_header_t  ngx_s3edge_ttl_table[] = {
    { ngx_string("cache-control"), ngx_s3edge_ttl_cache_control },
    { ngx_string("expires"), ngx_s3edge_ttl_expires },
    { ngx_string("date"), ngx_s3edge_ttl_date },
    { ngx_string("age"), ngx_s3edge_ttl_age },
    { ngx_string("vary"), ngx_s3edge_ttl_vary },
    { ngx_string("set-cookie"), ngx_s3edge_ttl_set_cookie },
    { ngx_string("x-amz-delete-marker"), ngx_s3edge_ttl_private_key },
    { ngx_string("x-amz-server-side-encryption-customer-algorithm"),
      ngx_s3edge_ttl_private_key },
    { ngx_null_string, NULL }
};


/* one whose length is not known may be of any */

static ngx_int_t
ngx_s3edge_ttl_fits(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    off_t  length;

    length = r->headers_out.content_length_n;

    return ctx->req.bucket->max_stored == 0
           || (length != -1 && length <= ctx->req.bucket->max_stored);
}


ngx_int_t
ngx_s3edge_ttl(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_ttl_t *result)
{
    ngx_s3edge_ttl_t  ttl;

    ngx_memzero(result, sizeof(s3_ttl_t));
    result->fresh = S3_TTL_NONE;

    ngx_memzero(&ttl, sizeof(ngx_s3edge_ttl_t));

    ttl.policy.status = f->status;
    ttl.policy.now = ngx_time();
    ttl.policy.date = -1;
    ttl.policy.expires = -1;
    s3_cc_init(&ttl.policy.cc);

    ngx_s3edge_ttl_headers(r, &ttl);

    /* after a 304: the stored header, whose times are of when it was stored */

    if (f->by == S3_ANSWER_BY_CONFIRMED) {
        ttl.policy.date = -1;
        ttl.policy.age = 0;
    }

    f->for_one = ttl.private_key;

    if (s3_answer_may_keep(f) && ngx_s3edge_ttl_fits(r, ctx)) {

        if (ngx_s3edge_ttl_key(r, ctx, &ttl.policy.key) != NGX_OK) {
            return NGX_ERROR;
        }

        *result = s3_ttl(&ctx->req.bucket->policy, &ttl.policy);
    }

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "s3edge status:%ui fresh:%L stale:%L,%L",
                   ttl.policy.status, (int64_t) result->fresh,
                   (int64_t) result->stale_while_revalidate,
                   (int64_t) result->stale_if_error);

    return NGX_OK;
}


#if (NGX_HTTP_CACHE)

void
ngx_s3edge_ttl_set(ngx_http_request_t *r, s3_answer_disk_e disk,
    s3_ttl_t *ttl)
{
    switch (disk) {

    case S3_ANSWER_DISK_STORE:
        r->cache->valid_sec = ngx_time() + ttl->fresh;
        r->cache->updating_sec = ttl->stale_while_revalidate;
        r->cache->error_sec = ttl->stale_if_error;
        break;

    case S3_ANSWER_DISK_NOTHING:
        r->upstream->cacheable = 0;
        r->cache->valid_sec = 0;
        break;

    default: /* S3_ANSWER_DISK_LEAVE */
        break;
    }
}

#endif


static void
ngx_s3edge_ttl_headers(ngx_http_request_t *r, ngx_s3edge_ttl_t *ttl)
{
    ngx_table_elt_t                *h;
    ngx_s3edge_header_walk_t        walk;
    const ngx_s3edge_ttl_header_t  *known;

    ngx_s3edge_header_walk(&walk, &r->upstream->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        for (known = ngx_s3edge_ttl_table; known->name.len; known++) {
            if (ngx_s3edge_header_is(h, (ngx_str_t *) &known->name)) {
                known->handler(ttl, &h->value);
                break;
            }
        }
    }
}


static void
ngx_s3edge_ttl_cache_control(ngx_s3edge_ttl_t *ttl, ngx_str_t *value)
{
    s3_cc_add(&ttl->policy.cc, ngx_s3edge_str(value));
}


static void
ngx_s3edge_ttl_expires(ngx_s3edge_ttl_t *ttl, ngx_str_t *value)
{
    time_t  time;

    time = ngx_parse_http_time(value->data, value->len);

    ttl->policy.expires = (time == NGX_ERROR) ? 0 : time;
}


static void
ngx_s3edge_ttl_date(ngx_s3edge_ttl_t *ttl, ngx_str_t *value)
{
    time_t  time;

    time = ngx_parse_http_time(value->data, value->len);

    if (time != NGX_ERROR) {
        ttl->policy.date = time;
    }
}


static void
ngx_s3edge_ttl_age(ngx_s3edge_ttl_t *ttl, ngx_str_t *value)
{
    time_t  age;

    age = ngx_atotm(value->data, value->len);

    /* RFC 9111, 1.2.2: too large to be a number is very old */

    if (age == NGX_ERROR && value->len >= NGX_TIME_T_LEN - 1) {
        age = S3_CC_MAX;
    }

    if (age != NGX_ERROR) {
        ttl->policy.age = age;
    }
}


static void
ngx_s3edge_ttl_vary(ngx_s3edge_ttl_t *ttl, ngx_str_t *value)
{
    /* RFC 9110, 12.5.5: a member "*"; no field name in use has one */

    if (ngx_strlchr(value->data, value->data + value->len, '*') != NULL) {
        ttl->policy.vary_any = 1;
    }
}


static void
ngx_s3edge_ttl_set_cookie(ngx_s3edge_ttl_t *ttl, ngx_str_t *value)
{
    ttl->policy.set_cookie = 1;
}


static void
ngx_s3edge_ttl_private_key(ngx_s3edge_ttl_t *ttl, ngx_str_t *value)
{
    ttl->private_key = 1;
}


ngx_int_t
ngx_s3edge_ttl_is_zero(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    s3_str_t              key;
    const s3_ttl_rule_t  *rule;

    if (!ctx->req.bucket->has_zero_ttl) {
        return 0;
    }

    if (ngx_s3edge_ttl_key(r, ctx, &key) != NGX_OK) {
        return 0;
    }

    rule = s3_ttl_rule(&ctx->req.bucket->policy, NGX_HTTP_OK, &key);

    return rule != NULL && rule->seconds == 0;
}


/* rules are about the key as it is, not as it is spelled */

static ngx_int_t
ngx_s3edge_ttl_key(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_str_t *key)
{
    key->data = ngx_pnalloc(r->pool, ctx->req.key.len + 1);
    if (key->data == NULL) {
        return NGX_ERROR;
    }

    key->len = s3_uri_decode(ngx_s3edge_str(&ctx->req.key), key->data);

    return NGX_OK;
}


int
ngx_s3edge_ttl_regex(void *regex, const s3_str_t *key)
{
#if (NGX_PCRE)
    ngx_str_t  text;

    text.len = key->len;
    text.data = key->data;

    return ngx_regex_exec((ngx_regex_t *) regex, &text, NULL, 0) >= 0;
#else
    return 0;
#endif
}
