
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How revisions end, in memory and in the registry (see reconcile_loop.c).
 */


#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/reconcile_types.h"
#include "registry/revision.h"


void
reconcile_end(reconcile_t *reconcile, pending_t *pending, int64_t generation,
    const error_t *reason)
{
    reconcile_end_t  *end;

    pending->ended = true;
    pending->generation = generation;

    if (reason != NULL) {
        pending->err = *reason;
    }

    if (pending->n == 0
        && (reason != NULL || generation == reconcile->generation))
    {
        return;
    }

    /* without memory it stays pending: a start looks at it once more */

    end = calloc(1, sizeof(reconcile_end_t));
    if (end == NULL) {
        return;
    }

    end->n = pending->n != 0 ? pending->n : generation;
    end->actor = pending->n == 0 ? pending->actor : NULL;
    end->generation = generation;

    if (reason != NULL) {
        memcpy(end->error, reason->message, sizeof(end->error));
        end->undo = atomic_fetch_add(reconcile->conf.numbers, 1) + 1;
    }

    *reconcile->ends_last = end;
    reconcile->ends_last = &end->next;
}


static int
reconcile_save_one(reconcile_t *reconcile, const reconcile_end_t *end,
    error_t *err)
{
    int          rc;
    store_t     *store;
    revision_t   row;

    store = reconcile->conf.store;

    if (end->undo != 0) {
        rc = revision_end(store, end->n, REVISION_FAILED, 0, end->error, err);

        return rc == 0 ? revision_undo(store, end->n, end->undo,
                                       end->generation, err) : rc;
    }

    if (end->actor == NULL) {
        return revision_end(store, end->n, REVISION_APPLIED, end->generation,
                            NULL, err);
    }

    memset(&row, 0, sizeof(revision_t));

    row.n = end->n;
    row.at = (int64_t) time(NULL);
    row.actor = (char *) (uintptr_t) end->actor;
    row.state = (char *) (uintptr_t) REVISION_APPLIED;
    row.ended_at = row.at;
    row.generation = end->generation;

    return revision_add(store, &row, err);
}


int
reconcile_save(reconcile_t *reconcile, error_t *err)
{
    int               rc;
    store_t          *store;
    reconcile_end_t  *end;

    store = reconcile->conf.store;

    if (reconcile->ends == NULL) {
        return 0;
    }

    rc = store_write(store, err);

    for (end = reconcile->ends; rc == 0 && end != NULL; end = end->next) {
        rc = reconcile_save_one(reconcile, end, err);
    }

    if (rc == 0) {
        rc = store_generation_set(store, reconcile->generation, err);
    }

    if (rc == 0) {
        rc = revision_trim(store, err);
    }

    if (rc == 0) {
        rc = store_commit(store, err);
    }

    if (rc != 0) {
        store_rollback(store);
        return rc;
    }

    while ((end = reconcile->ends) != NULL) {
        reconcile->ends = end->next;
        free(end);
    }

    reconcile->ends_last = &reconcile->ends;

    return 0;
}
