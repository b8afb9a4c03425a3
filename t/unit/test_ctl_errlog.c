
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "nginx/errlog.h"


#define DATE  "2026/01/31 23:59:59 "


static char  dir[] = "/tmp/s3edge-unit-XXXXXX";
static char  path[64];


static void
add(const char *text)
{
    FILE  *fp;

    fp = fopen(path, "a");
    assert_non_null(fp);
    assert_true(fputs(text, fp) >= 0);
    assert_int_equal(fclose(fp), 0);
}


static void
assert_complaint(errlog_t *log, const char *message)
{
    error_t  err;

    if (message == NULL) {
        assert_int_equal(errlog_check(log, 12, NULL), 0);
        return;
    }

    assert_int_equal(errlog_check(log, 12, &err), ERR_REFUSED);
    assert_string_equal(err.message, message);
}


static void
test_complaint(void **state)
{
    errlog_t  log;

    (void) state;

    add(DATE "[emerg] 12#12: of another time\n");
    errlog_init(&log, dir);
    assert_complaint(&log, NULL);

    add(DATE "[notice] 12#12: reconfiguring\n" DATE "[emerg] 12#12: bi");
    assert_complaint(&log, NULL);

    add("nd() to 0.0.0.0:80 failed\n" DATE "[emerg] 12#12: second\n");
    assert_complaint(&log, "nginx: bind() to 0.0.0.0:80 failed");
    assert_complaint(&log, "nginx: second");
    assert_complaint(&log, NULL);
}


/* a debug log has much to say in between */

static void
test_much(void **state)
{
    int       i;
    errlog_t  log;

    (void) state;

    errlog_init(&log, dir);

    for (i = 0; i < 4000; i++) {
        add(DATE "[debug] 12#12: free: 000061E00004C880, unused: 0\n");
    }

    add(DATE "[emerg] 12#12: late\n");
    assert_complaint(&log, "nginx: late");

    for (i = 0; i < 4000; i++) {
        add("no line has so many of them, and no end: \r");
    }

    add("\n" DATE "[emerg] 12#12: after a line too long\n");
    assert_complaint(&log, "nginx: after a line too long");
}


static void
test_others(void **state)
{
    errlog_t  log;

    (void) state;

    errlog_init(&log, dir);

    add(DATE "[emerg] 13#13: another process\n"
        DATE "[error] 14#14: *1 refused, request: \"GET /[emerg] x\"\n"
        DATE "[error] 12#12: [emerg] 12#12: x\n"
        "[emerg] 12#12: x\n\n[emerg] \n");

    assert_complaint(&log, NULL);
}


static void
test_none(void **state)
{
    errlog_t  log;

    (void) state;

    errlog_init(&log, "stderr");
    assert_complaint(&log, NULL);

    /* rotated: the new one is read from its beginning */

    assert_int_equal(unlink(path), 0);
    errlog_init(&log, dir);
    assert_complaint(&log, NULL);
    add(DATE "[emerg] 12#12: first\n");
    assert_complaint(&log, "nginx: first");
}


static int
set_up(void **state)
{
    (void) state;

    if (mkdtemp(dir) == NULL) {
        return -1;
    }

    return snprintf(path, sizeof(path), "%s/error.log", dir) > 0 ? 0 : -1;
}


static int
tear_down(void **state)
{
    (void) state;

    (void) unlink(path);

    return rmdir(dir);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_complaint),
        cmocka_unit_test(test_much),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_none)
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
