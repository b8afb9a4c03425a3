
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "nginx/tally.h"
#include "s3_tally.h"


#define DISKS  1
#define SLOTS  4
#define N      (1 + DISKS + SLOTS)


static char           dir[] = "/tmp/s3edge-unit-XXXXXX";
static char           path[64];
static unsigned char *file;
static size_t         len;


static void
write_file(const void *data, size_t n)
{
    int  fd;

    (void) unlink(path);

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, n), n);
    (void) close(fd);
}


static void
put(size_t i, s3_stats_scope_t scope, const char *name, unsigned there,
    uint64_t first)
{
    size_t            k;
    s3_tally_entry_t  entry;

    memset(&entry, 0, sizeof(s3_tally_entry_t));

    entry.scope = scope;
    entry.there = there;
    entry.name.len = strlen(name);
    entry.name.data = (unsigned char *) (uintptr_t) name;

    for (k = 0; k < s3_stats[scope].n; k++) {
        entry.cells[k] = first + k;
    }

    s3_tally_put(file + s3_tally_offset(i), 5, i, &entry);
}


static int
setup(void **state)
{
    s3_tally_head_t  head;

    (void) state;

    assert_non_null(mkdtemp(dir));
    (void) snprintf(path, sizeof(path), "%s/counters", dir);

    len = s3_tally_offset(N);
    file = malloc(len);
    assert_non_null(file);

    memset(&head, 0, sizeof(s3_tally_head_t));
    head.token = 5;
    head.disks = DISKS;
    head.slots = SLOTS;
    head.generation = 12;
    head.written = 1700000000123;
    memcpy(head.version, "0.1.0", 5);
    memcpy(head.nginx, "1.22.1", 6);

    s3_tally_put_head(file, &head);

    put(0, S3_STATS_MEMORY, "zone", 1, 10);
    put(1, S3_STATS_DISK, "disk", 1, 20);
    put(2, S3_STATS_BUCKET, "", 1, 1000);
    put(3, S3_STATS_BUCKET, "zeta", 1, 2000);
    put(4, S3_STATS_BUCKET, "gone", 0, 3000);
    put(5, S3_STATS_BUCKET, "alpha", 1, 4000);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    (void) unlink(path);
    (void) rmdir(path);
    (void) rmdir(dir);
    free(file);
    memcpy(dir + sizeof(dir) - sizeof("XXXXXX"), "XXXXXX", 6);

    return 0;
}


static void
test_whole(void **state)
{
    error_t        err;
    edge_stats_t   stats;
    tally_state_t  told;

    (void) state;

    write_file(file, len);
    assert_int_equal(tally_read(path, &stats, &told, &err), 0);

    assert_int_equal(told.damaged, 0);
    assert_false(told.clean);
    assert_int_equal(told.written, 1700000000123);
    assert_int_equal(stats.generation, 12);
    assert_string_equal(stats.version, "0.1.0");
    assert_string_equal(stats.nginx, "1.22.1");

    /* by name; those that are gone are in the total alone */

    assert_int_equal(stats.nbuckets, 2);
    assert_string_equal(stats.buckets[0].name, "alpha");
    assert_int_equal(stats.buckets[0].counters[S3_STATS_requests], 4000);
    assert_string_equal(stats.buckets[1].name, "zeta");
    assert_int_equal(stats.buckets[1].counters[S3_STATS_hits], 2001);
    assert_int_equal(stats.total[S3_STATS_requests], 10000);

    assert_true(stats.memory.there);
    assert_string_equal(stats.memory.name, "zone");
    assert_int_equal(stats.memory.values[S3_STATS_MEMORY_used], 11);

    assert_int_equal(stats.ndisks, 1);
    assert_string_equal(stats.disks[0].name, "disk");
    assert_int_equal(stats.disk_objects, 20);

    edge_stats_release(&stats);
}


/* never a number that is not right */

static void
test_damaged(void **state)
{
    error_t        err;
    edge_stats_t   stats;
    tally_state_t  told;

    (void) state;

    file[s3_tally_offset(3) + 300] ^= 1;
    write_file(file, len);

    assert_int_equal(tally_read(path, &stats, &told, &err), 0);
    assert_int_equal(told.damaged, 1);
    assert_int_equal(stats.nbuckets, 1);
    assert_string_equal(stats.buckets[0].name, "alpha");
    edge_stats_release(&stats);

    file[100] ^= 1;
    write_file(file, len);
    assert_int_equal(tally_read(path, &stats, &told, &err), ERR_UNAVAILABLE);
}


static void
test_others(void **state)
{
    size_t         i;
    uint32_t       layout;
    error_t        err;
    edge_stats_t   stats;
    tally_state_t  told;

    (void) state;

    assert_int_equal(tally_read(path, &stats, &told, &err), ERR_UNAVAILABLE);

    for (i = 0; i < len; i += 61) {
        write_file(file, i);
        assert_int_equal(tally_read(path, &stats, &told, &err),
                         ERR_UNAVAILABLE);
    }

    layout = S3_TALLY_LAYOUT + 1;
    memcpy(file + offsetof(s3_tally_head_t, layout), &layout, sizeof(layout));
    write_file(file, len);
    assert_int_equal(tally_read(path, &stats, &told, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "is of another version"));

    (void) unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(tally_read(path, &stats, &told, &err), ERR_UNAVAILABLE);

    (void) unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(tally_read(path, &stats, &told, &err), ERR_UNAVAILABLE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
