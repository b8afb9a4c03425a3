
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

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


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_no_program)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
