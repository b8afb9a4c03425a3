
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"


typedef struct {
    const char  *name;
    const char  *script;           /* of sh -c */
    unsigned     timeout_ms;
    bool         daemon;
    int          rc;
    int          status;
    const char  *output;
} run_row_t;


static const run_row_t  rows[] = {
    { "both outputs", "echo out; echo err >&2", 5000, false, 0, 0,
      "out\nerr\n" },
    { "status", "exit 7", 5000, false, 0, 7, "" },
    { "signal", "kill -9 $$", 5000, false, 0, 137, "" },
    { "no input", "cat; echo end", 5000, false, 0, 0, "end\n" },
    { "over the cap", "printf 123456789012345678901234567890", 5000, false, 0,
      0, "12345678901234567890" },
    { "deadline", "echo here; exec sleep 60", 100, false, ERR_TIMEOUT, 0,
      NULL },
    { "child holds the output", "sleep 60 & echo $!", 100, false, ERR_TIMEOUT,
      0, NULL },
    { "daemon", "sleep 60 & echo $!", 5000, true, 0, 0, NULL },
    { "no descriptor of ours", "echo <&9", 5000, false, 0, 2,
      "/bin/sh: 1: 9: Bad f" },
    { "signals are not blocked", "kill -TERM $$; echo no", 5000, false, 0,
      143, "" }
};


static void
test_run(void **state)
{
    int               rc, status;
    long              pid;
    size_t            i;
    proc_t            proc;
    error_t           err;
    strbuf_t          out;
    sigset_t          set;
    const run_row_t  *row;

    const char  *argv[] = { "/bin/sh", "-c", NULL, NULL };

    (void) state;

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);

    /* as a library leaves it */

    assert_int_equal(dup2(STDIN_FILENO, 9), 9);

    for (i = 0; i < guard_count(rows); i++) {
        row = &rows[i];

        argv[2] = row->script;

        proc.argv = argv;
        proc.timeout_ms = row->timeout_ms;
        proc.daemon = row->daemon;
        proc.inherit = false;

        strbuf_init(&out, 20);
        status = 0;

        rc = proc_run(&proc, &out, &status, &err);
        guard_int(row->name, "result", rc, row->rc);
        guard_int(row->name, "status", status, row->status);

        if (row->output != NULL) {
            assert_string_equal(out.data, row->output);
        }

        /* a pid there is that of a child left behind */

        pid = strtol(out.data, NULL, 10);

        if (row->output == NULL && pid > 1) {
            assert_int_equal(kill((pid_t) pid, SIGKILL), 0);
        }

        strbuf_release(&out);
    }
}


static void
test_no_program(void **state)
{
    int       status;
    proc_t    proc;
    error_t   err;
    strbuf_t  out;

    static const char *const  argv[] = { "/nonexistent/nginx", NULL };

    (void) state;

    strbuf_init(&out, 20);

    proc.argv = argv;
    proc.timeout_ms = 1000;
    proc.daemon = false;
    proc.inherit = false;

    assert_int_equal(proc_run(&proc, &out, &status, &err), ERR_NOT_FOUND);
    assert_string_equal(err.message, "cannot run \"/nonexistent/nginx\": "
                                     "No such file or directory");
}


static void *
reap_main(void *data)
{
    _Atomic bool  *stop;

    stop = data;

    while (!*stop) {
        proc_reap();
    }

    return NULL;
}


/* is there any child, ended or not? */

static bool
has_child(void)
{
    siginfo_t  info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0
           || errno != ECHILD;
}


/* what a daemon leaves to us is reaped; nobody else's child is */

static void
test_reap(void **state)
{
    int           i, status;
    proc_t        proc;
    error_t       err;
    int64_t       deadline;
    strbuf_t      out;
    pthread_t     thread;
    _Atomic bool  stop;

    static const char *const  argv[] =
        { "/bin/sh", "-c", "true & sleep 0.01 & exit 7", NULL };

    (void) state;

    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);

    stop = false;
    assert_int_equal(pthread_create(&thread, NULL, reap_main, &stop), 0);

    proc.argv = argv;
    proc.timeout_ms = 10000;
    proc.daemon = false;
    proc.inherit = false;

    for (i = 0; i < 50; i++) {
        strbuf_init(&out, 20);
        status = 0;

        if (proc_run(&proc, &out, &status, &err) != 0) {
            fail_msg("%s", err.message);
        }

        assert_int_equal(status, 7);
        strbuf_release(&out);
    }

    deadline = clock_ms() + 10000;

    while (has_child()) {
        assert_true(clock_ms() < deadline);
        clock_pause(1);
    }

    stop = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_no_program),
        cmocka_unit_test(test_reap)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
