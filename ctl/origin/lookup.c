
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "origin/lookup.h"


#define LOOKUP_THREADS       32
#define LOOKUP_STACK         (256 * 1024)


typedef struct lookup_job_s {
    struct lookup_job_s  *next;
    lookup_answer_t       answer;
    size_t                tag;
} lookup_job_t;


typedef struct {
    lookup_job_t         *first;
    lookup_job_t        **last;
} lookup_queue_t;


/* of the caller and of the threads: the last one frees it */

struct lookup_pool_s {
    pthread_mutex_t       mutex;       /* guards all of this */
    pthread_cond_t        done;
    lookup_pt             lookup;
    lookup_queue_t        waiting;
    lookup_queue_t        answered;
    size_t                pending;     /* waiting, or being looked up */
    unsigned              threads;
    unsigned              refs;
    bool                  closed;
};


static void
lookup_put(lookup_queue_t *queue, lookup_job_t *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
}


static lookup_job_t *
lookup_get(lookup_queue_t *queue)
{
    lookup_job_t  *job;

    job = queue->first;

    if (job != NULL) {
        queue->first = job->next;

        if (queue->first == NULL) {
            queue->last = &queue->first;
        }
    }

    return job;
}


void
lookup_release(lookup_answer_t *answer)
{
    free(answer->host);
    free(answer->addresses);
    free(answer->reason);
}


void
lookup_free(lookup_answer_t *answers, size_t n)
{
    size_t  i;

    if (answers == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        lookup_release(&answers[i]);
    }

    free(answers);
}


static void
lookup_job_free(lookup_job_t *job)
{
    lookup_release(&job->answer);
    free(job);
}


lookup_pool_t *
lookup_pool_new(lookup_pt lookup)
{
    lookup_pool_t       *pool;
    pthread_condattr_t   attr;

    pool = calloc(1, sizeof(lookup_pool_t));
    if (pool == NULL) {
        return NULL;
    }

    pool->lookup = lookup;
    pool->refs = 1;
    pool->waiting.last = &pool->waiting.first;
    pool->answered.last = &pool->answered.first;

    (void) pthread_mutex_init(&pool->mutex, NULL);
    (void) pthread_condattr_init(&attr);
    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_cond_init(&pool->done, &attr);
    (void) pthread_condattr_destroy(&attr);

    return pool;
}


/* under the mutex, which it gives up */

static void
lookup_unref(lookup_pool_t *pool)
{
    unsigned       left;
    lookup_job_t  *job;

    left = --pool->refs;

    (void) pthread_mutex_unlock(&pool->mutex);

    if (left != 0) {
        return;
    }

    while ((job = lookup_get(&pool->waiting)) != NULL
           || (job = lookup_get(&pool->answered)) != NULL)
    {
        lookup_job_free(job);
    }

    (void) pthread_cond_destroy(&pool->done);
    (void) pthread_mutex_destroy(&pool->mutex);
    free(pool);
}


void
lookup_pool_free(lookup_pool_t *pool)
{
    if (pool == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&pool->mutex);
    pool->closed = true;
    lookup_unref(pool);
}


static void *
lookup_main(void *data)
{
    int             rc;
    char            text[LOOKUP_TEXT_MAX];
    char           *copy;
    unsigned        ttl;
    lookup_job_t   *job;
    lookup_pool_t  *pool;

    pool = data;

    (void) pthread_mutex_lock(&pool->mutex);

    while (!pool->closed && (job = lookup_get(&pool->waiting)) != NULL) {

        (void) pthread_mutex_unlock(&pool->mutex);

        ttl = 0;
        rc = pool->lookup(job->answer.host, text, &ttl);
        copy = strdup(text);

        (void) pthread_mutex_lock(&pool->mutex);

        if (rc == 0) {
            job->answer.addresses = copy;
            job->answer.ttl = ttl;

        } else {
            job->answer.reason = copy;
        }

        lookup_put(&pool->answered, job);
        pool->pending--;
        (void) pthread_cond_signal(&pool->done);
    }

    pool->threads--;
    lookup_unref(pool);

    return NULL;
}


/* under the mutex; false: there is none to do the work */

static bool
lookup_start(lookup_pool_t *pool)
{
    pthread_t       thread;
    pthread_attr_t  attr;

    if (pool->threads >= LOOKUP_THREADS || pool->threads >= pool->pending) {
        return true;
    }

    (void) pthread_attr_init(&attr);
    (void) pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void) pthread_attr_setstacksize(&attr, LOOKUP_STACK);

    if (pthread_create(&thread, &attr, lookup_main, pool) == 0) {
        pool->threads++;
        pool->refs++;
    }

    (void) pthread_attr_destroy(&attr);

    return pool->threads != 0;
}


int
lookup_pool_add(lookup_pool_t *pool, const char *host, size_t tag,
    error_t *err)
{
    bool           started;
    lookup_job_t  *job;

    job = calloc(1, sizeof(lookup_job_t));
    if (job == NULL) {
        return error_nomem(err);
    }

    job->tag = tag;
    job->answer.host = strdup(host);

    if (job->answer.host == NULL) {
        free(job);
        return error_nomem(err);
    }

    (void) pthread_mutex_lock(&pool->mutex);

    lookup_put(&pool->waiting, job);
    pool->pending++;
    started = lookup_start(pool);

    if (!started) {

        /* it is the only one, as nobody works */

        (void) lookup_get(&pool->waiting);
        pool->pending--;
    }

    (void) pthread_mutex_unlock(&pool->mutex);

    if (!started) {
        lookup_job_free(job);
        return error_set(err, ERR_INTERNAL, "no thread to look up names");
    }

    return 0;
}


bool
lookup_pool_take(lookup_pool_t *pool, lookup_answer_t *ret_answer,
    size_t *ret_tag)
{
    lookup_job_t  *job;

    (void) pthread_mutex_lock(&pool->mutex);
    job = lookup_get(&pool->answered);
    (void) pthread_mutex_unlock(&pool->mutex);

    if (job == NULL) {
        return false;
    }

    *ret_answer = job->answer;
    *ret_tag = job->tag;
    free(job);

    return true;
}


void
lookup_pool_wait(lookup_pool_t *pool, unsigned wait_ms)
{
    struct timespec  until;

    (void) clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long) (wait_ms % 1000) * 1000000;

    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }

    (void) pthread_mutex_lock(&pool->mutex);

    while (pool->pending != 0) {
        if (pthread_cond_timedwait(&pool->done, &pool->mutex, &until) != 0) {
            break;
        }
    }

    (void) pthread_mutex_unlock(&pool->mutex);
}


/* what has not been answered gets a reason */

static int
lookup_finish(lookup_answer_t *answers, const char *const *hosts, size_t n,
    error_t *err)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        if (answers[i].host == NULL) {
            answers[i].host = strdup(hosts[i]);
        }

        if (answers[i].addresses == NULL && answers[i].reason == NULL) {
            answers[i].reason = strdup("no answer in time");
        }

        if (answers[i].host == NULL
            || (answers[i].addresses == NULL && answers[i].reason == NULL))
        {
            return error_nomem(err);
        }
    }

    return 0;
}


int
lookup_all(lookup_pt lookup, const char *const *hosts, size_t n,
    unsigned wait_ms, lookup_answer_t **ret_answers, error_t *err)
{
    int               rc;
    size_t            i, tag;
    lookup_pool_t    *pool;
    lookup_answer_t   answer, *answers;

    pool = lookup_pool_new(lookup);
    answers = calloc(n + 1, sizeof(lookup_answer_t));

    if (pool == NULL || answers == NULL) {
        rc = error_nomem(err);
        goto done;
    }

    for (rc = 0, i = 0; rc == 0 && i < n; i++) {
        rc = lookup_pool_add(pool, hosts[i], i, err);
    }

    if (rc != 0) {
        goto done;
    }

    lookup_pool_wait(pool, wait_ms);

    while (lookup_pool_take(pool, &answer, &tag)) {
        answers[tag] = answer;
    }

    rc = lookup_finish(answers, hosts, n, err);

done:

    lookup_pool_free(pool);

    if (rc != 0) {
        lookup_free(answers, answers != NULL ? n : 0);
        return rc;
    }

    *ret_answers = answers;

    return 0;
}
