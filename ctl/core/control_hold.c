
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The last good config goes on (see control_types.h).
 */


#include <pthread.h>
#include <time.h>

#include "core/control.h"
#include "core/control_types.h"


#define CONTROL_HOLD_TRIES  200
#define CONTROL_HOLD_MS     50         /* between two */


/* the generation that nginx runs */

static int
control_running(control_t *control, int64_t *ret_generation, error_t *err)
{
    unsigned         i;
    edge_status_t    status;
    struct timespec  pause;

    pause.tv_sec = 0;
    pause.tv_nsec = CONTROL_HOLD_MS * 1000000L;

    for (i = 0; i < CONTROL_HOLD_TRIES; i++) {

        if (edge_status(control->site.edge, &status, NULL) == 0) {
            *ret_generation = status.generation;
            return 0;
        }

        (void) nanosleep(&pause, NULL);
    }

    return error_set(err, ERR_TIMEOUT, "nginx does not answer on its control "
                     "socket");
}


int
control_hold(control_t *control, error_t *err)
{
    int              rc;
    int64_t          generation;
    state_t         *state;

    generation = 0;

    (void) pthread_mutex_lock(&control->runner);

    rc = nginx_start(control->site.nginx, err);

    if (rc == 0) {
        rc = control_running(control, &generation, err);
    }

    if (rc == 0) {
        state = reconcile_desired(control->reconcile);

        (void) pthread_mutex_lock(&control->lock);

        state_unref(control->state);
        control->state = state;
        control->generation = generation;
        control->applied_at = (int64_t) time(NULL);

        (void) pthread_mutex_unlock(&control->lock);

        rc = control_watch(control, err);
    }

    (void) pthread_mutex_unlock(&control->runner);

    return rc;
}
