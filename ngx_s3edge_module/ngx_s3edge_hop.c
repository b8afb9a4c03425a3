
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_hop.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_prior.h"


extern ngx_module_t  ngx_http_proxy_module;


static void ngx_s3edge_hop_named(ngx_http_request_t *r,
    ngx_s3edge_prior_t *prior, ngx_str_t *value);
static ngx_uint_t ngx_s3edge_hop_is_plain(ngx_str_t *value);
static ngx_uint_t ngx_s3edge_hop_stays(ngx_str_t *name);


/* what nginx hides of any upstream, and ours behind it */

static ngx_str_t  ngx_s3edge_hop_headers[] = {
    ngx_string("Date"),
    ngx_string("Server"),
    ngx_string("X-Pad"),
    ngx_string("X-Accel-Expires"),
    ngx_string("X-Accel-Redirect"),
    ngx_string("X-Accel-Limit-Rate"),
    ngx_string("X-Accel-Buffering"),
    ngx_string("X-Accel-Charset"),

    /* of the connection: RFC 9110, 7.6.1, 7.8, 11.7 and 6.6.2 */

    ngx_string("Keep-Alive"),
    ngx_string("Proxy-Authenticate"),
    ngx_string("Proxy-Authentication-Info"),
    ngx_string("Proxy-Connection"),
    ngx_string("TE"),
    ngx_string("Trailer"),
    ngx_string("Upgrade"),

    /* of the host: RFC 6797, 7469, 7838, 9163; W3C */

    ngx_string("Alt-Svc"),
    ngx_string("Clear-Site-Data"),
    ngx_string("Expect-CT"),
    ngx_string("NEL"),
    ngx_string("Public-Key-Pins"),
    ngx_string("Public-Key-Pins-Report-Only"),
    ngx_string("Report-To"),
    ngx_string("Strict-Transport-Security"),
    ngx_null_string
};


static ngx_str_t  ngx_s3edge_hop_cookie = ngx_string("Set-Cookie");


/* RFC 9110, 7.6.1: not to be named there, for they are for all recipients */

static ngx_str_t  ngx_s3edge_hop_kept[] = {
    ngx_string("accept-ranges"),
    ngx_string("cache-control"),
    ngx_string("content-"),
    ngx_string("date"),
    ngx_string("etag"),
    ngx_string("expires"),
    ngx_string("last-modified"),
    ngx_string("vary"),
    ngx_string("x-amz-"),
    ngx_null_string
};


/* the configuration of proxy begins with that of upstream, merged by now */

ngx_int_t
ngx_s3edge_hop_hide(ngx_conf_t *cf)
{
    ngx_hash_init_t            hash;
    ngx_http_upstream_conf_t  *ucf, none;

    ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);

    ngx_memzero(&none, sizeof(ngx_http_upstream_conf_t));
    ngx_memzero(&hash, sizeof(ngx_hash_init_t));

    /* not what is inherited: it would be taken as it is */

    none.hide_headers = NGX_CONF_UNSET_PTR;
    none.pass_headers = NGX_CONF_UNSET_PTR;

    hash.max_size = 512;
    hash.bucket_size = ngx_align(64, ngx_cacheline_size);
    hash.name = "s3edge_hide_headers_hash";

    return ngx_http_upstream_hide_headers_hash(cf, ucf, &none,
                                               ngx_s3edge_hop_headers, &hash);
}


void
ngx_s3edge_hop_clear(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    if (ctx->req.bucket->policy.store_private && !ctx->copy.bypass) {
        ngx_s3edge_prior_clear(r, ctx->answer.prior, &ngx_s3edge_hop_cookie);
    }

    ngx_s3edge_hop_connection(r, ctx->answer.prior);
}


void
ngx_s3edge_hop_connection(ngx_http_request_t *r, ngx_s3edge_prior_t *prior)
{
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    static ngx_str_t  name = ngx_string("connection");

    if (r->upstream->headers_in.connection == NULL) {
        return;
    }

    ngx_s3edge_header_walk(&walk, &r->upstream->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (ngx_s3edge_header_is(h, &name)
            && !ngx_s3edge_hop_is_plain(&h->value))
        {
            ngx_s3edge_hop_named(r, prior, &h->value);
        }
    }
}


/* "keep-alive, X-Hop" */

static void
ngx_s3edge_hop_named(ngx_http_request_t *r, ngx_s3edge_prior_t *prior,
    ngx_str_t *value)
{
    u_char     *p, *last;
    ngx_str_t   name;

    p = value->data;
    last = p + value->len;

    while (p < last) {

        if (*p == ',' || *p == ' ' || *p == '\t') {
            p++;
            continue;
        }

        name.data = p;

        while (p < last && *p != ',' && *p != ' ' && *p != '\t') {
            p++;
        }

        name.len = p - name.data;

        if (!ngx_s3edge_hop_stays(&name)) {
            ngx_s3edge_prior_clear(r, prior, &name);
        }
    }
}


/* what nearly every Connection is: it names no header that is not hidden */

static ngx_uint_t
ngx_s3edge_hop_is_plain(ngx_str_t *value)
{
    return (value->len == sizeof("keep-alive") - 1
            && ngx_memcmp(value->data, "keep-alive", value->len) == 0)
           || (value->len == sizeof("close") - 1
               && ngx_memcmp(value->data, "close", value->len) == 0);
}


static ngx_uint_t
ngx_s3edge_hop_stays(ngx_str_t *name)
{
    ngx_str_t  *kept;

    for (kept = ngx_s3edge_hop_kept; kept->len; kept++) {

        if (name->len < kept->len
            || ngx_strncasecmp(name->data, kept->data, kept->len) != 0)
        {
            continue;
        }

        if (name->len == kept->len || kept->data[kept->len - 1] == '-') {
            return 1;
        }
    }

    return 0;
}
