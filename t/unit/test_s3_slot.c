
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>

#include "guard.h"
#include "s3_slot.h"


#define ROOM  200                  /* slots; three blocks and a part */
#define SIZE  s3_slots_size(ROOM)


static s3_slots_t  *slots;


static int
setup(void **state)
{
    (void) state;

    slots = aligned_alloc(S3_SLOT_LINE, SIZE);
    assert_non_null(slots);
    memset(slots, 0, SIZE);

    s3_slots_init(slots, 7);
    s3_slots_begin(slots);
    s3_slots_use_line(slots, 0);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    free(slots);

    return 0;
}


static s3_str_t
name_of(unsigned i)
{
    s3_str_t     name;
    static char  text[16];

    name.len = (size_t) snprintf(text, sizeof(text), "b%u", i);
    name.data = (unsigned char *) text;

    return name;
}


static s3_slot_t *
give(unsigned i, size_t room)
{
    s3_str_t               name;
    s3_slot_t             *slot;
    static s3_slot_hand_t  hand;

    memset(&hand, 0, sizeof(s3_slot_hand_t));

    slot = s3_slot_take(slots, room, &hand);

    if (slot != NULL) {
        name = name_of(i);
        s3_slot_give(slots, slot, &name);
    }

    return slot;
}


static uint64_t
sum(const s3_slot_t *slot, unsigned cell)
{
    uint64_t  sums[S3_STATS_MAX];

    memset(sums, 0, sizeof(sums));
    s3_slot_sum(slots, slot, sums);

    return sums[cell];
}


static uint64_t
total(unsigned cell)
{
    size_t    i;
    uint64_t  n;

    n = 0;

    for (i = 0; i < slots->used; i++) {
        n += sum(s3_slots_at(slots, i), cell);
    }

    return n;
}


static void
test_layout(void **state)
{
    (void) state;

    assert_true(s3_slots_check(slots, SIZE));
    assert_false(s3_slots_check(slots, sizeof(s3_slots_t)));
    assert_true(s3_slots_room(SIZE) >= ROOM);
    assert_int_equal(s3_slots_room(s3_slots_size(1)), S3_SLOT_BLOCK);
    assert_int_equal(s3_slots_room(s3_slots_size(S3_SLOT_BLOCK + 1)),
                     2 * S3_SLOT_BLOCK);
    assert_int_equal(s3_slots_room(0), 0);

    slots->table++;
    assert_false(s3_slots_check(slots, SIZE));
    slots->table--;

    slots->used = (uint32_t) s3_slots_room(SIZE) + 1;
    assert_false(s3_slots_check(slots, SIZE));
    slots->used = 1;
    slots->layout++;
    assert_false(s3_slots_check(slots, SIZE));
}


/* no cell of a worker is another worker's, nor the slot's own */

static void
test_cells(void **state)
{
    unsigned    i, n;
    s3_slot_t  *one, *two;

    (void) state;

    one = give(1, ROOM);
    two = give(2, ROOM);

    for (i = 0; i < S3_SLOT_LINES; i++) {
        s3_slots_use_line(slots, i);

        for (n = 0; n < S3_STATS_MAX; n++) {
            s3_slot_add(one, i, n, 1 + n);
        }
    }

    for (n = 0; n < S3_STATS_MAX; n++) {
        guard_int("cell", "sum", (int64_t) sum(one, n),
                  S3_SLOT_LINES * (1 + n));
        guard_int("cell", "of another", (int64_t) sum(two, n), 0);
    }

    assert_int_equal(one->id, 1);
    assert_int_equal(one->name_len, 2);
    assert_memory_equal(one->name, "b1", 2);
}


/* what a bucket that goes has counted is no other bucket's, and not lost */

static void
test_given_back(void **state)
{
    uint64_t    id;
    s3_slot_t  *one, *two, *again;

    (void) state;

    one = give(1, 3);
    two = give(2, 3);
    assert_ptr_not_equal(one, two);

    s3_slot_add(one, 0, S3_STATS_hits, 5);
    s3_slot_add(two, 0, S3_STATS_hits, 7);
    id = one->id;

    /* in the next configuration the first is gone */

    assert_false(s3_slot_is_free(slots, one));
    s3_slots_begin(slots);
    s3_slot_keep(slots, two);
    assert_true(s3_slot_is_free(slots, one));

    /* its workers may yet count: taken only if there is no other */

    again = give(3, 4);
    assert_ptr_not_equal(again, one);
    assert_ptr_not_equal(again, two);
    assert_int_equal(sum(one, S3_STATS_hits), 5);

    again = give(4, 4);
    assert_ptr_equal(again, one);
    assert_int_not_equal(again->id, id);
    assert_int_equal(sum(again, S3_STATS_hits), 0);
    assert_int_equal(sum(s3_slots_at(slots, 0), S3_STATS_hits), 5);
    assert_int_equal(total(S3_STATS_hits), 12);

    assert_null(give(5, 4));
}


/* however often all are renamed, it takes no more than twice as many */

static void
test_renamed(void **state)
{
    unsigned    i, n, k;
    s3_slot_t  *slot;

    (void) state;

    for (n = 0; n < 20; n++) {
        for (i = 0; i < 60; i++) {
            slot = give(n * 60 + i, 2 * 60 + 1);
            assert_non_null(slot);
            assert_int_equal(sum(slot, S3_STATS_requests), 0);

            s3_slot_add(slot, 0, S3_STATS_requests, 1);
        }

        assert_int_equal(total(S3_STATS_requests), (n + 1) * 60);

        /* those of before are as they were */

        for (i = 1, k = 0; i < slots->used; i++) {
            slot = s3_slots_at(slots, i);
            k += slots->cycle - slot->cycle == 1 && slot->name_len != 0;
        }

        assert_int_equal(k, n == 0 ? 0 : 60);

        s3_slots_begin(slots);
    }
}


static void
test_cut(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < 100; i++) {
        s3_slot_add(give(i, ROOM), 0, S3_STATS_misses, 1);
    }

    s3_slots_begin(slots);
    s3_slots_cut(slots, 50);

    assert_int_equal(slots->used, 50);
    assert_int_equal(total(S3_STATS_misses), 100);
    assert_int_equal(sum(s3_slots_at(slots, 0), S3_STATS_misses), 51);

    assert_non_null(give(200, ROOM));
    assert_int_equal(total(S3_STATS_misses), 100);

    s3_slots_cut(slots, 0);
    assert_int_equal(slots->used, 1);
    assert_int_equal(total(S3_STATS_misses), 100);
}


static void
test_changed(void **state)
{
    size_t    first;
    unsigned  i;

    (void) state;

    for (i = 0; i < 150; i++) {
        assert_non_null(give(i, ROOM));
    }

    assert_int_equal(s3_slots_changed(slots, 0, &first), 0);

    s3_slot_mark(slots, s3_slots_at(slots, 3), 0);
    s3_slot_mark(slots, s3_slots_at(slots, 9), S3_SLOT_LINES - 1);
    s3_slot_mark(slots, s3_slots_at(slots, 64), 1);
    s3_slot_mark(slots, s3_slots_at(slots, 127), 2);
    s3_slot_mark(slots, s3_slots_at(slots, 150), 2);

    assert_int_equal(s3_slots_changed(slots, 0, &first), 7);
    assert_int_equal(first, 3);
    assert_int_equal(s3_slots_changed(slots, 0, &first), 0);

    assert_int_equal(s3_slots_changed(slots, 1, &first), 64);
    assert_int_equal(first, 0);
    assert_int_equal(s3_slots_changed(slots, 2, &first), 1);
    assert_int_equal(first, 150 % S3_SLOT_BLOCK);
    assert_int_equal(s3_slots_changed(slots, 2, &first), 0);
}


static int
nobody(int32_t pid)
{
    (void) pid;

    return 0;
}


static int
somebody(int32_t pid)
{
    (void) pid;

    return 1;
}


static void
test_lock(void **state)
{
    (void) state;

    assert_true(s3_slots_lock(slots, 10, somebody));
    assert_false(s3_slots_lock(slots, 11, somebody));
    s3_slots_unlock(slots, 11);
    assert_false(s3_slots_lock(slots, 11, somebody));

    s3_slots_unlock(slots, 10);
    assert_true(s3_slots_lock(slots, 11, somebody));

    /* it has died */

    assert_true(s3_slots_lock(slots, 12, nobody));
    s3_slots_unlock(slots, 11);
    assert_false(s3_slots_lock(slots, 13, somebody));
    s3_slots_unlock(slots, 12);

    /* or another process had its pid */

    assert_true(s3_slots_lock(slots, 13, somebody));
    assert_true(s3_slots_lock(slots, 13, somebody));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cells, setup, teardown),
        cmocka_unit_test_setup_teardown(test_given_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renamed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lock, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
