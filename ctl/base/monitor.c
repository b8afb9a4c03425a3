
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <time.h>

#include "base/clock.h"
#include "base/monitor.h"


int
monitor_init(monitor_t *monitor, error_t *err)
{
    pthread_condattr_t  attr;

    if (pthread_condattr_init(&attr) != 0) {
        return error_nomem(err);
    }

    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_mutex_init(&monitor->mutex, NULL);
    (void) pthread_cond_init(&monitor->changed, &attr);
    (void) pthread_condattr_destroy(&attr);

    monitor->started = false;

    return 0;
}


void
monitor_release(monitor_t *monitor)
{
    (void) pthread_cond_destroy(&monitor->changed);
    (void) pthread_mutex_destroy(&monitor->mutex);
}


void
monitor_lock(monitor_t *monitor)
{
    (void) pthread_mutex_lock(&monitor->mutex);
}


void
monitor_unlock(monitor_t *monitor)
{
    (void) pthread_mutex_unlock(&monitor->mutex);
}


void
monitor_tell(monitor_t *monitor)
{
    (void) pthread_cond_broadcast(&monitor->changed);
}


void
monitor_wait(monitor_t *monitor)
{
    (void) pthread_cond_wait(&monitor->changed, &monitor->mutex);
}


bool
monitor_wait_until(monitor_t *monitor, int64_t at_ns)
{
    struct timespec  until;

    until.tv_sec = (time_t) (at_ns / CLOCK_SECOND);
    until.tv_nsec = (long) (at_ns % CLOCK_SECOND);

    return pthread_cond_timedwait(&monitor->changed, &monitor->mutex, &until)
           == 0;
}


int
monitor_start(monitor_t *monitor, monitor_main_pt main, void *data,
    const char *what, error_t *err)
{
    if (pthread_create(&monitor->thread, NULL, main, data) != 0) {
        return error_set(err, ERR_INTERNAL, "no thread %s", what);
    }

    monitor->started = true;

    return 0;
}


void
monitor_join(monitor_t *monitor)
{
    if (monitor->started) {
        (void) pthread_join(monitor->thread, NULL);
        monitor->started = false;
    }
}


int
monitor_detach(monitor_main_pt main, void *data, size_t stack,
    const char *what, error_t *err)
{
    int             rc;
    pthread_t       thread;
    pthread_attr_t  attr;

    if (pthread_attr_init(&attr) != 0) {
        return error_nomem(err);
    }

    (void) pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);

    if (stack != 0) {
        (void) pthread_attr_setstacksize(&attr, stack);
    }

    rc = pthread_create(&thread, &attr, main, data);

    (void) pthread_attr_destroy(&attr);

    return rc == 0 ? 0 : error_set(err, ERR_INTERNAL, "no thread %s", what);
}
