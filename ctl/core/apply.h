
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A configuration that nginx is to run: render, nginx -t, swap, reload,
 * confirm that workers of the new generation answer; or all of it back as it
 * was.
 */

#ifndef _APPLY_H_INCLUDED_
#define _APPLY_H_INCLUDED_


#include <stdint.h>

#include "base/error.h"
#include "core/apply_types.h"


#define APPLY_GENERATIONS_MAX  50      /* kept files */


/*
 * "", or what nginx goes without, as its module is older than we are, and
 * what to do.  As of the last run.
 */
const char *apply_lacks(const apply_t *apply);

/*
 * nginx's module does not know files of addresses (nginx/addresses.h): others
 * take a reload.  As of the last run.
 */
bool apply_reloads(const apply_t *apply);

int apply_new(const apply_conf_t *conf, apply_t **ret_apply, error_t *err);
void apply_free(apply_t *apply);

/*
 * Before the first run: an nginx.conf that neither runs nor was in force, as
 * a run was cut off, is replaced by that of the generation in force.
 */
int apply_recover(const apply_t *apply, const config_t *config, error_t *err);

/*
 * Makes (config, buckets) what nginx runs, starting nginx where it does not
 * run.  buckets are resolved and sorted, resolved has their hosts.  Where
 * nginx runs the very same text already, nothing is reloaded.  number is that
 * of the generation, where it was not tried yet; otherwise it is a new one.
 * *ret_generation is what runs now.
 * Not to be called by two threads at once: core/control has the lock.
 * ERR_REFUSED: nginx's message.  ERR_TIMEOUT, ERR_IO, ERR_UNAVAILABLE.  The
 * message says so where the old config could not be put back either.
 */
int apply_run(apply_t *apply, config_t *config,
    const model_buckets_t *buckets, const resolve_map_t *resolved,
    int64_t number, int64_t *ret_generation, error_t *err);

/* would nginx -t take it?  ERR_REFUSED and such, as above */
int apply_test(apply_t *apply, config_t *config,
    const model_buckets_t *buckets, const resolve_map_t *resolved,
    error_t *err);

/* keys alone, of what runs; as apply_run() not by two threads at once */
int apply_publish(apply_t *apply, config_t *config,
    const model_buckets_t *buckets, error_t *err);

/*
 * The last run failed, and so did putting back what was before: what nginx
 * runs, or would start with, is not what is in force.  The next run that
 * succeeds mends it.
 */
bool apply_astray(const apply_t *apply);


#endif /* _APPLY_H_INCLUDED_ */
