
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>

#include "guard.h"
#include "s3_pin.h"
#include "s3_repair.h"


#define CHUNKS     256
#define SIZE       (sizeof(s3_mem_t) + 256 + CHUNKS * (S3_ARENA_CHUNK + 17UL))
#define OBJECTS    40
#define PINS       (3 * S3_PIN_RECORDS + 5)


static s3_mem_t        *mem;
static unsigned char   *marks;
static s3_mem_entry_t  *entries[OBJECTS];
static int32_t          dead;      /* pids up to this are of nobody */


static int
is_alive(int32_t pid)
{
    return pid > dead;
}


static void
check(void)
{
    assert_int_equal(s3_repair_check(mem, marks), S3_OK);
}


static s3_mem_entry_t *
begin(unsigned slot, unsigned n)
{
    char               name[16];
    s3_mem_entry_t    *entry;
    s3_mem_object_t    object;
    s3_arena_place_t   place;

    memset(&object, 0, sizeof(s3_mem_object_t));
    object.key.data = (unsigned char *) name;
    object.key.len = (size_t) snprintf(name, sizeof(name), "key-%u", n);
    object.hash = s3_mem_hash(mem, &object.key);
    object.body_len = sizeof(n);
    object.seen = 1;

    entry = s3_mem_begin(mem, slot, &object, &place);

    if (entry != NULL) {
        s3_arena_write(&mem->arena, &place, &n, sizeof(n));
    }

    return entry;
}


static void
compare(const s3_mem_entry_t *entry, unsigned n)
{
    unsigned char     *data;
    s3_arena_place_t   place;

    place = s3_mem_head(mem, entry);
    assert_int_equal(s3_arena_run(&mem->arena, &place, sizeof(n), &data),
                     sizeof(n));
    assert_memory_equal(data, &n, sizeof(n));
}


static int
setup(void **state)
{
    unsigned  i;

    (void) state;

    mem = calloc(1, SIZE);
    assert_non_null(mem);
    assert_int_equal(s3_mem_init(mem, SIZE, 1), S3_OK);
    assert_int_equal(mem->arena.nchunks, CHUNKS);

    marks = malloc(CHUNKS);
    assert_non_null(marks);

    for (i = 0; i < OBJECTS; i++) {
        entries[i] = begin(0, i);
        assert_non_null(entries[i]);
        s3_mem_publish(mem, entries[i]);
    }

    dead = 0;
    check();

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    check();
    free(marks);
    free(mem);

    return 0;
}


static void
test_claim(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < S3_MEM_SLOTS; i++) {
        assert_int_equal(s3_pin_claim(mem, 1, i, 100 + (int32_t) i,
                                      is_alive), i);
    }

    assert_int_equal(s3_pin_claim(mem, 1, S3_MEM_SLOTS, 500, is_alive),
                     S3_DECLINED);
    assert_int_equal(s3_pin_claim(mem, 2, 5, 500, is_alive), S3_DECLINED);

    /* the same number of the same cycle: the one before is gone */

    assert_int_equal(s3_pin_claim(mem, 1, 5, 500, is_alive), 5);
    assert_int_equal(mem->slots[5].pid, 500);

    /* dead ones make room, as do those that end */

    dead = 101;
    assert_int_equal(s3_pin_claim(mem, 2, 5, 501, is_alive), 0);
    assert_int_equal(mem->slots[1].pid, 0);
    assert_int_equal(s3_pin_claim(mem, 2, 6, 502, is_alive), 1);
    assert_int_equal(s3_pin_claim(mem, 2, 7, 503, is_alive), S3_DECLINED);

    s3_pin_release(mem, 77);
    assert_int_equal(s3_pin_claim(mem, 2, 7, 503, is_alive), 77);
    assert_int_equal(mem->slots[77].cycle, 2);
    assert_int_equal(mem->slots[77].worker, 7);
}


/* pids come again: who has that of a dead one is not the dead one */

static void
test_claim_pid(void **state)
{
    s3_pin_t  pin;

    (void) state;

    assert_int_equal(s3_pin_claim(mem, 1, 0, 100, is_alive), 0);
    assert_int_equal(s3_pin(mem, 0, entries[0], &pin), S3_OK);
    assert_int_equal(s3_pin_claim(mem, 2, 3, 100, is_alive), 0);
    assert_int_equal(mem->pinned, 0);
    assert_int_equal(entries[0]->order.held, 0);
}


static unsigned
blocks(unsigned slot)
{
    unsigned  n;
    uint32_t  block;

    n = 0;

    for (block = mem->slots[slot].blocks;
         block != S3_ARENA_NONE;
         block = mem->arena.next[block])
    {
        n++;
    }

    return n;
}


static void
test_blocks(void **state)
{
    size_t     i, round;
    uint32_t   nfree;
    s3_pin_t  *pins;

    (void) state;

    pins = calloc(PINS, sizeof(s3_pin_t));
    assert_non_null(pins);
    assert_int_equal(s3_pin_claim(mem, 1, 0, 100, is_alive), 0);
    assert_int_equal(s3_pin_claim(mem, 1, 1, 101, is_alive), 1);

    nfree = mem->arena.nfree;

    for (round = 0; round < 3; round++) {

        for (i = 0; i < PINS; i++) {
            assert_int_equal(s3_pin(mem, 0, entries[i % OBJECTS], &pins[i]),
                             S3_OK);
            assert_ptr_equal(pins[i].entry, entries[i % OBJECTS]);
            assert_int_equal(blocks(0), i / S3_PIN_RECORDS + 1);
            check();
        }

        assert_int_equal(mem->pinned, PINS);
        assert_int_equal(mem->arena.nfree, nfree - 4);

        /* in the order that they came, the reverse, and every other first */

        for (i = 0; i < PINS; i++) {
            s3_unpin(mem, 0,
                     &pins[round == 0 ? i
                           : round == 1 ? PINS - 1 - i
                           : 2 * i % PINS + (PINS % 2 == 0
                                             && i >= PINS / 2)]);
            check();
        }

        /* one block stays for the next */

        assert_int_equal(mem->pinned, 0);
        assert_int_equal(blocks(0), 0);
        assert_int_equal(mem->arena.nfree, nfree);
    }

    assert_int_equal(s3_pin(mem, 0, entries[3], &pins[0]), S3_OK);
    s3_unpin(mem, 0, &pins[0]);
    assert_int_equal(blocks(0), 1);

    free(pins);
}


/* what was held goes with its process, and that of others stays */

static void
test_release(void **state)
{
    size_t           i;
    uint32_t         nfree;
    s3_pin_t         pin, other[OBJECTS];
    s3_mem_entry_t  *mine, *theirs, *entry;

    (void) state;

    nfree = mem->arena.nfree;
    assert_int_equal(s3_pin_claim(mem, 1, 0, 100, is_alive), 0);
    assert_int_equal(s3_pin_claim(mem, 1, 1, 101, is_alive), 1);

    for (i = 0; i < PINS; i++) {
        assert_int_equal(s3_pin(mem, 0, entries[i % OBJECTS], &pin), S3_OK);
    }

    for (i = 0; i < OBJECTS / 2; i++) {
        assert_int_equal(s3_pin(mem, 1, entries[i], &other[i]), S3_OK);
    }

    /* replaced while they are held, by both and by the one */

    for (i = 0; i < OBJECTS; i++) {
        entry = begin(1, (unsigned) i);
        assert_non_null(entry);
        s3_mem_publish(mem, entry);
        assert_int_equal(entries[i]->state, S3_MEM_DEAD);
    }

    mine = begin(0, 100);
    theirs = begin(1, 101);
    assert_non_null(begin(0, 102));
    assert_non_null(mine);
    check();

    assert_null(begin(1, 100));
    assert_int_equal(s3_pin_claim(mem, 1, 0, 200, is_alive), 0);
    check();

    assert_int_equal(mem->pinned, OBJECTS / 2);
    assert_int_equal(mem->arena.nfree, nfree - OBJECTS / 2 - 1 - 1);

    for (i = 0; i < OBJECTS / 2; i++) {
        compare(entries[i], (unsigned) i);
        s3_unpin(mem, 1, &other[i]);
    }

    check();
    compare(theirs, 101);
    assert_int_equal(theirs->state, S3_MEM_FILLING);
    s3_mem_publish(mem, theirs);
    assert_non_null(begin(1, 100));

    s3_pin_release(mem, 0);
    s3_pin_release(mem, 1);
    assert_int_equal(mem->arena.nfree, nfree - 1);
}


/* no chunk for a record: what is held can not be given up for it */

static void
test_no_room(void **state)
{
    unsigned   i;
    s3_pin_t   pin;
    uint32_t   n;

    (void) state;

    assert_int_equal(s3_pin_claim(mem, 1, 0, 100, is_alive), 0);
    assert_int_equal(s3_pin_claim(mem, 1, 1, 101, is_alive), 1);

    for (i = 0; i < OBJECTS; i++) {
        assert_int_equal(s3_pin(mem, 0, entries[i], &pin), S3_OK);
    }

    for (i = OBJECTS; begin(0, i) != NULL; i++) { /* void */ }

    assert_int_equal(mem->arena.nfree, 0);
    n = entries[0]->order.held;

    assert_int_equal(s3_pin(mem, 1, entries[0], &pin), S3_DECLINED);
    assert_int_equal(entries[0]->order.held, n);
    assert_int_equal(mem->slots[1].pinned, 0);
    check();

    /* who has a record left, pins on */

    assert_int_equal(s3_pin(mem, 0, entries[0], &pin), S3_OK);
    s3_unpin(mem, 0, &pin);
    check();

    /* the only one that could go is the one to be pinned */

    s3_pin_release(mem, 0);
    assert_int_equal(s3_mem_make_room(mem, CHUNKS - 1), S3_OK);
    check();
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_claim, setup, teardown),
        cmocka_unit_test_setup_teardown(test_claim_pid, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_release, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_room, setup, teardown)
    };

    return cmocka_run_group_tests_name("s3_pin", tests, NULL, NULL);
}
