
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which of several revisions are at fault, where nginx does not take them
 * together (see reconcile_loop.c).
 */


#include <stdlib.h>
#include <string.h>

#include "core/reconcile_types.h"


typedef struct {
    reconcile_t         *reconcile;
    state_t             *good;         /* with all that passed */
    pending_t          **passed;
    size_t               npassed;
    int64_t              generation;
    bool                 test;
    size_t               failed;
} reconcile_sift_t;


/* a fault of a change, not of the machine */

static bool
reconcile_blames(int rc)
{
    return rc == ERR_REFUSED || rc == ERR_INVALID || rc == ERR_LIMIT
           || rc == ERR_CONFLICT || rc == ERR_NOT_FOUND;
}


static void
reconcile_fail(reconcile_sift_t *sift, pending_t *const *list, size_t n,
    const error_t *reason)
{
    size_t  i;

    /* from the last on: see revision_undo() */

    for (i = n; i > 0; i--) {
        reconcile_end(sift->reconcile, list[i - 1], sift->generation, reason);
        sift->failed++;
    }
}


/* does list go with what passed before it? */

static int
reconcile_try(reconcile_sift_t *sift, pending_t *const *list, size_t n,
    error_t *err)
{
    int       rc;
    size_t    i;
    state_t  *state;

    state = state_ref(sift->good);

    for (i = 0, rc = 0; rc == 0 && i < n; i++) {
        rc = pending_replay(list[i], &state, err);
    }

    if (rc == 0) {
        rc = reconcile_run(sift->reconcile, state,
                           sift->test ? 0
                           : reconcile_number(sift->reconcile, list, n),
                           sift->test, &sift->generation, err);
    }

    if (rc != 0) {
        state_unref(state);
        return rc;
    }

    state_unref(sift->good);
    sift->good = state;

    for (i = 0; i < n; i++) {
        list[i]->generation = sift->generation;
        sift->passed[sift->npassed++] = list[i];
    }

    return 0;
}


/* list as a whole has failed: which of it does? */

static void
reconcile_sift(reconcile_sift_t *sift, pending_t *const *list, size_t n,
    const error_t *reason)
{
    size_t             i, half;
    error_t            err;
    pending_t *const  *part;

    if (n == 1 || !reconcile_blames(reason->code)) {
        reconcile_fail(sift, list, n, reason);
        return;
    }

    for (i = 0; i < n; i += half) {

        half = i == 0 ? n / 2 : n - n / 2;
        part = &list[i];

        if (reconcile_try(sift, part, half, &err) != 0) {
            reconcile_sift(sift, part, half, &err);
        }
    }
}


/* those that come after what is settled; what cannot be, fails */

static void
reconcile_rebase(reconcile_t *reconcile)
{
    error_t      err;
    state_t     *state;
    pending_t   *pending;

    state = state_ref(reconcile->base);

    for (pending = reconcile->first; pending != NULL; pending = pending->next)
    {
        if (!pending->ended && pending_replay(pending, &state, &err) != 0) {
            reconcile_end(reconcile, pending, reconcile->generation, &err);
        }
    }

    state_unref(reconcile->desired);
    reconcile->desired = state;
}


/* passed by nginx -t alone: they are run with what has come since */

static void
reconcile_again_later(reconcile_t *reconcile, pending_t *const *list,
    size_t n)
{
    while (n > 0) {
        n--;

        list[n]->next = reconcile->first;
        reconcile->first = list[n];

        if (list[n]->next == NULL) {
            reconcile->last = &list[n]->next;
        }

        reconcile->len++;
    }
}


void
reconcile_sort_out(reconcile_t *reconcile, pending_t **list, size_t n,
    const error_t *reason)
{
    size_t            i;
    reconcile_sift_t  sift;

    memset(&sift, 0, sizeof(reconcile_sift_t));

    sift.reconcile = reconcile;
    sift.good = state_ref(reconcile->base);
    sift.generation = reconcile->generation;
    sift.passed = calloc(n, sizeof(pending_t *));
    sift.test = true;

    if (sift.passed == NULL) {
        reconcile_fail(&sift, list, n, reason);

    } else {
        reconcile_sift(&sift, list, n, reason);
    }

    if (sift.failed == 0) {

        /* nginx -t takes them all: it is the reload that fails */

        reconcile_set(&sift.good, reconcile->base);
        sift.generation = reconcile->generation;
        sift.npassed = 0;
        sift.test = false;

        reconcile_sift(&sift, list, n, reason);

        for (i = 0; i < sift.npassed; i++) {
            reconcile_end(reconcile, sift.passed[i],
                          sift.passed[i]->generation, NULL);
        }

        reconcile_set(&reconcile->base, sift.good);
        reconcile->generation = sift.generation;

    } else {
        reconcile_again_later(reconcile, sift.passed, sift.npassed);
    }

    reconcile_rebase(reconcile);

    state_unref(sift.good);
    free(sift.passed);
}
