
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one table of counters and gauges.  From it come the cells of a slot in
 * shared memory (s3_slot.h), the columns of the file (s3_tally.h), /stats on
 * the control socket, /api/cache/stats, /metrics, and what the docs show.
 *
 * X(name, type, unit, metric, help), for each bucket, for the memory tier, and
 * for each disk of the cache.  All are 64-bit; a counter only grows.  A new one
 * is a row here, and the place that counts it: files have names of columns, so
 * that other versions read them.
 */

#ifndef _S3_STATS_H_INCLUDED_
#define _S3_STATS_H_INCLUDED_


#define S3_STATS_MAP(X)                                                       \
    X(requests, counter, "requests", "s3edge_requests_total",                 \
      "Requests from clients that named this bucket.")                        \
    X(hits, counter, "requests", "s3edge_hits_total",                         \
      "Served from the cache while fresh.")                                   \
    X(memory_hits, counter, "requests", "s3edge_memory_hits_total",           \
      "Of the hits, those served from shared memory.")                        \
    X(misses, counter, "requests", "s3edge_misses_total",                     \
      "Not in the cache: fetched from the origin.")                           \
    X(expired, counter, "requests", "s3edge_expired_total",                   \
      "In the cache but expired: fetched again from the origin.")             \
    X(revalidated, counter, "requests", "s3edge_revalidated_total",           \
      "In the cache, expired, and confirmed by the origin with 304.")         \
    X(stale, counter, "requests", "s3edge_stale_total",                       \
      "Served stale because the origin failed or an update was under "        \
      "way.")                                                                 \
    X(bypass, counter, "requests", "s3edge_bypass_total",                     \
      "Passed to the origin without looking in the cache.")                   \
    X(errors_4xx, counter, "requests", "s3edge_errors_4xx_total",             \
      "Answered with a 4xx status.")                                          \
    X(errors_5xx, counter, "requests", "s3edge_errors_5xx_total",             \
      "Answered with a 5xx status.")                                          \
    X(bytes_sent, counter, "bytes", "s3edge_sent_bytes_total",                \
      "Sent to clients, headers included.")                                   \
    X(bytes_hit, counter, "bytes", "s3edge_hit_bytes_total",                  \
      "Sent to clients from the cache, headers included.")                    \
    X(origin_requests, counter, "requests", "s3edge_origin_requests_total",   \
      "Sent to the origin, retries included.")                                \
    X(origin_errors, counter, "requests", "s3edge_origin_errors_total",       \
      "Origin attempts that failed or answered 5xx.")                         \
    X(origin_bytes, counter, "bytes", "s3edge_origin_bytes_total",            \
      "Response bodies received from the origin.")


#define S3_STATS_MEMORY_MAP(X)                                                \
    X(size, gauge, "bytes", "s3edge_memory_size_bytes",                       \
      "Shared memory that may hold objects.")                                 \
    X(used, gauge, "bytes", "s3edge_memory_used_bytes",                       \
      "Shared memory that holds objects.")                                    \
    X(objects, gauge, "objects", "s3edge_memory_objects",                     \
      "Objects in shared memory.")                                            \
    X(pinned, gauge, "objects", "s3edge_memory_pinned",                       \
      "Objects in shared memory that are being sent.")                        \
    X(stored, counter, "objects", "s3edge_memory_stored_total",               \
      "Objects put into shared memory.")                                      \
    X(evicted, counter, "objects", "s3edge_memory_evicted_total",             \
      "Objects that left shared memory to make room for others.")             \
    X(declined, counter, "objects", "s3edge_memory_declined_total",           \
      "Objects not put into shared memory, first seen while it was "          \
      "full.")                                                                \
    X(no_room, counter, "objects", "s3edge_memory_no_room_total",             \
      "Objects not put into shared memory for want of room.")


#define S3_STATS_DISK_MAP(X)                                                  \
    X(objects, gauge, "objects", "s3edge_disk_objects",                       \
      "Objects on a disk of the cache.")                                      \
    X(bytes, gauge, "bytes", "s3edge_disk_bytes",                             \
      "Size of what is on a disk of the cache.")                              \
    X(max_bytes, gauge, "bytes", "s3edge_disk_max_bytes",                     \
      "Size that the cache on a disk may reach.")                             \
    X(off, gauge, "flag", "s3edge_disk_off",                                  \
      "1 where requests pass a disk of the cache by, otherwise 0.")


#define S3_STATS_ENUM(name, type, unit, metric, help)  S3_STATS_##name,

enum {
    S3_STATS_MAP(S3_STATS_ENUM)
    S3_STATS_MAX
};

#undef S3_STATS_ENUM


#define S3_STATS_ENUM(name, type, unit, metric, help)  S3_STATS_MEMORY_##name,

enum {
    S3_STATS_MEMORY_MAP(S3_STATS_ENUM)
    S3_STATS_MEMORY_MAX
};

#undef S3_STATS_ENUM


#define S3_STATS_ENUM(name, type, unit, metric, help)  S3_STATS_DISK_##name,

enum {
    S3_STATS_DISK_MAP(S3_STATS_ENUM)
    S3_STATS_DISK_MAX
};

#undef S3_STATS_ENUM


typedef enum {
    S3_STATS_BUCKET = 0,
    S3_STATS_MEMORY,
    S3_STATS_DISK,
    S3_STATS_SCOPES
} s3_stats_scope_t;


typedef struct {
    const char      *name;
    const char      *type;         /* of Prometheus */
    const char      *unit;
    const char      *metric;
    const char      *help;
} s3_stats_row_t;


typedef struct {
    const s3_stats_row_t  *rows;
    unsigned               n;
} s3_stats_table_t;


extern const s3_stats_table_t  s3_stats[S3_STATS_SCOPES];


#endif /* _S3_STATS_H_INCLUDED_ */
