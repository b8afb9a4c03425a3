
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include "base/clock.h"
#include "base/monitor.h"


typedef struct {
    monitor_t  monitor;
    unsigned   asked;              /* under its lock */
    unsigned   done;
    bool       stop;
} work_t;


static void *
work_main(void *data)
{
    work_t  *work;

    work = data;

    monitor_lock(&work->monitor);

    for ( ;; ) {

        while (work->asked == work->done && !work->stop) {
            monitor_wait(&work->monitor);
        }

        if (work->stop) {
            break;
        }

        work->done++;
        monitor_tell(&work->monitor);
    }

    monitor_unlock(&work->monitor);

    return NULL;
}


static void *
once_main(void *data)
{
    work_t  *work;

    work = data;

    monitor_lock(&work->monitor);
    work->done++;
    monitor_tell(&work->monitor);
    monitor_unlock(&work->monitor);

    return NULL;
}


/* until n are done; false: not in time */

static bool
work_wait(work_t *work, unsigned n, int64_t until)
{
    while (work->done < n) {
        if (!monitor_wait_until(&work->monitor, until)) {
            return false;
        }
    }

    return true;
}


static void
test_thread(void **state)
{
    work_t    work;
    error_t   err;
    int64_t   begin;
    unsigned  i;

    (void) state;

    memset(&work, 0, sizeof(work_t));
    assert_int_equal(monitor_init(&work.monitor, &err), 0);

    /* none yet */

    monitor_join(&work.monitor);

    assert_int_equal(monitor_start(&work.monitor, work_main, &work,
                                   "to test", &err), 0);
    monitor_lock(&work.monitor);

    for (i = 1; i <= 100; i++) {
        work.asked = i;
        monitor_tell(&work.monitor);
        assert_true(work_wait(&work, i, clock_ns() + 30 * CLOCK_SECOND));
    }

    /* a time that comes, and one that is over */

    begin = clock_ns();
    assert_false(work_wait(&work, 101, begin + 20 * CLOCK_MS));
    assert_true(clock_ns() >= begin + 20 * CLOCK_MS);
    assert_false(work_wait(&work, 101, begin));

    work.stop = true;
    monitor_tell(&work.monitor);
    monitor_unlock(&work.monitor);
    monitor_join(&work.monitor);
    monitor_join(&work.monitor);

    /* one that nobody waits for, and another of its own */

    assert_int_equal(monitor_detach(once_main, &work, 256 * 1024, "", &err),
                     0);

    monitor_lock(&work.monitor);
    assert_true(work_wait(&work, 101, clock_ns() + 30 * CLOCK_SECOND));
    monitor_unlock(&work.monitor);

    assert_int_equal(monitor_start(&work.monitor, once_main, &work, "", &err),
                     0);
    monitor_join(&work.monitor);
    assert_int_equal(work.done, 102);

    monitor_release(&work.monitor);
}


static void
test_clock(void **state)
{
    int64_t  begin;

    (void) state;

    begin = clock_ns();
    assert_true(clock_ms() >= begin / CLOCK_MS);

    clock_pause(3);
    assert_true(clock_ns() >= begin + 3 * CLOCK_MS);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_thread),
        cmocka_unit_test(test_clock)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
