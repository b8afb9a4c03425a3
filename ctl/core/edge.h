
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Client of the control socket of the module.
 */

#ifndef _EDGE_H_INCLUDED_
#define _EDGE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "s3_stats.h"

#include "base/error.h"
#include "base/http.h"


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
    int64_t               generation;
    uint64_t              disk_objects;    /* of nginx's keys_zone */
    uint64_t              disk_bytes;
    uint64_t              disk_max_bytes;
    uint64_t              total[S3_STATS_MAX];
    edge_bucket_stats_t  *buckets;         /* sorted by name */
    size_t                nbuckets;
} edge_stats_t;


typedef struct edge_s  edge_t;


/* "requests"; of an index of s3_stats.h */
extern const char *const  edge_counter_names[S3_STATS_MAX];


/* http stays the caller's; any thread may call what follows */
int edge_new(http_t *http, const char *socket, edge_t **ret_edge,
    error_t *err);
void edge_free(edge_t *edge);

/* all: ERR_UNAVAILABLE or ERR_TIMEOUT where nginx does not answer */
int edge_status(edge_t *edge, edge_status_t *ret_status, error_t *err);

/* to edge_stats_release() */
int edge_stats(edge_t *edge, edge_stats_t *ret_stats, error_t *err);
void edge_stats_release(edge_stats_t *stats);

/* bucket NULL: everything.  ERR_NOT_FOUND: no such bucket */
int edge_purge(edge_t *edge, const char *bucket, error_t *err);


#endif /* _EDGE_H_INCLUDED_ */
