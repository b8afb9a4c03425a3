
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_state.h"
#include "s3_key.h"


static s3_state_counter_t *s3_state_find(s3_state_t *state,
    s3_state_scope_t scope, const s3_str_t *bucket, const s3_str_t *key);
static s3_state_counter_t *s3_state_mark(uint32_t *map,
    s3_state_counter_t *table, uint64_t i);
static void s3_state_look_up(const uint32_t *map,
    const s3_state_counter_t *table, uint64_t i, s3_state_view_t *view);
static void s3_state_look(const s3_state_counter_t *counter,
    s3_state_view_t *view);
static void s3_state_expire(s3_state_counter_t *counter, uint32_t now);


int
s3_state_check(const s3_state_t *state)
{
    return state->magic == S3_STATE_MAGIC
           && state->layout == S3_STATE_LAYOUT
           && state->nlevels == S3_STATE_LEVELS
           && state->nobjects == S3_STATE_OBJECTS;
}


s3_state_view_t
s3_state_view(const s3_state_t *state, const s3_str_t *bucket,
    const s3_str_t *key)
{
    size_t           i, n;
    uint64_t         hashes[S3_KEY_HASHES_MAX];
    s3_state_view_t  view;

    n = s3_key_hashes(bucket, key, hashes);

    view.generation = __atomic_load_n(&state->epoch, __ATOMIC_ACQUIRE);
    view.soft = 0;

    s3_state_look(&state->all, &view);

    for (i = 0; i < n - 1; i++) {
        s3_state_look_up(state->levels_map, state->levels,
                         hashes[i] & (S3_STATE_LEVELS - 1), &view);
    }

    s3_state_look_up(state->objects_map, state->objects,
                     hashes[i] & (S3_STATE_OBJECTS - 1), &view);

    return view;
}


static void
s3_state_look_up(const uint32_t *map, const s3_state_counter_t *table,
    uint64_t i, s3_state_view_t *view)
{
    uint32_t  word;
    uint64_t  bit;

    bit = i / S3_STATE_BLOCK;
    word = __atomic_load_n(&map[bit / 32], __ATOMIC_ACQUIRE);

    if ((word >> (bit % 32) & 1) != 0) {
        s3_state_look(&table[i], view);
    }
}


static void
s3_state_look(const s3_state_counter_t *counter, s3_state_view_t *view)
{
    uint32_t  soft;

    view->generation += __atomic_load_n(&counter->generation,
                                        __ATOMIC_ACQUIRE);

    soft = __atomic_load_n(&counter->soft, __ATOMIC_ACQUIRE);

    if (soft > view->soft) {
        view->soft = soft;
    }
}


size_t
s3_state_purge(s3_state_t *state, s3_state_scope_t scope,
    const s3_str_t *bucket, const s3_str_t *key, uint32_t now,
    s3_state_counter_t **ret_counter)
{
    size_t               i, n;
    s3_str_t             dir;
    s3_state_counter_t  *counter;

    dir.data = NULL;
    dir.len = 0;

    if (scope == S3_STATE_OBJECT) {
        dir = *key;

    } else if (scope == S3_STATE_PREFIX) {
        dir.data = key->data;

        for (i = 0, n = 0; i < key->len && n < S3_KEY_LEVELS_MAX; i++) {
            if (key->data[i] == '/') {
                dir.len = i + 1;
                n++;
            }
        }

        if (dir.len == 0) {
            scope = S3_STATE_BUCKET;
        }
    }

    counter = s3_state_find(state, scope, bucket, &dir);

    if (ret_counter != NULL) {
        *ret_counter = counter;
    }

    if (now != 0) {
        s3_state_expire(counter, now);

    } else {
        (void) __atomic_add_fetch(&counter->generation, 1, __ATOMIC_SEQ_CST);
    }

    return dir.len;
}


/*
 * The counter that is to be raised.  A directory's own level is the last of
 * its levels, before its object.
 */

static s3_state_counter_t *
s3_state_find(s3_state_t *state, s3_state_scope_t scope,
    const s3_str_t *bucket, const s3_str_t *key)
{
    size_t    n;
    uint64_t  hash, hashes[S3_KEY_HASHES_MAX];

    if (scope == S3_STATE_ALL) {
        return &state->all;
    }

    n = s3_key_hashes(bucket, key, hashes);

    if (scope == S3_STATE_OBJECT) {
        return s3_state_mark(state->objects_map, state->objects,
                             hashes[n - 1] & (S3_STATE_OBJECTS - 1));
    }

    hash = (scope == S3_STATE_PREFIX) ? hashes[n - 2] : hashes[0];

    return s3_state_mark(state->levels_map, state->levels,
                         hash & (S3_STATE_LEVELS - 1));
}


static s3_state_counter_t *
s3_state_mark(uint32_t *map, s3_state_counter_t *table, uint64_t i)
{
    uint64_t  bit;

    bit = i / S3_STATE_BLOCK;

    (void) __atomic_or_fetch(&map[bit / 32], (uint32_t) 1 << (bit % 32),
                             __ATOMIC_SEQ_CST);

    return &table[i];
}


uint32_t *
s3_state_map(s3_state_t *state, const s3_state_counter_t *counter)
{
    uint64_t  i;

    if (counter == &state->all) {
        return NULL;
    }

    if (counter >= state->objects) {
        i = (uint64_t) (counter - state->objects);
        return &state->objects_map[i / S3_STATE_BLOCK / 32];
    }

    i = (uint64_t) (counter - state->levels);

    return &state->levels_map[i / S3_STATE_BLOCK / 32];
}


/* time does not run back here, whatever the clock does */

static void
s3_state_expire(s3_state_counter_t *counter, uint32_t now)
{
    uint32_t  soft;

    soft = __atomic_load_n(&counter->soft, __ATOMIC_ACQUIRE);

    while (soft < now
           && !__atomic_compare_exchange_n(&counter->soft, &soft, now, 0,
                                           __ATOMIC_SEQ_CST,
                                           __ATOMIC_ACQUIRE))
    {
        /* soft holds what another worker has written */
    }
}
