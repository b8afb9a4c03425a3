
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The loop (see reconcile.h).  All revisions that wait are run at once.  Where
 * nginx does not take them together, they are tried by halves, with nginx -t
 * alone, so that each that is at fault is found; the others are run then.
 * Only where nginx -t finds nothing each half is really run.
 *
 * A revision that ends does so in memory first, then in the registry: where
 * that cannot be written, it is with the next one that can.  Until then the
 * registry has it as pending, which a start would run, or undo, again.
 */


#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "core/reconcile_types.h"


#define RECONCILE_PAUSE_MS  100
#define RECONCILE_QUICK_MS  50         /* to settle at once */
#define RECONCILE_QUIET_MS  300        /* without a change: it is settled */
#define RECONCILE_LATE_MS   10000      /* or so long after the first one */
#define RECONCILE_COMING_MS 25         /* without another change of a burst */
#define RECONCILE_BURST_MS  150        /* of waiting for it */


void
reconcile_push(reconcile_t *reconcile, pending_t *pending)
{
    *reconcile->last = pending;
    reconcile->last = &pending->next;
    reconcile->len++;

    (void) pthread_cond_signal(&reconcile->work);
}


int
reconcile_run(reconcile_t *reconcile, state_t *state, int64_t number,
    bool test, int64_t *ret_generation, error_t *err)
{
    int  rc;

    (void) pthread_mutex_unlock(&reconcile->lock);

    rc = reconcile->conf.run(reconcile->conf.data, state, number, test,
                             ret_generation, err);

    (void) pthread_mutex_lock(&reconcile->lock);

    return rc;
}


int64_t
reconcile_number(reconcile_t *reconcile, pending_t *const *list, size_t n)
{
    while (n > 0) {
        if (list[--n]->n != 0) {
            return list[n]->n;
        }
    }

    return atomic_fetch_add(reconcile->conf.numbers, 1) + 1;
}


void
reconcile_set(state_t **field, state_t *state)
{
    state_unref(*field);
    *field = state_ref(state);
}


/* takes all that wait; false: no memory, they go on waiting */

static bool
reconcile_take(reconcile_t *reconcile, pending_t ***ret_list, size_t *ret_n)
{
    size_t       n;
    pending_t   *pending, *next, **list;

    list = calloc(reconcile->len, sizeof(pending_t *));
    if (list == NULL) {
        return false;
    }

    n = 0;

    for (pending = reconcile->first; pending != NULL; pending = next) {

        next = pending->next;
        pending->next = NULL;

        if (pending->ended) {
            pending_unref(pending);

        } else {
            list[n++] = pending;
        }
    }

    reconcile->first = NULL;
    reconcile->last = &reconcile->first;
    reconcile->len = 0;

    *ret_list = list;
    *ret_n = n;

    return true;
}


/* for memory that others give back */

static void
reconcile_pause(reconcile_t *reconcile)
{
    (void) pthread_mutex_unlock(&reconcile->lock);
    clock_pause(RECONCILE_PAUSE_MS);
    (void) pthread_mutex_lock(&reconcile->lock);
}


static void
reconcile_settle(reconcile_t *reconcile)
{
    int64_t  from;

    if (reconcile->unsettled == 0) {
        return;
    }

    reconcile->unsettled = 0;

    (void) pthread_mutex_unlock(&reconcile->lock);

    from = clock_ms();
    reconcile->conf.settled(reconcile->conf.data);
    from = clock_ms() - from;

    (void) pthread_mutex_lock(&reconcile->lock);

    reconcile->settle_ms = from;
}


/*
 * Those who were answered together come back together: a moment for the last
 * of them.
 */

static void
reconcile_gather(reconcile_t *reconcile)
{
    size_t           seen, all;
    int64_t          from, until;
    struct timespec  ts;

    if (reconcile->len <= 1 && reconcile->burst <= 1) {
        return;
    }

    from = clock_ms();
    all = reconcile->len + reconcile->burst;

    while (!reconcile->stop && reconcile->len < all
           && clock_ms() - from < RECONCILE_BURST_MS)
    {
        seen = reconcile->len;
        until = clock_ms() + RECONCILE_COMING_MS;
        ts.tv_sec = (time_t) (until / 1000);
        ts.tv_nsec = (long) (until % 1000) * 1000000L;

        (void) pthread_cond_timedwait(&reconcile->work, &reconcile->lock,
                                      &ts);

        if (reconcile->len == seen && clock_ms() >= until) {
            break;
        }
    }
}


/* all that wait now, once */

static void
reconcile_round(reconcile_t *reconcile)
{
    int           rc;
    size_t        i, n;
    int64_t       generation;
    error_t       err;
    state_t      *state;
    pending_t   **list;

    reconcile_gather(reconcile);

    if (reconcile->stop) {
        return;
    }

    if (!reconcile_take(reconcile, &list, &n)) {
        reconcile_pause(reconcile);
        return;
    }

    if (n == 0) {
        free(list);
        return;
    }

    reconcile->burst = n;
    state = state_ref(reconcile->desired);

    rc = reconcile_run(reconcile, state,
                       reconcile_number(reconcile, list, n), false,
                       &generation, &err);

    if (rc == 0) {
        reconcile_set(&reconcile->base, state);

        for (i = 0; i < n; i++) {
            reconcile_end(reconcile, list[i], generation, NULL);
        }

        reconcile->generation = generation;

    } else {
        reconcile_sort_out(reconcile, list, n, &err);
    }

    state_unref(state);

    (void) reconcile_save(reconcile, NULL);

    reconcile->quiet = clock_ms();

    if (reconcile->unsettled == 0) {
        reconcile->unsettled = reconcile->quiet;
    }

    if (reconcile->settle_ms <= RECONCILE_QUICK_MS) {
        reconcile_settle(reconcile);
    }

    for (i = 0; i < n; i++) {
        if (list[i]->ended) {
            pending_unref(list[i]);
        }
    }

    free(list);

    (void) pthread_cond_broadcast(&reconcile->ended);
}


void
reconcile_work(reconcile_t *reconcile)
{
    reconcile->busy = true;

    while (reconcile->first != NULL && !reconcile->stop) {

        reconcile_round(reconcile);

        if (reconcile->unsettled != 0
            && clock_ms() - reconcile->unsettled >= RECONCILE_LATE_MS)
        {
            reconcile_settle(reconcile);
        }
    }

    reconcile->busy = false;
}


/* until there is work, or it has been quiet for long enough */

static void
reconcile_wait(reconcile_t *reconcile)
{
    int64_t          until;
    struct timespec  ts;

    if (reconcile->unsettled == 0) {
        (void) pthread_cond_wait(&reconcile->work, &reconcile->lock);
        return;
    }

    until = reconcile->quiet + RECONCILE_QUIET_MS;
    ts.tv_sec = (time_t) (until / 1000);
    ts.tv_nsec = (long) (until % 1000) * 1000000L;

    if (pthread_cond_timedwait(&reconcile->work, &reconcile->lock, &ts) != 0) {
        reconcile_settle(reconcile);
    }
}


void *
reconcile_main(void *arg)
{
    reconcile_t  *reconcile;

    reconcile = arg;

    (void) pthread_mutex_lock(&reconcile->lock);

    while (!reconcile->stop) {

        reconcile_work(reconcile);

        if (reconcile->first == NULL && !reconcile->stop) {
            reconcile_wait(reconcile);
        }
    }

    reconcile_settle(reconcile);

    (void) pthread_mutex_unlock(&reconcile->lock);

    return NULL;
}
