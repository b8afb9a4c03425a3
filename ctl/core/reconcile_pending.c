
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A revision that has not ended.
 */


#include <stdlib.h>
#include <string.h>

#include "core/reconcile_types.h"


pending_t *
pending_new(size_t items)
{
    pending_t  *pending;

    pending = calloc(1, sizeof(pending_t));
    if (pending == NULL) {
        return NULL;
    }

    pending->refs = 2;
    pending->items = calloc(items + 1, sizeof(item_t));

    if (pending->items == NULL) {
        free(pending);
        return NULL;
    }

    return pending;
}


void
pending_unref(pending_t *pending)
{
    size_t  i;

    if (--pending->refs > 0) {
        return;
    }

    for (i = 0; i < pending->nitems; i++) {
        free(pending->items[i].name);
        entry_unref(pending->items[i].after);
    }

    config_unref(pending->config);
    free(pending->items);
    free(pending);
}


/* *state is replaced where it does not fail */

static int
pending_replay_item(const item_t *item, state_t **state, error_t *err)
{
    int       rc;
    void     *copy;
    entry_t  *entry;
    state_t  *next;

    entry = entry_ref(item->after);

    if (entry != NULL && entry->config != (*state)->config) {

        copy = field_dup(item->table, entry->stored);
        entry_unref(entry);

        rc = copy != NULL ? entry_new(item->table, (*state)->config, copy,
                                      &entry, err)
                          : error_nomem(err);
        if (rc != 0) {
            return rc;
        }
    }

    rc = state_put(*state, item->table, item->name, entry, &next, err);
    entry_unref(entry);

    if (rc == 0) {
        state_unref(*state);
        *state = next;
    }

    return rc;
}


int
pending_replay(const pending_t *pending, state_t **state, error_t *err)
{
    int       rc;
    size_t    i;
    state_t  *next;

    rc = 0;

    if (pending->config != NULL) {
        rc = state_configure(*state, pending->config, &next, err);

        if (rc == 0) {
            state_unref(*state);
            *state = next;
        }
    }

    for (i = 0; rc == 0 && i < pending->nitems; i++) {
        rc = pending_replay_item(&pending->items[i], state, err);
    }

    return rc;
}
