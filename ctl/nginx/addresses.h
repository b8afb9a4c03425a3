
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files with the addresses of origins, one for each upstream whose host has a
 * name: nginx's workers watch them (s3edge_addresses), so other addresses take
 * no reload.  A file says "none" while the name does not resolve, or as long
 * as one of its addresses is where origins may not be (config/target.h).
 */

#ifndef _ADDRESSES_H_INCLUDED_
#define _ADDRESSES_H_INCLUDED_


#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"
#include "entity/model.h"
#include "origin/resolve.h"


typedef struct addresses_s  addresses_t;


/* the directory is there, and nobody else writes into it */
int addresses_new(const char *dir, addresses_t **ret_addresses, error_t *err);

/* leaves the files as they are; NULL is fine */
void addresses_free(addresses_t *addresses);

/*
 * Before nginx reads a config with these buckets, resolved: files of upstreams
 * that have none yet, or a damaged one.  They are not kept up to date.
 */
int addresses_prepare(addresses_t *addresses, const config_t *config,
    const model_buckets_t *buckets, const resolve_map_t *resolved,
    error_t *err);

/*
 * nginx has that config now: these files, and no others, are kept up to date.
 * What fails is for addresses_report().
 */
void addresses_commit(addresses_t *addresses, config_t *config,
    const model_buckets_t *buckets, resolve_t *resolve);

/* a resolve_changed_pt: data is an addresses_t */
bool addresses_publish(void *data, resolve_t *resolve);

/*
 * *ret_event: files were replaced since the last call.  What failed since is
 * in err, once.
 */
int addresses_report(addresses_t *addresses, bool *ret_event, error_t *err);

/* for health: why some file is not as it should be, for as long as it is so */
bool addresses_failing(addresses_t *addresses, char text[ERROR_MESSAGE_MAX]);


#endif /* _ADDRESSES_H_INCLUDED_ */
