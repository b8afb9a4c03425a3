
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The inside of reconcile_t, for core/reconcile*.c alone.
 */

#ifndef _RECONCILE_TYPES_H_INCLUDED_
#define _RECONCILE_TYPES_H_INCLUDED_


#include <pthread.h>

#include "core/change.h"


/* an entity of the registry, as a revision leaves it */

typedef struct {
    const field_table_t *table;
    char                *name;
    entry_t             *after;        /* NULL: it is gone */
} item_t;


typedef struct pending_s  pending_t;

/* a revision that has not ended; "lock", but for what "constant" says */

struct pending_s {
    pending_t           *next;
    unsigned             refs;         /* the loop's, and a caller's */
    int64_t              n;            /* 0: one only where nginx gets
                                          something new; constant, and so: */
    const char          *actor;        /* of such a one; static */
    config_t            *config;       /* NULL: as it is */
    item_t              *items;
    size_t               nitems;

    bool                 ended;
    int64_t              generation;
    error_t              err;          /* code 0: it is in force */
};


/* how a revision ended, until the registry has it */

typedef struct reconcile_end_s  reconcile_end_t;

struct reconcile_end_s {
    reconcile_end_t     *next;
    int64_t              n;
    const char          *actor;        /* not NULL: it is to be added */
    int64_t              generation;
    int64_t              undo;         /* number of the one that undoes it;
                                          0: it is in force */
    char                 error[ERROR_MESSAGE_MAX];
};


struct reconcile_s {
    reconcile_conf_t     conf;
    pthread_t            thread;
    bool                 started;

    pthread_mutex_t      lock;         /* for all that follows, and the store;
                                          never held while nginx is asked */
    pthread_cond_t       work;
    pthread_cond_t       ended;
    state_t             *base;         /* what is wanted, without ... */
    state_t             *desired;      /* ... and with what is pending */
    pending_t           *first;        /* not taken by the loop yet */
    pending_t          **last;
    size_t               len;
    reconcile_end_t     *ends;
    reconcile_end_t    **ends_last;
    int64_t              unsettled;    /* since when, ms; 0: it is settled */
    int64_t              quiet;        /* since when no other, ms */
    int64_t              settle_ms;    /* that it took the last time */
    size_t               burst;        /* as many were run last */
    int64_t              generation;   /* of the last run */
    bool                 busy;
    bool                 stop;

    pthread_mutex_t      note;         /* for what follows; taken last */
    char                 unread[ERROR_MESSAGE_MAX];
};


/* empty, of two references; NULL: no memory */
pending_t *pending_new(size_t items);

/* under "lock" */
void pending_unref(pending_t *pending);

/* another state, with what a revision changes */
int pending_replay(const pending_t *pending, state_t **state, error_t *err);

/* under "lock": to the end of those that wait */
void reconcile_push(reconcile_t *reconcile, pending_t *pending);

/* under "lock": what the registry has; to state_list_release() each */
int reconcile_read_lists(reconcile_t *reconcile,
    state_list_t lists[STATE_KINDS], error_t *err);

/* reconcile_change(), under "lock" */
int reconcile_apply(reconcile_t *reconcile, const change_t *changes,
    size_t n, order_t *order, error_t *err);

/* under "lock": says which rows of the registry are no buckets */
void reconcile_count_unread(reconcile_t *reconcile);

/* under "lock": all that wait, with what else has come since, until none do */
void reconcile_work(reconcile_t *reconcile);

/* the thread; its argument is the reconcile_t */
void *reconcile_main(void *arg);

/* under "lock": reason is why it failed; NULL: it is in force */
void reconcile_end(reconcile_t *reconcile, pending_t *pending,
    int64_t generation, const error_t *reason);

/*
 * conf.run, under "lock", which is given back meanwhile.  A test needs no
 * number.
 */
int reconcile_run(reconcile_t *reconcile, state_t *state, int64_t number,
    bool test, int64_t *ret_generation, error_t *err);

/* the highest number of these, or a new one */
int64_t reconcile_number(reconcile_t *reconcile, pending_t *const *list,
    size_t n);

/* under "lock": list cannot be run as a whole, for that reason */
void reconcile_sort_out(reconcile_t *reconcile, pending_t **list, size_t n,
    const error_t *reason);

/* replaces a reference */
void reconcile_set(state_t **field, state_t *state);

/* under "lock": what reconcile_commit() is to end with, or drop */
int reconcile_begin(reconcile_t *reconcile, const order_t *order,
    int64_t *ret_n, error_t *err);

/* under "lock": commits pending, and waits for it as the order says */
int reconcile_commit(reconcile_t *reconcile, pending_t *pending,
    state_t *state, order_t *order, error_t *err);
void reconcile_drop(reconcile_t *reconcile, pending_t *pending);

/* under "lock": writes all ends to the registry, or leaves them for later */
int reconcile_save(reconcile_t *reconcile, error_t *err);


#endif /* _RECONCILE_TYPES_H_INCLUDED_ */
