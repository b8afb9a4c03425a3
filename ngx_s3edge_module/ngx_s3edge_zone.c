
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_zone.h"


static char *ngx_s3edge_zone_conf_name(ngx_conf_t *cf, ngx_str_t *value,
    ngx_s3edge_memory_t *memory);
static char *ngx_s3edge_zone_conf_option(ngx_conf_t *cf, ngx_str_t *value,
    ngx_s3edge_memory_t *memory);
static char *ngx_s3edge_zone_conf_check(ngx_conf_t *cf,
    ngx_s3edge_memory_t *memory);
static ngx_uint_t ngx_s3edge_zone_conf_shards(ngx_s3edge_memory_t *memory);
static char *ngx_s3edge_zone_add(ngx_conf_t *cf,
    ngx_s3edge_memory_t *memory);
static ngx_int_t ngx_s3edge_zone_init(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_s3edge_zone_create(ngx_s3edge_shard_t *shard);
static ngx_int_t ngx_s3edge_zone_claim_one(ngx_s3edge_shard_t *shard);
static void ngx_s3edge_zone_tick(ngx_event_t *ev);
static int ngx_s3edge_zone_is_alive(int32_t pid);


char *
ngx_s3edge_zone_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_s3edge_loc_conf_t  *slcf = conf;

    char                    *rv;
    ngx_str_t               *value;
    ngx_uint_t               i;
    ngx_s3edge_memory_t     *memory;
    ngx_s3edge_main_conf_t  *smcf;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {

        if (slcf->memory != NGX_CONF_UNSET) {
            return "is duplicate";
        }

        slcf->memory = 0;
        return NGX_CONF_OK;
    }

    if (cf->cmd_type != NGX_HTTP_MAIN_CONF) {
        return "is given at the level of \"http\"; here it may be \"off\"";
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_s3edge_module);

    if (smcf->memory != NULL) {
        return "is duplicate";
    }

    memory = ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_memory_t));
    if (memory == NULL) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_s3edge_zone_conf_name(cf, &value[1], memory);

    for (i = 2; rv == NGX_CONF_OK && i < cf->args->nelts; i++) {
        rv = ngx_s3edge_zone_conf_option(cf, &value[i], memory);
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_s3edge_zone_conf_check(cf, memory);
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_s3edge_zone_add(cf, memory);
    }

    if (rv == NGX_CONF_OK) {
        smcf->memory = memory;
    }

    return rv;
}


static char *
ngx_s3edge_zone_conf_name(ngx_conf_t *cf, ngx_str_t *value,
    ngx_s3edge_memory_t *memory)
{
    u_char      c, *p;
    ssize_t     n;
    ngx_str_t   size;
    ngx_uint_t  i;

    p = ngx_strlchr(value->data, value->data + value->len, ':');

    for (i = 0; p != NULL && value->data + i < p; i++) {
        c = value->data[i];

        if (!isalnum(c) && c != '_' && c != '-' && c != '.') {
            p = NULL;
        }
    }

    if (p == NULL || i == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid s3edge_memory \"%V\": expected NAME:SIZE, "
                           "the name of letters, digits, \"_\", \"-\" and "
                           "\".\", or \"off\"", value);
        return NGX_CONF_ERROR;
    }

    memory->name.data = value->data;
    memory->name.len = p - value->data;

    size.data = p + 1;
    size.len = value->data + value->len - size.data;

    /* nginx's own sizes end at "m", but memory has grown */

    n = ngx_parse_offset(&size);

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size of s3edge_memory \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    memory->size = n;

    return NGX_CONF_OK;
}


static char *
ngx_s3edge_zone_conf_option(ngx_conf_t *cf, ngx_str_t *value,
    ngx_s3edge_memory_t *memory)
{
    ssize_t    n;
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "max_object=", 11) == 0) {
        s.data = value->data + 11;
        s.len = value->len - 11;
        n = ngx_parse_size(&s);

        if (n != NGX_ERROR && n > 0 && memory->max_object == 0) {
            memory->max_object = n;
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(value->data, "shards=", 7) == 0) {
        n = ngx_atoi(value->data + 7, value->len - 7);

        if (n > 0 && n <= NGX_S3EDGE_ZONE_SHARDS_MAX && memory->nshards == 0)
        {
            memory->nshards = n;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of s3edge_memory: expected "
                       "max_object=SIZE or shards=N, N from 1 to %d, once",
                       value, NGX_S3EDGE_ZONE_SHARDS_MAX);
    return NGX_CONF_ERROR;
}


static char *
ngx_s3edge_zone_conf_check(ngx_conf_t *cf, ngx_s3edge_memory_t *memory)
{
    size_t  shard, most;

    if (memory->nshards == 0) {
        memory->nshards = ngx_s3edge_zone_conf_shards(memory);
    }

    shard = memory->size / memory->nshards;
    most = shard / NGX_S3EDGE_ZONE_SHARE;

    if (shard < NGX_S3EDGE_ZONE_SHARD_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "s3edge_memory \"%V\" is too small: at least %dk "
                           "are needed for each shard", &memory->name,
                           NGX_S3EDGE_ZONE_SHARD_MIN / 1024);
        return NGX_CONF_ERROR;
    }

    if (shard / S3_ARENA_CHUNK > S3_MEM_CHUNKS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "s3edge_memory \"%V\" is too large: a shard has at "
                           "most 4g", &memory->name);
        return NGX_CONF_ERROR;
    }

    if (memory->max_object == 0) {
        memory->max_object = ngx_min(most, NGX_S3EDGE_ZONE_MAX_OBJECT);
    }

    if (memory->max_object > most) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "max_object of s3edge_memory \"%V\" is too large: "
                           "at most %uzk, 1/%d of a shard", &memory->name,
                           most / 1024, NGX_S3EDGE_ZONE_SHARE);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* as many as keep workers apart, with room for the largest object in each */

static ngx_uint_t
ngx_s3edge_zone_conf_shards(ngx_s3edge_memory_t *memory)
{
    size_t  least;

    least = ngx_max(NGX_S3EDGE_ZONE_SHARD,
                    memory->max_object * NGX_S3EDGE_ZONE_SHARE);

    if (memory->size <= least) {
        return 1;
    }

    return ngx_max(ngx_min(memory->size / least, NGX_S3EDGE_ZONE_SHARDS),
                   ngx_min(memory->size / ((size_t) S3_MEM_CHUNKS_MAX
                                           * S3_ARENA_CHUNK) + 1,
                           NGX_S3EDGE_ZONE_SHARDS_MAX));
}


static char *
ngx_s3edge_zone_add(ngx_conf_t *cf, ngx_s3edge_memory_t *memory)
{
    size_t               size;
    ngx_str_t            name;
    ngx_uint_t           i;
    ngx_s3edge_shard_t  *shard;

    size = memory->size / memory->nshards;
    size -= size % ngx_pagesize;

    shard = ngx_pcalloc(cf->pool,
                        memory->nshards * sizeof(ngx_s3edge_shard_t));
    if (shard == NULL) {
        return NGX_CONF_ERROR;
    }

    memory->shards = shard;

    for (i = 0; i < memory->nshards; i++) {
        name.data = ngx_pnalloc(cf->pool, memory->name.len + 1
                                          + NGX_INT_T_LEN);
        if (name.data == NULL) {
            return NGX_CONF_ERROR;
        }

        name.len = ngx_sprintf(name.data, "%V#%ui", &memory->name, i)
                   - name.data;

        shard[i].memory = memory;
        shard[i].slot = -1;
        shard[i].zone = ngx_shared_memory_add(cf, &name, size,
                                              &ngx_s3edge_module);
        if (shard[i].zone == NULL) {
            return NGX_CONF_ERROR;
        }

        shard[i].zone->init = ngx_s3edge_zone_init;
        shard[i].zone->data = &shard[i];
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_s3edge_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_s3edge_shard_t     *shard;
    ngx_s3edge_shard_sh_t  *sh;

    shard = zone->data;
    shard->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data == NULL && !zone->shm.exists) {
        if (ngx_s3edge_zone_create(shard) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                          "s3edge_memory: zone \"%V\" could not be made",
                          &zone->shm.name);
            return NGX_ERROR;
        }
    }

    sh = shard->shpool->data;

    if (sh == NULL || sh->mem->layout != S3_MEM_LAYOUT) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" is of another version of the module: "
                      "restart nginx instead of reloading it",
                      &zone->shm.name);
        return NGX_ERROR;
    }

    shard->mem = sh->mem;
    shard->cycle = ++sh->cycles;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_zone_create(ngx_s3edge_shard_t *shard)
{
    void                   *region;
    size_t                  size;
    uint64_t                seed;
    ngx_slab_pool_t        *shpool;
    ngx_s3edge_shard_sh_t  *sh;

    shpool = shard->shpool;

    sh = ngx_slab_calloc(shpool, sizeof(ngx_s3edge_shard_sh_t));

    if (sh == NULL || shpool->pfree < 2) {
        return NGX_ERROR;
    }

    /* one run of pages, all but one that the slab may still want */

    size = (shpool->pfree - 1) * ngx_pagesize;

    region = ngx_slab_alloc(shpool, size);
    if (region == NULL) {
        return NGX_ERROR;
    }

    /* all shards have one: the hash chooses the shard */

    if (shard == shard->memory->shards) {
        seed = (uint64_t) ngx_random() << 32 ^ (uint64_t) ngx_random();

    } else {
        seed = shard->memory->shards[0].mem->seed;
    }

    if (s3_mem_init(region, size, seed) != S3_OK) {
        return NGX_ERROR;
    }

    sh->mem = region;
    shpool->data = sh;

    return NGX_OK;
}


void
ngx_s3edge_zone_claim(ngx_s3edge_main_conf_t *smcf)
{
    ngx_uint_t           i;
    ngx_event_t         *tick;
    ngx_s3edge_shard_t  *shard;

    if (smcf->memory == NULL) {
        return;
    }

    tick = &smcf->memory->tick;

    tick->handler = ngx_s3edge_zone_tick;
    tick->data = smcf->memory;
    tick->log = ngx_cycle->log;
    tick->cancelable = 1;

    ngx_add_timer(tick, NGX_S3EDGE_ZONE_TICK);

    shard = smcf->memory->shards;

    for (i = 0; i < smcf->memory->nshards; i++) {

        if (ngx_s3edge_zone_claim_one(&shard[i]) != NGX_OK) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "s3edge_memory is not used by this worker for now: "
                          "%d have it, those that are shutting down included",
                          S3_MEM_SLOTS);
            return;
        }
    }
}


static ngx_int_t
ngx_s3edge_zone_claim_one(ngx_s3edge_shard_t *shard)
{
    ngx_int_t  slot;

    ngx_s3edge_zone_lock(shard);

    slot = s3_pin_claim(shard->mem, shard->cycle, ngx_worker, ngx_pid,
                        ngx_s3edge_zone_is_alive);

    ngx_s3edge_zone_unlock(shard);

    shard->slot = slot < 0 ? -1 : slot;

    return slot < 0 ? NGX_DECLINED : NGX_OK;
}


/* an idle worker gives back its pins, and one of all those of the dead */

static void
ngx_s3edge_zone_tick(ngx_event_t *ev)
{
    ngx_uint_t            i;
    ngx_s3edge_shard_t   *shard;
    ngx_s3edge_memory_t  *memory;

    memory = ev->data;

    for (i = 0; i < memory->nshards; i++) {
        shard = &memory->shards[i];

        if (shard->slot == -1) {
            (void) ngx_s3edge_zone_claim_one(shard);
            continue;
        }

        if (shard->npending == 0 && ngx_worker != 0) {
            continue;
        }

        ngx_s3edge_zone_lock(shard);

        if (ngx_worker == 0) {
            s3_pin_sweep(shard->mem, ngx_s3edge_zone_is_alive);
        }

        ngx_s3edge_zone_unlock(shard);
    }

    ngx_add_timer(ev, NGX_S3EDGE_ZONE_TICK);
}


static int
ngx_s3edge_zone_is_alive(int32_t pid)
{
    return kill(pid, 0) == 0 || ngx_errno != ESRCH;
}


void
ngx_s3edge_zone_release(ngx_s3edge_main_conf_t *smcf)
{
    ngx_uint_t           i;
    ngx_s3edge_shard_t  *shard;

    if (smcf->memory == NULL) {
        return;
    }

    shard = smcf->memory->shards;

    for (i = 0; i < smcf->memory->nshards; i++) {

        if (shard[i].slot == -1) {
            continue;
        }

        ngx_s3edge_zone_lock(&shard[i]);

        s3_pin_release(shard[i].mem, shard[i].slot);
        shard[i].slot = -1;

        ngx_s3edge_zone_unlock(&shard[i]);
    }
}


void
ngx_s3edge_zone_lock(ngx_s3edge_shard_t *shard)
{
    ngx_shmtx_lock(&shard->shpool->mutex);

    (void) s3_mem_enter(shard->mem);

    while (shard->npending) {
        s3_unpin(shard->mem, shard->slot, &shard->pending[--shard->npending]);
    }
}


void
ngx_s3edge_zone_unlock(ngx_s3edge_shard_t *shard)
{
    s3_mem_leave(shard->mem);

    ngx_shmtx_unlock(&shard->shpool->mutex);
}


void
ngx_s3edge_zone_unpin(ngx_s3edge_shard_t *shard, s3_pin_t *pin)
{
    shard->pending[shard->npending++] = *pin;

    if (shard->npending == NGX_S3EDGE_ZONE_PENDING) {
        ngx_s3edge_zone_lock(shard);
        ngx_s3edge_zone_unlock(shard);
    }
}


void
ngx_s3edge_zone_total(ngx_s3edge_memory_t *memory,
    uint64_t values[S3_STATS_MEMORY_MAX])
{
    s3_mem_t            *mem;
    ngx_uint_t           i;
    ngx_s3edge_shard_t  *shard;

    ngx_memzero(values, S3_STATS_MEMORY_MAX * sizeof(uint64_t));

    for (i = 0; i < memory->nshards; i++) {
        shard = &memory->shards[i];
        mem = shard->mem;

        ngx_s3edge_zone_lock(shard);

        values[S3_STATS_MEMORY_size] += (uint64_t) mem->arena.nchunks
                                        * S3_ARENA_CHUNK;
        values[S3_STATS_MEMORY_used] += (uint64_t) (mem->arena.nchunks
                                                    - mem->arena.nfree)
                                        * S3_ARENA_CHUNK;
        values[S3_STATS_MEMORY_objects] += mem->objects;
        values[S3_STATS_MEMORY_pinned] += mem->pinned;
        values[S3_STATS_MEMORY_stored] += mem->stored;
        values[S3_STATS_MEMORY_evicted] += mem->evicted;
        values[S3_STATS_MEMORY_declined] += mem->declined;
        values[S3_STATS_MEMORY_no_room] += mem->no_room;

        ngx_s3edge_zone_unlock(shard);
    }
}


#if (S3_MEM_CHECK)

ngx_int_t
ngx_s3edge_zone_check(ngx_s3edge_memory_t *memory, ngx_uint_t *ret_good)
{
    u_char              *marks;
    ngx_uint_t           i, good;
    ngx_s3edge_shard_t  *shard;

    good = 1;

    for (i = 0; i < memory->nshards; i++) {
        shard = &memory->shards[i];

        marks = ngx_alloc(shard->mem->arena.nchunks, ngx_cycle->log);
        if (marks == NULL) {
            return NGX_ERROR;
        }

        ngx_s3edge_zone_lock(shard);

        if (s3_repair_check(shard->mem, marks) != S3_OK) {
            good = 0;
        }

        ngx_s3edge_zone_unlock(shard);

        ngx_free(marks);
    }

    *ret_good = good;

    return NGX_OK;
}

#endif
