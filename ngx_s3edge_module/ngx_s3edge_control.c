
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_control.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_json.h"
#include "ngx_s3edge_purge.h"
#include "ngx_s3edge_stats.h"


typedef struct {
    ngx_str_t                  path;
    ngx_uint_t                 method;
    ngx_str_t                  allow;
    ngx_http_handler_pt        handler;    /* a content handler */
} ngx_s3edge_control_route_t;


typedef struct {
    off_t        objects;
    off_t        bytes;
    off_t        max_bytes;
} ngx_s3edge_control_disk_t;


static ngx_int_t ngx_s3edge_control_status(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_control_stats(ngx_http_request_t *r);
static size_t ngx_s3edge_control_stats_size(ngx_s3edge_main_conf_t *smcf);
static u_char *ngx_s3edge_control_counters(u_char *p,
    uint64_t sums[S3_STATS_MAX]);
static void ngx_s3edge_control_disk(ngx_s3edge_control_disk_t *disk);


#define NGX_S3EDGE_CONTROL_SMALL  1024


#define S3_STATS_NAME(name, unit, help)  ngx_string(#name),

static const ngx_str_t  ngx_s3edge_control_names[] = {
    S3_STATS_MAP(S3_STATS_NAME)
};

#undef S3_STATS_NAME


static const ngx_s3edge_control_route_t  ngx_s3edge_control_routes[] = {

    { ngx_string("/status"), NGX_HTTP_GET|NGX_HTTP_HEAD,
      ngx_string("GET, HEAD"), ngx_s3edge_control_status },

    { ngx_string("/stats"), NGX_HTTP_GET|NGX_HTTP_HEAD,
      ngx_string("GET, HEAD"), ngx_s3edge_control_stats },

    { ngx_string("/purge"), NGX_HTTP_POST, ngx_string("POST"),
      ngx_s3edge_purge_handler },

    { ngx_null_string, 0, ngx_null_string, NULL }
};


static ngx_str_t  ngx_s3edge_control_allow = ngx_string("Allow");


ngx_int_t
ngx_s3edge_control_handler(ngx_http_request_t *r)
{
    ngx_int_t                          rc;
    ngx_str_t                          allow;
    const ngx_s3edge_control_route_t  *route;

    if (r->connection->listening->sockaddr->sa_family != AF_UNIX) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "s3edge_control answers on unix sockets only");

        return ngx_s3edge_json_error(r, NGX_HTTP_FORBIDDEN, "forbidden",
                                     "the control location answers on unix "
                                     "sockets only");
    }

    for (route = ngx_s3edge_control_routes; route->path.len; route++) {
        if (r->uri.len == route->path.len
            && ngx_memcmp(r->uri.data, route->path.data, r->uri.len) == 0)
        {
            break;
        }
    }

    if (route->path.len && (r->method & route->method)) {
        return route->handler(r);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (route->path.len == 0) {
        return ngx_s3edge_json_error(r, NGX_HTTP_NOT_FOUND, "not_found",
                                     "expected /status, /stats or /purge");
    }

    allow = route->allow;

    if (ngx_s3edge_header_add(r, &ngx_s3edge_control_allow, &allow)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_s3edge_json_error(r, NGX_HTTP_NOT_ALLOWED,
                                 "method_not_allowed",
                                 "see the Allow header");
}


static ngx_int_t
ngx_s3edge_control_status(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_buf_t               *b;
    ngx_s3edge_main_conf_t  *smcf;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    b = ngx_create_temp_buf(r->pool, NGX_S3EDGE_CONTROL_SMALL);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_slprintf(b->last, b->end,
                           "{\"version\":\"%s\",\"nginx\":\"%s\",\"pid\":%P,"
                           "\"generation\":%ui}\n",
                           NGX_S3EDGE_VERSION, NGINX_VERSION, ngx_pid,
                           smcf->generation);

    return ngx_s3edge_json_send(r, NGX_HTTP_OK, b);
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


static ngx_int_t
ngx_s3edge_control_stats(ngx_http_request_t *r)
{
    u_char                     *p;
    ngx_int_t                   rc;
    ngx_buf_t                  *b;
    uint64_t                    sums[S3_STATS_MAX];
    ngx_uint_t                  i;
    ngx_s3edge_bucket_t       **bucket;
    ngx_s3edge_main_conf_t     *smcf;
    ngx_s3edge_control_disk_t   disk;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    b = ngx_create_temp_buf(r->pool, ngx_s3edge_control_stats_size(smcf));
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

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

    return ngx_s3edge_json_send(r, NGX_HTTP_OK, b);
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
