
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The registry's file at the start, in whatever state it is: opened; or its
 * copy in its place, which is made after each change; or, where neither can
 * be read, nothing.
 */

#ifndef _REGISTRY_H_INCLUDED_
#define _REGISTRY_H_INCLUDED_


#include <stdbool.h>

#include "base/damage.h"
#include "base/error.h"
#include "base/seal.h"
#include "registry/store.h"


#define REGISTRY_COPY  "registry.copy"


typedef struct {
    const char      *state;        /* directories */
    const char      *run;
    const seal_t    *seal;         /* outlives the store */
} registry_conf_t;


typedef struct {
    store_t         *store;
    char             path[STORE_PATH_MAX];     /* of its file */
    bool             held;         /* buckets are lost, but for nginx's last
                                      configuration: leave it as it is */
} registry_t;


/*
 * Where the registry cannot be read, or not be written, the store is one of
 * this run alone, in conf->run, and refuses changes; damage says why.
 */
int registry_open(const registry_conf_t *conf, registry_t *ret_registry,
    damage_t *damage, error_t *err);

/*
 * Keys that do not open, as the key file is another one, are taken from the
 * files that workers read, where these are still there, and sealed anew.
 */
int registry_unlock(const registry_conf_t *conf, const registry_t *registry,
    damage_t *damage, error_t *err);

/* makes the copy anew; nothing to do for a store of this run alone */
int registry_copy(const registry_conf_t *conf, const registry_t *registry,
    error_t *err);


#endif /* _REGISTRY_H_INCLUDED_ */
