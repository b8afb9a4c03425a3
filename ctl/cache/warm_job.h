
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One job that fetches objects through the edge, so that they are in its
 * cache: the transfers, in the thread of whoever calls warm_job_run().
 */

#ifndef _WARM_JOB_H_INCLUDED_
#define _WARM_JOB_H_INCLUDED_


#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "s3_types.h"

#include "base/error.h"


#define WARM_ID_LEN           16   /* hex digits */
#define WARM_CONCURRENCY_MAX  64
#define WARM_MESSAGE_MAX      256


typedef enum {
    WARM_RUNNING = 0,
    WARM_DONE,                     /* also where some keys failed */
    WARM_CANCELED,
    WARM_FAILED                    /* it could not go on */
} warm_state_t;


typedef struct {
    char             id[WARM_ID_LEN + 1];
    char             bucket[S3_BUCKET_MAX + 1];
    warm_state_t     state;
    unsigned         concurrency;
    bool             counted;      /* total is not going to grow */
    uint64_t         total;        /* keys that are known so far */
    uint64_t         done;         /* hits + misses + errors */
    uint64_t         bytes;        /* bodies received */
    uint64_t         hits;         /* were in the cache */
    uint64_t         misses;       /* came from the origin */
    uint64_t         errors;
    int64_t          started_at;   /* seconds since 1970 */
    int64_t          ended_at;     /* 0: not yet */
    char             message[WARM_MESSAGE_MAX];    /* of the first error */
} warm_progress_t;


typedef struct {
    char                *url;          /* of the edge and bucket, ends in "/" */
    char                *socket;       /* of the server that lists */
    char                *prefix;       /* encoded; NULL: the keys that are
                                          there */
    char               **keys;         /* encoded, to fetch; all owned */
    size_t               nkeys;
    size_t               next;         /* of keys */
    char                *token;        /* of the next page of the list */
    bool                 listed;       /* there is no further page */
    CURLM               *multi;

    pthread_mutex_t      mutex;        /* for what follows */
    bool                 cancel;
    warm_progress_t      progress;
} warm_job_t;


/*
 * job is filled in, with its mutex; from here to the end keys, next, token
 * and listed belong to this thread.  Sets state and ended_at last.
 */
void warm_job_run(warm_job_t *job);

/* any thread */
void warm_job_cancel(warm_job_t *job);
void warm_job_progress(warm_job_t *job, warm_progress_t *ret_progress);


#endif /* _WARM_JOB_H_INCLUDED_ */
