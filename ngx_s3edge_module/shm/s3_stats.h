
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one table of counters: what the module counts per bucket, and what
 * the control socket, /api/cache/stats, /metrics and the docs show.
 *
 * S3_STATS_MAP(name, unit, help): all are counters (they only grow), 64-bit.
 */

#ifndef _S3_STATS_H_INCLUDED_
#define _S3_STATS_H_INCLUDED_


#define S3_STATS_MAP(X)                                                       \
    X(requests,        "requests",                                            \
      "Requests from clients that named this bucket.")                        \
    X(hits,            "requests",                                            \
      "Served from the cache while fresh.")                                   \
    X(memory_hits,     "requests",                                            \
      "Of the hits, those served from shared memory.")                        \
    X(misses,          "requests",                                            \
      "Not in the cache: fetched from the origin.")                           \
    X(expired,         "requests",                                            \
      "In the cache but expired: fetched again from the origin.")             \
    X(revalidated,     "requests",                                            \
      "In the cache, expired, and confirmed by the origin with 304.")         \
    X(stale,           "requests",                                            \
      "Served stale because the origin failed or an update was under way.")   \
    X(bypass,          "requests",                                            \
      "Passed to the origin without looking in the cache.")                   \
    X(errors_4xx,      "requests",                                            \
      "Answered with a 4xx status.")                                          \
    X(errors_5xx,      "requests",                                            \
      "Answered with a 5xx status.")                                          \
    X(bytes_sent,      "bytes",                                               \
      "Sent to clients, headers included.")                                   \
    X(bytes_hit,       "bytes",                                               \
      "Sent to clients from the cache, headers included.")                    \
    X(origin_requests, "requests",                                            \
      "Sent to the origin, retries included.")                                \
    X(origin_errors,   "requests",                                            \
      "Origin attempts that failed or answered 5xx.")                         \
    X(origin_bytes,    "bytes",                                               \
      "Response bodies received from the origin.")


#define S3_STATS_ENUM(name, unit, help)  S3_STATS_##name,

enum {
    S3_STATS_MAP(S3_STATS_ENUM)
    S3_STATS_MAX
};

#undef S3_STATS_ENUM


#endif /* _S3_STATS_H_INCLUDED_ */
