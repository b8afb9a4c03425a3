
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Deletes files of the cache that no request can find again, because what
 * they hold was purged: one run at a time, by a thread of low priority, at a
 * bounded rate.
 *
 * What is dead stays dead, and the name of a file is the hash of its whole
 * key: a file that nginx puts in its place meanwhile is as dead.  Transfers
 * that are under way keep the file they have opened.
 */

#ifndef _RECLAIM_H_INCLUDED_
#define _RECLAIM_H_INCLUDED_


#include <stdint.h>

#include "base/error.h"


#define RECLAIM_RATE_DEFAULT  500  /* files a second */
#define RECLAIM_RATE_MAX      100000


typedef enum {
    RECLAIM_IDLE = 0,              /* never ran */
    RECLAIM_RUNNING,
    RECLAIM_DONE,
    RECLAIM_CANCELED,
    RECLAIM_FAILED
} reclaim_state_t;


typedef struct {
    reclaim_state_t  state;
    unsigned         rate;
    uint64_t         seen;         /* cache files looked at */
    uint64_t         deleted;
    uint64_t         bytes;        /* of those, as on disk */
    uint64_t         errors;       /* that could not be deleted */
    int64_t          started_at;   /* seconds since 1970 */
    int64_t          ended_at;     /* 0: not yet */
    char             message[256]; /* RECLAIM_FAILED */
} reclaim_progress_t;


typedef struct reclaim_s  reclaim_t;


/* starts nothing; any thread may call what follows */
int reclaim_new(const char *disk, const char *counters,
    reclaim_t **ret_reclaim, error_t *err);

/* cancels what runs, and waits for it; NULL is fine */
void reclaim_free(reclaim_t *reclaim);

/* ERR_CONFLICT: one is running */
int reclaim_start(reclaim_t *reclaim, unsigned rate, error_t *err);

/* returns at once; nothing to do where none runs */
void reclaim_cancel(reclaim_t *reclaim);

void reclaim_progress(reclaim_t *reclaim, reclaim_progress_t *ret_progress);

/* "running" */
const char *reclaim_state_name(reclaim_state_t state);


#endif /* _RECLAIM_H_INCLUDED_ */
