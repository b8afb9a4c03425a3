
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buckets and the hosts of their origins.
 */

#ifndef _ORIGIN_H_INCLUDED_
#define _ORIGIN_H_INCLUDED_


#include "base/error.h"
#include "origin/resolve.h"
#include "entity/model.h"


#define ORIGIN_WAIT_MS   3000      /* for names that were never seen */


/* buckets are resolved (config_resolve()); to resolve_map_release() */
int origin_resolve(resolve_t *resolve, const model_buckets_t *buckets,
    resolve_map_t *ret_map, error_t *err);

/* ERR_REFUSED: its host does not resolve */
int origin_check(resolve_t *resolve, const model_bucket_t *bucket,
    error_t *err);

/*
 * Writes a sentence for each bucket whose host has no address, max of them at
 * most, and returns how many buckets there are.
 */
size_t origin_failed(resolve_t *resolve, const model_buckets_t *buckets,
    char (*texts)[ERROR_MESSAGE_MAX], size_t max);


#endif /* _ORIGIN_H_INCLUDED_ */
