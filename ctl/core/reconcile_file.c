
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Another configuration, as a change (see reconcile.h).
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reconcile.h"
#include "core/reconcile_types.h"
#include "registry/document.h"


/* of two sorted lists, the name that is next */

static const char *
reconcile_least(const state_kind_t *one, size_t i, const state_kind_t *two,
    size_t j)
{
    const char  *a, *b;

    a = i < one->len ? entry_name(one->entries[i]) : NULL;
    b = j < two->len ? entry_name(two->entries[j]) : NULL;

    return b == NULL || (a != NULL && strcmp(a, b) < 0) ? a : b;
}


/* of one that has this name, in the YAML; NULL for others */

static int
reconcile_document(const state_kind_t *kind, size_t *i, const char *name,
    char **ret_text, error_t *err)
{
    const entry_t  *entry;

    if (*i == kind->len || strcmp(entry_name(kind->entries[*i]), name) != 0) {
        return 0;
    }

    entry = kind->entries[(*i)++];

    if (!entry_in_file(entry)) {
        return 0;
    }

    *ret_text = document_of(entry->table, entry->stored);

    return *ret_text != NULL ? 0 : error_nomem(err);
}


static bool
reconcile_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}


/* what differs in the YAML, as changes of the revision */

static int
reconcile_record_kind(reconcile_t *reconcile, const state_t *state, size_t k,
    int64_t revision, size_t *position, error_t *err)
{
    int                  rc;
    char                 kind[DOCUMENT_KIND_MAX];
    size_t               i, j;
    const state_kind_t  *old, *new;
    revision_change_t    row;

    old = &reconcile->desired->kinds[k];
    new = &state->kinds[k];

    (void) snprintf(kind, sizeof(kind), DOCUMENT_FILE "%s",
                    state_tables[k]->entity);

    for (i = 0, j = 0, rc = 0; rc == 0 && (i < old->len || j < new->len); ) {

        memset(&row, 0, sizeof(revision_change_t));
        row.kind = kind;
        row.name = (char *) (uintptr_t) reconcile_least(old, i, new, j);

        rc = reconcile_document(old, &i, row.name, &row.before, err);

        if (rc == 0) {
            rc = reconcile_document(new, &j, row.name, &row.after, err);
        }

        if (rc == 0 && !reconcile_same(row.before, row.after)) {
            rc = revision_record(reconcile->conf.store, revision,
                                 ++*position, &row, err);
        }

        free(row.before);
        free(row.after);
    }

    return rc;
}


int
reconcile_configure(reconcile_t *reconcile, config_t *config, order_t *order,
    error_t *err)
{
    int         rc;
    size_t      k, position;
    state_t    *state;
    pending_t  *pending;

    pending = pending_new(0);
    if (pending == NULL) {
        return error_nomem(err);
    }

    pending->config = config_ref(config);

    (void) pthread_mutex_lock(&reconcile->lock);

    state = state_ref(reconcile->desired);

    rc = reconcile_begin(reconcile, order, &pending->n, err);

    if (rc == 0) {
        rc = pending_replay(pending, &state, err);
    }

    if (rc == 0) {
        position = 0;

        for (k = 0; rc == 0 && k < STATE_KINDS; k++) {
            rc = reconcile_record_kind(reconcile, state, k, pending->n,
                                       &position, err);
        }
    }

    if (rc == 0) {
        rc = reconcile_commit(reconcile, pending, state, order, err);

    } else {
        reconcile_drop(reconcile, pending);
    }

    state_unref(state);

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}
