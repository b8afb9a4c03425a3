
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Changes of an entity in place (see control.h).
 */


#include <string.h>

#include "core/control.h"
#include "core/control_types.h"


#define CONTROL_EDIT_TRIES  64     /* where others change it meanwhile */


static int64_t
control_number(const void *obj, size_t offset)
{
    int64_t  n;

    if (obj == NULL) {
        return 0;
    }

    memcpy(&n, (const char *) obj + offset, sizeof(int64_t));

    return n;
}


static int
control_edit_old(control_t *control, const control_kind_t *kind,
    const control_edit_t *edit, const entry_t *old, bool *ret_stale,
    error_t *err)
{
    int       rc;
    void     *obj;
    change_t  change;

    *ret_stale = false;

    rc = field_edit(kind->table, old->stored, edit->json, edit->patch, &obj,
                    err);
    if (rc != 0) {
        return rc;
    }

    if (field_equal(kind->table, old->stored, obj)) {
        goto done;
    }

    rc = kind->ready(control, old->stored, obj, err);

    if (rc == 0) {
        memset(&change, 0, sizeof(change_t));
        change.verb = CHANGE_SET;
        change.table = kind->table;
        change.name = edit->name;
        change.after = obj;
        change.before = old;

        rc = reconcile_change(control->reconcile, &change, 1, edit->order,
                              err);

        if (rc == ERR_CONFLICT || rc == ERR_NOT_FOUND) {
            *ret_stale = true;
            rc = 0;
        }
    }

done:

    field_free(kind->table, obj);

    return rc;
}


static int
control_edit_new(control_t *control, const control_kind_t *kind,
    const control_edit_t *edit, error_t *err)
{
    int          rc;
    void        *obj;
    json_t      *json;
    const char  *name;

    if (edit->patch) {
        return error_set(err, ERR_NOT_FOUND, "there is no %s \"%.*s\"",
                         kind->table->entity, 255, edit->name);
    }

    json = json_copy((json_t *) (uintptr_t) edit->json);
    name = json_string_value(json_object_get(json, "name"));

    if (name != NULL && strcmp(name, edit->name) != 0) {
        json_decref(json);
        return error_set(err, ERR_INVALID, "name: it is \"%s\" in the path",
                         edit->name);
    }

    if (json_object_get(json, "name") == NULL) {
        (void) json_object_set_new(json, "name", json_string(edit->name));
    }

    rc = field_read(kind->table, json, &field_json_lang, &obj, err);

    json_decref(json);

    if (rc != 0) {
        return rc;
    }

    rc = kind->add(control, obj, edit->order, err);

    field_free(kind->table, obj);

    return rc;
}


/* *ret_again: it has changed since it was read */

static int
control_edit_once(control_t *control, const control_kind_t *kind,
    const control_edit_t *edit, bool *ret_created, bool *ret_again,
    error_t *err)
{
    int             rc;
    state_t        *state;
    const void     *stored;
    const entry_t  *old;

    state = reconcile_desired(control->reconcile);
    old = state_find(state, kind->table, edit->name);
    stored = old != NULL ? old->stored : NULL;

    if (old != NULL && entry_in_file(old)) {
        rc = error_set(err, ERR_READ_ONLY, "%s \"%s\" is declared in "
                       "\"%s\"; change it there", kind->table->entity,
                       edit->name, state->config->file != NULL
                                   ? state->config->file
                                   : "the configuration");

    } else if (!edit->allowed(edit->data,
                              control_number(stored, kind->table->created_at),
                              control_number(stored, kind->table->revision)))
    {
        rc = error_set(err, ERR_PRECONDITION, "%s \"%.*s\" is not as it is "
                       "expected to be", kind->table->entity, 255, edit->name);

    } else if (old != NULL) {
        rc = control_edit_old(control, kind, edit, old, ret_again, err);

    } else {
        rc = control_edit_new(control, kind, edit, err);
        *ret_created = rc == 0;

        if (rc == ERR_CONFLICT) {
            *ret_again = true;
            rc = 0;
        }
    }

    state_unref(state);

    return rc;
}


int
control_edit(control_t *control, const control_kind_t *kind,
    const control_edit_t *edit, bool *ret_created, error_t *err)
{
    int       rc;
    bool      again;
    unsigned  i;

    *ret_created = false;

    for (i = 0; i < CONTROL_EDIT_TRIES; i++) {

        again = false;

        rc = control_edit_once(control, kind, edit, ret_created, &again, err);

        if (rc != 0 || !again) {
            return rc;
        }
    }

    return error_set(err, ERR_CONFLICT, "%s \"%.*s\" is changed by others "
                     "again and again", kind->table->entity, 255, edit->name);
}
