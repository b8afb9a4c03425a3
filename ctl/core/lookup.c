
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/lookup.h"


#define LOOKUP_THREADS       16
#define LOOKUP_STACK         (256 * 1024)
#define LOOKUP_ADDRESS_MAX   (INET6_ADDRSTRLEN + 2)


/* of the caller and of the threads: the last one frees it */

typedef struct {
    pthread_mutex_t   mutex;
    pthread_cond_t    done;
    lookup_pt         lookup;
    lookup_answer_t  *answers;
    size_t            n;
    size_t            next;        /* to be looked up */
    size_t            ndone;
    unsigned          refs;
} lookup_batch_t;


static int
lookup_cmp(const void *one, const void *two)
{
    return strcmp(one, two);
}


static size_t
lookup_texts(const struct addrinfo *ai,
    char texts[LOOKUP_ADDRESSES_MAX * 4][LOOKUP_ADDRESS_MAX])
{
    char                        addr[INET6_ADDRSTRLEN];
    size_t                      n;
    const struct sockaddr_in   *sin;
    const struct sockaddr_in6  *sin6;

    for (n = 0; ai != NULL && n < LOOKUP_ADDRESSES_MAX * 4; ai = ai->ai_next) {

        if (ai->ai_family == AF_INET) {
            sin = (const void *) ai->ai_addr;

            if (inet_ntop(AF_INET, &sin->sin_addr, addr, sizeof(addr))) {
                (void) snprintf(texts[n++], LOOKUP_ADDRESS_MAX, "%s", addr);
            }

        } else if (ai->ai_family == AF_INET6) {
            sin6 = (const void *) ai->ai_addr;

            /* an address of a link needs a scope, which nginx cannot say */

            if (sin6->sin6_scope_id == 0
                && inet_ntop(AF_INET6, &sin6->sin6_addr, addr, sizeof(addr)))
            {
                (void) snprintf(texts[n++], LOOKUP_ADDRESS_MAX, "[%s]", addr);
            }
        }
    }

    return n;
}


int
lookup_system(const char *host, char text[LOOKUP_TEXT_MAX])
{
    int               rc;
    char              texts[LOOKUP_ADDRESSES_MAX * 4][LOOKUP_ADDRESS_MAX];
    size_t            i, n, len, used;
    struct addrinfo   hints, *res;

    memset(&hints, 0, sizeof(struct addrinfo));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;

    rc = getaddrinfo(host, NULL, &hints, &res);

    if (rc != 0) {
        (void) snprintf(text, LOOKUP_TEXT_MAX, "%s", gai_strerror(rc));
        return ERR_NOT_FOUND;
    }

    n = lookup_texts(res, texts);
    freeaddrinfo(res);

    qsort(texts, n, LOOKUP_ADDRESS_MAX, lookup_cmp);

    len = 0;
    used = 0;
    text[0] = '\0';

    for (i = 0; i < n && used < LOOKUP_ADDRESSES_MAX; i++) {

        if (i != 0 && strcmp(texts[i], texts[i - 1]) == 0) {
            continue;
        }

        len += (size_t) snprintf(text + len, LOOKUP_TEXT_MAX - len, "%s%s",
                                 used++ != 0 ? " " : "", texts[i]);
    }

    if (used == 0) {
        (void) snprintf(text, LOOKUP_TEXT_MAX, "it has no address");
        return ERR_NOT_FOUND;
    }

    return 0;
}


void
lookup_free(lookup_answer_t *answers, size_t n)
{
    size_t  i;

    if (answers == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        free(answers[i].host);
        free(answers[i].addresses);
        free(answers[i].reason);
    }

    free(answers);
}


/* under the mutex, which it gives up */

static void
lookup_unref(lookup_batch_t *batch)
{
    unsigned  left;

    left = --batch->refs;

    (void) pthread_mutex_unlock(&batch->mutex);

    if (left == 0) {
        (void) pthread_cond_destroy(&batch->done);
        (void) pthread_mutex_destroy(&batch->mutex);
        lookup_free(batch->answers, batch->n);
        free(batch);
    }
}


static void *
lookup_main(void *data)
{
    int               rc;
    char              text[LOOKUP_TEXT_MAX];
    char             *copy;
    lookup_batch_t   *batch;
    lookup_answer_t  *answer;

    batch = data;

    (void) pthread_mutex_lock(&batch->mutex);

    while (batch->next < batch->n) {

        answer = &batch->answers[batch->next++];

        (void) pthread_mutex_unlock(&batch->mutex);

        rc = batch->lookup(answer->host, text);
        copy = strdup(text);

        (void) pthread_mutex_lock(&batch->mutex);

        if (rc == 0) {
            answer->addresses = copy;

        } else {
            answer->reason = copy;
        }

        batch->ndone++;
        (void) pthread_cond_signal(&batch->done);
    }

    lookup_unref(batch);

    return NULL;
}


static lookup_batch_t *
lookup_batch_new(lookup_pt lookup, const char *const *hosts, size_t n)
{
    size_t               i;
    lookup_batch_t      *batch;
    pthread_condattr_t   attr;

    batch = calloc(1, sizeof(lookup_batch_t));
    if (batch == NULL) {
        return NULL;
    }

    batch->answers = calloc(n, sizeof(lookup_answer_t));
    if (batch->answers == NULL) {
        free(batch);
        return NULL;
    }

    for (i = 0; i < n; i++) {
        batch->answers[i].host = strdup(hosts[i]);

        if (batch->answers[i].host == NULL) {
            lookup_free(batch->answers, n);
            free(batch);
            return NULL;
        }
    }

    batch->lookup = lookup;
    batch->n = n;
    batch->refs = 1;

    (void) pthread_mutex_init(&batch->mutex, NULL);
    (void) pthread_condattr_init(&attr);
    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_cond_init(&batch->done, &attr);
    (void) pthread_condattr_destroy(&attr);

    return batch;
}


/* under the mutex */

static void
lookup_start(lookup_batch_t *batch)
{
    size_t          i;
    pthread_t       thread;
    pthread_attr_t  attr;

    (void) pthread_attr_init(&attr);
    (void) pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void) pthread_attr_setstacksize(&attr, LOOKUP_STACK);

    for (i = 0; i < batch->n && i < LOOKUP_THREADS; i++) {

        if (pthread_create(&thread, &attr, lookup_main, batch) != 0) {
            break;
        }

        batch->refs++;
    }

    (void) pthread_attr_destroy(&attr);
}


/* under the mutex: what is there is moved, as a thread may still work */

static int
lookup_collect(lookup_batch_t *batch, lookup_answer_t **ret_answers,
    error_t *err)
{
    size_t            i;
    lookup_answer_t  *from, *answers;

    answers = calloc(batch->n, sizeof(lookup_answer_t));
    if (answers == NULL) {
        return error_nomem(err);
    }

    for (i = 0; i < batch->n; i++) {

        from = &batch->answers[i];

        answers[i].host = strdup(from->host);
        answers[i].addresses = from->addresses;
        answers[i].reason = from->reason;

        from->addresses = NULL;
        from->reason = NULL;

        if (answers[i].addresses == NULL && answers[i].reason == NULL) {
            answers[i].reason = strdup("no answer in time");
        }

        if (answers[i].host == NULL
            || (answers[i].addresses == NULL && answers[i].reason == NULL))
        {
            lookup_free(answers, batch->n);
            return error_nomem(err);
        }
    }

    *ret_answers = answers;

    return 0;
}


int
lookup_all(lookup_pt lookup, const char *const *hosts, size_t n,
    unsigned wait_ms, lookup_answer_t **ret_answers, error_t *err)
{
    int               rc;
    lookup_batch_t   *batch;
    struct timespec   until;

    batch = lookup_batch_new(lookup, hosts, n);
    if (batch == NULL) {
        return error_nomem(err);
    }

    (void) clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long) (wait_ms % 1000) * 1000000;

    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }

    (void) pthread_mutex_lock(&batch->mutex);

    lookup_start(batch);

    while (batch->ndone < n && batch->refs > 1) {
        if (pthread_cond_timedwait(&batch->done, &batch->mutex, &until) != 0) {
            break;
        }
    }

    rc = lookup_collect(batch, ret_answers, err);

    /* no thread begins another one */

    batch->next = n;

    lookup_unref(batch);

    return rc;
}
