
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The start: the registry as it was left (see reconcile.h).  Revisions that
 * have not ended, as s3edged was killed, are undone in a transaction of their
 * own, which is rolled back, to see what was there before them; then they wait
 * as they did.
 */


#include <stdlib.h>
#include <string.h>

#include "core/reconcile.h"
#include "core/reconcile_types.h"
#include "registry/document.h"
#include "registry/store_entity.h"


static int
reconcile_each(void *data, void *obj, error_t *err)
{
    void          **items;
    state_list_t   *list;

    list = data;

    items = realloc(list->items, (list->len + 1) * sizeof(void *));
    if (items == NULL) {
        field_free(list->table, obj);
        return error_nomem(err);
    }

    list->items = items;
    list->items[list->len++] = obj;

    return 0;
}


int
reconcile_read_lists(reconcile_t *reconcile, state_list_t lists[STATE_KINDS],
    error_t *err)
{
    int     rc;
    size_t  k;

    memset(lists, 0, STATE_KINDS * sizeof(state_list_t));
    reconcile->conf.store->unread = 0;

    for (k = 0, rc = 0; rc == 0 && k < STATE_KINDS; k++) {
        lists[k].table = state_tables[k];
        rc = store_entity_list(reconcile->conf.store, state_tables[k],
                               reconcile_each, &lists[k], err);
    }

    for (k = 0; rc != 0 && k < STATE_KINDS; k++) {
        state_list_release(&lists[k]);
    }

    return rc;
}


static int
reconcile_read(reconcile_t *reconcile, config_t *config, state_t **ret_state,
    error_t *err)
{
    int           rc;
    state_list_t  lists[STATE_KINDS];

    rc = reconcile_read_lists(reconcile, lists, err);

    return rc == 0 ? state_new(config, lists, ret_state, err) : rc;
}


/* one revision, each document as it was before, or is after */

static int
reconcile_put(reconcile_t *reconcile, const revision_changes_t *changes,
    bool after, error_t *err)
{
    int                       rc;
    size_t                    i;
    const revision_change_t  *c;

    for (i = 0, rc = 0; rc == 0 && i < changes->len; i++) {

        c = &changes->items[i];

        if (state_table(c->kind) != NULL) {
            rc = document_put(reconcile->conf.store, c->kind, c->name,
                              after ? c->after : c->before, 0, err);
        }
    }

    return rc;
}


static int
reconcile_item(reconcile_t *reconcile, const revision_change_t *change,
    item_t *item, error_t *err)
{
    int    rc;
    void  *obj;

    item->name = strdup(change->name);
    if (item->name == NULL) {
        return error_nomem(err);
    }

    if (change->after == NULL) {
        return 0;
    }

    rc = store_entity_get(reconcile->conf.store, item->table, change->name,
                          &obj, err);

    return rc == 0 ? entry_new(item->table, reconcile->base->config, obj,
                               &item->after, err)
                   : rc;
}


/* to those that wait; one that cannot be read fails at once */

static int
reconcile_resume(reconcile_t *reconcile, int64_t n,
    const revision_changes_t *changes, error_t *err)
{
    int         rc;
    size_t      i;
    item_t     *item;
    error_t     reason;
    pending_t  *pending;

    rc = reconcile_put(reconcile, changes, true, err);
    if (rc != 0) {
        return rc;
    }

    pending = pending_new(changes->len);
    if (pending == NULL) {
        return error_nomem(err);
    }

    pending->refs = 1;
    pending->n = n;

    for (i = 0; rc == 0 && i < changes->len; i++) {

        item = &pending->items[pending->nitems];
        item->table = state_table(changes->items[i].kind);

        if (item->table != NULL) {
            pending->nitems++;
            rc = reconcile_item(reconcile, &changes->items[i], item,
                                &reason);
        }
    }

    if (rc == 0) {
        rc = pending_replay(pending, &reconcile->desired, &reason);
    }

    if (rc != 0) {
        reconcile_end(reconcile, pending, reconcile->generation, &reason);
    }

    reconcile_push(reconcile, pending);

    return 0;
}


/* inside a transaction that is rolled back */

static int
reconcile_resume_all(reconcile_t *reconcile, config_t *config,
    const revision_page_t *page, error_t *err)
{
    int                  rc;
    size_t               i;
    revision_changes_t  *changes;

    changes = calloc(page->len, sizeof(revision_changes_t));
    if (changes == NULL) {
        return error_nomem(err);
    }

    for (i = page->len, rc = 0; rc == 0 && i > 0; i--) {

        rc = revision_changes(reconcile->conf.store, page->rows[i - 1].n,
                              &changes[i - 1], err);
        if (rc == 0) {
            rc = reconcile_put(reconcile, &changes[i - 1], false, err);
        }
    }

    if (rc == 0) {
        rc = reconcile_read(reconcile, config, &reconcile->base, err);
    }

    if (rc == 0) {
        reconcile->desired = state_ref(reconcile->base);
    }

    for (i = 0; rc == 0 && i < page->len; i++) {
        rc = reconcile_resume(reconcile, page->rows[i].n, &changes[i], err);
    }

    for (i = 0; i < page->len; i++) {
        revision_changes_release(&changes[i]);
    }

    free(changes);

    return rc;
}


/* of the YAML there is but one, which is read at the start */

static int
reconcile_supersede(store_t *store, error_t *err)
{
    if (sqlite3_exec(store->db, "UPDATE revision SET state = 'superseded', "
                                "ended_at = unixepoch() "
                                "WHERE state = 'pending' AND NOT EXISTS "
                                "(SELECT 1 FROM revision_change WHERE "
                                "revision = n AND kind NOT LIKE '"
                                DOCUMENT_FILE "%')", NULL, NULL, NULL)
        != SQLITE_OK)
    {
        return store_error(store, "revision", err);
    }

    return 0;
}


int
reconcile_load(reconcile_t *reconcile, config_t *config, error_t *err)
{
    int               rc;
    store_t          *store;
    revision_page_t   page;

    store = reconcile->conf.store;
    memset(&page, 0, sizeof(revision_page_t));

    (void) pthread_mutex_lock(&reconcile->lock);

    rc = reconcile_supersede(store, err);

    if (rc == 0) {
        rc = revision_pending(store, &page, err);
    }

    if (rc == 0 && page.len == 0) {
        rc = reconcile_read(reconcile, config, &reconcile->base, err);

        if (rc == 0) {
            reconcile->desired = state_ref(reconcile->base);
        }

    } else if (rc == 0) {
        rc = store_write(store, err);

        if (rc == 0) {
            rc = reconcile_resume_all(reconcile, config, &page, err);
            store_rollback(store);
        }
    }

    if (rc == 0) {
        reconcile_count_unread(reconcile);
    }

    revision_page_release(&page);

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}


int
reconcile_first(reconcile_t *reconcile, error_t *err)
{
    int         rc;
    pending_t  *pending;

    pending = pending_new(0);
    if (pending == NULL) {
        return error_nomem(err);
    }

    pending->actor = "start";

    (void) pthread_mutex_lock(&reconcile->lock);

    /* before those that were left: where it fails, so does the base */

    pending->next = reconcile->first;
    reconcile->first = pending;
    reconcile->len++;

    if (pending->next == NULL) {
        reconcile->last = &pending->next;
    }

    reconcile_work(reconcile);

    rc = pending->err.code;

    if (rc != 0) {
        rc = error_set(err, rc, "%s", pending->err.message);
    }

    pending_unref(pending);

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}
