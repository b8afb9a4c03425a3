
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include "core/state.h"


const field_table_t *const  state_tables[STATE_KINDS] = {
    &model_bucket_table, &credentials_table
};


static const size_t  state_max[STATE_KINDS] = {
    MODEL_BUCKETS_MAX, CREDENTIALS_MAX
};


static size_t
state_index(const field_table_t *table)
{
    size_t  k;

    for (k = 0; k + 1 < STATE_KINDS && state_tables[k] != table; k++) {
        /* void */
    }

    return k;
}


const field_table_t *
state_table(const char *entity)
{
    size_t  k;

    for (k = 0; k < STATE_KINDS; k++) {
        if (strcmp(state_tables[k]->entity, entity) == 0) {
            return state_tables[k];
        }
    }

    return NULL;
}


int
entry_new(const field_table_t *table, config_t *config, void *stored,
    entry_t **ret_entry, error_t *err)
{
    int       rc;
    entry_t  *entry;

    entry = calloc(1, sizeof(entry_t));
    if (entry == NULL) {
        field_free(table, stored);
        return error_nomem(err);
    }

    atomic_init(&entry->refs, 1);
    entry->table = table;
    entry->config = config_ref(config);
    entry->stored = stored;

    rc = 0;

    if (table == &model_bucket_table) {
        entry->bucket = model_bucket_dup(stored);

        rc = entry->bucket != NULL
             ? config_resolve(config, entry->bucket, err) : error_nomem(err);
    }

    if (rc != 0) {
        entry_unref(entry);
        return rc;
    }

    *ret_entry = entry;

    return 0;
}


entry_t *
entry_ref(entry_t *entry)
{
    if (entry != NULL) {
        (void) atomic_fetch_add(&entry->refs, 1);
    }

    return entry;
}


void
entry_unref(entry_t *entry)
{
    if (entry == NULL || atomic_fetch_sub(&entry->refs, 1) != 1) {
        return;
    }

    field_free(entry->table, entry->stored);
    model_bucket_free(entry->bucket);
    config_unref(entry->config);
    free(entry);
}


const char *
entry_name(const entry_t *entry)
{
    return *(char **) field_at(&entry->table->fields[0], entry->stored);
}


bool
entry_in_file(const entry_t *entry)
{
    unsigned  source;

    memcpy(&source, (const char *) entry->stored + entry->table->source,
           sizeof(unsigned));

    return source != FIELD_STORED;
}


state_t *
state_ref(state_t *state)
{
    if (state != NULL) {
        (void) atomic_fetch_add(&state->refs, 1);
    }

    return state;
}


void
state_unref(state_t *state)
{
    size_t         i, k;
    state_kind_t  *kind;

    if (state == NULL || atomic_fetch_sub(&state->refs, 1) != 1) {
        return;
    }

    for (k = 0; k < STATE_KINDS; k++) {

        kind = &state->kinds[k];

        for (i = 0; i < kind->nstored; i++) {
            entry_unref(kind->stored[i]);
        }

        for (i = 0; i < kind->len; i++) {
            entry_unref(kind->entries[i]);
        }

        free(kind->stored);
        free(kind->entries);
    }

    config_unref(state->config);
    free(state->buckets.items);
    free(state);
}


void
state_list_release(state_list_t *list)
{
    size_t  i;

    for (i = 0; i < list->len; i++) {
        field_free(list->table, list->items[i]);
    }

    free(list->items);
    memset(list, 0, sizeof(state_list_t));
}


static int
state_cmp(const void *one, const void *two)
{
    const entry_t *const  *a;
    const entry_t *const  *b;

    a = one;
    b = two;

    return strcmp(entry_name(*a), entry_name(*b));
}


/* those of the YAML: config's own */

static void *const *
state_declared(const config_t *config, size_t k, size_t *ret_len)
{
    if (k == STATE_BUCKETS) {
        *ret_len = config->buckets.len;
        return (void *const *) config->buckets.items;
    }

    *ret_len = config->credentials.len;

    return (void *const *) config->credentials.items;
}


/* of room for n[k] entries of each kind in the registry; nothing is in it */

static int
state_alloc(config_t *config, const size_t *n, state_t **ret_state,
    error_t *err)
{
    size_t         k, len;
    state_t       *state;
    state_kind_t  *kind;

    state = calloc(1, sizeof(state_t));
    if (state == NULL) {
        return error_nomem(err);
    }

    atomic_init(&state->refs, 1);
    state->config = config_ref(config);

    for (k = 0; k < STATE_KINDS; k++) {

        kind = &state->kinds[k];
        (void) state_declared(config, k, &len);

        kind->stored = calloc(n[k] + 1, sizeof(entry_t *));
        kind->entries = calloc(n[k] + len + 1, sizeof(entry_t *));

        if (kind->stored == NULL || kind->entries == NULL) {
            state_unref(state);
            return error_nomem(err);
        }
    }

    *ret_state = state;

    return 0;
}


/* those of the YAML are made anew, or taken from a state of the same one */

static int
state_file(const state_t *state, size_t k, const state_t *like,
    entry_t **file, error_t *err)
{
    int                  rc;
    void                *copy;
    size_t               i, n, len;
    void *const         *list;
    const state_kind_t  *kind;

    list = state_declared(state->config, k, &len);

    if (like != NULL && like->config == state->config) {

        kind = &like->kinds[k];

        for (i = 0, n = 0; i < kind->len && n < len; i++) {
            if (entry_in_file(kind->entries[i])) {
                file[n++] = entry_ref(kind->entries[i]);
            }
        }

        return 0;
    }

    for (i = 0; i < len; i++) {

        copy = field_dup(state_tables[k], list[i]);

        rc = copy != NULL
             ? entry_new(state_tables[k], state->config, copy, &file[i],
                         err)
             : error_nomem(err);

        if (rc != 0) {
            return rc;
        }
    }

    qsort(file, len, sizeof(entry_t *), state_cmp);

    return 0;
}


/* those of the YAML with those of the registry, both sorted */

static int
state_merge_kind(state_t *state, size_t k, const state_t *like, error_t *err)
{
    int            rc, order;
    size_t         i, j, n;
    entry_t      **file;
    state_kind_t  *kind;

    kind = &state->kinds[k];
    (void) state_declared(state->config, k, &n);

    file = calloc(n + 1, sizeof(entry_t *));
    if (file == NULL) {
        return error_nomem(err);
    }

    rc = state_file(state, k, like, file, err);

    for (i = 0, j = 0; rc == 0 && (i < n || j < kind->nstored); ) {

        order = i == n ? 1 : j == kind->nstored ? -1
                : state_cmp(&file[i], &kind->stored[j]);

        if (order == 0) {
            j++;
            continue;
        }

        kind->entries[kind->len++] = entry_ref(order < 0 ? file[i++]
                                                         : kind->stored[j++]);
    }

    if (rc == 0 && kind->len > state_max[k]) {
        rc = error_set(err, ERR_LIMIT, "more than %zu %s", state_max[k],
                       k == STATE_BUCKETS ? "buckets" : "credentials");
    }

    for (i = 0; i < n; i++) {
        entry_unref(file[i]);
    }

    free(file);

    return rc;
}


static int
state_merge(state_t *state, const state_t *like, error_t *err)
{
    int            rc;
    size_t         i, k;
    state_kind_t  *kind;

    for (k = 0, rc = 0; rc == 0 && k < STATE_KINDS; k++) {
        rc = state_merge_kind(state, k, like, err);
    }

    if (rc != 0) {
        return rc;
    }

    kind = &state->kinds[STATE_BUCKETS];

    state->buckets.items = calloc(kind->len + 1, sizeof(model_bucket_t *));
    if (state->buckets.items == NULL) {
        return error_nomem(err);
    }

    state->buckets.len = kind->len;
    state->buckets.size = kind->len + 1;

    for (i = 0; i < kind->len; i++) {
        state->buckets.items[i] = kind->entries[i]->bucket;
    }

    return 0;
}


static int
state_fill(state_t *state, size_t k, state_list_t *list, error_t *err)
{
    int            rc;
    size_t         i;
    state_kind_t  *kind;

    kind = &state->kinds[k];

    for (i = 0, rc = 0; rc == 0 && i < list->len; i++) {

        rc = entry_new(state_tables[k], state->config, list->items[i],
                       &kind->stored[i], err);
        list->items[i] = NULL;

        if (rc == 0) {
            kind->nstored++;
        }
    }

    if (rc == 0) {
        qsort(kind->stored, kind->nstored, sizeof(entry_t *), state_cmp);
    }

    return rc;
}


int
state_new(config_t *config, state_list_t *lists, state_t **ret_state,
    error_t *err)
{
    int       rc;
    size_t    k, n[STATE_KINDS];
    state_t  *state;

    for (k = 0; k < STATE_KINDS; k++) {
        n[k] = lists[k].len;
    }

    state = NULL;

    rc = state_alloc(config, n, &state, err);

    for (k = 0; k < STATE_KINDS; k++) {

        if (rc == 0) {
            rc = state_fill(state, k, &lists[k], err);
        }

        state_list_release(&lists[k]);
    }

    if (rc == 0) {
        rc = state_merge(state, NULL, err);
    }

    if (rc != 0) {
        state_unref(state);
        return rc;
    }

    *ret_state = state;

    return 0;
}


/* where the name is, or would be */

static size_t
state_place(entry_t *const *entries, size_t n, const char *name,
    bool *ret_found)
{
    int     order;
    size_t  low, mid, high;

    low = 0;
    high = n;

    while (low < high) {
        mid = low + (high - low) / 2;
        order = strcmp(entry_name(entries[mid]), name);

        if (order == 0) {
            *ret_found = true;
            return mid;
        }

        if (order < 0) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    *ret_found = false;

    return low;
}


/* those of a kind, with the one of that name replaced */

static void
state_copy(const state_kind_t *from, state_kind_t *to, const char *name,
    entry_t *entry)
{
    bool    found;
    size_t  i, at;

    at = from->nstored;
    found = false;

    if (name != NULL) {
        at = state_place(from->stored, from->nstored, name, &found);
    }

    for (i = 0; i < at; i++) {
        to->stored[to->nstored++] = entry_ref(from->stored[i]);
    }

    if (entry != NULL) {
        to->stored[to->nstored++] = entry_ref(entry);
    }

    for (i = found ? at + 1 : at; i < from->nstored; i++) {
        to->stored[to->nstored++] = entry_ref(from->stored[i]);
    }
}


int
state_put(const state_t *state, const field_table_t *table, const char *name,
    entry_t *entry, state_t **ret_state, error_t *err)
{
    int       rc;
    bool      this;
    size_t    k, n[STATE_KINDS];
    state_t  *new;

    for (k = 0; k < STATE_KINDS; k++) {
        n[k] = state->kinds[k].nstored + 1;
    }

    rc = state_alloc(state->config, n, &new, err);
    if (rc != 0) {
        return rc;
    }

    for (k = 0; k < STATE_KINDS; k++) {
        this = k == state_index(table);

        state_copy(&state->kinds[k], &new->kinds[k], this ? name : NULL,
                   this ? entry : NULL);
    }

    rc = state_merge(new, state, err);

    if (rc != 0) {
        state_unref(new);
        return rc;
    }

    *ret_state = new;

    return 0;
}


int
state_configure(const state_t *state, config_t *config, state_t **ret_state,
    error_t *err)
{
    int                  rc;
    size_t               i, k;
    state_list_t         lists[STATE_KINDS];
    const state_kind_t  *kind;

    memset(lists, 0, sizeof(lists));

    for (k = 0, rc = 0; k < STATE_KINDS; k++) {

        kind = &state->kinds[k];
        lists[k].table = state_tables[k];
        lists[k].items = calloc(kind->nstored + 1, sizeof(void *));

        for (i = 0; lists[k].items != NULL && i < kind->nstored; i++) {

            lists[k].items[i] = field_dup(state_tables[k],
                                          kind->stored[i]->stored);
            if (lists[k].items[i] == NULL) {
                break;
            }

            lists[k].len++;
        }

        if (lists[k].len < kind->nstored) {
            rc = error_nomem(err);
        }
    }

    if (rc == 0) {
        return state_new(config, lists, ret_state, err);
    }

    for (k = 0; k < STATE_KINDS; k++) {
        state_list_release(&lists[k]);
    }

    return rc;
}


const entry_t *
state_find(const state_t *state, const field_table_t *table, const char *name)
{
    bool                 found;
    size_t               at;
    const state_kind_t  *kind;

    kind = &state->kinds[state_index(table)];
    at = state_place(kind->entries, kind->len, name, &found);

    return found ? kind->entries[at] : NULL;
}


const entry_t *
state_bucket(const state_t *state, const char *name)
{
    return state_find(state, &model_bucket_table, name);
}


int
state_credentials(const state_t *state, credentials_list_t *ret_list,
    error_t *err)
{
    int                  rc;
    size_t               i;
    credentials_t       *copy;
    credentials_list_t   list;
    const state_kind_t  *kind;

    memset(&list, 0, sizeof(credentials_list_t));

    kind = &state->kinds[STATE_CREDENTIALS];

    for (i = 0, rc = 0; rc == 0 && i < kind->len; i++) {

        copy = field_dup(&credentials_table, kind->entries[i]->stored);

        rc = copy != NULL ? credentials_add(&list, copy, err)
                          : error_nomem(err);
    }

    if (rc != 0) {
        credentials_release(&list);
        return rc;
    }

    *ret_list = list;

    return 0;
}
