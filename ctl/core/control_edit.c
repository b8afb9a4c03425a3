
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Changes of an entity in place (see control.h).
 */


#include <pthread.h>
#include <string.h>

#include "core/control.h"
#include "core/control_types.h"
#include "registry/store_entity.h"


#define CONTROL_EDIT_TRIES  8      /* where others change it meanwhile */


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


/* under "writer": as it was declared; *ret_obj is NULL where there is none */

static int
control_declared(control_t *control, const control_kind_t *kind,
    const char *name, void **ret_obj, error_t *err)
{
    int      rc;
    error_t  reason;

    *ret_obj = NULL;

    if (kind->in_file(control, name)) {
        return error_set(err, ERR_READ_ONLY, "%s \"%s\" is declared in "
                         "\"%s\"; change it there", kind->table->entity, name,
                         control->config->file != NULL
                         ? control->config->file : "the configuration");
    }

    rc = store_entity_get(control->site.registry.store, kind->table, name,
                          ret_obj, &reason);

    return rc == 0 || rc == ERR_NOT_FOUND
           ? 0 : error_set(err, rc, "%s", reason.message);
}


/* under "writer": obj in place of old, if that is what is there still */

static int
control_replace(control_t *control, const control_kind_t *kind,
    const char *name, const void *old, const void *obj, bool *ret_stale,
    error_t *err)
{
    int    rc;
    void  *now;

    rc = control_declared(control, kind, name, &now, err);
    if (rc != 0) {
        return rc;
    }

    *ret_stale = control_number(now, kind->table->revision)
                 != control_number(old, kind->table->revision)
                 || control_number(now, kind->table->created_at)
                    != control_number(old, kind->table->created_at);

    field_free(kind->table, now);

    if (*ret_stale) {
        return 0;
    }

    rc = kind->fits(control, obj, err);

    if (rc == 0) {
        rc = store_begin(control->site.registry.store, err);
    }

    if (rc == 0) {
        rc = store_entity_set(control->site.registry.store, kind->table, obj,
                              err);
    }

    if (rc != 0) {
        store_rollback(control->site.registry.store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


static int
control_edit_old(control_t *control, const control_kind_t *kind,
    const control_edit_t *edit, const void *old, bool *ret_stale,
    error_t *err)
{
    int    rc;
    void  *obj;

    *ret_stale = false;

    rc = field_edit(kind->table, old, edit->json, edit->patch, &obj, err);
    if (rc != 0) {
        return rc;
    }

    if (!field_equal(kind->table, old, obj)) {

        rc = kind->ready(control, old, obj, err);

        if (rc == 0) {
            (void) pthread_mutex_lock(&control->writer);

            rc = control_replace(control, kind, edit->name, old, obj,
                                 ret_stale, err);

            (void) pthread_mutex_unlock(&control->writer);
        }
    }

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

    rc = kind->add(control, obj, err);

    field_free(kind->table, obj);

    return rc;
}


/* *ret_again: it has changed since it was read */

static int
control_edit_once(control_t *control, const control_kind_t *kind,
    const control_edit_t *edit, bool *ret_created, bool *ret_again,
    error_t *err)
{
    int    rc;
    void  *old;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_declared(control, kind, edit->name, &old, err);

    (void) pthread_mutex_unlock(&control->writer);

    if (rc != 0) {
        return rc;
    }

    if (!edit->allowed(edit->data,
                       control_number(old, kind->table->created_at),
                       control_number(old, kind->table->revision)))
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

    field_free(kind->table, old);

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
