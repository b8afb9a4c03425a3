
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buckets: what is in force, and changes of it (see control.h).
 */


#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/target.h"
#include "core/control.h"
#include "core/control_types.h"
#include "origin/origin.h"
#include "registry/store_bucket.h"


static bool control_bucket_in_file(control_t *control, const char *name);
static int control_bucket_ready(control_t *control, const void *old,
    const void *obj, error_t *err);
static int control_bucket_fits(control_t *control, const void *obj,
    error_t *err);
static int control_bucket_add_one(control_t *control, const void *obj,
    error_t *err);


static const control_kind_t  control_bucket_kind = {
    &model_bucket_table, control_bucket_in_file, control_bucket_ready,
    control_bucket_fits, control_bucket_add_one
};


int
control_buckets(control_t *control, model_buckets_t *ret_buckets,
    error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->lock);

    rc = model_buckets_copy(&control->buckets, ret_buckets, err);

    (void) pthread_mutex_unlock(&control->lock);

    return rc;
}


int
control_bucket_get(control_t *control, const char *name,
    model_bucket_t **ret_bucket, error_t *err)
{
    int                    rc;
    model_bucket_t        *copy;
    const model_bucket_t  *bucket;

    (void) pthread_mutex_lock(&control->lock);

    bucket = model_buckets_find(&control->buckets, name);

    if (bucket == NULL) {
        rc = error_set(err, ERR_NOT_FOUND, "there is no bucket \"%.*s\"", 255,
                       name);
        goto done;
    }

    copy = model_bucket_dup(bucket);

    if (copy == NULL) {
        rc = error_nomem(err);
        goto done;
    }

    *ret_bucket = copy;
    rc = 0;

done:

    (void) pthread_mutex_unlock(&control->lock);

    return rc;
}


/* under "writer", which makes reading control->buckets safe */

static int
control_insert(control_t *control, const model_bucket_t *bucket, error_t *err)
{
    int  rc;

    if (model_buckets_find(&control->buckets, bucket->name) != NULL) {
        return error_set(err, ERR_CONFLICT, "bucket \"%s\" exists already",
                         bucket->name);
    }

    rc = control_creds_check(control, bucket, err);

    if (rc == 0) {
        rc = store_begin(control->site.registry.store, err);
    }

    if (rc == 0) {
        rc = store_bucket_put(control->site.registry.store, bucket, err);
    }

    if (rc != 0) {
        store_rollback(control->site.registry.store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


static int
control_check_target(control_t *control, const config_t *config,
    model_bucket_t *bucket, error_t *err)
{
    int              rc;
    resolve_map_t    resolved;
    model_buckets_t  one;

    one.items = &bucket;
    one.len = 1;
    one.size = 1;

    rc = origin_resolve(control->site.resolve, &one, &resolved, err);

    if (rc == 0) {
        rc = target_check(config, bucket, &resolved, err);
        resolve_map_release(&resolved);
    }

    return rc;
}


/* a name that does not resolve is a mistake while somebody looks */

static int
control_check_host(control_t *control, const model_bucket_t *bucket,
    error_t *err)
{
    int              rc;
    config_t        *config;
    model_bucket_t  *copy;

    copy = model_bucket_dup(bucket);
    if (copy == NULL) {
        return error_nomem(err);
    }

    config = control_config(control);

    rc = config_resolve(config, copy, err);

    if (rc == 0) {
        rc = origin_check(control->site.resolve, copy, err);
    }

    if (rc == 0) {
        rc = control_check_target(control, config, copy, err);
    }

    config_unref(config);
    model_bucket_free(copy);

    return rc;
}


int
control_bucket_add(control_t *control, const model_bucket_t *bucket,
    model_bucket_t **ret_bucket, error_t *err)
{
    int              rc;
    model_bucket_t  *copy;

    copy = model_bucket_dup(bucket);
    if (copy == NULL) {
        return error_nomem(err);
    }

    copy->source = MODEL_API;
    copy->created_at = (int64_t) time(NULL);

    rc = model_bucket_check(copy, err);

    if (rc == 0) {
        rc = control_check_host(control, copy, err);
    }

    if (rc == 0) {
        (void) pthread_mutex_lock(&control->writer);

        rc = control_insert(control, copy, err);

        (void) pthread_mutex_unlock(&control->writer);
    }

    if (rc == 0 && ret_bucket != NULL) {
        rc = control_bucket_get(control, copy->name, ret_bucket, err);
    }

    model_bucket_free(copy);

    return rc;
}


static bool
control_bucket_in_file(control_t *control, const char *name)
{
    return model_buckets_find(&control->config->buckets, name) != NULL;
}


/* only what is another place at the origin is looked for there */

static int
control_bucket_ready(control_t *control, const void *old, const void *obj,
    error_t *err)
{
    size_t          i;
    const field_t  *f;

    static const char *const  names[] = {
        "endpoint", "region", "addressing", "origin_bucket"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        f = field_find(&model_bucket_table, names[i]);

        if (!field_equal_one(f, old, obj)) {
            return control_check_host(control, obj, err);
        }
    }

    return 0;
}


static int
control_bucket_fits(control_t *control, const void *obj, error_t *err)
{
    return control_creds_check(control, obj, err);
}


static int
control_bucket_add_one(control_t *control, const void *obj, error_t *err)
{
    return control_bucket_add(control, obj, NULL, err);
}


int
control_bucket_edit(control_t *control, const control_edit_t *edit,
    bool *ret_created, model_bucket_t **ret_bucket, error_t *err)
{
    int  rc;

    rc = control_edit(control, &control_bucket_kind, edit, ret_created, err);

    return rc == 0 ? control_bucket_get(control, edit->name, ret_bucket, err)
                   : rc;
}


static int
control_remove(control_t *control, const char *name, error_t *err)
{
    int                    rc;
    const model_bucket_t  *bucket;

    bucket = model_buckets_find(&control->buckets, name);

    if (bucket != NULL && bucket->source == MODEL_FILE) {
        return error_set(err, ERR_READ_ONLY, "bucket \"%s\" is declared in "
                         "\"%s\"; remove it there", bucket->name,
                         control->config->file != NULL
                         ? control->config->file : "the configuration");
    }

    rc = store_begin(control->site.registry.store, err);

    if (rc == 0) {
        rc = store_bucket_del(control->site.registry.store, name, err);
    }

    if (rc != 0) {
        store_rollback(control->site.registry.store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


int
control_bucket_del(control_t *control, const char *name, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_remove(control, name, err);

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}
