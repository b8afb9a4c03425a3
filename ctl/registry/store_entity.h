
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rows of entities of any kind (base/field.h): a document of JSON for
 * each, and its secrets, sealed.
 */

#ifndef _STORE_ENTITY_H_INCLUDED_
#define _STORE_ENTITY_H_INCLUDED_


#include "base/error.h"
#include "base/field.h"
#include "registry/store.h"


/* takes obj over; an error ends the list */
typedef int (*store_each_pt)(void *data, void *obj, error_t *err);


/*
 * Each one of that kind, sorted by name.  A row that is none is passed over,
 * and counted in store->unread; one whose secrets do not open is "locked".
 */
int store_entity_list(store_t *store, const field_table_t *table,
    store_each_pt each, void *data, error_t *err);

/* ERR_NOT_FOUND; *ret_obj is to field_free() */
int store_entity_get(store_t *store, const field_table_t *table,
    const char *name, void **ret_obj, error_t *err);

/* ERR_CONFLICT: the name is taken.  Its revision is 1 */
int store_entity_put(store_t *store, const field_table_t *table,
    const void *obj, error_t *err);

/*
 * In place of the one of that name: its revision grows.  ERR_NOT_FOUND.
 * Secrets of a locked one stay as they are.
 */
int store_entity_set(store_t *store, const field_table_t *table,
    const void *obj, error_t *err);

/* writes its secrets again */
int store_entity_seal(store_t *store, const field_table_t *table,
    const void *obj, error_t *err);

/* ERR_NOT_FOUND */
int store_entity_del(store_t *store, const field_table_t *table,
    const char *name, error_t *err);


#endif /* _STORE_ENTITY_H_INCLUDED_ */
