
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where origins may not be: at a link-local address, where a cloud keeps the
 * credentials of this machine, and at a port that s3edge itself listens on.
 * Whoever may add a bucket could read there, and let others read, too.
 * "s3.allow_local_endpoints" allows both.
 */

#ifndef _TARGET_H_INCLUDED_
#define _TARGET_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/config_types.h"
#include "origin/resolve.h"
#include "entity/model.h"


/*
 * May an origin be at all of addresses ("A B ...")?  What is no address may be
 * anything.
 */
bool target_allowed(const config_t *config, const char *addresses,
    unsigned port);

/*
 * bucket has an endpoint.  With "resolved" each address of its host counts;
 * without, only a host that is an address.  ERR_INVALID: "endpoint: ...".
 */
int target_check(const config_t *config, const model_bucket_t *bucket,
    const resolve_map_t *resolved, error_t *err);

/*
 * Writes a sentence for each bucket that is not served for that, max
 * of them at most, and returns how many buckets there are.
 */
size_t target_failed(const config_t *config, const model_buckets_t *buckets,
    const resolve_map_t *resolved, char (*texts)[ERROR_MESSAGE_MAX],
    size_t max);


#endif /* _TARGET_H_INCLUDED_ */
