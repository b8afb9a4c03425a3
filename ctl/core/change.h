
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A change of what is wanted, who asks for it, and what a reconcile_t is made
 * with.
 */

#ifndef _CHANGE_H_INCLUDED_
#define _CHANGE_H_INCLUDED_


#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/state.h"
#include "registry/store.h"


#define RECONCILE_CHANGES_MAX  MODEL_BUCKETS_MAX   /* of one revision */
#define RECONCILE_WAIT_MAX     4096                /* revisions that wait */


typedef enum {
    CHANGE_ADD = 0,                /* ERR_CONFLICT: it is there */
    CHANGE_SET,                    /* ERR_NOT_FOUND: it is not */
    CHANGE_DEL,                    /* the same */
    CHANGE_BACK                    /* to a document, or to none */
} change_verb_t;


/* of one entity of the registry; ERR_READ_ONLY: it is one of the YAML */

typedef struct {
    change_verb_t          verb;
    const field_table_t   *table;
    const char            *name;
    const void            *after;      /* of CHANGE_ADD and CHANGE_SET */
    const entry_t         *before;     /* NULL, or what CHANGE_SET and
                                          CHANGE_DEL are to find there:
                                          ERR_CONFLICT otherwise */
    const char            *document;   /* of CHANGE_BACK; may be NULL */
} change_t;


/* who asks, and how; texts may be NULL but for actor */

typedef struct {
    const char      *actor;
    const char      *address;
    const char      *client;
    const char      *message;      /* why */
    bool             async;        /* does not wait for nginx */
    int64_t          revision;     /* set: its number */
    bool             pending;      /* set: it has not ended yet */
} order_t;


/*
 * Makes nginx run state, with that number or a higher one, or with "test" asks
 * nginx whether it would.  On failure nginx has what it had.  Called by one
 * thread at a time, and under none of our locks.
 */

typedef int (*reconcile_run_pt)(void *data, state_t *state, int64_t number,
    bool test, int64_t *ret_generation, error_t *err);


typedef struct {
    store_t             *store;    /* ours alone from now on */
    reconcile_run_pt     run;
    void               (*settled)(void *data);     /* after changes, when there
                                      are no others for a moment; on the
                                      loop's thread */
    void                *data;
    atomic_llong        *numbers;  /* the last one that was given out */
} reconcile_conf_t;


typedef struct reconcile_s  reconcile_t;


#endif /* _CHANGE_H_INCLUDED_ */
