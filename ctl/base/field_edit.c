
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An entity changed by a document (see field.h).
 */


#include <string.h>

#include "base/field.h"


json_t *
field_merge(const json_t *target, const json_t *patch)
{
    json_t      *result, *value, *merged;
    const char  *key;

    if (!json_is_object(patch)) {
        return json_deep_copy(patch);
    }

    result = json_is_object(target) ? json_deep_copy(target) : json_object();

    if (result == NULL) {
        return NULL;
    }

    json_object_foreach((json_t *) (uintptr_t) patch, key, value) {

        if (json_is_null(value)) {
            (void) json_object_del(result, key);
            continue;
        }

        merged = field_merge(json_object_get(result, key), value);

        if (json_object_set_new(result, key, merged) == -1) {
            json_decref(result);
            return NULL;
        }
    }

    return result;
}


/* what is said with what the entity had, if that is a patch */

static json_t *
field_edit_document(const field_table_t *table, const void *old,
    const json_t *said, bool patch)
{
    json_t      *had, *document;
    const char  *name;

    had = patch ? field_print(table, old, FIELD_DECLARED) : json_object();

    if (had == NULL) {
        return NULL;
    }

    table->amend(had, said);

    document = field_merge(had, said);
    name = table->fields[0].name;

    json_decref(had);

    if (document != NULL
        && json_object_set_new(document, name,
                               json_string(*(char **) field_at(table->fields,
                                                               old)))
           == -1)
    {
        json_decref(document);
        return NULL;
    }

    return document;
}


static int
field_edit_keep(const field_table_t *table, const void *old, void *obj,
    error_t *err)
{
    int             rc;
    size_t          i;
    const field_t  *f;

    for (i = 0; i < table->len; i++) {

        f = &table->fields[i];

        if (!(f->flags & FIELD_SECRET)) {
            continue;
        }

        rc = field_set(field_at(f, obj), *(char **) field_at(f, old), err);
        if (rc != 0) {
            return rc;
        }
    }

    *(bool *) ((char *) obj + table->locked) =
        *(const bool *) ((const char *) old + table->locked);

    return 0;
}


/* what we have set stays */

static void
field_edit_copy(const field_table_t *table, const void *old, void *obj)
{
    memcpy((char *) obj + table->created_at,
           (const char *) old + table->created_at, sizeof(int64_t));
    memcpy((char *) obj + table->revision,
           (const char *) old + table->revision, sizeof(int64_t));
    memcpy((char *) obj + table->source, (const char *) old + table->source,
           sizeof(unsigned));
}


int
field_edit(const field_table_t *table, const void *old, const json_t *said,
    bool patch, void **ret_obj, error_t *err)
{
    int             rc;
    void           *obj;
    json_t         *document;
    const json_t   *name;
    const field_t  *f;

    if (!json_is_object(said)) {
        return field_mismatch("", field_json_lang.map, said, &field_json_lang,
                              err);
    }

    f = &table->fields[0];
    name = json_object_get(said, f->name);

    if (name != NULL
        && (!json_is_string(name)
            || strcmp(json_string_value(name), *(char **) field_at(f, old))
               != 0))
    {
        return error_set(err, ERR_INVALID, "%s: it cannot be changed",
                         f->name);
    }

    document = field_edit_document(table, old, said, patch);
    obj = field_new(table);

    rc = document != NULL && obj != NULL
         ? field_parse(table, document, &field_json_lang, obj, err)
         : error_nomem(err);

    json_decref(document);

    if (rc == 0 && table->keeps(obj, said, patch)) {
        rc = field_edit_keep(table, old, obj, err);
    }

    if (rc == 0) {
        field_edit_copy(table, old, obj);
        rc = table->check(obj, err);
    }

    if (rc != 0) {
        field_free(table, obj);
        return rc;
    }

    *ret_obj = obj;

    return 0;
}
