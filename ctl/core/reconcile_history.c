
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What was wanted before (see reconcile.h).
 */


#include <stdlib.h>
#include <string.h>

#include "core/reconcile.h"
#include "core/reconcile_types.h"
#include "registry/document.h"


int
reconcile_list(reconcile_t *reconcile, int64_t before, size_t limit,
    revision_page_t *ret_page, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&reconcile->lock);

    rc = revision_list(reconcile->conf.store, before, limit, ret_page, err);

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}


int
reconcile_get(reconcile_t *reconcile, int64_t n, revision_t *ret_revision,
    revision_changes_t *ret_changes, error_t *err)
{
    int         rc;
    revision_t  revision;

    (void) pthread_mutex_lock(&reconcile->lock);

    rc = revision_get(reconcile->conf.store, n, &revision, err);

    if (rc == 0) {
        rc = revision_changes(reconcile->conf.store, revision.n, ret_changes,
                              err);
        if (rc == 0) {
            *ret_revision = revision;

        } else {
            revision_release(&revision);
        }
    }

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}


/* the revision's own number; 0: the latest */

static int
reconcile_resolve(reconcile_t *reconcile, int64_t n, int64_t *ret_n,
    error_t *err)
{
    int         rc;
    revision_t  revision;

    if (n == 0) {
        return revision_held(reconcile->conf.store, ret_n, err);
    }

    rc = revision_get(reconcile->conf.store, n, &revision, err);

    if (rc == 0) {
        *ret_n = revision.n;
        revision_release(&revision);
    }

    return rc;
}


/* under "lock" */

static int
reconcile_differ(reconcile_t *reconcile, int64_t from, int64_t to,
    revision_changes_t *ret_changes, error_t *err)
{
    int     rc;
    char   *text;
    size_t  i;

    rc = reconcile_resolve(reconcile, from, &from, err);

    if (rc == 0) {
        rc = reconcile_resolve(reconcile, to, &to, err);
    }

    if (rc != 0 || from <= to) {
        return rc == 0 ? revision_between(reconcile->conf.store, from, to,
                                          ret_changes, err)
                       : rc;
    }

    rc = revision_between(reconcile->conf.store, to, from, ret_changes, err);

    for (i = 0; rc == 0 && i < ret_changes->len; i++) {
        text = ret_changes->items[i].before;
        ret_changes->items[i].before = ret_changes->items[i].after;
        ret_changes->items[i].after = text;
    }

    return rc;
}


int
reconcile_between(reconcile_t *reconcile, int64_t from, int64_t to,
    revision_changes_t *ret_changes, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&reconcile->lock);

    rc = reconcile_differ(reconcile, from, to, ret_changes, err);

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}


int
reconcile_rollback(reconcile_t *reconcile, int64_t n, order_t *order,
    error_t *err)
{
    int                  rc;
    size_t               i, len;
    change_t            *list;
    revision_changes_t   changes;

    (void) pthread_mutex_lock(&reconcile->lock);

    rc = reconcile_differ(reconcile, n, 0, &changes, err);

    if (rc != 0) {
        goto done;
    }

    list = calloc(changes.len + 1, sizeof(change_t));

    if (list == NULL) {
        rc = error_nomem(err);

    } else {

        for (i = 0, len = 0; i < changes.len; i++) {

            list[len].table = state_table(changes.items[i].kind);

            if (list[len].table == NULL) {
                continue;
            }

            list[len].verb = CHANGE_BACK;
            list[len].name = changes.items[i].name;
            list[len++].document = changes.items[i].before;
        }

        rc = reconcile_apply(reconcile, list, len, order, err);
    }

    free(list);
    revision_changes_release(&changes);

done:

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}
