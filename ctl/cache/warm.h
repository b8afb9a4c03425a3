
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Jobs that fill the cache, a thread each.  They end with us; what has ended
 * is remembered for a while.
 */

#ifndef _WARM_H_INCLUDED_
#define _WARM_H_INCLUDED_


#include "cache/warm_job.h"


#define WARM_JOBS_MAX      32      /* that are remembered */
#define WARM_RUNNING_MAX   4       /* at once */


typedef struct {
    const char      *edge;         /* "http://127.0.0.1:9000" */
    const char      *socket;       /* where lists are asked for */
    const char      *bucket;
    const s3_str_t  *prefix;       /* encoded; NULL: the keys */
    const s3_str_t  *keys;         /* encoded */
    size_t           nkeys;
    unsigned         concurrency;  /* 1 to WARM_CONCURRENCY_MAX */
} warm_request_t;


typedef struct warm_s  warm_t;


int warm_new(warm_t **ret_warm, error_t *err);

/* cancels what runs, and waits for it; NULL is fine */
void warm_free(warm_t *warm);

/* copies the request.  ERR_CONFLICT: too many are running */
int warm_start(warm_t *warm, const warm_request_t *request,
    warm_progress_t *ret_progress, error_t *err);

/* ERR_NOT_FOUND: no such job, or long since */
int warm_get(warm_t *warm, const char *id, warm_progress_t *ret_progress,
    error_t *err);

/* returns at once; nothing to do where it has ended */
int warm_cancel(warm_t *warm, const char *id, warm_progress_t *ret_progress,
    error_t *err);

/* the latest first; returns how many */
size_t warm_list(warm_t *warm, warm_progress_t list[WARM_JOBS_MAX]);

/* "running" */
const char *warm_state_name(warm_state_t state);


#endif /* _WARM_H_INCLUDED_ */
