
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "registry/audit.h"
#include "registry/store.h"


/* so many take no more than that: they would, 0.3 s each */

#define BUSY_ROWS     50
#define BUSY_SECONDS  5


static char     dir[64], path[80];
static seal_t   seal;
static store_t  *store;
static audit_t  *audit;


static void
put(const char *action)
{
    error_t      err;
    audit_row_t  row;

    static char  actor[] = "local", arguments[] = "{}", result[] = "ok";

    memset(&row, 0, sizeof(audit_row_t));
    row.actor = actor;
    row.action = (char *) (uintptr_t) action;
    row.arguments = arguments;
    row.result = result;

    assert_int_equal(audit_put(audit, &row, &err), 0);
}


static void
check_latest(const char *action)
{
    error_t       err;
    audit_page_t  page;

    assert_int_equal(audit_list(audit, 0, 1, &page, &err), 0);
    assert_int_equal(page.len, 1);
    assert_string_equal(page.rows[0].action, action);
    assert_null(page.rows[0].address);
    assert_true(page.rows[0].at > 1700000000);
    audit_release(&page);
}


static void
test_list(void **state)
{
    int64_t       id;
    error_t       err;
    audit_page_t  page;

    (void) state;

    assert_int_equal(audit_list(audit, 0, 10, &page, &err), 0);
    assert_int_equal(page.len, 0);
    audit_release(&page);

    put("one");
    put("two");
    put("three");
    check_latest("three");

    assert_int_equal(audit_list(audit, 0, 10, &page, &err), 0);
    assert_int_equal(page.len, 3);
    assert_string_equal(page.rows[2].action, "one");
    id = page.rows[1].id;
    audit_release(&page);

    assert_int_equal(audit_list(audit, id, 10, &page, &err), 0);
    assert_int_equal(page.len, 1);
    assert_string_equal(page.rows[0].action, "one");
    audit_release(&page);
}


/* a change of the buckets holds the registry: rows wait, callers don't */

static void
test_busy(void **state)
{
    int              i;
    error_t          err;
    struct timespec  from, to;

    (void) state;

    assert_int_equal(store_begin(store, &err), 0);

    (void) clock_gettime(CLOCK_MONOTONIC, &from);

    for (i = 0; i < BUSY_ROWS; i++) {
        put("meanwhile");
    }

    put("and again");

    (void) clock_gettime(CLOCK_MONOTONIC, &to);

    assert_true(to.tv_sec - from.tv_sec < BUSY_SECONDS);
    assert_int_equal(store_commit(store, &err), 0);

    check_latest("and again");
}


static void
test_cap(void **state)
{
    int           i;
    error_t       err;
    audit_page_t  page;

    (void) state;

    assert_int_equal(sqlite3_exec(store->db,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "LIMIT 100000) INSERT INTO audit (at, actor, action, arguments, "
        "result) SELECT i, 'local', 'filler', '{}', 'ok' FROM n", NULL, NULL,
        NULL), SQLITE_OK);

    for (i = 0; i < 100; i++) {
        put("last");
    }

    assert_int_equal(audit_list(audit, 101, 100, &page, &err), 0);
    assert_true(page.len < 100);
    audit_release(&page);

    check_latest("last");
}


static int
setup(void **state)
{
    error_t  err;

    static const unsigned char  key[SEAL_KEY_LEN] = { 7 };

    (void) state;

    seal_init(&seal, key);

    (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void) snprintf(path, sizeof(path), "%s/r.db", dir);

    assert_int_equal(store_open(path, &seal, &store, &err), 0);
    assert_int_equal(audit_new(path, &audit, &err), 0);

    return 0;
}


static int
teardown(void **state)
{
    char    name[96];
    size_t  i;

    static const char *const  tails[] = { "", "-wal", "-shm" };

    (void) state;

    audit_free(audit);
    store_close(store);

    for (i = 0; i < guard_count(tails); i++) {
        (void) snprintf(name, sizeof(name), "%s%s", path, tails[i]);
        (void) unlink(name);
    }

    return rmdir(dir);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_cap)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
