
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kinds of nginx, here a made-up one: whoever calls does not know which it is.
 */


#include "guard.h"

#include <string.h>
#include <unistd.h>

#include "nginx/nginx.h"
#include "nginx/nginx_ops.h"


static pid_t     pid;
static unsigned  started, reloaded, stopped;


static pid_t
fake_pid(const nginx_t *nginx)
{
    (void) nginx;

    return pid;
}


static int
fake_start(nginx_t *nginx, error_t *err)
{
    (void) nginx;

    started++;

    return error_set(err, ERR_REFUSED, "nginx: no");
}


static int
fake_reload(nginx_t *nginx, pid_t master, error_t *err)
{
    (void) nginx;
    (void) err;

    assert_int_equal(master, pid);
    reloaded++;

    return 0;
}


static int
fake_stop(nginx_t *nginx, pid_t master, unsigned timeout_ms, error_t *err)
{
    (void) nginx;
    (void) err;
    (void) timeout_ms;

    assert_int_equal(master, pid);
    stopped++;

    return 0;
}


static const nginx_ops_t  ours = {
    .pid = fake_pid, .reload = fake_reload, .start = fake_start,
    .stop = fake_stop
};


static const nginx_ops_t  theirs = {
    .pid = fake_pid, .reload = fake_reload
};


static nginx_t *
make(const nginx_ops_t *ops)
{
    error_t   err;
    nginx_t  *nginx;

    static const nginx_conf_t  conf = {
        "/bin/nginx", "/conf", "/", "/pid", "/socket", "/mark", "stderr", "www"
    };

    assert_int_equal(nginx_new(&conf, &nginx, &err), 0);
    nginx->ops = ops;

    pid = 0;
    started = 0;
    reloaded = 0;
    stopped = 0;

    return nginx;
}


static void
test_ours(void **state)
{
    bool      event;
    error_t   err;
    nginx_t  *nginx;

    (void) state;

    nginx = make(&ours);

    assert_int_equal(nginx_reload(nginx, &err), ERR_UNAVAILABLE);
    assert_string_equal(err.message, "nginx does not run");
    assert_int_equal(nginx_stop(nginx, 1, &err), 0);
    assert_int_equal(stopped, 0);

    /* it ends again and again: started at once, and then less often */

    assert_int_equal(nginx_supervise(nginx, &event, &err), ERR_REFUSED);
    assert_true(event);
    assert_int_equal(nginx_supervise(nginx, &event, &err), 0);
    assert_false(event);
    assert_int_equal(started, 1);

    assert_int_equal(nginx_start(nginx, &err), ERR_REFUSED);
    assert_int_equal(started, 2);

    /* a change by a person, and it is tried at once again */

    assert_int_equal(nginx_supervise(nginx, &event, &err), ERR_REFUSED);
    assert_true(event);

    /* this process is no master of nginx, and has no workers */

    pid = getpid();
    assert_int_equal(nginx_supervise(nginx, &event, &err), 0);
    assert_false(event);
    assert_int_equal(nginx_start(nginx, &err), 0);
    assert_int_equal(started, 3);
    assert_int_equal(nginx_reload(nginx, &err), 0);
    assert_int_equal(reloaded, 1);
    assert_true(nginx_settled(nginx));
    assert_int_equal(nginx_complaint(nginx, &err), 0);
    assert_int_equal(nginx_stop(nginx, 1, &err), 0);
    assert_int_equal(stopped, 1);

    nginx_free(nginx);
}


/* whose start and end are others' */

static void
test_theirs(void **state)
{
    bool      event;
    error_t   err;
    nginx_t  *nginx;

    (void) state;

    nginx = make(&theirs);

    assert_int_equal(nginx_start(nginx, &err), ERR_UNAVAILABLE);
    assert_string_equal(err.message, "nginx does not run, and is not "
                                     "s3edged's to start");
    assert_int_equal(nginx_supervise(nginx, &event, &err), 0);
    assert_false(event);

    pid = getpid();
    assert_int_equal(nginx_start(nginx, &err), 0);
    assert_int_equal(nginx_reload(nginx, &err), 0);
    assert_int_equal(reloaded, 1);
    assert_int_equal(nginx_stop(nginx, 1, &err), 0);

    nginx_free(nginx);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_ours),
        cmocka_unit_test(test_theirs)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
