
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The history of what is wanted: each change is a revision, written together
 * with the entities that it changes, before nginx has it.  All functions are
 * called under the lock of the store; those that write, in a transaction.
 */

#ifndef _REVISION_H_INCLUDED_
#define _REVISION_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "registry/store.h"


#define REVISION_KEEP         1000     /* the latest; older ones go */
#define REVISION_PAGE_MAX     1000
#define REVISION_MESSAGE_MAX  1000     /* bytes of why */

#define REVISION_PENDING      "pending"
#define REVISION_APPLIED      "applied"
#define REVISION_FAILED       "failed"
#define REVISION_SUPERSEDED   "superseded"


typedef struct {
    int64_t          n;
    int64_t          at;           /* seconds since 1970 */
    char            *actor;        /* "token", "local", "signal", "file",
                                      "start", "addresses", "s3edged" */
    char            *address;      /* of the client; may be NULL */
    char            *client;       /* "s3edgectl", "api"; may be NULL */
    char            *message;      /* why; may be NULL */
    char            *state;
    int64_t          ended_at;     /* 0: it has not */
    int64_t          generation;   /* of nginx, with it; 0: none */
    int64_t          undoes;       /* a revision that failed; 0: none */
    char            *error;        /* of one that failed; may be NULL */
    size_t           changes;
} revision_t;


typedef struct {
    revision_t      *rows;
    size_t           len;
} revision_page_t;


typedef struct {
    int64_t          revision;
    char            *kind;
    char            *name;
    char            *before;       /* registry/document.h; NULL: none */
    char            *after;
} revision_change_t;


typedef struct {
    revision_change_t  *items;
    size_t              len;
} revision_changes_t;


/* the highest number; 0: there is none */
int revision_last(store_t *store, int64_t *ret_n, error_t *err);

/* the highest number of those that hold: not failed, and undoing none */
int revision_held(store_t *store, int64_t *ret_n, error_t *err);

/* row->changes is not looked at; one that there is stays as it is */
int revision_add(store_t *store, const revision_t *row, error_t *err);

/* before and after may be NULL; they are at that position of revision n */
int revision_record(store_t *store, int64_t n, size_t position,
    const revision_change_t *change, error_t *err);

/* error may be NULL */
int revision_end(store_t *store, int64_t n, const char *state,
    int64_t generation, const char *error, error_t *err);

/*
 * Takes the changes of revision n back, but for what a later one has changed
 * again: that one goes on from what was before n.  The revision "number" says
 * so in the history, where n has changed something.
 */
int revision_undo(store_t *store, int64_t n, int64_t number,
    int64_t generation, error_t *err);

/* only the last REVISION_KEEP stay */
int revision_trim(store_t *store, error_t *err);

/* the latest first, below "before" (0: all); to revision_page_release() */
int revision_list(store_t *store, int64_t before, size_t limit,
    revision_page_t *ret_page, error_t *err);

/* in their order, with actor "file" and such, too */
int revision_pending(store_t *store, revision_page_t *ret_page, error_t *err);

void revision_page_release(revision_page_t *page);

/*
 * The revision of that number, or the last one with which nginx got it.
 * ERR_NOT_FOUND.  To revision_release().
 */
int revision_get(store_t *store, int64_t n, revision_t *ret_revision,
    error_t *err);

void revision_release(revision_t *revision);

/* of one revision; to revision_changes_release() */
int revision_changes(store_t *store, int64_t n,
    revision_changes_t *ret_changes, error_t *err);

/*
 * What differs between what was in force with n and with m: one for each
 * entity that was changed in between, before as of n.  ERR_NOT_FOUND: the
 * history does not reach back to n.
 */
int revision_between(store_t *store, int64_t n, int64_t m,
    revision_changes_t *ret_changes, error_t *err);

void revision_changes_release(revision_changes_t *changes);


/*
 * For revision*.c: those whose changes are in what is wanted; numbers are
 * bound to ?1 and so on.
 */

#define REVISION_HOLDS                                                        \
    "state IN ('applied', 'pending') AND undoes IS NULL"

int revision_prepare(store_t *store, const char *sql, const int64_t *numbers,
    int n, sqlite3_stmt **ret_stmt, error_t *err);


#endif /* _REVISION_H_INCLUDED_ */
