
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cache/warm.h"


typedef struct warm_entry_s  warm_entry_t;

struct warm_entry_s {
    warm_job_t           job;
    pthread_t            thread;
    warm_entry_t        *next;
};


struct warm_s {
    pthread_mutex_t      mutex;        /* for the list */
    warm_entry_t        *first;        /* the latest */
};


static const char *const  warm_states[] = {
    "running", "done", "canceled", "failed"
};


const char *
warm_state_name(warm_state_t state)
{
    return warm_states[state];
}


int
warm_new(warm_t **ret_warm, error_t *err)
{
    warm_t  *warm;

    warm = calloc(1, sizeof(warm_t));
    if (warm == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_init(&warm->mutex, NULL);

    *ret_warm = warm;

    return 0;
}


static void
warm_job_release(warm_job_t *job)
{
    size_t  i;

    for (i = 0; i < job->nkeys; i++) {
        free(job->keys[i]);
    }

    free(job->keys);
    free(job->url);
    free(job->socket);
    free(job->prefix);
    free(job->token);

    if (job->multi != NULL) {
        (void) curl_multi_cleanup(job->multi);
    }

    (void) pthread_mutex_destroy(&job->mutex);
}


/* waits for its end */

static void
warm_entry_free(warm_entry_t *entry)
{
    (void) pthread_join(entry->thread, NULL);

    warm_job_release(&entry->job);
    free(entry);
}


void
warm_free(warm_t *warm)
{
    warm_entry_t  *entry;

    if (warm == NULL) {
        return;
    }

    for (entry = warm->first; entry != NULL; entry = entry->next) {
        warm_job_cancel(&entry->job);
    }

    while (warm->first != NULL) {
        entry = warm->first;
        warm->first = entry->next;
        warm_entry_free(entry);
    }

    (void) pthread_mutex_destroy(&warm->mutex);
    free(warm);
}


static void *
warm_main(void *arg)
{
    warm_job_run(arg);

    return NULL;
}


static int
warm_job_fill(warm_job_t *job, const warm_request_t *request, error_t *err)
{
    size_t    i, size;
    uint64_t  id;

    if (getrandom(&id, sizeof(uint64_t), 0) != (ssize_t) sizeof(uint64_t)) {
        return error_errno(err, ERR_INTERNAL, "getrandom()");
    }

    (void) snprintf(job->progress.id, sizeof(job->progress.id), "%016" PRIx64,
                    id);
    (void) snprintf(job->progress.bucket, sizeof(job->progress.bucket), "%s",
                    request->bucket);

    job->progress.concurrency = request->concurrency;
    job->progress.started_at = (int64_t) time(NULL);
    job->progress.counted = request->prefix == NULL;
    job->progress.total = request->nkeys;
    job->listed = request->prefix == NULL;

    job->multi = curl_multi_init();

    size = strlen(request->edge) + strlen(request->bucket) + sizeof("//");
    job->url = malloc(size);

    job->socket = strdup(request->socket);

    if (job->multi == NULL || job->url == NULL || job->socket == NULL) {
        return error_nomem(err);
    }

    (void) snprintf(job->url, size, "%s/%s/", request->edge, request->bucket);

    if (request->prefix != NULL) {
        job->prefix = strndup((char *) request->prefix->data,
                              request->prefix->len);

        return job->prefix != NULL ? 0 : error_nomem(err);
    }

    job->keys = calloc(request->nkeys, sizeof(char *));
    if (job->keys == NULL) {
        return error_nomem(err);
    }

    for (i = 0; i < request->nkeys; i++) {
        job->keys[i] = strndup((char *) request->keys[i].data,
                               request->keys[i].len);

        if (job->keys[i] == NULL) {
            return error_nomem(err);
        }

        job->nkeys++;
    }

    return 0;
}


/*
 * Under the mutex.  Counts those that run, and forgets the oldest that have
 * ended until there is room for one more.
 */

static unsigned
warm_running(warm_t *warm)
{
    unsigned           n, running;
    warm_entry_t      *entry, **link, **oldest;
    warm_progress_t    progress;

    for ( ;; ) {
        n = 0;
        running = 0;
        oldest = NULL;

        for (link = &warm->first; *link != NULL; link = &(*link)->next) {
            warm_job_progress(&(*link)->job, &progress);
            n++;

            if (progress.state == WARM_RUNNING) {
                running++;

            } else {
                oldest = link;
            }
        }

        if (n < WARM_JOBS_MAX || oldest == NULL) {
            return running;
        }

        entry = *oldest;
        *oldest = entry->next;
        warm_entry_free(entry);
    }
}


int
warm_start(warm_t *warm, const warm_request_t *request,
    warm_progress_t *ret_progress, error_t *err)
{
    int            rc;
    warm_entry_t  *entry;

    if (request->concurrency == 0
        || request->concurrency > WARM_CONCURRENCY_MAX)
    {
        return error_set(err, ERR_INVALID, "concurrency: 1 to %d is expected",
                         WARM_CONCURRENCY_MAX);
    }

    entry = calloc(1, sizeof(warm_entry_t));
    if (entry == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_init(&entry->job.mutex, NULL);

    rc = warm_job_fill(&entry->job, request, err);
    if (rc != 0) {
        goto failed;
    }

    (void) pthread_mutex_lock(&warm->mutex);

    if (warm_running(warm) >= WARM_RUNNING_MAX) {
        rc = error_set(err, ERR_CONFLICT, "%d jobs are running already",
                       WARM_RUNNING_MAX);

    } else if (pthread_create(&entry->thread, NULL, warm_main, &entry->job)
               != 0)
    {
        rc = error_set(err, ERR_INTERNAL, "no thread for the job");

    } else {
        entry->next = warm->first;
        warm->first = entry;
        warm_job_progress(&entry->job, ret_progress);
    }

    (void) pthread_mutex_unlock(&warm->mutex);

    if (rc == 0) {
        return 0;
    }

failed:

    warm_job_release(&entry->job);
    free(entry);

    return rc;
}


/* under the mutex */

static warm_entry_t *
warm_find(warm_t *warm, const char *id)
{
    warm_entry_t  *entry;

    for (entry = warm->first; entry != NULL; entry = entry->next) {
        if (strcmp(entry->job.progress.id, id) == 0) {
            return entry;
        }
    }

    return NULL;
}


static int
warm_look(warm_t *warm, const char *id, bool cancel,
    warm_progress_t *ret_progress, error_t *err)
{
    int            rc;
    warm_entry_t  *entry;

    rc = 0;

    (void) pthread_mutex_lock(&warm->mutex);

    entry = warm_find(warm, id);

    if (entry == NULL) {
        rc = error_set(err, ERR_NOT_FOUND, "there is no job \"%.64s\"", id);

    } else {

        if (cancel) {
            warm_job_cancel(&entry->job);
        }

        warm_job_progress(&entry->job, ret_progress);
    }

    (void) pthread_mutex_unlock(&warm->mutex);

    return rc;
}


int
warm_get(warm_t *warm, const char *id, warm_progress_t *ret_progress,
    error_t *err)
{
    return warm_look(warm, id, false, ret_progress, err);
}


int
warm_cancel(warm_t *warm, const char *id, warm_progress_t *ret_progress,
    error_t *err)
{
    return warm_look(warm, id, true, ret_progress, err);
}


size_t
warm_list(warm_t *warm, warm_progress_t list[WARM_JOBS_MAX])
{
    size_t         n;
    warm_entry_t  *entry;

    n = 0;

    (void) pthread_mutex_lock(&warm->mutex);

    for (entry = warm->first;
         entry != NULL && n < WARM_JOBS_MAX;
         entry = entry->next)
    {
        warm_job_progress(&entry->job, &list[n++]);
    }

    (void) pthread_mutex_unlock(&warm->mutex);

    return n;
}
