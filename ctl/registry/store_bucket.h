
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rows of buckets registered over the API.
 */

#ifndef _STORE_BUCKET_H_INCLUDED_
#define _STORE_BUCKET_H_INCLUDED_


#include "base/error.h"
#include "entity/model.h"
#include "registry/store.h"


/*
 * Appends, sorted by name.  A row that is no bucket is passed over, and
 * counted in store->unread; one whose keys do not open is "locked".
 */
int store_bucket_list(store_t *store, model_buckets_t *ret_list,
    error_t *err);

/* ERR_NOT_FOUND; *ret_bucket is to model_bucket_free() */
int store_bucket_get(store_t *store, const char *name,
    model_bucket_t **ret_bucket, error_t *err);

/* ERR_CONFLICT: the name is taken */
int store_bucket_put(store_t *store, const model_bucket_t *bucket,
    error_t *err);

/* writes its keys again; no transaction is needed */
int store_bucket_seal(store_t *store, const model_bucket_t *bucket,
    error_t *err);

/* ERR_NOT_FOUND */
int store_bucket_del(store_t *store, const char *name, error_t *err);


#endif /* _STORE_BUCKET_H_INCLUDED_ */
