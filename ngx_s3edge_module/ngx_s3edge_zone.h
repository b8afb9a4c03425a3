
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The shared memory in which hot objects are kept (s3_mem.h): directive
 * s3edge_memory, one nginx zone for each shard, its lock, and what a worker
 * holds in it.
 *
 * The lock is the mutex of the zone's slab pool: nginx opens it when its
 * owner has died.  What that one left half done is repaired by the next.
 */

#ifndef _NGX_S3EDGE_ZONE_H_INCLUDED_
#define _NGX_S3EDGE_ZONE_H_INCLUDED_


#include "ngx_s3edge.h"
#include "s3_mem.h"
#include "s3_pin.h"
#include "s3_repair.h"


#define NGX_S3EDGE_ZONE_SHARDS_MAX  64
#define NGX_S3EDGE_ZONE_SHARD_MIN   (256 * 1024)           /* bytes */
#define NGX_S3EDGE_ZONE_SHARD       (16 * 1024 * 1024)     /* by default */
#define NGX_S3EDGE_ZONE_SHARDS      8
#define NGX_S3EDGE_ZONE_MAX_OBJECT  (128 * 1024)

/* a body is at most this part of a shard; S3_MEM_SHARE has room for more */
#define NGX_S3EDGE_ZONE_SHARE       8

/* pins that are given back with the next lock that is taken anyway */
#define NGX_S3EDGE_ZONE_PENDING     16

/* ms; how long such pins, and what a dead process held, may stay */
#define NGX_S3EDGE_ZONE_TICK        1000


/* the slab pool's data; written by the master alone */

typedef struct {
    s3_mem_t                 *mem;
    uint32_t                  cycles;      /* configurations so far */
} ngx_s3edge_shard_sh_t;


/* of a configuration; from fork() on, of a worker */

struct ngx_s3edge_shard_s {
    ngx_s3edge_memory_t      *memory;
    ngx_shm_zone_t           *zone;
    ngx_slab_pool_t          *shpool;
    s3_mem_t                 *mem;
    uint32_t                  cycle;
    ngx_int_t                 slot;        /* -1: none */
    ngx_uint_t                npending;
    s3_pin_t                  pending[NGX_S3EDGE_ZONE_PENDING];
};


struct ngx_s3edge_memory_s {
    ngx_str_t                 name;
    size_t                    size;        /* bytes of all shards */
    size_t                    max_object;  /* bytes of a body */
    ngx_uint_t                nshards;
    ngx_s3edge_shard_t       *shards;
    ngx_event_t               tick;        /* of a worker */
};


/* sums over the shards */

/* s3edge_memory NAME:SIZE [max_object=SIZE] [shards=N] | off */
char *ngx_s3edge_zone_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* worker, as it starts and as it ends */
void ngx_s3edge_zone_claim(ngx_s3edge_main_conf_t *smcf);
void ngx_s3edge_zone_release(ngx_s3edge_main_conf_t *smcf);

/*
 * Nothing is logged, allocated or waited for in between.  Also gives back
 * what ngx_s3edge_zone_unpin() was given.
 */
void ngx_s3edge_zone_lock(ngx_s3edge_shard_t *shard);
void ngx_s3edge_zone_unlock(ngx_s3edge_shard_t *shard);

/* without the lock: at the next one, or now where many wait for it */
void ngx_s3edge_zone_unpin(ngx_s3edge_shard_t *shard, s3_pin_t *pin);

/* sums over the shards */
void ngx_s3edge_zone_total(ngx_s3edge_memory_t *memory,
    uint64_t values[S3_STATS_MEMORY_MAX]);

#if (S3_MEM_CHECK)

/* for tests: s3_repair_check() of each shard; NGX_ERROR: no memory */
ngx_int_t ngx_s3edge_zone_check(ngx_s3edge_memory_t *memory,
    ngx_uint_t *ret_good);

#endif


#endif /* _NGX_S3EDGE_ZONE_H_INCLUDED_ */
