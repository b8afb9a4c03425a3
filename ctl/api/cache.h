
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/cache: the counters of the edge, and how much is on disk.
 */

#ifndef _API_CACHE_H_INCLUDED_
#define _API_CACHE_H_INCLUDED_


#include <jansson.h>

#include "api/reply.h"


void cache_stats(const request_t *request, reply_t *reply);


/* schema CacheStats; NULL: no memory */
json_t *cache_stats_json(const control_stats_t *stats);

/* what the census found of a bucket; zeros where it knows none */
void cache_disk(const disk_census_t *census, const char *bucket,
    uint64_t *ret_objects, uint64_t *ret_bytes);


#endif /* _API_CACHE_H_INCLUDED_ */
