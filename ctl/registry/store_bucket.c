
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "registry/store_bucket.h"
#include "registry/store_entity.h"


static int
store_bucket_each(void *data, void *obj, error_t *err)
{
    return model_buckets_add(data, obj, err);
}


int
store_bucket_list(store_t *store, model_buckets_t *ret_list, error_t *err)
{
    return store_entity_list(store, &model_bucket_table, store_bucket_each,
                             ret_list, err);
}


int
store_bucket_get(store_t *store, const char *name,
    model_bucket_t **ret_bucket, error_t *err)
{
    int    rc;
    void  *obj;

    rc = store_entity_get(store, &model_bucket_table, name, &obj, err);

    if (rc == 0) {
        *ret_bucket = obj;
    }

    return rc;
}


int
store_bucket_put(store_t *store, const model_bucket_t *bucket, error_t *err)
{
    return store_entity_put(store, &model_bucket_table, bucket, err);
}


int
store_bucket_seal(store_t *store, const model_bucket_t *bucket, error_t *err)
{
    return store_entity_seal(store, &model_bucket_table, bucket, err);
}


int
store_bucket_del(store_t *store, const char *name, error_t *err)
{
    return store_entity_del(store, &model_bucket_table, name, err);
}
