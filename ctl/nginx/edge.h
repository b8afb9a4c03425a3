
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Client of the control socket of the module.
 */

#ifndef _EDGE_H_INCLUDED_
#define _EDGE_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "s3_stats.h"
#include "s3_types.h"

#include "base/error.h"
#include "base/http.h"
#include "nginx/ability.h"


typedef struct {
    char             version[32];      /* of the module */
    char             nginx[32];
    int64_t          pid;              /* of the worker that answered */
    int64_t          generation;
} edge_status_t;


typedef struct {
    char            *name;
    uint64_t         counters[S3_STATS_MAX];
} edge_bucket_stats_t;


typedef struct {
    char            *name;         /* its zone in nginx */
    uint64_t         values[S3_STATS_DISK_MAX];
} edge_disk_stats_t;


/* counters are since the zone was made */

typedef struct {
    bool             there;        /* false: nginx has no memory tier */
    char             name[32];     /* its zone in nginx */
    uint64_t         values[S3_STATS_MEMORY_MAX];
} edge_memory_stats_t;


typedef struct {
    char                  version[32];     /* of the module; "": not told */
    char                  nginx[32];
    bool                  silent;          /* as of when nginx told it last */
    int64_t               generation;
    uint64_t              disk_objects;    /* of all disks */
    uint64_t              disk_bytes;
    uint64_t              disk_max_bytes;
    uint64_t              total[S3_STATS_MAX];
    edge_bucket_stats_t  *buckets;         /* sorted by name */
    size_t                nbuckets;
    edge_disk_stats_t    *disks;           /* sorted by name */
    size_t                ndisks;
    edge_memory_stats_t   memory;
} edge_stats_t;


typedef enum {
    EDGE_PURGE_ALL = 0,
    EDGE_PURGE_BUCKET,
    EDGE_PURGE_PREFIX,
    EDGE_PURGE_KEYS
} edge_scope_t;


typedef struct {
    edge_scope_t     scope;
    const char      *bucket;       /* NULL: EDGE_PURGE_ALL */
    const s3_str_t  *keys;         /* encoded (S3_URI_PATH), not empty */
    size_t           nkeys;        /* 1: a prefix; up to EDGE_KEYS_MAX */
    bool             soft;         /* expire, instead of forget */
} edge_purge_t;


typedef struct edge_s  edge_t;


#define EDGE_STATUS_MS   1000
#define EDGE_KEYS_MAX    10000
#define EDGE_KEY_MAX     3072      /* S3's 1024 bytes, each encoded */


/* http stays the caller's; any thread may call what follows */
int edge_new(http_t *http, const char *socket, edge_t **ret_edge,
    error_t *err);
void edge_free(edge_t *edge);

/* all: ERR_UNAVAILABLE or ERR_TIMEOUT where nginx does not answer */
int edge_status(edge_t *edge, edge_status_t *ret_status, error_t *err);

/* what of nginx/ability.h the module has not; nothing if it does not tell */
int edge_abilities(edge_t *edge, ability_set_t *ret_set, error_t *err);

/* to edge_stats_release() */
int edge_stats(edge_t *edge, edge_stats_t *ret_stats, error_t *err);
void edge_stats_release(edge_stats_t *stats);

/* buckets and disks, by name */
void edge_stats_sort(edge_stats_t *stats);

/*
 * In force in all workers on return.  ERR_NOT_FOUND: no such bucket.  Where
 * it fails within many keys, some of them may be purged.
 */
int edge_purge(edge_t *edge, const edge_purge_t *purge, error_t *err);

/*
 * off: nginx passes this cache by; zone is letters, digits and "_".
 * ERR_NOT_FOUND: nginx has no such zone.
 */
int edge_disk(edge_t *edge, const char *zone, bool off, error_t *err);

/* for core/edge_*.c: body may be NULL; *ret_doc is to json_decref() */
int edge_call(edge_t *edge, const char *method, const char *path,
    const strbuf_t *body, unsigned timeout_ms, json_t **ret_doc,
    error_t *err);


#endif /* _EDGE_H_INCLUDED_ */
