
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_health.h"
#include "s3_hash.h"


#define NGX_S3EDGE_HEALTH_LAYOUT  1
#define NGX_S3EDGE_HEALTH_WAYS    8        /* places that a key may have */
#define NGX_S3EDGE_HEALTH_SETS    512


/* written under the zone's lock, read without */

typedef struct {
    uint64_t                          key;     /* 0: free */
    time_t                            failed;  /* the last time */
    time_t                            checked; /* the same, or tried since */
    ngx_uint_t                        fails;
} ngx_s3edge_health_entry_t;


typedef struct {
    ngx_uint_t                        layout;
    ngx_atomic_t                      len;     /* entries in use */
    ngx_s3edge_health_entry_t         entries[NGX_S3EDGE_HEALTH_SETS
                                              * NGX_S3EDGE_HEALTH_WAYS];
} ngx_s3edge_health_table_t;


struct ngx_s3edge_health_s {
    ngx_slab_pool_t                  *shpool;
    ngx_s3edge_health_table_t        *table;
};


static ngx_int_t ngx_s3edge_health_init_zone(ngx_shm_zone_t *zone,
    void *data);
static ngx_s3edge_health_entry_t *ngx_s3edge_health_find(
    ngx_s3edge_health_t *health, uint64_t key);
static ngx_s3edge_health_entry_t *ngx_s3edge_health_claim(
    ngx_s3edge_health_t *health, uint64_t key);


ngx_s3edge_health_t *
ngx_s3edge_health_add_zone(ngx_conf_t *cf)
{
    size_t                size;
    ngx_shm_zone_t       *zone;
    ngx_s3edge_health_t  *health;
    ngx_str_t             name = ngx_string("s3edge_health");

    health = ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_health_t));
    if (health == NULL) {
        return NULL;
    }

    /* the slab keeps a descriptor for each page of the table */

    size = sizeof(ngx_s3edge_health_table_t);
    size += size / 32 + 16 * ngx_pagesize;

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_s3edge_module);
    if (zone == NULL) {
        return NULL;
    }

    zone->init = ngx_s3edge_health_init_zone;
    zone->data = health;

    return health;
}


static ngx_int_t
ngx_s3edge_health_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_s3edge_health_t  *old = data;

    ngx_s3edge_health_t  *health;

    health = zone->data;
    health->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (old || zone->shm.exists) {

        health->table = health->shpool->data;

        if (health->table->layout != NGX_S3EDGE_HEALTH_LAYOUT) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "zone \"%V\" is of another version of the module: "
                          "restart nginx", &zone->shm.name);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    health->table = ngx_slab_calloc(health->shpool,
                                    sizeof(ngx_s3edge_health_table_t));
    if (health->table == NULL) {
        return NGX_ERROR;
    }

    health->table->layout = NGX_S3EDGE_HEALTH_LAYOUT;
    health->shpool->data = health->table;

    return NGX_OK;
}


uint64_t
ngx_s3edge_health_key(ngx_str_t *upstream, struct sockaddr *sockaddr,
    socklen_t socklen)
{
    s3_str_t  name, address;
    uint64_t  key;

    name.data = upstream->data;
    name.len = upstream->len;
    address.data = (u_char *) sockaddr;
    address.len = socklen;

    key = s3_hash(s3_hash(0, &name), &address);

    return key ? key : 1;
}


ngx_uint_t
ngx_s3edge_health_is_down(ngx_s3edge_health_t *health, uint64_t key,
    ngx_uint_t max_fails, time_t fail_timeout)
{
    ngx_s3edge_health_entry_t  *e;

    if (max_fails == 0) {
        return 0;
    }

    e = ngx_s3edge_health_find(health, key);

    return e != NULL
           && e->fails >= max_fails
           && ngx_time() - e->checked <= fail_timeout;
}


void
ngx_s3edge_health_tried(ngx_s3edge_health_t *health, uint64_t key,
    time_t fail_timeout)
{
    ngx_s3edge_health_entry_t  *e;

    e = ngx_s3edge_health_find(health, key);

    if (e == NULL || ngx_time() - e->checked <= fail_timeout) {
        return;
    }

    ngx_shmtx_lock(&health->shpool->mutex);

    if (e->key == key) {
        e->checked = ngx_time();
    }

    ngx_shmtx_unlock(&health->shpool->mutex);
}


ngx_uint_t
ngx_s3edge_health_failed(ngx_s3edge_health_t *health, uint64_t key)
{
    ngx_uint_t                  fails;
    ngx_s3edge_health_entry_t  *e;

    ngx_shmtx_lock(&health->shpool->mutex);

    e = ngx_s3edge_health_claim(health, key);

    e->failed = ngx_time();
    e->checked = ngx_time();
    fails = ++e->fails;

    ngx_shmtx_unlock(&health->shpool->mutex);

    return fails;
}


/* as nginx: well again once a request that was sent after fail_timeout ends */

void
ngx_s3edge_health_passed(ngx_s3edge_health_t *health, uint64_t key)
{
    ngx_s3edge_health_entry_t  *e;

    e = ngx_s3edge_health_find(health, key);

    if (e != NULL && e->failed < e->checked) {
        ngx_s3edge_health_forget(health, key);
    }
}


void
ngx_s3edge_health_forget(ngx_s3edge_health_t *health, uint64_t key)
{
    ngx_s3edge_health_entry_t  *e;

    if (ngx_s3edge_health_find(health, key) == NULL) {
        return;
    }

    ngx_shmtx_lock(&health->shpool->mutex);

    e = ngx_s3edge_health_find(health, key);

    if (e != NULL) {
        ngx_memzero(e, sizeof(ngx_s3edge_health_entry_t));
        health->table->len--;
    }

    ngx_shmtx_unlock(&health->shpool->mutex);
}


static ngx_s3edge_health_entry_t *
ngx_s3edge_health_find(ngx_s3edge_health_t *health, uint64_t key)
{
    ngx_uint_t                  i;
    ngx_s3edge_health_entry_t  *e;

    if (health->table->len == 0) {
        return NULL;
    }

    e = &health->table->entries[key % NGX_S3EDGE_HEALTH_SETS
                                * NGX_S3EDGE_HEALTH_WAYS];

    for (i = 0; i < NGX_S3EDGE_HEALTH_WAYS; i++) {
        if (e[i].key == key) {
            return &e[i];
        }
    }

    return NULL;
}


/* under the lock.  Where all places are taken, the oldest failure goes */

static ngx_s3edge_health_entry_t *
ngx_s3edge_health_claim(ngx_s3edge_health_t *health, uint64_t key)
{
    ngx_uint_t                  i;
    ngx_s3edge_health_entry_t  *e, *found;

    found = ngx_s3edge_health_find(health, key);

    if (found != NULL) {
        return found;
    }

    e = &health->table->entries[key % NGX_S3EDGE_HEALTH_SETS
                                * NGX_S3EDGE_HEALTH_WAYS];
    found = e;

    for (i = 1; i < NGX_S3EDGE_HEALTH_WAYS; i++) {
        if (e[i].failed < found->failed) {
            found = &e[i];                 /* 0 if it is free */
        }
    }

    if (found->key == 0) {
        health->table->len++;
    }

    found->fails = 0;
    found->key = key;

    return found;
}
