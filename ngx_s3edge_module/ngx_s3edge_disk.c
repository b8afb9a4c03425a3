
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_disk.h"


#if (NGX_HTTP_CACHE)

extern ngx_module_t  ngx_http_proxy_module;


static ngx_s3edge_disk_t *ngx_s3edge_disk_lookup(ngx_s3edge_disks_t *disks,
    ngx_str_t *zone);
static ngx_int_t ngx_s3edge_disk_not_ours(ngx_conf_t *cf, ngx_array_t *all,
    ngx_array_t **ret_rest);


ngx_int_t
ngx_s3edge_disk_is_cache(ngx_str_t *zone)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *shm;
    ngx_list_part_t  *part;

    part = NULL;

    while ((shm = ngx_s3edge_disk_next((ngx_cycle_t *) ngx_cycle, &part, &i))
           != NULL)
    {
        if (shm->shm.name.len == zone->len
            && ngx_memcmp(shm->shm.name.data, zone->data, zone->len) == 0)
        {
            return zone->len <= NGX_S3EDGE_DISK_NAME_MAX ? NGX_OK
                                                         : NGX_DECLINED;
        }
    }

    return NGX_DECLINED;
}


ngx_shm_zone_t *
ngx_s3edge_disk_next(ngx_cycle_t *cycle, ngx_list_part_t **part,
    ngx_uint_t *i)
{
    ngx_shm_zone_t  *zone;

    if (*part == NULL) {
        *part = &cycle->shared_memory.part;
        *i = 0;
    }

    for ( ;; ) {

        if (*i >= (*part)->nelts) {
            if ((*part)->next == NULL) {
                return NULL;
            }

            *part = (*part)->next;
            *i = 0;
            continue;
        }

        zone = (*part)->elts;
        zone += (*i)++;

        if (zone->tag == &ngx_http_proxy_module && zone->data != NULL) {
            return zone;
        }
    }
}


void
ngx_s3edge_disk_values(ngx_s3edge_main_conf_t *smcf, ngx_shm_zone_t *zone,
    uint64_t values[S3_STATS_DISK_MAX])
{
    off_t                   blocks, bytes, max_bytes;
    ngx_http_file_cache_t  *cache;

    cache = zone->data;

    ngx_shmtx_lock(&cache->shpool->mutex);

    values[S3_STATS_DISK_objects] = cache->sh->count;
    blocks = cache->sh->size;

    ngx_shmtx_unlock(&cache->shpool->mutex);

    bytes = blocks * (off_t) cache->bsize;

    /* nginx's own "no limit" is the largest off_t, in blocks */

    max_bytes = 0;

    if (cache->max_size < NGX_MAX_OFF_T_VALUE / (off_t) cache->bsize) {
        max_bytes = cache->max_size * (off_t) cache->bsize;
    }

    values[S3_STATS_DISK_bytes] = (uint64_t) bytes;
    values[S3_STATS_DISK_max_bytes] = (uint64_t) max_bytes;
    values[S3_STATS_DISK_off] = ngx_s3edge_disk_find(smcf, &zone->shm.name);
}


ngx_int_t
ngx_s3edge_disk_set(ngx_s3edge_main_conf_t *smcf, ngx_str_t *zone,
    ngx_uint_t off)
{
    ngx_int_t            rc;
    ngx_slab_pool_t     *shpool;
    ngx_s3edge_disk_t   *disk;
    ngx_s3edge_disks_t  *disks;

    shpool = (ngx_slab_pool_t *) smcf->zone->shm.addr;
    disks = smcf->disks;
    rc = NGX_OK;

    ngx_shmtx_lock(&shpool->mutex);

    disk = ngx_s3edge_disk_lookup(disks, zone);

    if (disk != NULL && !off) {
        *disk = disks->off[disks->n - 1];
        disks->n--;

    } else if (disk == NULL && off) {

        if (disks->n == NGX_S3EDGE_DISKS_MAX) {
            rc = NGX_DECLINED;

        } else {
            disk = &disks->off[disks->n];

            ngx_memcpy(disk->name, zone->data, zone->len);
            disk->len = zone->len;

            ngx_memory_barrier();

            disks->n++;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


/* with the slab's mutex held */

static ngx_s3edge_disk_t *
ngx_s3edge_disk_lookup(ngx_s3edge_disks_t *disks, ngx_str_t *zone)
{
    ngx_uint_t  i;

    for (i = 0; i < disks->n; i++) {
        if (disks->off[i].len == zone->len
            && ngx_memcmp(disks->off[i].name, zone->data, zone->len) == 0)
        {
            return &disks->off[i];
        }
    }

    return NULL;
}


ngx_uint_t
ngx_s3edge_disk_find(ngx_s3edge_main_conf_t *smcf, ngx_str_t *zone)
{
    ngx_uint_t        found;
    ngx_slab_pool_t  *shpool;

    if (smcf->disks->n == 0) {
        return 0;
    }

    shpool = (ngx_slab_pool_t *) smcf->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    found = ngx_s3edge_disk_lookup(smcf->disks, zone) != NULL;

    ngx_shmtx_unlock(&shpool->mutex);

    return found;
}


/* the configuration of proxy begins with that of upstream, merged by now */

ngx_int_t
ngx_s3edge_disk_predicates(ngx_conf_t *cf, ngx_s3edge_loc_conf_t *slcf)
{
    ngx_http_upstream_conf_t  *ucf;

    ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);

    if (ngx_s3edge_disk_not_ours(cf, ucf->cache_bypass, &slcf->bypass)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_s3edge_disk_not_ours(cf, ucf->no_cache, &slcf->no_cache);
}


/* NULL where none is left: $s3edge_bypass says what memory knows already */

static ngx_int_t
ngx_s3edge_disk_not_ours(ngx_conf_t *cf, ngx_array_t *all,
    ngx_array_t **ret_rest)
{
    ngx_str_t                  ours = ngx_string("$s3edge_bypass");
    ngx_uint_t                 i;
    ngx_array_t               *rest;
    ngx_http_complex_value_t  *cv, *one;

    *ret_rest = NULL;

    if (all == NULL) {
        return NGX_OK;
    }

    rest = ngx_array_create(cf->pool, all->nelts,
                            sizeof(ngx_http_complex_value_t));
    if (rest == NULL) {
        return NGX_ERROR;
    }

    cv = all->elts;

    for (i = 0; i < all->nelts; i++) {

        if (cv[i].value.len == ours.len
            && ngx_memcmp(cv[i].value.data, ours.data, ours.len) == 0)
        {
            continue;
        }

        one = ngx_array_push(rest);
        if (one == NULL) {
            return NGX_ERROR;
        }

        *one = cv[i];
    }

    *ret_rest = rest->nelts ? rest : NULL;

    return NGX_OK;
}


/* the configuration of proxy begins with that of upstream */

ngx_uint_t
ngx_s3edge_disk_is_used(ngx_http_request_t *r)
{
    ngx_http_upstream_conf_t  *ucf;

    ucf = ngx_http_get_module_loc_conf(r, ngx_http_proxy_module);

    return ucf->cache != 0;
}


ngx_uint_t
ngx_s3edge_disk_is_off(ngx_http_request_t *r)
{
    ngx_s3edge_main_conf_t  *smcf;

    if (r->cache == NULL || r->cache->file_cache == NULL) {
        return 0;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);

    return ngx_s3edge_disk_find(smcf,
                                &r->cache->file_cache->shm_zone->shm.name);
}

#else

ngx_shm_zone_t *
ngx_s3edge_disk_next(ngx_cycle_t *cycle, ngx_list_part_t **part,
    ngx_uint_t *i)
{
    return NULL;
}


void
ngx_s3edge_disk_values(ngx_s3edge_main_conf_t *smcf, ngx_shm_zone_t *zone,
    uint64_t values[S3_STATS_DISK_MAX])
{
    ngx_memzero(values, S3_STATS_DISK_MAX * sizeof(uint64_t));
}


ngx_int_t
ngx_s3edge_disk_predicates(ngx_conf_t *cf, ngx_s3edge_loc_conf_t *slcf)
{
    return NGX_OK;
}


ngx_uint_t
ngx_s3edge_disk_is_used(ngx_http_request_t *r)
{
    return 0;
}


ngx_int_t
ngx_s3edge_disk_is_cache(ngx_str_t *zone)
{
    return NGX_DECLINED;
}


ngx_uint_t
ngx_s3edge_disk_find(ngx_s3edge_main_conf_t *smcf, ngx_str_t *zone)
{
    return 0;
}


ngx_int_t
ngx_s3edge_disk_set(ngx_s3edge_main_conf_t *smcf, ngx_str_t *zone,
    ngx_uint_t off)
{
    return NGX_DECLINED;
}

#endif


void
ngx_s3edge_disk_bypass(ngx_s3edge_ctx_t *ctx)
{
    ctx->copy.bypass = 1;
}


void
ngx_s3edge_disk_return(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ctx->copy.bypass = !ngx_s3edge_disk_is_used(r);
}
