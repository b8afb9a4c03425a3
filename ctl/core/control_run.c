
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A run: what is wanted becomes what nginx has (see control_types.h).
 */


#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/control.h"
#include "core/control_types.h"
#include "origin/origin.h"


static bool
control_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}


/*
 * A name that means another place of an origin than it did, or that is new,
 * must not find what is on disk under it.
 */

static int
control_forget(control_t *control, const state_t *old, const state_t *new,
    error_t *err)
{
    int                    rc;
    size_t                 i;
    edge_purge_t           purge;
    const entry_t         *entry;
    const model_bucket_t  *b, *was;

    memset(&purge, 0, sizeof(edge_purge_t));
    purge.scope = EDGE_PURGE_BUCKET;

    for (i = 0; i < new->buckets.len; i++) {

        b = new->buckets.items[i];
        entry = state_bucket(old, b->name);

        if (entry == new->kinds[STATE_BUCKETS].entries[i]) {
            continue;
        }

        was = entry != NULL ? entry->bucket : NULL;

        if (was != NULL
            && control_same(b->endpoint, was->endpoint)
            && control_same(b->origin_bucket, was->origin_bucket)
            && control_same(b->prefix, was->prefix))
        {
            continue;
        }

        purge.bucket = b->name;

        rc = edge_purge(control->site.edge, &purge, err);

        if (rc != 0) {
            (void) error_prefix(err, "what was cached under the name of "
                                "bucket \"%s\" is not purged", b->name);
            return rc;
        }
    }

    return 0;
}


/* nginx runs it, or would */

static int
control_run_nginx(control_t *control, state_t *state, int64_t number,
    bool test, int64_t *ret_generation, error_t *err)
{
    int            rc;
    resolve_map_t  resolved;

    rc = origin_resolve(control->site.resolve, &state->buckets, &resolved,
                        err);
    if (rc != 0) {
        return rc;
    }

    rc = addresses_prepare(control->site.addresses, state->config,
                           &state->buckets, &resolved, err);

    if (rc == 0 && test) {
        rc = apply_test(control->apply, state->config, &state->buckets,
                        &resolved, err);

    } else if (rc == 0) {
        rc = apply_run(control->apply, state->config, &state->buckets,
                       &resolved, number, ret_generation, err);

        if (rc == 0) {
            resolve_commit(control->site.resolve, &resolved);
            addresses_commit(control->site.addresses, state->config,
                             &state->buckets, control->site.resolve);
        }
    }

    resolve_map_release(&resolved);

    return rc;
}


/* have both the same credentials? */

static bool
control_same_creds(const state_t *a, const state_t *b)
{
    const state_kind_t  *one, *two;

    one = &a->kinds[STATE_CREDENTIALS];
    two = &b->kinds[STATE_CREDENTIALS];

    return one->len == two->len
           && (one->len == 0
               || memcmp(one->entries, two->entries,
                         one->len * sizeof(entry_t *)) == 0);
}


/* the same with its credentials, which are those in force again if it fails */

static int
control_run_creds(control_t *control, state_t *state, int64_t number,
    bool test, int64_t *ret_generation, error_t *err)
{
    int       rc;
    bool      same;
    state_t  *old;

    rc = 0;
    old = control_state(control);
    same = control->generation != 0 && control_same_creds(old, state);

    if (!same) {
        rc = control_creds_use(control, state, err);
    }

    if (rc == 0) {
        rc = control_run_nginx(control, state, number, test, ret_generation,
                               err);
    }

    if (!same && (rc != 0 || test)) {
        (void) control_creds_use(control, old, NULL);
    }

    state_unref(old);

    return rc;
}


static void
control_in_force(control_t *control, state_t *state, int64_t generation)
{
    (void) pthread_mutex_lock(&control->lock);

    state_unref(control->state);
    control->state = state_ref(state);

    if (generation != control->generation) {
        control->generation = generation;
        control->applied_at = (int64_t) time(NULL);
    }

    control->last_error[0] = '\0';

    (void) snprintf(control->lacks, sizeof(control->lacks), "%s",
                    apply_lacks(control->apply));

    (void) pthread_mutex_unlock(&control->lock);
}


/* under "runner" */

static int
control_run_all(control_t *control, state_t *state, int64_t number,
    int64_t *ret_generation, error_t *err)
{
    int       rc;
    error_t   reason;
    int64_t   generation;
    state_t  *old;

    rc = control_run_creds(control, state, number, false, &generation, err);

    if (rc != 0) {
        if (apply_astray(control->apply)) {
            control_failed(control, err);
        }

        return rc;
    }

    old = control_state(control);

    rc = control_forget(control, old, state, err);

    if (rc != 0
        && (control_creds_use(control, old, &reason) != 0
            || control_run_nginx(control, old, 0, false, &generation, &reason)
               != 0))
    {
        error_append(err, "and the old configuration is not back: %s",
                     reason.message);
        control_failed(control, err);
    }

    if (rc == 0) {
        control_in_force(control, state, generation);

        control->start_failed = false;
        control->again = false;
        control->behind = false;

        *ret_generation = generation;

        rc = control_watch(control, err);
    }

    state_unref(old);

    return rc;
}


int
control_run(void *data, state_t *state, int64_t number, bool test,
    int64_t *ret_generation, error_t *err)
{
    int         rc;
    control_t  *control;

    control = data;

    (void) pthread_mutex_lock(&control->runner);

    rc = test ? control_run_creds(control, state, number, true,
                                  ret_generation, err)
              : control_run_all(control, state, number, ret_generation, err);

    (void) pthread_mutex_unlock(&control->runner);

    return rc;
}
