
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_control.h"
#include "ngx_s3edge_disk.h"
#include "ngx_s3edge_flush.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_json.h"
#include "ngx_s3edge_purge.h"
#include "ngx_s3edge_slot.h"
#include "ngx_s3edge_zone.h"


typedef struct {
    ngx_str_t                  path;
    ngx_uint_t                 method;
    ngx_str_t                  allow;
    ngx_http_handler_pt        handler;    /* a content handler */
} ngx_s3edge_control_route_t;


static ngx_int_t ngx_s3edge_control_status(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_control_stats(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_control_off(ngx_http_request_t *r);
static size_t ngx_s3edge_control_stats_size(ngx_s3edge_main_conf_t *smcf);
static size_t ngx_s3edge_control_size(s3_stats_scope_t scope);
static u_char *ngx_s3edge_control_values(u_char *p, s3_stats_scope_t scope,
    uint64_t *values);
static u_char *ngx_s3edge_control_memory(ngx_s3edge_main_conf_t *smcf,
    u_char *p);
static u_char *ngx_s3edge_control_disk(ngx_s3edge_main_conf_t *smcf,
    u_char *p);
#if (S3_MEM_CHECK)
static ngx_int_t ngx_s3edge_control_check(ngx_http_request_t *r);
#endif


#define NGX_S3EDGE_CONTROL_SMALL  1024


static const ngx_s3edge_control_route_t  ngx_s3edge_control_routes[] = {

    { ngx_string("/status"), NGX_HTTP_GET|NGX_HTTP_HEAD,
      ngx_string("GET, HEAD"), ngx_s3edge_control_status },

    { ngx_string("/stats"), NGX_HTTP_GET|NGX_HTTP_HEAD,
      ngx_string("GET, HEAD"), ngx_s3edge_control_stats },

    { ngx_string("/purge"), NGX_HTTP_POST, ngx_string("POST"),
      ngx_s3edge_purge_handler },

    { ngx_string("/disk"), NGX_HTTP_POST, ngx_string("POST"),
      ngx_s3edge_control_off },

#if (S3_MEM_CHECK)
    { ngx_string("/memory/check"), NGX_HTTP_GET|NGX_HTTP_HEAD,
      ngx_string("GET, HEAD"), ngx_s3edge_control_check },
#endif

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
                                     "expected /status, /stats, /purge or "
                                     "/disk");
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

    b = ngx_create_temp_buf(r->pool, NGX_S3EDGE_CONTROL_SMALL
                                     + smcf->can.len);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_slprintf(b->last, b->end,
                           "{\"version\":\"%s\",\"nginx\":\"%s\",\"pid\":%P,"
                           "\"generation\":%ui,\"can\":%V}\n",
                           NGX_S3EDGE_VERSION, NGINX_VERSION, ngx_pid,
                           smcf->generation, &smcf->can);

    return ngx_s3edge_json_send(r, NGX_HTTP_OK, b);
}


static size_t
ngx_s3edge_control_stats_size(ngx_s3edge_main_conf_t *smcf)
{
    size_t            size;
    ngx_uint_t        i;
    ngx_shm_zone_t   *zone;
    ngx_list_part_t  *part;

    size = NGX_S3EDGE_CONTROL_SMALL
           + (smcf->buckets.nelts + 1)
             * (S3_BUCKET_MAX + ngx_s3edge_control_size(S3_STATS_BUCKET));

    part = NULL;

    while ((zone = ngx_s3edge_disk_next((ngx_cycle_t *) ngx_cycle, &part, &i))
           != NULL)
    {
        size += zone->shm.name.len + ngx_s3edge_control_size(S3_STATS_DISK);
    }

    if (smcf->memory != NULL) {
        size += smcf->memory->name.len
                + ngx_s3edge_control_size(S3_STATS_MEMORY);
    }

    return size;
}


/* of an object, with the quotes of its name */

static size_t
ngx_s3edge_control_size(s3_stats_scope_t scope)
{
    size_t      size;
    ngx_uint_t  i;

    size = sizeof("\"\":{},");

    for (i = 0; i < s3_stats[scope].n; i++) {
        size += ngx_strlen(s3_stats[scope].rows[i].name)
                + sizeof("\"\":,") + NGX_INT64_LEN;
    }

    return size;
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

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    b = ngx_create_temp_buf(r->pool, ngx_s3edge_control_stats_size(smcf));
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* who kills nginx now sees no less than was told before */

    (void) ngx_s3edge_flush(smcf);

    ngx_memzero(sums, sizeof(sums));
    ngx_s3edge_slot_total(smcf, sums);

    p = ngx_sprintf(b->last, "{\"generation\":%ui", smcf->generation);
    p = ngx_s3edge_control_disk(smcf, p);
    p = ngx_s3edge_control_memory(smcf, p);
    p = ngx_sprintf(p, ",\"total\":");

    p = ngx_s3edge_control_values(p, S3_STATS_BUCKET, sums);
    p = ngx_sprintf(p, ",\"buckets\":{");

    bucket = smcf->buckets.elts;

    for (i = 0; i < smcf->buckets.nelts; i++) {
        ngx_memzero(sums, sizeof(sums));
        ngx_s3edge_slot_sum(smcf, bucket[i], sums);

        p = ngx_sprintf(p, "%s\"%V\":", i ? "," : "", &bucket[i]->node.str);
        p = ngx_s3edge_control_values(p, S3_STATS_BUCKET, sums);
    }

    b->last = ngx_sprintf(p, "}}\n");

    return ngx_s3edge_json_send(r, NGX_HTTP_OK, b);
}


static u_char *
ngx_s3edge_control_values(u_char *p, s3_stats_scope_t scope, uint64_t *values)
{
    ngx_uint_t             i;
    const s3_stats_row_t  *row;

    for (i = 0; i < s3_stats[scope].n; i++) {
        row = &s3_stats[scope].rows[i];

        p = ngx_sprintf(p, "%c\"%s\":", i ? ',' : '{', row->name);

        p = ngx_strcmp(row->unit, "flag") == 0
            ? ngx_sprintf(p, "%s", values[i] ? "true" : "false")
            : ngx_sprintf(p, "%uL", values[i]);
    }

    *p++ = '}';

    return p;
}


static u_char *
ngx_s3edge_control_memory(ngx_s3edge_main_conf_t *smcf, u_char *p)
{
    u_char    *open;
    uint64_t   values[S3_STATS_MEMORY_MAX];

    if (smcf->memory == NULL) {
        return p;
    }

    ngx_s3edge_zone_total(smcf->memory, values);

    open = ngx_sprintf(p, ",\"memory\":{\"name\":\"%V\"",
                       &smcf->memory->name);

    p = ngx_s3edge_control_values(open, S3_STATS_MEMORY, values);
    *open = ',';

    return p;
}


/* all caches of the proxy module, and their sum */

static u_char *
ngx_s3edge_control_disk(ngx_s3edge_main_conf_t *smcf, u_char *p)
{
    uint64_t          sum[S3_STATS_DISK_MAX], one[S3_STATS_DISK_MAX];
    ngx_uint_t        i, k, n;
    ngx_shm_zone_t   *zone;
    ngx_list_part_t  *part;

    ngx_memzero(sum, sizeof(sum));

    p = ngx_sprintf(p, ",\"disks\":{");
    part = NULL;

    for (n = 0; /* void */ ; n++) {
        zone = ngx_s3edge_disk_next((ngx_cycle_t *) ngx_cycle, &part, &i);

        if (zone == NULL) {
            break;
        }

        ngx_s3edge_disk_values(smcf, zone, one);

        for (k = 0; k < S3_STATS_DISK_MAX; k++) {
            sum[k] += one[k];
        }

        p = ngx_sprintf(p, "%s\"%V\":", n ? "," : "", &zone->shm.name);
        p = ngx_s3edge_control_values(p, S3_STATS_DISK, one);
    }

    return ngx_sprintf(p, "},\"disk\":{\"objects\":%uL,\"bytes\":%uL,"
                       "\"max_bytes\":%uL}", sum[S3_STATS_DISK_objects],
                       sum[S3_STATS_DISK_bytes],
                       sum[S3_STATS_DISK_max_bytes]);
}


/* POST /disk?zone=NAME&off=0|1 */

static ngx_int_t
ngx_s3edge_control_off(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_buf_t               *b;
    ngx_str_t                zone, off;
    ngx_uint_t               was;
    ngx_s3edge_main_conf_t  *smcf;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_arg(r, (u_char *) "zone", 4, &zone) != NGX_OK
        || ngx_http_arg(r, (u_char *) "off", 3, &off) != NGX_OK
        || off.len != 1 || off.data[0] < '0' || off.data[0] > '1')
    {
        return ngx_s3edge_json_error(r, NGX_HTTP_BAD_REQUEST,
                                     "invalid_argument",
                                     "expected zone=NAME and off=0 or 1");
    }

    if (ngx_s3edge_disk_is_cache(&zone) != NGX_OK) {
        return ngx_s3edge_json_error(r, NGX_HTTP_NOT_FOUND, "no_such_zone",
                                     "no proxy_cache_path has a zone of that "
                                     "name");
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    was = ngx_s3edge_disk_find(smcf, &zone);

    if (ngx_s3edge_disk_set(smcf, &zone, off.data[0] - '0') != NGX_OK) {
        return ngx_s3edge_json_error(r, NGX_HTTP_INSUFFICIENT_STORAGE,
                                     "too_many", "64 disks are off already");
    }

    /* a watcher may say the same again and again */

    if (was != (ngx_uint_t) (off.data[0] - '0')) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "s3edge cache \"%V\" is %s", &zone,
                      was ? "on again" : "off: requests pass it by");
    }

    /* whoever is told so finds it in the file */

    (void) ngx_s3edge_flush(smcf);

    b = ngx_create_temp_buf(r->pool, 64 + zone.len);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_sprintf(b->last, "{\"zone\":\"%V\",\"off\":%s}\n", &zone,
                          off.data[0] == '1' ? "true" : "false");

    return ngx_s3edge_json_send(r, NGX_HTTP_OK, b);
}


#if (S3_MEM_CHECK)

/* each chunk has one owner, and the counts are right */

static ngx_int_t
ngx_s3edge_control_check(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_buf_t               *b;
    ngx_uint_t               good;
    ngx_s3edge_main_conf_t  *smcf;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);
    good = 1;

    if (smcf->memory != NULL
        && ngx_s3edge_zone_check(smcf->memory, &good) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b = ngx_create_temp_buf(r->pool, NGX_S3EDGE_CONTROL_SMALL);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_slprintf(b->last, b->end, "{\"ok\":%s}\n",
                           good ? "true" : "false");

    return ngx_s3edge_json_send(r, NGX_HTTP_OK, b);
}

#endif
