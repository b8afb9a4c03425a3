
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Credentials: those of the YAML and of the registry, and changes of them (see
 * control.h).
 */


#include <string.h>
#include <time.h>

#include "creds/provider.h"
#include "core/control.h"
#include "core/control_types.h"


static int control_creds_ready(control_t *control, const void *old,
    const void *obj, error_t *err);
static int control_creds_add_one(control_t *control, const void *obj,
    order_t *order, error_t *err);


static const control_kind_t  control_creds_kind = {
    &credentials_table, control_creds_ready, control_creds_add_one
};


int
control_creds_use(control_t *control, const state_t *state, error_t *err)
{
    int                  rc;
    credentials_list_t   list;

    rc = state_credentials(state, &list, err);

    if (rc == 0) {
        rc = named_replace(control->named, &list, err);
        credentials_release(&list);
    }

    return rc;
}


int
control_creds_poll(control_t *control, error_t *err)
{
    return named_poll(control->named)
           ? apply_publish(control->apply, control->state->config,
                           &control->state->buckets, err)
           : 0;
}


/* a file or a variable that is not there is a mistake while somebody looks */

static int
control_creds_ready(control_t *control, const void *old, const void *obj,
    error_t *err)
{
    int              rc;
    error_t          reason;
    provider_keys_t  keys;

    (void) control;
    (void) old;

    rc = provider_load(obj, &keys, &reason);

    if (rc != 0) {
        return error_set(err, rc == ERR_NOMEM ? rc : ERR_REFUSED, "%s",
                         reason.message);
    }

    provider_release(&keys);

    return 0;
}


static int
control_creds_add_one(control_t *control, const void *obj, order_t *order,
    error_t *err)
{
    int             rc;
    change_t        change;
    credentials_t  *copy;

    copy = field_dup(&credentials_table, obj);
    if (copy == NULL) {
        return error_nomem(err);
    }

    copy->created_at = (int64_t) time(NULL);

    rc = control_creds_ready(control, NULL, copy, err);

    if (rc == 0) {
        memset(&change, 0, sizeof(change_t));
        change.verb = CHANGE_ADD;
        change.table = &credentials_table;
        change.name = copy->name;
        change.after = copy;

        rc = reconcile_change(control->reconcile, &change, 1, order, err);
    }

    credentials_free(copy);

    return rc;
}


int
control_creds_add(control_t *control, const credentials_t *credentials,
    order_t *order, error_t *err)
{
    return control_creds_add_one(control, credentials, order, err);
}


int
control_creds_edit(control_t *control, const control_edit_t *edit,
    bool *ret_created, error_t *err)
{
    return control_edit(control, &control_creds_kind, edit, ret_created, err);
}


int
control_creds_names(control_t *control, strbuf_t *ret_names, error_t *err)
{
    return named_names(control->named, ret_names, err);
}


int
control_creds_get(control_t *control, const char *name,
    credentials_t **ret_credentials, char ret_problem[ERROR_MESSAGE_MAX],
    error_t *err)
{
    return named_get(control->named, name, ret_credentials, ret_problem, err);
}


int
control_creds_users(control_t *control, const char *name, strbuf_t *ret_names,
    error_t *err)
{
    size_t                 i;
    state_t               *state;
    const model_bucket_t  *b;

    state = control_state(control);

    for (i = 0; i < state->buckets.len; i++) {

        b = state->buckets.items[i];

        if (b->credentials == MODEL_NAMED
            && strcmp(model_bucket_credentials(b), name) == 0)
        {
            strbuf_printf(ret_names, "%s\n", b->name);
        }
    }

    state_unref(state);

    return strbuf_check(ret_names, err);
}


int
control_creds_del(control_t *control, const char *name, order_t *order,
    error_t *err)
{
    change_t  change;

    memset(&change, 0, sizeof(change_t));
    change.verb = CHANGE_DEL;
    change.table = &credentials_table;
    change.name = name;

    return reconcile_change(control->reconcile, &change, 1, order, err);
}
