
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_control.h"
#include "ngx_s3edge_bucket.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_stats.h"
#include "s3_uri.h"


/*
 * A route writes its JSON to b, at most as many bytes as its size function
 * said, and returns an HTTP status.
 */

typedef struct {
    ngx_str_t    path;
    ngx_uint_t   method;
    ngx_str_t    allow;
    size_t     (*size)(ngx_s3edge_main_conf_t *smcf);
    ngx_uint_t (*write)(ngx_http_request_t *r, ngx_s3edge_main_conf_t *smcf,
                        ngx_buf_t *b);
} ngx_s3edge_control_route_t;


typedef struct {
    off_t        objects;
    off_t        bytes;
    off_t        max_bytes;
} ngx_s3edge_control_disk_t;


static ngx_uint_t ngx_s3edge_control_dispatch(ngx_http_request_t *r,
    ngx_buf_t **b);
static ngx_int_t ngx_s3edge_control_send(ngx_http_request_t *r,
    ngx_uint_t status, ngx_buf_t *b);
static ngx_uint_t ngx_s3edge_control_error(ngx_buf_t *b, ngx_uint_t status,
    char *code, char *message);
static size_t ngx_s3edge_control_small(ngx_s3edge_main_conf_t *smcf);
static ngx_uint_t ngx_s3edge_control_status(ngx_http_request_t *r,
    ngx_s3edge_main_conf_t *smcf, ngx_buf_t *b);
static size_t ngx_s3edge_control_stats_size(ngx_s3edge_main_conf_t *smcf);
static ngx_uint_t ngx_s3edge_control_stats(ngx_http_request_t *r,
    ngx_s3edge_main_conf_t *smcf, ngx_buf_t *b);
static u_char *ngx_s3edge_control_counters(u_char *p,
    uint64_t sums[S3_STATS_MAX]);
static void ngx_s3edge_control_disk(ngx_s3edge_control_disk_t *disk);
static ngx_uint_t ngx_s3edge_control_purge(ngx_http_request_t *r,
    ngx_s3edge_main_conf_t *smcf, ngx_buf_t *b);


#define NGX_S3EDGE_CONTROL_SMALL  1024


#define S3_STATS_NAME(name, unit, help)  ngx_string(#name),

static const ngx_str_t  ngx_s3edge_control_names[] = {
    S3_STATS_MAP(S3_STATS_NAME)
};

#undef S3_STATS_NAME


static const ngx_s3edge_control_route_t  ngx_s3edge_control_routes[] = {

    { ngx_string("/status"), NGX_HTTP_GET|NGX_HTTP_HEAD,
      ngx_string("GET, HEAD"), ngx_s3edge_control_small,
      ngx_s3edge_control_status },

    { ngx_string("/stats"), NGX_HTTP_GET|NGX_HTTP_HEAD,
      ngx_string("GET, HEAD"), ngx_s3edge_control_stats_size,
      ngx_s3edge_control_stats },

    { ngx_string("/purge"), NGX_HTTP_POST, ngx_string("POST"),
      ngx_s3edge_control_small, ngx_s3edge_control_purge },

    { ngx_null_string, 0, ngx_null_string, NULL, NULL }
};


static ngx_str_t  ngx_s3edge_control_allow = ngx_string("Allow");


ngx_int_t
ngx_s3edge_control_handler(ngx_http_request_t *r)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_uint_t   status;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    b = NULL;

    status = ngx_s3edge_control_dispatch(r, &b);

    if (b == NULL) {
        return status;
    }

    return ngx_s3edge_control_send(r, status, b);
}


static ngx_uint_t
ngx_s3edge_control_dispatch(ngx_http_request_t *r, ngx_buf_t **b)
{
    size_t                             size;
    ngx_str_t                          allow;
    ngx_s3edge_main_conf_t            *smcf;
    const ngx_s3edge_control_route_t  *route;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    for (route = ngx_s3edge_control_routes; route->path.len; route++) {
        if (r->uri.len == route->path.len
            && ngx_memcmp(r->uri.data, route->path.data, r->uri.len) == 0)
        {
            break;
        }
    }

    size = (route->size && (r->method & route->method))
           ? route->size(smcf) : NGX_S3EDGE_CONTROL_SMALL;

    *b = ngx_create_temp_buf(r->pool, size);
    if (*b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->connection->listening->sockaddr->sa_family != AF_UNIX) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "s3edge_control answers on unix sockets only");

        return ngx_s3edge_control_error(*b, NGX_HTTP_FORBIDDEN, "forbidden",
                                 "the control location answers on unix "
                                 "sockets only");
    }

    if (route->path.len == 0) {
        return ngx_s3edge_control_error(*b, NGX_HTTP_NOT_FOUND, "not_found",
                                 "expected /status, /stats or /purge");
    }

    if (!(r->method & route->method)) {
        allow = route->allow;

        if (ngx_s3edge_header_add(r, &ngx_s3edge_control_allow, &allow)
            != NGX_OK)
        {
            *b = NULL;
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_s3edge_control_error(*b, NGX_HTTP_NOT_ALLOWED,
                                        "method_not_allowed",
                                        "see the Allow header");
    }

    return route->write(r, smcf, *b);
}


static ngx_int_t
ngx_s3edge_control_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_buf_t *b)
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


static ngx_uint_t
ngx_s3edge_control_error(ngx_buf_t *b, ngx_uint_t status, char *code,
    char *message)
{
    b->last = ngx_slprintf(b->last, b->end,
                           "{\"error\":\"%s\",\"message\":\"%s\"}\n",
                           code, message);
    return status;
}


static size_t
ngx_s3edge_control_small(ngx_s3edge_main_conf_t *smcf)
{
    return NGX_S3EDGE_CONTROL_SMALL;
}


static ngx_uint_t
ngx_s3edge_control_status(ngx_http_request_t *r, ngx_s3edge_main_conf_t *smcf,
    ngx_buf_t *b)
{
    b->last = ngx_slprintf(b->last, b->end,
                           "{\"version\":\"%s\",\"nginx\":\"%s\",\"pid\":%P,"
                           "\"generation\":%ui}\n",
                           NGX_S3EDGE_VERSION, NGINX_VERSION, ngx_pid,
                           smcf->generation);
    return NGX_HTTP_OK;
}


static size_t
ngx_s3edge_control_stats_size(ngx_s3edge_main_conf_t *smcf)
{
    size_t      one;
    ngx_uint_t  i;

    one = sizeof("\"\":{},") + S3_BUCKET_MAX;

    for (i = 0; i < S3_STATS_MAX; i++) {
        one += ngx_s3edge_control_names[i].len + sizeof("\"\":,")
               + NGX_INT64_LEN;
    }

    return NGX_S3EDGE_CONTROL_SMALL + (smcf->buckets.nelts + 1) * one;
}


static ngx_uint_t
ngx_s3edge_control_stats(ngx_http_request_t *r, ngx_s3edge_main_conf_t *smcf,
    ngx_buf_t *b)
{
    u_char                     *p;
    uint64_t                    sums[S3_STATS_MAX];
    ngx_uint_t                  i;
    ngx_s3edge_bucket_t       **bucket;
    ngx_s3edge_control_disk_t   disk;

    ngx_s3edge_control_disk(&disk);

    ngx_memzero(sums, sizeof(sums));
    ngx_s3edge_stats_total(smcf, sums);

    p = ngx_sprintf(b->last, "{\"generation\":%ui,\"disk\":{\"objects\":%O,"
                    "\"bytes\":%O,\"max_bytes\":%O},\"total\":",
                    smcf->generation, disk.objects, disk.bytes,
                    disk.max_bytes);

    p = ngx_s3edge_control_counters(p, sums);
    p = ngx_sprintf(p, ",\"buckets\":{");

    bucket = smcf->buckets.elts;

    for (i = 0; i < smcf->buckets.nelts; i++) {
        ngx_memzero(sums, sizeof(sums));
        ngx_s3edge_stats_sum(bucket[i]->slot, sums);

        p = ngx_sprintf(p, "%s\"%V\":", i ? "," : "", &bucket[i]->node.str);
        p = ngx_s3edge_control_counters(p, sums);
    }

    b->last = ngx_sprintf(p, "}}\n");

    return NGX_HTTP_OK;
}


static u_char *
ngx_s3edge_control_counters(u_char *p, uint64_t sums[S3_STATS_MAX])
{
    ngx_uint_t  i;
    ngx_str_t   name;

    for (i = 0; i < S3_STATS_MAX; i++) {
        name = ngx_s3edge_control_names[i];
        p = ngx_sprintf(p, "%c\"%V\":%uL", i ? ',' : '{', &name, sums[i]);
    }

    *p++ = '}';

    return p;
}


/* the sum over all caches of the proxy module, from their own zones */

static void
ngx_s3edge_control_disk(ngx_s3edge_control_disk_t *disk)
{
#if (NGX_HTTP_CACHE)
    ngx_uint_t              i;
    ngx_list_part_t        *part;
    ngx_shm_zone_t         *zone;
    ngx_http_file_cache_t  *cache;
    extern ngx_module_t     ngx_http_proxy_module;
#endif

    ngx_memzero(disk, sizeof(ngx_s3edge_control_disk_t));

#if (NGX_HTTP_CACHE)

    part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
    zone = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            zone = part->elts;
            i = 0;
        }

        if (zone[i].tag != &ngx_http_proxy_module || zone[i].data == NULL) {
            continue;
        }

        cache = zone[i].data;

        ngx_shmtx_lock(&cache->shpool->mutex);

        disk->objects += cache->sh->count;
        disk->bytes += cache->sh->size * (off_t) cache->bsize;

        ngx_shmtx_unlock(&cache->shpool->mutex);

        /* nginx's own "no limit" is the largest off_t */

        if (cache->max_size < NGX_MAX_OFF_T_VALUE / (off_t) cache->bsize) {
            disk->max_bytes += cache->max_size * (off_t) cache->bsize;
        }
    }

#endif
}


static ngx_uint_t
ngx_s3edge_control_purge(ngx_http_request_t *r, ngx_s3edge_main_conf_t *smcf,
    ngx_buf_t *b)
{
    ssize_t    len;
    ngx_str_t  name;

    if (r->args.len == 0) {
        (void) s3_state_purge(smcf->counters, S3_STATE_ALL, NULL, NULL, 0);

        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "s3edge purged everything");

        b->last = ngx_slprintf(b->last, b->end, "{\"purged\":\"all\"}\n");

        return NGX_HTTP_OK;
    }

    /* an unknown argument must not turn into a purge of everything */

    if (ngx_http_arg(r, (u_char *) "bucket", 6, &name) != NGX_OK
        || r->args.len != name.len + sizeof("bucket=") - 1)
    {
        return ngx_s3edge_control_error(b, NGX_HTTP_BAD_REQUEST,
                                        "invalid_argument",
                                        "expected nothing or bucket=NAME");
    }

    len = s3_uri_decode(ngx_s3edge_str(&name), name.data);

    if (len < 0) {
        return ngx_s3edge_control_error(b, NGX_HTTP_BAD_REQUEST,
                                        "invalid_argument",
                                        "bucket is not percent-encoded right");
    }

    name.len = len;

    if (ngx_s3edge_bucket_find(smcf, &name) == NULL) {
        return ngx_s3edge_control_error(b, NGX_HTTP_NOT_FOUND,
                                        "no_such_bucket",
                                        "no s3edge_bucket has that name");
    }

    (void) s3_state_purge(smcf->counters, S3_STATE_BUCKET,
                          ngx_s3edge_str(&name), NULL, 0);

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "s3edge purged bucket \"%V\"", &name);

    b->last = ngx_slprintf(b->last, b->end,
                           "{\"purged\":\"bucket\",\"bucket\":\"%V\"}\n",
                           &name);
    return NGX_HTTP_OK;
}
