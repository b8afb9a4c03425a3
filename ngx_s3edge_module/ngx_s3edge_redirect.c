
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_redirect.h"
#include "ngx_s3edge_reason.h"
#include "ngx_s3edge_repeat.h"
#include "s3_error_parse.h"
#include "s3_redirect.h"


/* of one request; S3's own clients follow as many */
#define NGX_S3EDGE_REDIRECT_MAX  2


typedef enum {
    NGX_S3EDGE_REDIRECT_GLOBAL = 0,
    NGX_S3EDGE_REDIRECT_PRIVATE,
    NGX_S3EDGE_REDIRECT_LOOPBACK,
    NGX_S3EDGE_REDIRECT_OTHER                  /* nobody's origin is there */
} ngx_s3edge_redirect_net_e;


struct ngx_s3edge_place_s {
    ngx_str_t                   url;           /* as of a bucket */
    ngx_str_t                   host;
    ngx_str_t                   path;

    ngx_uint_t                  times;
    ngx_s3edge_redirect_net_e   net;           /* of who sent us */
    unsigned                    looked_up:1;   /* in the DNS, by nginx */
};


static ngx_int_t ngx_s3edge_redirect_output(void *data, ngx_chain_t *in);
static ngx_s3edge_redirect_net_e ngx_s3edge_redirect_net(struct sockaddr *sa);
static ngx_s3edge_redirect_net_e ngx_s3edge_redirect_net4(in_addr_t addr);
static ngx_int_t ngx_s3edge_redirect_find(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_redirect_t *to);
static ngx_uint_t ngx_s3edge_redirect_may(ngx_s3edge_bucket_t *bucket,
    s3_redirect_t *to);
static ngx_int_t ngx_s3edge_redirect_style(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_redirect_t *to, ngx_str_t *path);
static ngx_int_t ngx_s3edge_redirect_connect(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx, s3_redirect_t *to, ngx_s3edge_place_t *place);
static ngx_uint_t ngx_s3edge_redirect_serves(ngx_s3edge_bucket_t *bucket,
    ngx_str_t *name, s3_redirect_t *to);
static ngx_uint_t ngx_s3edge_redirect_can_look_up(ngx_http_request_t *r,
    s3_redirect_t *to);


ngx_str_t *
ngx_s3edge_redirect_url(ngx_s3edge_ctx_t *ctx)
{
    return ctx->origin.place != NULL ? &ctx->origin.place->url
                                     : &ctx->req.bucket->url;
}


ngx_str_t *
ngx_s3edge_redirect_host(ngx_s3edge_ctx_t *ctx)
{
    return ctx->origin.place != NULL ? &ctx->origin.place->host
                                     : &ctx->req.bucket->host;
}


ngx_str_t *
ngx_s3edge_redirect_path(ngx_s3edge_ctx_t *ctx)
{
    return ctx->origin.place != NULL ? &ctx->origin.place->path
                                     : &ctx->req.bucket->path;
}


/* the address is known once there is a connection; nothing is sent before */

void
ngx_s3edge_redirect_guard(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (ctx->origin.place != NULL && ctx->origin.place->looked_up
        && u != NULL && u->output.output_filter == NULL)
    {
        u->output.output_filter = ngx_s3edge_redirect_output;
        u->output.filter_ctx = r;
    }
}


static ngx_int_t
ngx_s3edge_redirect_output(void *data, ngx_chain_t *in)
{
    ngx_http_request_t         *r = data;
    ngx_s3edge_ctx_t           *ctx;
    ngx_http_upstream_t        *u;
    ngx_s3edge_redirect_net_e   net;

    u = r->upstream;
    ctx = ngx_http_get_module_ctx(r, ngx_s3edge_module);

    if (ctx == NULL || ctx->origin.place == NULL) {
        return NGX_ERROR;                      /* cannot be */
    }

    net = ngx_s3edge_redirect_net(u->peer.sockaddr);

    if (net != NGX_S3EDGE_REDIRECT_GLOBAL
        && (net == NGX_S3EDGE_REDIRECT_OTHER || net != ctx->origin.place->net))
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "s3edge does not follow a redirect to inner address "
                      "\"%V\"", u->peer.name);
        return NGX_ERROR;
    }

    return ngx_chain_writer(&u->writer, in);
}


static ngx_s3edge_redirect_net_e
ngx_s3edge_redirect_net(struct sockaddr *sa)
{
#if (NGX_HAVE_INET6)
    in_addr_t         addr;
    struct in6_addr  *sin6;
#endif

    switch (sa->sa_family) {

    case AF_INET:
        return ngx_s3edge_redirect_net4(
                             ((struct sockaddr_in *) sa)->sin_addr.s_addr);

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = &((struct sockaddr_in6 *) sa)->sin6_addr;

        if (IN6_IS_ADDR_V4MAPPED(sin6)) {
            ngx_memcpy(&addr, sin6->s6_addr + 12, sizeof(in_addr_t));
            return ngx_s3edge_redirect_net4(addr);
        }

        if (IN6_IS_ADDR_LOOPBACK(sin6)) {
            return NGX_S3EDGE_REDIRECT_LOOPBACK;
        }

        if ((sin6->s6_addr[0] & 0xfe) == 0xfc) {
            return NGX_S3EDGE_REDIRECT_PRIVATE;
        }

        /* global unicast, but for 6to4: that is IPv4, too */

        return (sin6->s6_addr[0] & 0xe0) == 0x20
               && !(sin6->s6_addr[0] == 0x20 && sin6->s6_addr[1] == 0x02)
               ? NGX_S3EDGE_REDIRECT_GLOBAL : NGX_S3EDGE_REDIRECT_OTHER;
#endif

    default:
        return NGX_S3EDGE_REDIRECT_OTHER;
    }
}


/* RFC 6890 */

static ngx_s3edge_redirect_net_e
ngx_s3edge_redirect_net4(in_addr_t addr)
{
    ngx_uint_t  i;
    in_addr_t   host;

    static const struct {
        in_addr_t                  net;
        in_addr_t                  mask;
        ngx_s3edge_redirect_net_e  is;
    } nets[] = {
        { 0x0a000000, 0xff000000, NGX_S3EDGE_REDIRECT_PRIVATE },  /* 10/8 */
        { 0x64400000, 0xffc00000, NGX_S3EDGE_REDIRECT_PRIVATE },
                                                         /* 100.64/10 */
        { 0xac100000, 0xfff00000, NGX_S3EDGE_REDIRECT_PRIVATE },
                                                         /* 172.16/12 */
        { 0xc0a80000, 0xffff0000, NGX_S3EDGE_REDIRECT_PRIVATE },
                                                         /* 192.168/16 */
        { 0x7f000000, 0xff000000, NGX_S3EDGE_REDIRECT_LOOPBACK },
        { 0x00000000, 0xff000000, NGX_S3EDGE_REDIRECT_OTHER },    /* 0/8 */
        { 0xa9fe0000, 0xffff0000, NGX_S3EDGE_REDIRECT_OTHER },
                                                         /* 169.254/16 */
        { 0xc0000000, 0xffffff00, NGX_S3EDGE_REDIRECT_OTHER },
                                                         /* 192.0.0/24 */
        { 0xc6120000, 0xfffe0000, NGX_S3EDGE_REDIRECT_OTHER },
                                                         /* 198.18/15 */
        { 0xe0000000, 0xe0000000, NGX_S3EDGE_REDIRECT_OTHER }     /* 224/3 */
    };

    host = ntohl(addr);

    for (i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
        if ((host & nets[i].mask) == nets[i].net) {
            return nets[i].is;
        }
    }

    return NGX_S3EDGE_REDIRECT_GLOBAL;
}


ngx_int_t
ngx_s3edge_redirect_follow(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_uint_t           times;
    s3_redirect_t        to;
    ngx_s3edge_place_t  *place;

    times = (ctx->origin.place != NULL) ? ctx->origin.place->times : 0;

    if (times == NGX_S3EDGE_REDIRECT_MAX
        || ngx_s3edge_redirect_find(r, ctx, &to) != NGX_OK
        || !ngx_s3edge_redirect_may(ctx->req.bucket, &to))
    {
        return NGX_DECLINED;
    }

    place = ngx_pcalloc(r->pool, sizeof(ngx_s3edge_place_t));
    if (place == NULL) {
        return NGX_ERROR;
    }

    place->times = times + 1;
    place->net = ngx_s3edge_redirect_net(r->upstream->peer.sockaddr);

    rc = ngx_s3edge_redirect_style(r, ctx, &to, &place->path);

    if (rc == NGX_OK) {
        rc = ngx_s3edge_redirect_connect(r, ctx, &to, place);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_s3edge_repeat(r, ctx);

    if (rc == NGX_S3EDGE_REPEAT) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "s3edge follows a redirect of bucket \"%V\" to \"%V\"",
                      &ctx->req.bucket->node.str, &place->host);

        ctx->origin.place = place;
    }

    return rc;
}


/* Location, or what the body says */

static ngx_int_t
ngx_s3edge_redirect_find(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_redirect_t *to)
{
    ngx_str_t         body, text;
    ngx_table_elt_t  *location;

    location = r->upstream->headers_in.location;

    if (location != NULL) {
        return s3_redirect_parse(ngx_s3edge_str(&location->value), to);
    }

    (void) ngx_s3edge_reason(r, &body);

    if (s3_error_parse_endpoint(ngx_s3edge_str(&body), ngx_s3edge_str(&text))
        != S3_OK)
    {
        return NGX_DECLINED;
    }

    return s3_redirect_endpoint(ngx_s3edge_str(&text),
                                ctx->req.bucket->https, to);
}


static ngx_uint_t
ngx_s3edge_redirect_may(ngx_s3edge_bucket_t *bucket, s3_redirect_t *to)
{
    u_char      *p;
    s3_str_t     name, port;
    ngx_int_t    n;
    ngx_uint_t   usual;

    name = *ngx_s3edge_str(&bucket->endpoint);
    usual = bucket->https ? 443 : 80;

    p = ngx_strlchr(name.data, name.data + name.len, ':');

    if (p != NULL) {
        port.data = p + 1;
        port.len = name.data + name.len - port.data;
        name.len = p - name.data;

        n = ngx_atoi(port.data, port.len);
        usual = (n == NGX_ERROR) ? 0 : (ngx_uint_t) n;
    }

    return to->https == bucket->https
           && to->port == usual
           && s3_redirect_is_near(&name, &to->name);
}


/*
 * Whether the bucket is in the host there, or in the path.  Another object is
 * not what the client asked for.
 */

static ngx_int_t
ngx_s3edge_redirect_style(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_redirect_t *to, ngx_str_t *path)
{
    size_t                len;
    u_char               *p;
    ngx_str_t             prefix, *name;
    ngx_uint_t            host;
    ngx_s3edge_bucket_t  *bucket;

    bucket = ctx->req.bucket;
    name = &bucket->origin_bucket;

    host = to->name.len > name->len + 1
           && to->name.data[name->len] == '.'
           && ngx_strncasecmp(to->name.data, name->data, name->len) == 0;

    /* what there is between the bucket and the key */

    prefix = bucket->path;

    if (!bucket->virtual_host) {
        prefix.data += name->len + 1;
        prefix.len -= name->len + 1;
    }

    len = (host ? 0 : name->len + 1) + prefix.len;

    path->data = ngx_pnalloc(r->pool, len);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    path->len = len;
    p = path->data;

    if (!host) {
        *p++ = '/';
        p = ngx_cpymem(p, name->data, name->len);
    }

    ngx_memcpy(p, prefix.data, prefix.len);

    if (to->path.len == 0) {
        return NGX_OK;
    }

    return to->path.len == len + ctx->req.key.len
           && ngx_memcmp(to->path.data, path->data, len) == 0
           && ngx_memcmp(to->path.data + len, ctx->req.key.data,
                         ctx->req.key.len)
              == 0
           ? NGX_OK : NGX_DECLINED;
}


/* by the way of a bucket that is served there, or by that of the DNS */

static ngx_int_t
ngx_s3edge_redirect_connect(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_redirect_t *to, ngx_s3edge_place_t *place)
{
    u_char                   *p;
    ngx_str_t                *name;
    ngx_uint_t                i;
    ngx_s3edge_bucket_t     **bucket;
    ngx_s3edge_main_conf_t   *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    place->host.len = to->host.len;
    place->host.data = ngx_pnalloc(r->pool, to->host.len);
    if (place->host.data == NULL) {
        return NGX_ERROR;
    }

    ngx_strlow(place->host.data, to->host.data, to->host.len);

    name = &ctx->req.bucket->origin_bucket;

    if (ngx_s3edge_redirect_serves(ctx->req.bucket, name, to)) {
        place->url = ctx->req.bucket->url;
        return NGX_OK;
    }

    bucket = smcf->buckets.elts;

    for (i = 0; i < smcf->buckets.nelts; i++) {
        if (ngx_s3edge_redirect_serves(bucket[i], name, to)) {
            place->url = bucket[i]->url;
            return NGX_OK;
        }
    }

    if (!ngx_s3edge_redirect_can_look_up(r, to)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "s3edge bucket \"%V\" is at \"%V\" for now, which needs "
                      "a \"resolver\" to be followed",
                      &ctx->req.bucket->node.str, &place->host);
        return NGX_DECLINED;
    }

    place->looked_up = 1;

    place->url.data = ngx_pnalloc(r->pool, sizeof("https://")
                                           + place->host.len);
    if (place->url.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(place->url.data, "%s%V",
                    to->https ? "https://" : "http://", &place->host);
    place->url.len = p - place->url.data;

    return NGX_OK;
}


/* its endpoint itself, or the bucket below it */

static ngx_uint_t
ngx_s3edge_redirect_serves(ngx_s3edge_bucket_t *bucket, ngx_str_t *name,
    s3_redirect_t *to)
{
    s3_str_t  host;

    if (bucket->https != to->https) {
        return 0;
    }

    host = to->host;

    if (host.len == name->len + 1 + bucket->endpoint.len
        && host.data[name->len] == '.'
        && ngx_strncasecmp(host.data, name->data, name->len) == 0)
    {
        host.data += name->len + 1;
        host.len -= name->len + 1;
    }

    return s3_redirect_same(&host, ngx_s3edge_str(&bucket->endpoint));
}


/* not what nginx would take for an "upstream" of whatever purpose */

static ngx_uint_t
ngx_s3edge_redirect_can_look_up(ngx_http_request_t *r, s3_redirect_t *to)
{
    ngx_uint_t                       i;
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_upstream_srv_conf_t   **us;
    ngx_http_upstream_main_conf_t   *umcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->resolver == NULL || clcf->resolver->connections.nelts == 0) {
        return 0;
    }

    umcf = ngx_http_get_module_main_conf(r, ngx_http_upstream_module);
    us = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {
        if (s3_redirect_same(ngx_s3edge_str(&us[i]->host), &to->name)) {
            return 0;
        }
    }

    return 1;
}
