
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include "s3_crypto.h"

#include "base/field.h"


static void
field_wipe(char *text)
{
    if (text != NULL) {
        s3_wipe(text, strlen(text));
        free(text);
    }
}


void *
field_at(const field_t *field, const void *obj)
{
    return (char *) (uintptr_t) obj + field->offset;
}


static char **
field_text(const field_t *field, const void *obj)
{
    return field_at(field, obj);
}


void *
field_new(const field_table_t *table)
{
    void           *obj;
    size_t          i;
    const field_t  *f;

    obj = calloc(1, table->size);

    for (i = 0; obj != NULL && i < table->len; i++) {

        f = &table->fields[i];

        switch (f->type) {

        case FIELD_BOOL:
            *(bool *) field_at(f, obj) = f->preset != 0;
            break;

        case FIELD_SIZE:
        case FIELD_TIME:
            *(int64_t *) field_at(f, obj) = f->preset;
            break;

        case FIELD_ENUM:
        case FIELD_WORDS:
            *(unsigned *) field_at(f, obj) = (unsigned) f->preset;
            break;

        default:
            break;
        }
    }

    return obj;
}


void
field_free(const field_table_t *table, void *obj)
{
    size_t          i;
    const field_t  *f;

    if (obj == NULL) {
        return;
    }

    for (i = 0; i < table->len; i++) {

        f = &table->fields[i];

        if (f->type == FIELD_TEXT) {
            field_wipe(*field_text(f, obj));

        } else if (f->type == FIELD_CUSTOM && f->custom->release != NULL) {
            f->custom->release(obj);
        }
    }

    free(obj);
}


void *
field_dup(const field_table_t *table, const void *obj)
{
    int             rc;
    void           *copy;
    size_t          i;
    const field_t  *f;

    copy = malloc(table->size);
    if (copy == NULL) {
        return NULL;
    }

    memcpy(copy, obj, table->size);

    /* where one fails, those behind it must not be taken for the copy's own */

    for (i = 0, rc = 0; i < table->len; i++) {

        f = &table->fields[i];

        if (f->type == FIELD_TEXT) {
            *field_text(f, copy) = NULL;

            if (rc == 0) {
                rc = field_set(field_text(f, copy), *field_text(f, obj), NULL);
            }

        } else if (f->type == FIELD_CUSTOM && f->custom->dup != NULL) {
            rc |= f->custom->dup(copy, rc == 0 ? obj : NULL);
        }
    }

    if (rc != 0) {
        field_free(table, copy);
        return NULL;
    }

    return copy;
}


const field_t *
field_find(const field_table_t *table, const char *name)
{
    size_t  i;

    for (i = 0; i < table->len; i++) {
        if (strcmp(table->fields[i].name, name) == 0) {
            return &table->fields[i];
        }
    }

    return NULL;
}


int
field_set(char **text, const char *value, error_t *err)
{
    char  *copy;

    copy = NULL;

    if (value != NULL && value[0] != '\0') {
        copy = strdup(value);
        if (copy == NULL) {
            return error_nomem(err);
        }
    }

    field_wipe(*text);
    *text = copy;

    return 0;
}


bool
field_unset(const field_t *field, const void *obj)
{
    switch (field->type) {

    case FIELD_TEXT:
        return *field_text(field, obj) == NULL;

    case FIELD_SIZE:
    case FIELD_TIME:
        return *(int64_t *) field_at(field, obj) == FIELD_UNSET;

    default:
        return false;
    }
}


static bool
field_equal_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}


static bool
field_equal_custom(const field_t *field, const void *a, const void *b)
{
    bool     equal;
    json_t  *one, *two;

    one = field->custom->print(a, FIELD_DECLARED);
    two = field->custom->print(b, FIELD_DECLARED);

    equal = one == two || (one != NULL && two != NULL && json_equal(one, two));

    json_decref(one);
    json_decref(two);

    return equal;
}


bool
field_equal_one(const field_t *field, const void *a, const void *b)
{
    switch (field->type) {

    case FIELD_TEXT:
        return field_equal_text(*field_text(field, a), *field_text(field, b));

    case FIELD_BOOL:
        return *(bool *) field_at(field, a) == *(bool *) field_at(field, b);

    case FIELD_SIZE:
    case FIELD_TIME:
    case FIELD_STAMP:
        return *(int64_t *) field_at(field, a)
               == *(int64_t *) field_at(field, b);

    case FIELD_ENUM:
    case FIELD_WORDS:
        return *(unsigned *) field_at(field, a)
               == *(unsigned *) field_at(field, b);

    default:
        return field_equal_custom(field, a, b);
    }
}


bool
field_equal(const field_table_t *table, const void *a, const void *b)
{
    size_t          i;
    const field_t  *f;

    for (i = 0; i < table->len; i++) {

        f = &table->fields[i];

        if (!(f->flags & FIELD_READ_ONLY) && !field_equal_one(f, a, b)) {
            return false;
        }
    }

    return true;
}
