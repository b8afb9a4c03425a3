
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a thread has in common with its callers: a mutex, a condition, and the
 * thread itself, if it is started.
 */

#ifndef _MONITOR_H_INCLUDED_
#define _MONITOR_H_INCLUDED_


#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"


/* of a new thread; returns NULL */
typedef void *(*monitor_main_pt)(void *data);


typedef struct {
    pthread_mutex_t  mutex;
    pthread_cond_t   changed;
    pthread_t        thread;
    bool             started;      /* and not joined */
} monitor_t;


int monitor_init(monitor_t *monitor, error_t *err);

/* the thread has been joined */
void monitor_release(monitor_t *monitor);

void monitor_lock(monitor_t *monitor);
void monitor_unlock(monitor_t *monitor);

/* under the lock: all who wait look again */
void monitor_tell(monitor_t *monitor);

/* under the lock, given up meanwhile; may return for nothing */
void monitor_wait(monitor_t *monitor);

/* the same, until clock_ns() is at_ns: false then */
bool monitor_wait_until(monitor_t *monitor, int64_t at_ns);

/* what: for the message.  One at a time */
int monitor_start(monitor_t *monitor, monitor_main_pt main, void *data,
    const char *what, error_t *err);

/* waits for its end; nothing where none was started.  Without the lock */
void monitor_join(monitor_t *monitor);

/* a thread that nobody waits for; stack in bytes, 0: the usual */
int monitor_detach(monitor_main_pt main, void *data, size_t stack,
    const char *what, error_t *err);


#endif /* _MONITOR_H_INCLUDED_ */
