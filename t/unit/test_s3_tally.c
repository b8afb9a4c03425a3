
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>

#include "guard.h"
#include "s3_tally.h"


#define DISKS  2
#define SLOTS  5
#define N      (1 + DISKS + SLOTS)


static unsigned char  *file;
static size_t          len;


static const s3_str_t  names[N] = {
    s3_string("zone"), s3_string("d1"), s3_string("d2"),
    { 0, NULL }, s3_string("alpha"), s3_string("beta"), { 0, NULL },
    s3_string("gone")
};


static s3_stats_scope_t
scope_of(size_t i)
{
    return i == 0 ? S3_STATS_MEMORY
           : i <= DISKS ? S3_STATS_DISK : S3_STATS_BUCKET;
}


static void
put(size_t i)
{
    size_t            k;
    s3_tally_entry_t  entry;

    memset(&entry, 0, sizeof(s3_tally_entry_t));

    entry.scope = scope_of(i);
    entry.there = i != N - 1;
    entry.name = names[i];

    for (k = 0; k < s3_stats[entry.scope].n; k++) {
        entry.cells[k] = 1000 * i + k;
    }

    s3_tally_put(file + s3_tally_offset(i), 99, i, &entry);
}


static int
setup(void **state)
{
    size_t           i;
    s3_tally_head_t  head;

    (void) state;

    len = s3_tally_offset(N);
    file = malloc(len);
    assert_non_null(file);

    memset(&head, 0, sizeof(s3_tally_head_t));
    head.token = 99;
    head.disks = DISKS;
    head.slots = SLOTS;
    head.generation = 12;
    head.written = 1700000000123;
    memcpy(head.version, "0.1.0", 5);
    memcpy(head.nginx, "1.22.1", 6);

    s3_tally_put_head(file, &head);

    for (i = 0; i < N; i++) {
        put(i);
    }

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    free(file);
    guard_reset();

    return 0;
}


static void
test_round(void **state)
{
    size_t            i, k;
    s3_tally_t        tally;
    s3_tally_entry_t  entry;

    (void) state;

    assert_int_equal(s3_tally_open(&tally, file, len), S3_OK);
    assert_int_equal(tally.n, N);
    assert_int_equal(tally.head.generation, 12);
    assert_string_equal((char *) tally.head.version, "0.1.0");
    assert_int_equal(s3_tally_slot(&tally.head, 1), 1 + DISKS + 1);
    assert_int_equal(s3_tally_disk(1), 2);

    for (i = 0; i < N; i++) {
        assert_int_equal(s3_tally_get(&tally, i, &entry), S3_OK);
        assert_int_equal(entry.scope, scope_of(i));
        assert_int_equal(entry.there, i != N - 1);
        guard_bytes("record", "name", &entry.name, &names[i]);

        for (k = 0; k < s3_stats[entry.scope].n; k++) {
            assert_int_equal(entry.cells[k], 1000 * i + k);
        }
    }

    /* what comes behind is of no interest */

    file = realloc(file, len + 1);
    assert_non_null(file);
    assert_int_equal(s3_tally_open(&tally, file, len + 1), S3_OK);
}


/* a byte that is another one: what it stands in is not believed, the rest is */

static void
test_damage(void **state)
{
    int               rc;
    size_t            i, k, bad, first;
    s3_tally_t        tally;
    s3_tally_entry_t  entry;

    (void) state;

    first = s3_tally_offset(0);

    for (i = 0; i < len; i++) {
        file[i] ^= 0x10;

        rc = s3_tally_open(&tally, file, len);

        if (i < first) {
            if (rc != S3_ERROR && rc != S3_DECLINED) {
                fail_msg("byte %zu of the head", i);
            }

        } else {
            assert_int_equal(rc, S3_OK);

            for (k = 0, bad = 0; k < N; k++) {
                bad += s3_tally_get(&tally, k, &entry) != S3_OK;
            }

            if (bad != 1) {
                fail_msg("byte %zu: %zu records are bad", i, bad);
            }
        }

        file[i] ^= 0x10;
    }
}


static void
test_cut(void **state)
{
    size_t      i;
    s3_str_t    whole, part;
    s3_tally_t  tally;

    (void) state;

    whole.data = file;

    for (i = 0; i < len; i += i < 2000 ? 1 : 97) {
        whole.len = i;
        part = guard_in(&whole);

        assert_int_equal(s3_tally_open(&tally, part.data, i), S3_ERROR);
        guard_reset();
    }
}


/* a record in another one's place, or of another file */

static void
test_moved(void **state)
{
    size_t            size;
    s3_tally_t        tally;
    s3_tally_head_t   head;
    s3_tally_entry_t  entry;

    (void) state;

    size = s3_tally_offset(1) - s3_tally_offset(0);

    memcpy(file + s3_tally_offset(5), file + s3_tally_offset(4), size);
    assert_int_equal(s3_tally_open(&tally, file, len), S3_OK);
    assert_int_equal(s3_tally_get(&tally, 4, &entry), S3_OK);
    assert_int_equal(s3_tally_get(&tally, 5, &entry), S3_ERROR);

    head = tally.head;
    head.token = 98;
    s3_tally_put_head(file, &head);
    assert_int_equal(s3_tally_open(&tally, file, len), S3_OK);
    assert_int_equal(s3_tally_get(&tally, 4, &entry), S3_ERROR);
}


/* the file as a version has it that knows less, and more */

static void
test_columns(void **state)
{
    unsigned char      *at, keep[sizeof(s3_tally_column_t)];
    s3_tally_t          tally;
    s3_tally_entry_t    entry;

    (void) state;

    /* the first two columns change their places, and the third is new */

    at = file + sizeof(s3_tally_head_t);

    memcpy(keep, at, sizeof(keep));
    memcpy(at, at + sizeof(keep), sizeof(keep));
    memcpy(at + sizeof(keep), keep, sizeof(keep));
    at[2 * sizeof(keep) + offsetof(s3_tally_column_t, name)] = '?';

    assert_int_equal(s3_tally_open(&tally, file, len), S3_ERROR);

    s3_tally_sign(file);
    assert_int_equal(s3_tally_open(&tally, file, len), S3_OK);
    assert_int_equal(s3_tally_get(&tally, 4, &entry), S3_OK);

    assert_int_equal(entry.cells[0], 4001);
    assert_int_equal(entry.cells[1], 4000);
    assert_int_equal(entry.cells[2], 0);
    assert_int_equal(entry.cells[3], 4003);
}


static void
test_other_layout(void **state)
{
    uint32_t    layout;
    s3_tally_t  tally;

    (void) state;

    layout = S3_TALLY_LAYOUT + 1;
    memcpy(file + offsetof(s3_tally_head_t, layout), &layout, sizeof(layout));

    assert_int_equal(s3_tally_open(&tally, file, len), S3_DECLINED);
}


/* every name has room in a column, and is there once */

static void
test_names(void **state)
{
    size_t    i, k;
    unsigned  s;

    (void) state;

    for (s = 0; s < S3_STATS_SCOPES; s++) {
        for (i = 0; i < s3_stats[s].n; i++) {
            assert_true(strlen(s3_stats[s].rows[i].name)
                        <= sizeof(((s3_tally_column_t *) 0)->name));

            for (k = 0; k < i; k++) {
                assert_string_not_equal(s3_stats[s].rows[i].name,
                                        s3_stats[s].rows[k].name);
                assert_string_not_equal(s3_stats[s].rows[i].metric,
                                        s3_stats[s].rows[k].metric);
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_round, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_layout, setup, teardown),
        cmocka_unit_test(test_names)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
