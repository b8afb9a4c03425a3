
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Changes of a bucket in place (see control.h).
 */


#include <pthread.h>
#include <string.h>

#include "core/control.h"
#include "core/control_types.h"
#include "registry/store_bucket.h"
#include "registry/store_entity.h"


#define CONTROL_EDIT_TRIES  8      /* where others change it meanwhile */


/* as it was declared; *ret_bucket is NULL where there is none */

static int
control_declared(control_t *control, const char *name,
    model_bucket_t **ret_bucket, error_t *err)
{
    int                    rc;
    error_t                reason;
    const model_bucket_t  *bucket;

    *ret_bucket = NULL;

    bucket = model_buckets_find(&control->buckets, name);

    if (bucket != NULL && bucket->source == MODEL_FILE) {
        return error_set(err, ERR_READ_ONLY, "bucket \"%s\" is declared in "
                         "\"%s\"; change it there", bucket->name,
                         control->config->file != NULL
                         ? control->config->file : "the configuration");
    }

    rc = store_bucket_get(control->site.registry.store, name, ret_bucket,
                          &reason);

    return rc == 0 || rc == ERR_NOT_FOUND
           ? 0 : error_set(err, rc, "%s", reason.message);
}


/* under "writer": bucket in place of old, if that is what is there still */

static int
control_replace(control_t *control, const model_bucket_t *old,
    const model_bucket_t *bucket, bool *ret_stale, error_t *err)
{
    int              rc;
    model_bucket_t  *now;

    rc = control_declared(control, old->name, &now, err);
    if (rc != 0) {
        return rc;
    }

    *ret_stale = now == NULL || now->revision != old->revision
                 || now->created_at != old->created_at;

    model_bucket_free(now);

    if (*ret_stale) {
        return 0;
    }

    rc = store_begin(control->site.registry.store, err);

    if (rc == 0) {
        rc = store_entity_set(control->site.registry.store,
                              &model_bucket_table, bucket, err);
    }

    if (rc != 0) {
        store_rollback(control->site.registry.store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


static bool
control_moved(const model_bucket_t *a, const model_bucket_t *b)
{
    size_t          i;
    const field_t  *f;

    static const char *const  names[] = {
        "endpoint", "region", "addressing", "origin_bucket"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        f = field_find(&model_bucket_table, names[i]);

        if (!field_equal_one(f, a, b)) {
            return true;
        }
    }

    return false;
}


static int
control_edit_old(control_t *control, const control_edit_t *edit,
    const model_bucket_t *old, bool *ret_stale, error_t *err)
{
    int              rc;
    model_bucket_t  *bucket;

    *ret_stale = false;

    rc = model_bucket_edit(old, edit->json, edit->patch, &bucket, err);

    if (rc != 0) {
        return rc;
    }

    if (field_equal(&model_bucket_table, old, bucket)) {
        goto done;
    }

    if (control_moved(old, bucket)) {
        rc = control_check_host(control, bucket, err);
    }

    if (rc == 0) {
        (void) pthread_mutex_lock(&control->writer);

        rc = control_replace(control, old, bucket, ret_stale, err);

        (void) pthread_mutex_unlock(&control->writer);
    }

done:

    model_bucket_free(bucket);

    return rc;
}


static int
control_edit_new(control_t *control, const control_edit_t *edit, error_t *err)
{
    int              rc;
    json_t          *json;
    model_bucket_t  *bucket;

    if (edit->patch) {
        return error_set(err, ERR_NOT_FOUND, "there is no bucket \"%.*s\"",
                         255, edit->name);
    }

    json = json_copy((json_t *) (uintptr_t) edit->json);

    if (json_object_get(json, "name") == NULL) {
        (void) json_object_set_new(json, "name", json_string(edit->name));
    }

    rc = model_bucket_parse(json, &field_json_lang, &bucket, err);

    json_decref(json);

    if (rc != 0) {
        return rc;
    }

    rc = strcmp(bucket->name, edit->name) == 0
         ? control_bucket_add(control, bucket, NULL, err)
         : error_set(err, ERR_INVALID, "name: it is \"%s\" in the path",
                     edit->name);

    model_bucket_free(bucket);

    return rc;
}


/* *ret_again: it has changed since it was read */

static int
control_edit_once(control_t *control, const control_edit_t *edit,
    bool *ret_created, bool *ret_again, error_t *err)
{
    int              rc;
    model_bucket_t  *old;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_declared(control, edit->name, &old, err);

    (void) pthread_mutex_unlock(&control->writer);

    if (rc != 0) {
        return rc;
    }

    if (!edit->allowed(edit->data, old)) {
        rc = error_set(err, ERR_PRECONDITION, "bucket \"%.*s\" is not as it "
                       "is expected to be", 255, edit->name);

    } else if (old != NULL) {
        rc = control_edit_old(control, edit, old, ret_again, err);

    } else {
        rc = control_edit_new(control, edit, err);
        *ret_created = rc == 0;

        if (rc == ERR_CONFLICT) {
            *ret_again = true;
            rc = 0;
        }
    }

    model_bucket_free(old);

    return rc;
}


int
control_bucket_edit(control_t *control, const control_edit_t *edit,
    bool *ret_created, model_bucket_t **ret_bucket, error_t *err)
{
    int       rc;
    bool      again;
    unsigned  i;

    *ret_created = false;

    for (i = 0; i < CONTROL_EDIT_TRIES; i++) {

        again = false;

        rc = control_edit_once(control, edit, ret_created, &again, err);

        if (rc != 0) {
            return rc;
        }

        if (!again) {
            return control_bucket_get(control, edit->name, ret_bucket, err);
        }
    }

    return error_set(err, ERR_CONFLICT, "bucket \"%.*s\" is changed by others "
                     "again and again", 255, edit->name);
}
