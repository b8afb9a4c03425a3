
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_stale.h"
#include "ngx_s3edge_default.h"
#include "ngx_s3edge_reason.h"
#include "ngx_s3edge_repeat.h"
#include "ngx_s3edge_route.h"


/* of a request whose upstream says when it fails */

typedef struct {
    ngx_http_request_t  *request;
    ngx_s3edge_ctx_t    *ctx;
    void               (*original_finalize)(ngx_http_request_t *r,
                                            ngx_int_t rc);
} ngx_s3edge_stale_guard_t;


static ngx_int_t ngx_s3edge_stale_init_upstream(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_s3edge_stale_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_s3edge_stale_get_peer(ngx_peer_connection_t *pc,
    void *data);
static void ngx_s3edge_stale_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state);
static void ngx_s3edge_stale_finalize(ngx_http_request_t *r, ngx_int_t rc);
static ngx_s3edge_stale_guard_t *ngx_s3edge_stale_find(
    ngx_http_request_t *r);
static void ngx_s3edge_stale_cleanup(void *data);
#if (NGX_HTTP_CACHE)
static ngx_int_t ngx_s3edge_stale_write(ngx_http_request_t *r, off_t offset,
    time_t *times, ngx_uint_t n);


_Static_assert(offsetof(ngx_http_file_cache_header_t, error_sec)
               == offsetof(ngx_http_file_cache_header_t, updating_sec)
                  + sizeof(time_t),
               "the windows of a file do not follow each other");

#endif


ngx_int_t
ngx_s3edge_stale_add_upstream(ngx_conf_t *cf)
{
    ngx_url_t                      u;
    ngx_http_upstream_srv_conf_t  *us;

    ngx_memzero(&u, sizeof(ngx_url_t));

    ngx_str_set(&u.host, "s3edge-stale");
    u.no_resolve = 1;
    u.no_port = 1;

    us = ngx_http_upstream_add(cf, &u, NGX_HTTP_UPSTREAM_CREATE);
    if (us == NULL) {
        return NGX_ERROR;
    }

    us->peer.init_upstream = ngx_s3edge_stale_init_upstream;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_stale_init_upstream(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us)
{
    us->peer.init = ngx_s3edge_stale_init_peer;

    /* nothing else is called between reading and merging the locations */

    ngx_s3edge_route_mark(cf);

    return ngx_s3edge_default_apply(cf);
}


static ngx_int_t
ngx_s3edge_stale_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    r->upstream->peer.get = ngx_s3edge_stale_get_peer;
    r->upstream->peer.free = ngx_s3edge_stale_free_peer;
    r->upstream->peer.tries = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_stale_get_peer(ngx_peer_connection_t *pc, void *data)
{
    return NGX_BUSY;
}


static void
ngx_s3edge_stale_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    /* there was none */
}


ngx_int_t
ngx_s3edge_stale_guard(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_upstream_t       *u;
    ngx_s3edge_stale_guard_t  *guard;

    u = r->upstream;

    if (ctx->copy.entry == NULL
        || ctx->copy.served != NULL
        || u == NULL
        || u->finalize_request == NULL         /* not set up yet */
        || u->finalize_request == ngx_s3edge_stale_finalize)
    {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_s3edge_stale_guard_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_s3edge_stale_cleanup;

    guard = cln->data;
    guard->request = r;
    guard->ctx = ctx;
    guard->original_finalize = u->finalize_request;

    u->finalize_request = ngx_s3edge_stale_finalize;

    return NGX_OK;
}


/*
 * An error_page would take the request elsewhere, out of reach of our filter.
 * nginx looks for none where it is making one.  It may have forgotten the
 * context by now.
 */

static void
ngx_s3edge_stale_finalize(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_s3edge_stale_guard_t  *guard;

    guard = ngx_s3edge_stale_find(r);

    if (guard == NULL) {
        return;                                /* cannot be */
    }

    guard->original_finalize(r, rc);

    if (rc >= NGX_HTTP_INTERNAL_SERVER_ERROR
        && rc != NGX_S3EDGE_REPEAT
        && !r->header_sent
        && guard->ctx->copy.entry != NULL
        && ngx_http_get_module_ctx(r, ngx_s3edge_module) == guard->ctx)
    {
        r->error_page = 1;
    }
}


static ngx_s3edge_stale_guard_t *
ngx_s3edge_stale_find(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t        *cln;
    ngx_s3edge_stale_guard_t  *guard;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_s3edge_stale_cleanup) {
            continue;
        }

        guard = cln->data;

        if (guard->request == r) {
            return guard;
        }
    }

    return NULL;
}


static void
ngx_s3edge_stale_cleanup(void *data)
{
    /* marks the entry */
}


#if (NGX_HTTP_CACHE)

ngx_int_t
ngx_s3edge_stale_instead(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_str_t  code;

    ngx_s3edge_reason_code(r, &code);

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "s3edge origin of bucket \"%V\" answered %ui \"%V\": the "
                  "stale copy is served", &ctx->req.bucket->node.str,
                  r->upstream->headers_in.status_n, &code);

    ctx->origin.stale = 1;

    return ngx_s3edge_repeat(r, ctx);
}


ngx_int_t
ngx_s3edge_stale_expire(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    time_t  valid_sec;

    ctx->copy.expired = 1;

    valid_sec = (time_t) ctx->copy.soft - 1;

    if (ngx_s3edge_stale_write(r,
                               offsetof(ngx_http_file_cache_header_t,
                                        valid_sec),
                               &valid_sec, 1)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_s3edge_repeat(r, ctx);
}


void
ngx_s3edge_stale_retire(ngx_http_request_t *r)
{
    time_t  windows[2];

    ngx_memzero(windows, sizeof(windows));

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "s3edge stale copy: displaced");

    (void) ngx_s3edge_stale_write(r,
                                  offsetof(ngx_http_file_cache_header_t,
                                           updating_sec),
                                  windows, 2);
}


/*
 * nginx reads the header of the file on every hit, so that is where a copy
 * expires.  The file of that name may be another one by now.
 */

static ngx_int_t
ngx_s3edge_stale_write(ngx_http_request_t *r, off_t offset, time_t *times,
    ngx_uint_t n)
{
    size_t           size;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_log_t       *log;
    ngx_str_t       *name;
    ngx_file_info_t  fi;

    log = r->connection->log;
    name = &r->cache->file.name;

    fd = ngx_open_file(name->data, NGX_FILE_RDWR, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {

        /* gone: the request finds that out */

        return ngx_errno == NGX_ENOENT ? NGX_OK : NGX_DECLINED;
    }

    rc = NGX_OK;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR
        && ngx_file_uniq(&fi) == r->cache->uniq)
    {
        size = n * sizeof(time_t);

        if (pwrite(fd, times, size, offset) != (ssize_t) size) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          "s3edge could not expire \"%V\"", name);
            rc = NGX_DECLINED;
        }
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", name);
    }

    return rc;
}

#endif
