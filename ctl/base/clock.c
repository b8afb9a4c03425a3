
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <time.h>

#include "base/clock.h"


int64_t
clock_ns(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * CLOCK_SECOND + ts.tv_nsec;
}


int64_t
clock_ms(void)
{
    return clock_ns() / CLOCK_MS;
}


void
clock_pause(unsigned ms)
{
    struct timespec  ts;

    ts.tv_sec = ms / 1000;
    ts.tv_nsec = (long) (ms % 1000) * 1000000L;

    (void) nanosleep(&ts, NULL);
}
