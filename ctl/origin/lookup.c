
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/monitor.h"
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
    monitor_t             monitor;     /* guards all of this */
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
    lookup_pool_t  *pool;

    pool = calloc(1, sizeof(lookup_pool_t));

    if (pool == NULL || monitor_init(&pool->monitor, NULL) != 0) {
        free(pool);
        return NULL;
    }

    pool->lookup = lookup;
    pool->refs = 1;
    pool->waiting.last = &pool->waiting.first;
    pool->answered.last = &pool->answered.first;

    return pool;
}


/* under the mutex, which it gives up */

static void
lookup_unref(lookup_pool_t *pool)
{
    unsigned       left;
    lookup_job_t  *job;

    left = --pool->refs;

    monitor_unlock(&pool->monitor);

    if (left != 0) {
        return;
    }

    while ((job = lookup_get(&pool->waiting)) != NULL
           || (job = lookup_get(&pool->answered)) != NULL)
    {
        lookup_job_free(job);
    }

    monitor_release(&pool->monitor);
    free(pool);
}


void
lookup_pool_free(lookup_pool_t *pool)
{
    if (pool == NULL) {
        return;
    }

    monitor_lock(&pool->monitor);
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

    monitor_lock(&pool->monitor);

    while (!pool->closed && (job = lookup_get(&pool->waiting)) != NULL) {

        monitor_unlock(&pool->monitor);

        ttl = 0;
        rc = pool->lookup(job->answer.host, text, &ttl);
        copy = strdup(text);

        monitor_lock(&pool->monitor);

        if (rc == 0) {
            job->answer.addresses = copy;
            job->answer.ttl = ttl;

        } else {
            job->answer.reason = copy;
        }

        lookup_put(&pool->answered, job);
        pool->pending--;
        monitor_tell(&pool->monitor);
    }

    pool->threads--;
    lookup_unref(pool);

    return NULL;
}


/* under the mutex; false: there is none to do the work */

static bool
lookup_start(lookup_pool_t *pool)
{
    if (pool->threads >= LOOKUP_THREADS || pool->threads >= pool->pending) {
        return true;
    }

    if (monitor_detach(lookup_main, pool, LOOKUP_STACK, "to look up names",
                       NULL)
        == 0)
    {
        pool->threads++;
        pool->refs++;
    }

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

    monitor_lock(&pool->monitor);

    lookup_put(&pool->waiting, job);
    pool->pending++;
    started = lookup_start(pool);

    if (!started) {

        /* it is the only one, as nobody works */

        (void) lookup_get(&pool->waiting);
        pool->pending--;
    }

    monitor_unlock(&pool->monitor);

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

    monitor_lock(&pool->monitor);
    job = lookup_get(&pool->answered);
    monitor_unlock(&pool->monitor);

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
    int64_t  until;

    until = clock_ns() + wait_ms * CLOCK_MS;

    monitor_lock(&pool->monitor);

    while (pool->pending != 0) {
        if (!monitor_wait_until(&pool->monitor, until)) {
            break;
        }
    }

    monitor_unlock(&pool->monitor);
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
