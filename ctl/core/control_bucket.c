
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buckets: what is in force, and changes of it (see control.h).
 */


#include <string.h>
#include <time.h>

#include "base/file.h"
#include "config/target.h"
#include "core/control.h"
#include "core/control_types.h"
#include "origin/origin.h"


static int control_bucket_ready(control_t *control, const void *old,
    const void *obj, error_t *err);
static int control_bucket_add_one(control_t *control, const void *obj,
    order_t *order, error_t *err);


static const control_kind_t  control_bucket_kind = {
    &model_bucket_table, control_bucket_ready, control_bucket_add_one
};


int
control_buckets(control_t *control, model_buckets_t *ret_buckets,
    error_t *err)
{
    int       rc;
    state_t  *state;

    state = control_state(control);
    rc = model_buckets_copy(&state->buckets, ret_buckets, err);
    state_unref(state);

    return rc;
}


int
control_bucket_get(control_t *control, const char *name,
    model_bucket_t **ret_bucket, error_t *err)
{
    int              rc;
    state_t         *state;
    const entry_t   *entry;
    model_bucket_t  *copy;

    rc = 0;
    state = control_state(control);
    entry = state_bucket(state, name);

    if (entry == NULL) {
        rc = error_set(err, ERR_NOT_FOUND, "there is no bucket \"%.*s\"", 255,
                       name);

    } else {
        copy = model_bucket_dup(entry->bucket);

        if (copy != NULL) {
            *ret_bucket = copy;

        } else {
            rc = error_nomem(err);
        }
    }

    state_unref(state);

    return rc;
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
    order_t *order, model_bucket_t **ret_bucket, error_t *err)
{
    int              rc;
    change_t         change;
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
        memset(&change, 0, sizeof(change_t));
        change.verb = CHANGE_ADD;
        change.table = &model_bucket_table;
        change.name = copy->name;
        change.after = copy;

        rc = reconcile_change(control->reconcile, &change, 1, order, err);
    }

    if (rc == 0 && ret_bucket != NULL && !order->pending) {
        rc = control_bucket_get(control, copy->name, ret_bucket, err);
    }

    model_bucket_free(copy);

    return rc;
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
control_bucket_add_one(control_t *control, const void *obj, order_t *order,
    error_t *err)
{
    return control_bucket_add(control, obj, order, NULL, err);
}


int
control_bucket_edit(control_t *control, const control_edit_t *edit,
    bool *ret_created, model_bucket_t **ret_bucket, error_t *err)
{
    int  rc;

    rc = control_edit(control, &control_bucket_kind, edit, ret_created, err);

    return rc == 0 && !edit->order->pending
           ? control_bucket_get(control, edit->name, ret_bucket, err) : rc;
}


int
control_bucket_del(control_t *control, const char *name, order_t *order,
    error_t *err)
{
    change_t  change;

    memset(&change, 0, sizeof(change_t));
    change.verb = CHANGE_DEL;
    change.table = &model_bucket_table;
    change.name = name;

    return reconcile_change(control->reconcile, &change, 1, order, err);
}


reconcile_t *
control_history(control_t *control)
{
    return control->reconcile;
}


int
control_conf(control_t *control, int64_t generation, strbuf_t *ret_text,
    error_t *err)
{
    int       rc;
    strbuf_t  path;

    strbuf_init(&path, STORE_PATH_MAX);
    strbuf_printf(&path, "%s/nginx/generations/%lld.conf",
                  control->site.state, (long long) generation);

    rc = strbuf_check(&path, err);

    if (rc == 0) {
        rc = file_read(path.data, ret_text, err);
    }

    strbuf_release(&path);

    return rc;
}
