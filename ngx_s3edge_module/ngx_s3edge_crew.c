
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each worker has a place in a zone, where it says that it shuts down.  One
 * that does counts the crews after its own that do, too, and of which a
 * process lives: crews that are gone leave room for those before them.
 */

#include "ngx_s3edge_crew.h"


#define NGX_S3EDGE_CREW_LAYOUT  1
#define NGX_S3EDGE_CREW_PLACES  16384
#define NGX_S3EDGE_CREW_TICK    1000       /* ms */


/* written by its worker, taken under the zone's mutex */

typedef struct {
    int32_t                        pid;        /* 0: free */
    uint32_t                       crew;
    uint32_t                       leaving;    /* it shuts down */
} ngx_s3edge_crew_place_t;


typedef struct {
    ngx_uint_t                     layout;
    uint32_t                       last;       /* crew; the master's */
    ngx_uint_t                     used;       /* places; under the mutex */
    ngx_s3edge_crew_place_t        places[NGX_S3EDGE_CREW_PLACES];
} ngx_s3edge_crew_table_t;


struct ngx_s3edge_crew_s {
    ngx_slab_pool_t               *shpool;
    ngx_s3edge_crew_table_t       *table;
    ngx_s3edge_crew_place_t       *place;      /* of this worker, or NULL */
    ngx_cycle_t                   *cycle;
    uint32_t                       number;
    ngx_uint_t                     max;        /* others that may shut down */
    ngx_event_t                    tick;
};


static ngx_int_t ngx_s3edge_crew_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_s3edge_crew_place_t *ngx_s3edge_crew_take(
    ngx_s3edge_crew_table_t *table);
static ngx_uint_t ngx_s3edge_crew_alive(int32_t pid);
static void ngx_s3edge_crew_tick(ngx_event_t *ev);
static ngx_uint_t ngx_s3edge_crew_after(ngx_s3edge_crew_t *crew);
static void ngx_s3edge_crew_end(ngx_s3edge_crew_t *crew);


ngx_int_t
ngx_s3edge_crew_add_zone(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    size_t              size;
    ngx_str_t           name = ngx_string("s3edge_workers");
    ngx_shm_zone_t     *zone;
    ngx_s3edge_crew_t  *crew;

    if (smcf->old_workers == 0) {
        return NGX_OK;
    }

    crew = ngx_pcalloc(cf->pool, sizeof(ngx_s3edge_crew_t));
    if (crew == NULL) {
        return NGX_ERROR;
    }

    size = sizeof(ngx_s3edge_crew_table_t);
    size += size / 32 + 16 * ngx_pagesize;

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_s3edge_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_s3edge_crew_init_zone;
    zone->data = crew;

    crew->max = smcf->old_workers;
    smcf->crew = crew;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_crew_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_s3edge_crew_t        *crew;
    ngx_s3edge_crew_table_t  *table;

    crew = zone->data;
    crew->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data == NULL && !zone->shm.exists) {

        table = ngx_slab_calloc(crew->shpool, sizeof(ngx_s3edge_crew_table_t));
        if (table == NULL) {
            return NGX_ERROR;
        }

        table->layout = NGX_S3EDGE_CREW_LAYOUT;
        crew->shpool->data = table;
    }

    table = crew->shpool->data;

    if (table->layout != NGX_S3EDGE_CREW_LAYOUT) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" is of another version of the module: "
                      "restart nginx instead of reloading it",
                      &zone->shm.name);
        return NGX_ERROR;
    }

    crew->table = table;
    crew->number = ++table->last;

    return NGX_OK;
}


void
ngx_s3edge_crew_join(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf)
{
    ngx_s3edge_crew_t  *crew;

    crew = smcf->crew;

    if (crew == NULL) {
        return;
    }

    ngx_shmtx_lock(&crew->shpool->mutex);

    crew->place = ngx_s3edge_crew_take(crew->table);

    if (crew->place != NULL) {
        crew->place->crew = crew->number;
        crew->place->leaving = 0;
        crew->place->pid = ngx_pid;
    }

    ngx_shmtx_unlock(&crew->shpool->mutex);

    if (crew->place == NULL) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "s3edge: more than %d workers, old ones included: "
                      "this one is not counted", NGX_S3EDGE_CREW_PLACES);
        return;
    }

    crew->cycle = cycle;

    crew->tick.handler = ngx_s3edge_crew_tick;
    crew->tick.data = crew;
    crew->tick.log = cycle->log;
    crew->tick.cancelable = 1;

    ngx_add_timer(&crew->tick, NGX_S3EDGE_CREW_TICK);
}


/* one that is free, or of a worker that was killed.  Under the mutex */

static ngx_s3edge_crew_place_t *
ngx_s3edge_crew_take(ngx_s3edge_crew_table_t *table)
{
    ngx_uint_t  i;

    for (i = 0; i < table->used; i++) {
        if (table->places[i].pid == 0
            || !ngx_s3edge_crew_alive(table->places[i].pid))
        {
            return &table->places[i];
        }
    }

    return i < NGX_S3EDGE_CREW_PLACES ? &table->places[table->used++] : NULL;
}


static ngx_uint_t
ngx_s3edge_crew_alive(int32_t pid)
{
    return kill(pid, 0) == 0 || ngx_errno != NGX_ESRCH;
}


void
ngx_s3edge_crew_leave(ngx_s3edge_main_conf_t *smcf)
{
    ngx_s3edge_crew_t  *crew;

    crew = smcf->crew;

    if (crew == NULL || crew->place == NULL) {
        return;
    }

    crew->place->pid = 0;
    crew->place = NULL;

    if (crew->tick.timer_set) {
        ngx_del_timer(&crew->tick);
    }
}


static void
ngx_s3edge_crew_tick(ngx_event_t *ev)
{
    ngx_s3edge_crew_t  *crew;

    crew = ev->data;

    if (ngx_exiting) {
        crew->place->leaving = 1;

        if (ngx_s3edge_crew_after(crew) >= crew->max) {
            ngx_s3edge_crew_end(crew);
            return;
        }
    }

    ngx_add_timer(ev, NGX_S3EDGE_CREW_TICK);
}


/* how many crews that came after this one shut down */

static ngx_uint_t
ngx_s3edge_crew_after(ngx_s3edge_crew_t *crew)
{
    uint32_t                  seen[NGX_S3EDGE_CREW_MAX];
    ngx_uint_t                i, k, n;
    ngx_s3edge_crew_place_t  *place;

    n = 0;

    for (i = 0; i < crew->table->used && n < crew->max; i++) {

        place = &crew->table->places[i];

        if (place->pid == 0 || !place->leaving || place->crew <= crew->number)
        {
            continue;
        }

        for (k = 0; k < n && seen[k] != place->crew; k++) { /* void */ }

        if (k == n && ngx_s3edge_crew_alive(place->pid)) {
            seen[n++] = place->crew;
        }
    }

    return n;
}


/* what nginx does at worker_shutdown_timeout, now */

static void
ngx_s3edge_crew_end(ngx_s3edge_crew_t *crew)
{
    ngx_core_conf_t  *ccf;

    ngx_log_error(NGX_LOG_NOTICE, crew->cycle->log, 0,
                  "s3edge: %ui configurations after this one have workers that "
                  "shut down: connections are closed", crew->max);

    ccf = (ngx_core_conf_t *) ngx_get_conf(crew->cycle->conf_ctx,
                                           ngx_core_module);
    ccf->shutdown_timeout = 1;

    ngx_set_shutdown_timer(crew->cycle);
}
