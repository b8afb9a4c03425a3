
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The inside of control_t, for core/control*.c alone.
 */

#ifndef _CONTROL_TYPES_H_INCLUDED_
#define _CONTROL_TYPES_H_INCLUDED_


#include <pthread.h>
#include <stdint.h>

#include "cache/disk.h"
#include "cache/diskwatch.h"
#include "core/apply.h"
#include "core/control_kind.h"
#include "core/reconcile.h"
#include "core/services.h"
#include "core/site.h"
#include "creds/named.h"


struct control_s {

    /* set by control_new(), then constant */

    site_t               site;         /* its store is reconcile's */
    named_t             *named;        /* credentials; has a lock of its own */
    disk_t              *disk;
    diskwatch_t         *watch;        /* once nginx runs; "lock" */
    services_t           services;
    reconcile_t         *reconcile;
    int64_t              started_at;
    atomic_llong         numbers;      /* of revisions and generations: the
                                          last one */

    /* "runner" guards these: nginx, from one run of it to its end */

    pthread_mutex_t      runner;
    apply_t             *apply;
    bool                 start_failed; /* and last_error says why */
    int64_t              next_refresh;
    bool                 behind;       /* the last good config goes on */
    bool                 again;        /* nginx was started anew, and may take
                                          now what it did not before */

    /* "lock" guards these, "runner" too where they are changed */

    pthread_mutex_t      lock;
    state_t             *state;        /* in force; at the start: wanted */
    int64_t              generation;
    int64_t              applied_at;
    char                 last_error[ERROR_MESSAGE_MAX];
    char                 store_error[ERROR_MESSAGE_MAX];   /* as last seen */
    char                 copy_error[ERROR_MESSAGE_MAX];    /* of the registry */
    char                 lacks[ERROR_MESSAGE_MAX];     /* see core/apply.h */
};


/* a reconcile_run_pt; data is the control */
int control_run(void *data, state_t *state, int64_t number, bool test,
    int64_t *ret_generation, error_t *err);

/*
 * After changes.  A copy of the registry, for the next start: what fails
 * takes nothing from the change, and is said by health.
 */
void control_copy(void *data);

/* a reference to what is in force */
state_t *control_state(struct control_s *control);

/* under "runner": the credentials of state, with their keys as they are now */
int control_creds_use(struct control_s *control, const state_t *state,
    error_t *err);

/* under "runner": publishes keys that a provider has others of now */
int control_creds_poll(struct control_s *control, error_t *err);

/* begins to watch the disks, which nginx has made.  Under "runner" */
int control_watch(struct control_s *control, error_t *err);

/*
 * Makes the last good config go on, starting nginx with it where it does not
 * run: for a config that cannot be applied, or must not.  Not under "runner".
 */
int control_hold(struct control_s *control, error_t *err);


#endif /* _CONTROL_TYPES_H_INCLUDED_ */
