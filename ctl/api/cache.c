
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "api/cache.h"


static json_t *cache_counters(const uint64_t counters[S3_STATS_MAX],
    uint64_t objects, uint64_t bytes);
static json_t *cache_hit_rate(const uint64_t counters[S3_STATS_MAX]);
static json_t *cache_memory(const edge_memory_stats_t *memory);
static json_t *cache_values(s3_stats_scope_t scope, const uint64_t *values);
static json_t *cache_disks(const edge_stats_t *edge);
static json_t *cache_buckets(const control_stats_t *stats);


void
cache_stats(const request_t *request, reply_t *reply)
{
    error_t          err;
    control_stats_t  stats;

    if (control_stats(request->control, &stats, &err) != ERR_OK) {
        reply_failure(reply, &err);
        return;
    }

    reply_json(reply, 200, cache_stats_json(&stats));

    control_stats_release(&stats);
}


json_t *
cache_stats_json(const control_stats_t *stats)
{
    const edge_stats_t  *edge;

    edge = &stats->edge;

    return json_pack("{s:I, s:o, s:o, s:{s:I, s:I, s:I}, s:o, s:{s:o, s:b}, "
                     "s:o}",
                     "generation", (json_int_t) edge->generation,
                     "total", cache_counters(edge->total, edge->disk_objects,
                                             edge->disk_bytes),
                     "memory", cache_memory(&edge->memory),
                     "disk",
                         "objects", (json_int_t) edge->disk_objects,
                         "bytes", (json_int_t) edge->disk_bytes,
                         "max_bytes", (json_int_t) edge->disk_max_bytes,
                     "disks", cache_disks(edge),
                     "census",
                         "at", reply_time(stats->disk.at),
                         "complete", (int) stats->disk.complete,
                     "buckets", cache_buckets(stats));
}


static json_t *
cache_counters(const uint64_t counters[S3_STATS_MAX], uint64_t objects,
    uint64_t bytes)
{
    int      rc;
    json_t  *json;

    json = cache_values(S3_STATS_BUCKET, counters);

    if (json == NULL) {
        return NULL;
    }

    rc = json_object_set_new(json, "hit_rate", cache_hit_rate(counters));
    rc |= json_object_set_new(json, "objects",
                              json_integer((json_int_t) objects));
    rc |= json_object_set_new(json, "bytes",
                              json_integer((json_int_t) bytes));

    if (rc != 0) {
        json_decref(json);
        return NULL;
    }

    return json;
}


/* a member for each row of a table; NULL: no memory */

static json_t *
cache_values(s3_stats_scope_t scope, const uint64_t *values)
{
    int                    rc;
    json_t                *json, *value;
    size_t                 i;
    const s3_stats_row_t  *row;

    json = json_object();

    if (json == NULL) {
        return NULL;
    }

    rc = 0;

    for (i = 0; i < s3_stats[scope].n; i++) {
        row = &s3_stats[scope].rows[i];

        value = strcmp(row->unit, "flag") == 0
                ? json_boolean(values[i] != 0)
                : json_integer((json_int_t) values[i]);

        rc |= json_object_set_new(json, row->name, value);
    }

    if (rc != 0) {
        json_decref(json);
        return NULL;
    }

    return json;
}


/* of the requests that looked in the cache, those it could answer */

static json_t *
cache_hit_rate(const uint64_t counters[S3_STATS_MAX])
{
    uint64_t  served, looked;

    served = counters[S3_STATS_hits] + counters[S3_STATS_revalidated]
             + counters[S3_STATS_stale];

    looked = served + counters[S3_STATS_misses] + counters[S3_STATS_expired];

    if (looked == 0) {
        return json_null();
    }

    return json_real((double) served / (double) looked);
}


static json_t *
cache_memory(const edge_memory_stats_t *memory)
{
    json_t  *json;

    if (!memory->there) {
        return json_null();
    }

    json = cache_values(S3_STATS_MEMORY, memory->values);

    if (json == NULL
        || json_object_set_new(json, "name", json_string(memory->name)) != 0)
    {
        json_decref(json);
        return NULL;
    }

    return json;
}


static json_t *
cache_disks(const edge_stats_t *edge)
{
    int                       rc;
    size_t                    i;
    json_t                   *json;
    const edge_disk_stats_t  *d;

    json = json_object();

    if (json == NULL) {
        return NULL;
    }

    rc = 0;

    for (i = 0; i < edge->ndisks; i++) {
        d = &edge->disks[i];

        rc |= json_object_set_new(json, d->name,
                                  cache_values(S3_STATS_DISK, d->values));
    }

    if (rc != 0) {
        json_decref(json);
        return NULL;
    }

    return json;
}


static json_t *
cache_buckets(const control_stats_t *stats)
{
    int                         rc;
    size_t                      i;
    json_t                     *json;
    uint64_t                    objects, bytes;
    const edge_bucket_stats_t  *bucket;

    json = json_object();

    if (json == NULL) {
        return NULL;
    }

    rc = 0;

    for (i = 0; i < stats->edge.nbuckets; i++) {
        bucket = &stats->edge.buckets[i];

        cache_disk(&stats->disk, bucket->name, &objects, &bytes);

        rc |= json_object_set_new(json, bucket->name,
                                  cache_counters(bucket->counters, objects,
                                                 bytes));
    }

    if (rc != 0) {
        json_decref(json);
        return NULL;
    }

    return json;
}


void
cache_disk(const disk_census_t *census, const char *bucket,
    uint64_t *ret_objects, uint64_t *ret_bytes)
{
    int     order;
    size_t  low, high, middle;

    low = 0;
    high = census->nbuckets;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = strcmp(bucket, census->buckets[middle].name);

        if (order == 0) {
            *ret_objects = census->buckets[middle].objects;
            *ret_bytes = census->buckets[middle].bytes;
            return;
        }

        if (order < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    *ret_objects = 0;
    *ret_bytes = 0;
}
