
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>

#include "guard.h"
#include "crowd.h"
#include "pick.h"
#include "s3_repair.h"


#define CHUNK      S3_ARENA_CHUNK
#define ENTRY      sizeof(s3_mem_entry_t)
#define SEED       0x0123456789abcdefULL

#define FIXED      (sizeof(s3_mem_t) + 4 * 64)
#define SIZE(n)    (FIXED + (n) * (size_t) (CHUNK + 64))

#define CHUNKS     528             /* the longest key and some more, times 8 */
#define STEPS      200000
#define TEXT_MAX   (CHUNKS * CHUNK)


typedef struct {
    const char  *name;
    size_t       key;
    size_t       head;
    size_t       body;
    size_t       chunks;
} chunks_row_t;


static const chunks_row_t  chunks_rows[] = {
    { "nothing", 0, 0, 0, 1 },
    { "one byte", 0, 0, 1, 1 },
    { "a byte less than a chunk", 0, 0, CHUNK - ENTRY - 1, 1 },
    { "a chunk", 0, 0, CHUNK - ENTRY, 1 },
    { "a byte more", 0, 0, CHUNK - ENTRY + 1, 2 },
    { "a chunk of three parts", 100, 200, CHUNK - ENTRY - 300, 1 },
    { "a byte more in three parts", 100, 200, CHUNK - ENTRY - 299, 2 },
    { "two chunks", 0, CHUNK, CHUNK - ENTRY, 2 },
    { "1 MiB", 10, 100, 1 << 20, 1025 },
    { "longest body", 0, 0, SIZE_MAX, SIZE_MAX },
    { "longest head", 0, SIZE_MAX, 0, SIZE_MAX },
    { "longest key", SIZE_MAX, 0, 0, SIZE_MAX },
    { "over the end", 1, 1, SIZE_MAX - ENTRY - 1, SIZE_MAX },
    { "half and half", 0, SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1, SIZE_MAX },
    { "rounded over the end", 0, 0, SIZE_MAX - ENTRY - 1, SIZE_MAX },
    { "more than there can be", 0, 0, (1ULL << 32) + 1, SIZE_MAX }
};


static s3_mem_t       *mem;
static unsigned char  *marks;
static unsigned char  *text;


static void
mem_new(size_t size)
{
    mem = calloc(1, size);
    assert_non_null(mem);
    assert_int_equal(s3_mem_init(mem, size, SEED), S3_OK);

    marks = malloc(mem->arena.nchunks);
    assert_non_null(marks);
}


static void
mem_old(void)
{
    assert_int_equal(s3_repair_check(mem, marks), S3_OK);
    free(marks);
    free(mem);
}


static int
setup(void **state)
{
    size_t  i;

    (void) state;

    mem_new(SIZE(CHUNKS));
    text = malloc(TEXT_MAX);
    assert_non_null(text);

    for (i = 0; i < TEXT_MAX; i++) {
        text[i] = (unsigned char) (i * 7 + i / 251);
    }

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    mem_old();
    free(text);

    return 0;
}


/* all parts lie in the region, and are as many as fit */

static void
test_init(void **state)
{
    size_t          size, i, shift, waste;
    unsigned char  *block, *end;

    (void) state;

    block = calloc(1, SIZE(0));
    assert_non_null(block);
    assert_int_equal(s3_mem_init(block, SIZE(0), SEED), S3_ERROR);
    free(block);

    for (i = 0; i < 300; i++) {
        shift = 8 * (i % 9);
        size = SIZE(S3_MEM_CHUNKS_MIN) + 59 * i * i;
        block = malloc(size + shift);
        assert_non_null(block);
        memset(block, 0, size + shift);

        mem = (s3_mem_t *) (void *) (block + shift);
        end = block + shift + size;
        assert_int_equal(s3_mem_init(mem, size, SEED), S3_OK);

        marks = malloc(mem->arena.nchunks);
        assert_non_null(marks);
        assert_int_equal(s3_repair_check(mem, marks), S3_OK);

        assert_int_equal((uintptr_t) mem->arena.chunks % 64, 0);
        assert_int_equal((uintptr_t) mem->ghost.cells % 64, 0);
        assert_true((unsigned char *) mem->ghost.cells
                    >= (unsigned char *) mem + sizeof(s3_mem_t));
        assert_true(mem->heads + mem->arena.nchunks <= mem->arena.chunks);
        assert_true(mem->arena.chunks + mem->arena.nchunks * (size_t) CHUNK
                    <= end);

        waste = (size_t) (mem->arena.chunks
                          - (mem->heads + mem->arena.nchunks));
        assert_true(mem->arena.nchunks < S3_MEM_CHUNKS_MIN + 16
                    || waste < size / 32 + 2 * CHUNK);
        assert_true(mem->arena.nchunks >= S3_MEM_CHUNKS_MIN);

        free(marks);
        free(block);
    }
}


static void
test_chunks(void **state)
{
    size_t               i;
    const chunks_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(chunks_rows); i++) {
        r = &chunks_rows[i];
        guard_int(r->name, "chunks",
                  (int64_t) s3_mem_chunks(r->key, r->head, r->body),
                  (int64_t) r->chunks);
    }
}


static s3_mem_entry_t *
begin(const s3_str_t *key, size_t head, size_t body, unsigned seen,
    s3_arena_place_t *ret_place)
{
    s3_mem_entry_t   *entry;
    s3_mem_object_t   object;

    memset(&object, 0, sizeof(s3_mem_object_t));
    object.hash = s3_mem_hash(mem, key);
    object.key = *key;
    object.head_len = head;
    object.body_len = body;
    object.seen = seen;

    assert_int_equal(s3_mem_enter(mem), S3_OK);
    entry = s3_mem_begin(mem, 3, &object, ret_place);
    s3_mem_leave(mem);

    assert_int_equal(s3_repair_check(mem, marks), S3_OK);

    return entry;
}


static void
publish(s3_mem_entry_t *entry)
{
    assert_int_equal(s3_mem_enter(mem), S3_OK);
    s3_mem_publish(mem, entry);
    s3_mem_leave(mem);
    assert_int_equal(s3_repair_check(mem, marks), S3_OK);
}


static s3_mem_entry_t *
find(const s3_str_t *key)
{
    s3_mem_entry_t  *entry;

    assert_int_equal(s3_mem_enter(mem), S3_OK);
    entry = s3_mem_find(mem, s3_mem_hash(mem, key), key);
    s3_mem_leave(mem);

    return entry;
}


/* "of" tells one object's bytes from another's */

static void
write_all(s3_arena_place_t place, size_t len, size_t of)
{
    s3_arena_write(&mem->arena, &place, text + of, len);
}


static void
compare(const s3_mem_entry_t *entry, size_t len, size_t of)
{
    size_t             at, n;
    unsigned char     *data;
    s3_arena_place_t   place;

    assert_int_equal(entry->head_len + entry->body_len, len);

    data = s3_mem_plain(entry);

    if (data != NULL) {
        assert_memory_equal(data, text + of, len);

    } else {
        assert_true(entry->run < entry->nchunks * CHUNK);
    }

    place = s3_mem_head(mem, entry);

    for (at = 0; at < len; at += n) {
        n = s3_arena_run(&mem->arena, &place, len - at, &data);
        assert_memory_equal(data, text + of + at, n);
    }
}


/* takes an object in, and gives it up again */

static void
round_trip(const s3_str_t *key, size_t head, size_t body)
{
    uint32_t           nfree;
    s3_mem_entry_t    *entry;
    s3_arena_place_t   place;

    nfree = mem->arena.nfree;
    entry = begin(key, head, body, 0, &place);
    assert_non_null(entry);
    assert_int_equal(nfree - mem->arena.nfree,
                     s3_mem_chunks(key->len, head, body));
    assert_null(find(key));

    /* one at a time, and the second is not told that there is no room */

    assert_null(begin(key, head, body, 1, &place));
    assert_int_equal(mem->no_room + mem->declined, 0);

    place = s3_mem_head(mem, entry);
    write_all(place, head + body, 11);
    publish(entry);

    assert_ptr_equal(find(key), entry);
    compare(entry, head + body, 11);

    assert_int_equal(s3_mem_enter(mem), S3_OK);
    assert_int_equal(s3_mem_make_room(mem, mem->arena.nchunks), S3_OK);
    s3_mem_leave(mem);

    assert_null(find(key));
    assert_int_equal(mem->arena.nfree, nfree);

    /* and once more, to be aborted */

    entry = begin(key, head, body, 0, &place);
    assert_non_null(entry);
    assert_int_equal(s3_mem_enter(mem), S3_OK);
    s3_mem_abort(mem, entry);
    s3_mem_leave(mem);
    assert_int_equal(s3_repair_check(mem, marks), S3_OK);
    assert_int_equal(mem->arena.nfree, nfree);
}


static void
test_sizes(void **state)
{
    size_t            n, most, fixed, i;
    s3_str_t          key = s3_string("bucket/key"), in;
    s3_arena_place_t  place;

    static const size_t  heads[] = { 0, 1, 300, CHUNK, 3000 };

    (void) state;

    most = mem->arena.nchunks / S3_MEM_SHARE;
    in = guard_in(&key);

    for (i = 0; i < guard_count(heads); i++) {
        fixed = ENTRY + in.len + heads[i];
        round_trip(&in, heads[i], 0);

        for (n = fixed / CHUNK + 1; n <= most; n += n < 6 ? 1 : most / 7) {
            round_trip(&in, heads[i], n * CHUNK - fixed - 1);
            round_trip(&in, heads[i], n * CHUNK - fixed);

            if (n < most) {
                round_trip(&in, heads[i], n * CHUNK - fixed + 1);
            }
        }

        round_trip(&in, heads[i], most * CHUNK - fixed);
    }

    fixed = ENTRY + in.len;
    assert_null(begin(&in, 0, most * CHUNK - fixed + 1, 1, &place));
    assert_int_equal(mem->no_room, 1);
    assert_null(begin(&in, 0, SIZE_MAX - 10, 1, &place));
    assert_null(begin(&in, SIZE_MAX, 1, 1, &place));
    assert_null(begin(&in, (size_t) UINT32_MAX + 1, 1, 1, &place));
    assert_int_equal(mem->no_room, 4);

    guard_reset();
}


static void
test_keys(void **state)
{
    size_t            i, j;
    s3_str_t          key, other;
    s3_mem_entry_t   *entry;
    s3_arena_place_t  place;

    static const size_t  lens[] = {
        0, 1, 7, 8, 9, CHUNK - ENTRY - 1, CHUNK - ENTRY, CHUNK - ENTRY + 1,
        2 * CHUNK - ENTRY - 1, 2 * CHUNK - ENTRY, 2 * CHUNK - ENTRY + 1,
        UINT16_MAX - 1, UINT16_MAX
    };

    (void) state;

    for (i = 0; i < guard_count(lens); i++) {
        key.data = text + 3;
        key.len = lens[i];
        key = guard_in(&key);
        round_trip(&key, 0, 0);
        round_trip(&key, 100, 1000);

        /* its first and last byte count, and those at the ends of chunks */

        entry = begin(&key, 0, 0, 0, &place);
        assert_non_null(entry);
        publish(entry);
        assert_non_null(find(&key));

        for (j = 0; j < guard_count(lens); j++) {
            if (lens[j] >= key.len) {
                continue;
            }

            other = guard_in(&key);
            other.data[lens[j]] ^= 1;
            assert_null(s3_mem_find(mem, s3_mem_hash(mem, &key), &other));
        }

        assert_int_equal(s3_mem_make_room(mem, mem->arena.nchunks), S3_OK);
        guard_reset();
    }

    key.data = text;
    key.len = UINT16_MAX + 1;
    assert_null(begin(&key, 0, 0, 1, &place));
    assert_int_equal(mem->no_room, 1);
}


/* an object that is sent stays what it is, when there is a new one */

static void
test_replace(void **state)
{
    uint32_t           nfree;
    s3_pin_t           pins[3];
    s3_str_t           key = s3_string("key");
    s3_mem_entry_t    *first, *second;
    s3_arena_place_t   place;

    (void) state;

    nfree = mem->arena.nfree;
    assert_int_equal(s3_pin_claim(mem, 1, 1, 100, NULL), 0);

    first = begin(&key, 100, 3000, 0, &place);
    assert_non_null(first);
    write_all(place, 3100, 1);
    publish(first);

    assert_int_equal(s3_pin(mem, 0, first, &pins[0]), S3_OK);
    assert_int_equal(s3_pin(mem, 0, first, &pins[1]), S3_OK);

    second = begin(&key, 10, 5000, 0, &place);
    assert_non_null(second);
    assert_ptr_equal(find(&key), first);
    write_all(place, 5010, 2);
    publish(second);

    assert_ptr_equal(find(&key), second);
    assert_int_equal(first->state, S3_MEM_DEAD);
    compare(first, 3100, 1);
    compare(second, 5010, 2);
    assert_int_equal(mem->objects, 1);

    /* the new one goes, and then there are pins of what is not there */

    assert_int_equal(s3_pin(mem, 0, second, &pins[2]), S3_OK);
    s3_unpin(mem, 0, &pins[0]);
    compare(first, 3100, 1);
    assert_int_equal(s3_mem_make_room(mem, mem->arena.nchunks), S3_DECLINED);
    assert_ptr_equal(find(&key), second);
    s3_unpin(mem, 0, &pins[1]);
    assert_int_equal(s3_repair_check(mem, marks), S3_OK);
    compare(second, 5010, 2);
    assert_int_equal(mem->arena.nfree,
                     nfree - 1 - s3_mem_chunks(3, 10, 5000));

    s3_unpin(mem, 0, &pins[2]);
    assert_int_equal(s3_mem_make_room(mem, nfree - 1), S3_OK);
    assert_null(find(&key));
}


/* keys of one hash: each is found as itself, the later one stays */

static void
test_same_hash(void **state)
{
    s3_str_t          a = s3_string("a"), b = s3_string("b");
    s3_mem_entry_t   *first, *second;
    s3_mem_object_t   object;
    s3_arena_place_t  place;

    (void) state;

    memset(&object, 0, sizeof(s3_mem_object_t));
    object.hash = 77;
    object.key = a;
    first = s3_mem_begin(mem, 0, &object, &place);
    assert_non_null(first);
    s3_mem_publish(mem, first);
    assert_ptr_equal(s3_mem_find(mem, 77, &a), first);
    assert_null(s3_mem_find(mem, 77, &b));

    object.key = b;
    second = s3_mem_begin(mem, 0, &object, &place);
    assert_non_null(second);
    assert_ptr_equal(s3_mem_find(mem, 77, &a), first);
    s3_mem_publish(mem, second);
    assert_null(s3_mem_find(mem, 77, &a));
    assert_ptr_equal(s3_mem_find(mem, 77, &b), second);
    assert_int_equal(mem->objects, 1);
}


/* full: only what was seen comes in, and where all is held, nothing */

static void
test_full(void **state)
{
    int                len;
    char               name[32];
    size_t             n;
    s3_str_t           key;
    s3_pin_t           pin;
    s3_mem_entry_t    *entry;
    s3_arena_place_t   place;

    (void) state;

    assert_int_equal(s3_pin_claim(mem, 1, 1, 100, NULL), 0);
    key.data = (unsigned char *) name;

    for (n = 0; /* void */ ; n++) {
        len = snprintf(name, sizeof(name), "object-%zu", n);
        key.len = (size_t) len;
        entry = begin(&key, 0, 500, 0, &place);

        if (entry == NULL) {
            break;
        }

        write_all(place, 500, n % 64);
        publish(entry);
        assert_int_equal(s3_pin(mem, 0, entry, &pin), S3_OK);
    }

    assert_int_equal(mem->declined, 1);
    assert_true(mem->arena.nfree > 0);
    assert_true(mem->arena.nfree <= mem->arena.nchunks / 16);

    /* the reserve, and then nothing is left that could go */

    while ((entry = begin(&key, 0, 500, 1, &place)) != NULL) {
        publish(entry);
        assert_int_equal(s3_pin(mem, 0, entry, &pin), S3_OK);
        key.len = (size_t) snprintf(name, sizeof(name), "object-%zu", ++n);
    }

    assert_int_equal(mem->arena.nfree, 0);
    assert_int_equal(mem->no_room, 1);
    assert_int_equal(mem->evicted, 0);

    /* one is let go, and one comes in */

    s3_unpin(mem, 0, &pin);
    assert_non_null(begin(&key, 0, 500, 1, &place));
    assert_int_equal(mem->evicted, 1);
    assert_null(begin(&key, 0, 500, 1, &place));

    s3_pin_release(mem, 0);
}


/* a crowd of processes; the region is looked through after each step */

static void
test_random(void **state)
{
    size_t       i;
    uint64_t     seed;
    crowd_t     *crowd;
    const char  *failed;

    static const uint32_t  chunks[] = { 64, 120 };

    (void) state;

    crowd = malloc(sizeof(crowd_t));
    assert_non_null(crowd);
    seed = 1;

    for (i = 0; i < STEPS; i++) {

        if (i % (STEPS / 2) == 0) {
            mem_new(SIZE(chunks[i / (STEPS / 2)]));
            crowd_init(crowd, mem, marks, pick, &seed);
        }

        failed = crowd_act(crowd);

        if (failed == NULL) {
            failed = crowd_check(crowd, i % 64 ? (int) crowd->actor : -1);
        }

        if (failed != NULL) {
            fail_msg("step %zu, %s: %s", i, crowd->act, failed);
        }

        if ((i + 1) % (STEPS / 2) == 0) {
            assert_true(mem->evicted > 100);
            assert_true(mem->declined > 100);
            assert_true(mem->no_room > 10);
            assert_true(mem->stored > STEPS / 40);

            failed = crowd_end(crowd);
            assert_null(failed);
            mem_old();
        }
    }

    free(crowd);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replace, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_hash, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test(test_random)
    };

    return cmocka_run_group_tests_name("s3_mem", tests, NULL, NULL);
}
