
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Changes, as they come (see reconcile.h); what becomes of them is
 * reconcile_loop.c's.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/reconcile.h"
#include "core/reconcile_types.h"
#include "registry/document.h"
#include "registry/store_entity.h"


int
reconcile_new(const reconcile_conf_t *conf, reconcile_t **ret_reconcile,
    error_t *err)
{
    int                  rc;
    int64_t              last;
    reconcile_t         *reconcile;
    pthread_condattr_t   attr;

    reconcile = calloc(1, sizeof(reconcile_t));

    if (reconcile == NULL || pthread_condattr_init(&attr) != 0) {
        free(reconcile);
        return error_nomem(err);
    }

    reconcile->conf = *conf;
    reconcile->last = &reconcile->first;
    reconcile->ends_last = &reconcile->ends;

    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_mutex_init(&reconcile->lock, NULL);
    (void) pthread_mutex_init(&reconcile->note, NULL);
    (void) pthread_cond_init(&reconcile->work, &attr);
    (void) pthread_cond_init(&reconcile->ended, NULL);
    (void) pthread_condattr_destroy(&attr);

    rc = revision_last(conf->store, &last, err);

    if (rc == 0) {
        rc = store_generation(conf->store, &reconcile->generation, err);
    }

    if (rc != 0) {
        reconcile_free(reconcile);
        return rc;
    }

    if (last > atomic_load(conf->numbers)) {
        atomic_store(conf->numbers, last);
    }

    *ret_reconcile = reconcile;

    return 0;
}


int
reconcile_start(reconcile_t *reconcile, error_t *err)
{
    if (pthread_create(&reconcile->thread, NULL, reconcile_main, reconcile)
        != 0)
    {
        return error_set(err, ERR_INTERNAL, "no thread for changes");
    }

    reconcile->started = true;

    return 0;
}


void
reconcile_stop(reconcile_t *reconcile)
{
    pending_t  *pending;

    (void) pthread_mutex_lock(&reconcile->lock);
    reconcile->stop = true;
    (void) pthread_cond_signal(&reconcile->work);
    (void) pthread_mutex_unlock(&reconcile->lock);

    if (reconcile->started) {
        (void) pthread_join(reconcile->thread, NULL);
        reconcile->started = false;
    }

    (void) pthread_mutex_lock(&reconcile->lock);

    while ((pending = reconcile->first) != NULL) {

        reconcile->first = pending->next;

        (void) error_set(&pending->err, ERR_UNAVAILABLE, "s3edged ends; the "
                         "next one looks after the change");
        pending->ended = true;
        pending_unref(pending);
    }

    reconcile->last = &reconcile->first;
    (void) pthread_cond_broadcast(&reconcile->ended);

    (void) pthread_mutex_unlock(&reconcile->lock);
}


void
reconcile_free(reconcile_t *reconcile)
{
    reconcile_end_t  *end;

    if (reconcile == NULL) {
        return;
    }

    reconcile_stop(reconcile);

    while ((end = reconcile->ends) != NULL) {
        reconcile->ends = end->next;
        free(end);
    }

    state_unref(reconcile->base);
    state_unref(reconcile->desired);

    (void) pthread_cond_destroy(&reconcile->ended);
    (void) pthread_cond_destroy(&reconcile->work);
    (void) pthread_mutex_destroy(&reconcile->note);
    (void) pthread_mutex_destroy(&reconcile->lock);

    free(reconcile);
}


/* are there credentials that the bucket names? */

static int
reconcile_check_keys(const reconcile_t *reconcile,
    const model_bucket_t *bucket, error_t *err)
{
    const char  *name;

    if (bucket->credentials != MODEL_NAMED) {
        return 0;
    }

    name = model_bucket_credentials(bucket);

    return state_find(reconcile->desired, &credentials_table, name) != NULL
           ? 0 : error_set(err, ERR_INVALID, "credentials: there are none "
                           "named \"%s\"", name);
}


/* is there no bucket that names the credentials? */

static int
reconcile_check_unused(const reconcile_t *reconcile, const char *name,
    error_t *err)
{
    size_t                 i;
    strbuf_t               users;
    const model_bucket_t  *b;

    strbuf_init(&users, MODEL_BUCKETS_MAX * (S3_BUCKET_MAX + 1));

    for (i = 0; i < reconcile->desired->buckets.len; i++) {

        b = reconcile->desired->buckets.items[i];

        if (b->credentials == MODEL_NAMED
            && strcmp(model_bucket_credentials(b), name) == 0)
        {
            strbuf_printf(&users, " %s", b->name);
        }
    }

    if (users.len != 0) {
        (void) error_set(err, ERR_CONFLICT, "credentials \"%s\" are in use "
                         "by%s", name, users.data);
        strbuf_release(&users);
        return ERR_CONFLICT;
    }

    return strbuf_check(&users, err);
}


/* before there is a transaction */

static int
reconcile_check_one(const reconcile_t *reconcile, const change_t *change,
    error_t *err)
{
    bool            bucket;
    const char     *file, *kind;
    const entry_t  *entry;

    kind = change->table->entity;
    bucket = change->table == &model_bucket_table;
    entry = state_find(reconcile->desired, change->table, change->name);

    if (change->verb == CHANGE_ADD && entry != NULL) {
        return error_set(err, ERR_CONFLICT, "%s \"%s\" %s already", kind,
                         change->name, bucket ? "exists" : "exist");
    }

    if (entry != NULL && entry_in_file(entry)) {
        file = reconcile->desired->config->file;

        return error_set(err, ERR_READ_ONLY, "%s \"%s\" %s declared in "
                         "\"%s\"; %s %s there", kind, change->name,
                         bucket ? "is" : "are",
                         file != NULL ? file : "the configuration",
                         change->verb == CHANGE_DEL ? "remove" : "change",
                         bucket ? "it" : "them");
    }

    if (entry == NULL && change->verb == CHANGE_SET) {
        return error_set(err, ERR_NOT_FOUND, "there is no %s \"%s\"", kind,
                         change->name);
    }

    if (change->before != NULL && change->before != entry) {
        return error_set(err, ERR_CONFLICT, "%s \"%s\" was changed meanwhile",
                         kind, change->name);
    }

    if (bucket && change->after != NULL) {
        return reconcile_check_keys(reconcile, change->after, err);
    }

    return !bucket && change->verb == CHANGE_DEL
           ? reconcile_check_unused(reconcile, change->name, err) : 0;
}


static int
reconcile_write(reconcile_t *reconcile, const change_t *change, int64_t n,
    error_t *err)
{
    store_t  *store;

    store = reconcile->conf.store;

    switch (change->verb) {

    case CHANGE_ADD:
        return store_entity_put(store, change->table, change->after, err);

    case CHANGE_SET:
        return store_entity_set(store, change->table, change->after, err);

    case CHANGE_DEL:
        return store_entity_del(store, change->table, change->name, err);

    default: /* CHANGE_BACK */
        return document_put(store, change->table->entity, change->name,
                            change->document, n, err);
    }
}


/* what the item is to be, as the registry has it now */

static int
reconcile_entry(reconcile_t *reconcile, const change_t *change,
    entry_t **ret_entry, error_t *err)
{
    int    rc;
    void  *obj;

    *ret_entry = NULL;

    if (change->verb == CHANGE_DEL
        || (change->verb == CHANGE_BACK && change->document == NULL))
    {
        return 0;
    }

    rc = store_entity_get(reconcile->conf.store, change->table, change->name,
                          &obj, err);

    return rc == 0 ? entry_new(change->table, reconcile->desired->config, obj,
                               ret_entry, err)
                   : rc;
}


/* inside the transaction */

static int
reconcile_change_one(reconcile_t *reconcile, const change_t *change,
    pending_t *pending, error_t *err)
{
    int                 rc;
    item_t             *item;
    store_t            *store;
    revision_change_t   row;

    store = reconcile->conf.store;
    item = &pending->items[pending->nitems];

    memset(&row, 0, sizeof(revision_change_t));
    row.kind = (char *) (uintptr_t) change->table->entity;
    row.name = (char *) (uintptr_t) change->name;

    item->table = change->table;

    item->name = strdup(change->name);
    if (item->name == NULL) {
        return error_nomem(err);
    }

    pending->nitems++;

    rc = document_get(store, row.kind, change->name, &row.before, err);

    if (rc == 0) {
        rc = reconcile_write(reconcile, change, pending->n, err);
    }

    if (rc == 0) {
        rc = document_get(store, row.kind, change->name, &row.after, err);
    }

    if (rc == 0) {
        rc = revision_record(store, pending->n, pending->nitems, &row, err);
    }

    if (rc == 0) {
        rc = reconcile_entry(reconcile, change, &item->after, err);
    }

    free(row.before);
    free(row.after);

    return rc;
}


/* the row of the revision, inside the transaction */

static int
reconcile_add(reconcile_t *reconcile, const order_t *order, int64_t n,
    error_t *err)
{
    revision_t  row;

    memset(&row, 0, sizeof(revision_t));

    row.n = n;
    row.at = (int64_t) time(NULL);
    row.actor = (char *) (uintptr_t) order->actor;
    row.address = (char *) (uintptr_t) order->address;
    row.client = (char *) (uintptr_t) order->client;
    row.message = (char *) (uintptr_t) order->message;
    row.state = (char *) (uintptr_t) REVISION_PENDING;

    return revision_add(reconcile->conf.store, &row, err);
}


/* under "lock", which is given back meanwhile; takes the caller's reference */

static int
reconcile_await(reconcile_t *reconcile, pending_t *pending, order_t *order,
    error_t *err)
{
    int  rc;

    rc = 0;

    if (order != NULL) {
        order->revision = pending->n;
        order->pending = order->async;
    }

    if (order == NULL || !order->async) {

        while (!pending->ended) {
            (void) pthread_cond_wait(&reconcile->ended, &reconcile->lock);
        }

        rc = pending->err.code;

        if (rc != 0) {
            rc = error_set(err, rc, "%s", pending->err.message);
        }
    }

    pending_unref(pending);

    return rc;
}


void
reconcile_drop(reconcile_t *reconcile, pending_t *pending)
{
    store_rollback(reconcile->conf.store);

    pending_unref(pending);
    pending_unref(pending);
}


int
reconcile_commit(reconcile_t *reconcile, pending_t *pending, state_t *state,
    order_t *order, error_t *err)
{
    int  rc;

    rc = store_commit(reconcile->conf.store, err);

    if (rc != 0) {
        reconcile_drop(reconcile, pending);
        return rc;
    }

    state_unref(reconcile->desired);
    reconcile->desired = state_ref(state);

    reconcile_push(reconcile, pending);

    return reconcile_await(reconcile, pending, order, err);
}


/* before a transaction, which this begins: the ends of others go first */

int
reconcile_begin(reconcile_t *reconcile, const order_t *order, int64_t *ret_n,
    error_t *err)
{
    int  rc;

    if (reconcile->stop) {
        return error_set(err, ERR_UNAVAILABLE, "s3edged ends");
    }

    if (reconcile->len >= RECONCILE_WAIT_MAX) {
        return error_set(err, ERR_UNAVAILABLE, "%d changes wait already",
                         RECONCILE_WAIT_MAX);
    }

    if (order->message != NULL
        && strlen(order->message) > REVISION_MESSAGE_MAX)
    {
        return error_set(err, ERR_LIMIT, "message: at most %d bytes are "
                         "expected", REVISION_MESSAGE_MAX);
    }

    rc = reconcile_save(reconcile, err);

    if (rc == 0) {
        rc = store_begin(reconcile->conf.store, err);
    }

    if (rc != 0) {
        return rc;
    }

    *ret_n = atomic_fetch_add(reconcile->conf.numbers, 1) + 1;

    rc = reconcile_add(reconcile, order, *ret_n, err);

    if (rc != 0) {
        store_rollback(reconcile->conf.store);
    }

    return rc;
}


/* a row that was no entity is one no more */

void
reconcile_count_unread(reconcile_t *reconcile)
{
    size_t         k;
    store_t       *store;
    state_list_t   lists[STATE_KINDS];

    store = reconcile->conf.store;

    if (store->unread != 0
        && reconcile_read_lists(reconcile, lists, NULL) == 0)
    {
        for (k = 0; k < STATE_KINDS; k++) {
            state_list_release(&lists[k]);
        }
    }

    (void) pthread_mutex_lock(&reconcile->note);

    reconcile->unread[0] = '\0';

    if (store->unread != 0) {
        (void) snprintf(reconcile->unread, sizeof(reconcile->unread), "%zu "
                        "buckets of the registry cannot be used, the last as "
                        "%.700s; remove them, and add them again",
                        store->unread, store->unread_text);
    }

    (void) pthread_mutex_unlock(&reconcile->note);
}


/* under "lock" */

int
reconcile_apply(reconcile_t *reconcile, const change_t *changes, size_t n,
    order_t *order, error_t *err)
{
    int         rc;
    size_t      i;
    state_t    *state;
    pending_t  *pending;

    if (n > RECONCILE_CHANGES_MAX) {
        return error_set(err, ERR_LIMIT, "more than %d changes",
                         RECONCILE_CHANGES_MAX);
    }

    for (i = 0; i < n; i++) {
        rc = reconcile_check_one(reconcile, &changes[i], err);
        if (rc != 0) {
            return rc;
        }
    }

    pending = pending_new(n);
    if (pending == NULL) {
        return error_nomem(err);
    }

    rc = reconcile_begin(reconcile, order, &pending->n, err);

    for (i = 0; rc == 0 && i < n; i++) {
        rc = reconcile_change_one(reconcile, &changes[i], pending, err);
    }

    state = state_ref(reconcile->desired);

    if (rc == 0) {
        rc = pending_replay(pending, &state, err);
    }

    if (rc == 0) {
        reconcile_count_unread(reconcile);
        rc = reconcile_commit(reconcile, pending, state, order, err);

    } else {
        reconcile_drop(reconcile, pending);
    }

    state_unref(state);

    return rc;
}


int
reconcile_change(reconcile_t *reconcile, const change_t *changes, size_t n,
    order_t *order, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&reconcile->lock);

    rc = reconcile_apply(reconcile, changes, n, order, err);

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}


int
reconcile_again(reconcile_t *reconcile, const char *actor, error_t *err)
{
    int         rc;
    pending_t  *pending;

    pending = pending_new(0);
    if (pending == NULL) {
        return error_nomem(err);
    }

    pending->actor = actor;

    (void) pthread_mutex_lock(&reconcile->lock);

    reconcile_push(reconcile, pending);

    rc = reconcile_await(reconcile, pending, NULL, err);

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}


bool
reconcile_busy(reconcile_t *reconcile)
{
    bool  busy;

    (void) pthread_mutex_lock(&reconcile->lock);
    busy = reconcile->busy || reconcile->first != NULL;
    (void) pthread_mutex_unlock(&reconcile->lock);

    return busy;
}


state_t *
reconcile_desired(reconcile_t *reconcile)
{
    state_t  *state;

    (void) pthread_mutex_lock(&reconcile->lock);
    state = state_ref(reconcile->desired);
    (void) pthread_mutex_unlock(&reconcile->lock);

    return state;
}


state_t *
reconcile_base(reconcile_t *reconcile)
{
    state_t  *state;

    (void) pthread_mutex_lock(&reconcile->lock);
    state = state_ref(reconcile->base);
    (void) pthread_mutex_unlock(&reconcile->lock);

    return state;
}


void
reconcile_unread(reconcile_t *reconcile, char text[ERROR_MESSAGE_MAX])
{
    (void) pthread_mutex_lock(&reconcile->note);
    memcpy(text, reconcile->unread, ERROR_MESSAGE_MAX);
    (void) pthread_mutex_unlock(&reconcile->note);
}


int
reconcile_check(reconcile_t *reconcile, error_t *err)
{
    int  rc;

    if (pthread_mutex_trylock(&reconcile->lock) != 0) {
        return error_set(err, ERR_UNAVAILABLE, "the registry is in use");
    }

    rc = store_check(reconcile->conf.store, err);

    (void) pthread_mutex_unlock(&reconcile->lock);

    return rc;
}
