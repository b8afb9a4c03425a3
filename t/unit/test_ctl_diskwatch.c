
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/diskwatch.h"


#define MIB  (1024 * 1024)


static const struct {
    const char  *name;
    bool         off;
    unsigned     good;
    bool         failed;
    uint64_t     free;
    int64_t      min_free;
    bool         result;
} rows[] = {
    { "fine", false, 1, false, 100 * MIB, 50 * MIB, false },
    { "below, but nginx makes room", false, 1, false, 30 * MIB, 50 * MIB,
      false },
    { "half of it", false, 1, false, 25 * MIB, 50 * MIB, false },
    { "below half", false, 1, false, 25 * MIB - 1, 50 * MIB, true },
    { "still below", true, 9, false, 49 * MIB, 50 * MIB, true },
    { "there again", true, 2, false, 50 * MIB, 50 * MIB, false },
    { "once is not enough", true, 1, false, 90 * MIB, 50 * MIB, true },
    { "fails", false, 0, true, 100 * MIB, 50 * MIB, true },
    { "fails still", true, 0, true, 100 * MIB, 50 * MIB, true },
    { "no min_free", false, 1, false, 2 * MIB, 0, false },
    { "no min_free, full", false, 1, false, 2 * MIB - 1, 0, true },
    { "no min_free, room", true, 2, false, 4 * MIB, 0, false },
    { "no min_free, little", true, 2, false, 4 * MIB - 1, 0, true }
};


static void
test_judge(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (diskwatch_judge(rows[i].off, rows[i].good, rows[i].failed,
                            rows[i].free, rows[i].min_free)
            != rows[i].result)
        {
            fail_msg("%s", rows[i].name);
        }
    }
}


static void
test_probe(void **state)
{
    char      dir[] = "/tmp/test_ctl_diskwatch.XXXXXX";
    char      path[64];
    char      reason[DISKWATCH_REASON_MAX];
    uint64_t  left;

    (void) state;

    assert_non_null(mkdtemp(dir));

    left = 0;
    assert_int_equal(diskwatch_probe(dir, &left, reason), 0);
    assert_true(left > 0);

    /* nothing is left, so it can be removed */

    assert_int_equal(rmdir(dir), 0);

    assert_int_equal(diskwatch_probe(dir, &left, reason), ERR_IO);
    assert_string_equal(reason,
                        "it cannot be looked at: No such file or directory");

    (void) snprintf(path, sizeof(path), "/proc/%ld", (long) getpid());
    assert_int_equal(diskwatch_probe(path, &left, reason), ERR_IO);
    assert_non_null(strstr(reason, "a file cannot be made: "));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_probe)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
