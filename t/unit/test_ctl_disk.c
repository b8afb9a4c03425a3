
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cache/disk.h"


static char  dir[64];


/* the names of all files, to remove them */
static char    made[16][160];
static size_t  nmade;


static void
put(const char *name, const char *key, size_t body)
{
    char      path[160], head[336];
    error_t   err;
    strbuf_t  text;

    memset(head, 0, sizeof(head));

    strbuf_init(&text, 1 << 20);
    strbuf_add(&text, head, sizeof(head));
    strbuf_puts(&text, key);

    while (body-- > 0) {
        strbuf_putc(&text, 'x');
    }

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_int_equal(file_replace(path, text.data, text.len, 0600,
                                  FILE_GID_KEEP, &err), 0);

    assert_true(nmade < 16);
    memcpy(made[nmade++], path, sizeof(path));

    strbuf_release(&text);
}


static void
check(const disk_census_t *census)
{
    assert_true(census->at > 0);
    assert_int_equal(census->complete, 1);
    assert_int_equal(census->objects, 3);
    assert_int_equal(census->nbuckets, 2);
    assert_string_equal(census->buckets[0].name, "alpha");
    assert_int_equal(census->buckets[0].objects, 1);
    assert_string_equal(census->buckets[1].name, "demo");
    assert_int_equal(census->buckets[1].objects, 2);
    assert_true(census->buckets[1].bytes >= 2 * 336 + 5000);
    assert_int_equal(census->bytes,
                     census->buckets[0].bytes + census->buckets[1].bytes);
}


static void
test_walk(void **state)
{
    error_t        err;
    disk_census_t  census;

    (void) state;

    assert_int_equal(disk_walk(dir, &census, &err), 0);
    check(&census);
    disk_census_release(&census);

    assert_int_equal(disk_walk("/nonexistent/s3edge", &census, &err), 0);
    assert_int_equal(census.objects, 0);
    disk_census_release(&census);

    assert_int_equal(disk_walk("/dev/null", &census, &err), ERR_IO);
}


static void
test_thread(void **state)
{
    disk_t         *disk;
    error_t         err;
    disk_census_t   census, again;

    (void) state;

    assert_int_equal(disk_new(dir, &disk, &err), 0);

    assert_int_equal(disk_census(disk, 10000, &census, &err), 0);
    check(&census);

    /* within two seconds the same one comes back at once */

    assert_int_equal(disk_census(disk, 0, &again, &err), 0);
    assert_int_equal(again.at, census.at);
    check(&again);

    disk_census_release(&census);
    disk_census_release(&again);
    disk_free(disk);
}


static int
setup(void **state)
{
    char     path[128];
    error_t  err;

    (void) state;

    (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void) snprintf(path, sizeof(path), "%s/a/bc", dir);
    assert_int_equal(file_mkdir(path, 0700, FILE_GID_KEEP, &err), 0);

    put("a/bc/1", "\nKEY: demo/a%20b#0000000000000001.0000000000000000\n",
        5000);
    put("a/bc/2", "\nKEY: demo/c\nHTTP/1.1 200 OK\n\nKEY: other/x\n", 0);
    put("a/bc/3", "\nKEY: alpha/c/d\n", 0);

    /* none of ours */

    put("a/bc/4.0000000001", "\nKEY: temporary/c\n", 0);
    put("a/bc/5", "\nKEY: noslash\n", 0);
    put("a/bc/6", "\nKEY: /x\n", 0);
    put("a/bc/7", "no key", 0);
    put("a/bc/8", "\nKEY: ", 0);

    return 0;
}


static int
teardown(void **state)
{
    char    path[128];
    size_t  i;

    (void) state;

    for (i = 0; i < nmade; i++) {
        (void) unlink(made[i]);
    }

    (void) snprintf(path, sizeof(path), "%s/a/bc", dir);
    (void) rmdir(path);
    (void) snprintf(path, sizeof(path), "%s/a", dir);
    (void) rmdir(path);

    return rmdir(dir);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_thread)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
