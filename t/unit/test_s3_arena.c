
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "pick.h"
#include "s3_arena.h"


#define CHUNK    S3_ARENA_CHUNK
#define CHUNKS   16
#define STEPS    20000


typedef struct {
    const char      *name;
    uint32_t         chain[5];     /* ends at NONE */
    size_t           at;           /* in the chain's bytes */
    size_t           len;
    size_t           runs[5];      /* ends at 0 */
} run_row_t;


#define END      S3_ARENA_NONE


static const run_row_t  run_rows[] = {
    { "one byte", { 3, END }, 0, 1, { 1 } },
    { "one chunk", { 3, END }, 0, CHUNK, { CHUNK } },
    { "last byte", { 3, END }, CHUNK - 1, 1, { 1 } },
    { "a byte on each side, adjacent", { 3, 4, END }, CHUNK - 1, 2, { 2 } },
    { "a byte on each side, apart", { 3, 5, END }, CHUNK - 1, 2, { 1, 1 } },
    { "a byte on each side, backwards", { 3, 2, END }, CHUNK - 1, 2,
      { 1, 1 } },
    { "from an end", { 3, 4, END }, CHUNK, 1, { 1 } },
    { "from an end, apart", { 3, 9, END }, CHUNK, CHUNK, { CHUNK } },
    { "to an end", { 3, 4, 5, END }, 1, CHUNK - 1, { CHUNK - 1 } },
    { "to the end after", { 3, 4, 5, END }, 1, 2 * CHUNK - 1,
      { 2 * CHUNK - 1 } },
    { "a byte more", { 3, 4, 5, END }, 1, 2 * CHUNK, { 2 * CHUNK } },
    { "whole, adjacent", { 3, 4, 5, 6, END }, 0, 4 * CHUNK, { 4 * CHUNK } },
    { "whole, apart", { 9, 7, 5, 3, END }, 0, 4 * CHUNK,
      { CHUNK, CHUNK, CHUNK, CHUNK } },
    { "two and two", { 9, 10, 4, 5, END }, 100, 4 * CHUNK - 100,
      { 2 * CHUNK - 100, 2 * CHUNK } },
    { "two and two, not all", { 9, 10, 4, 5, END }, 100, 3 * CHUNK,
      { 2 * CHUNK - 100, CHUNK + 100 } },
    { "the last chunk of all", { 14, 15, END }, 0, 2 * CHUNK,
      { 2 * CHUNK } },
    { "the last, then the first", { 15, 0, END }, 5, 2 * CHUNK - 5,
      { CHUNK - 5, CHUNK } },
    { "nothing", { 3, END }, 7, 0, { 0 } },
    { "nothing at an end", { 3, 4, END }, CHUNK, 0, { 0 } },
    { "nothing at the very end", { 3, END }, CHUNK, 0, { 0 } }
};


static s3_arena_t      arena;
static uint32_t        next[CHUNKS];
static unsigned char  *chunks;


static int
setup(void **state)
{
    (void) state;

    chunks = malloc(CHUNKS * CHUNK);
    assert_non_null(chunks);
    s3_arena_init(&arena, CHUNKS, next, chunks);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    free(chunks);

    return 0;
}


static void
test_take(void **state)
{
    uint32_t  a, b, c, last;

    (void) state;

    a = s3_arena_take(&arena, 1, &last);
    assert_int_equal(a, 0);
    assert_int_equal(last, 0);
    assert_int_equal(next[a], S3_ARENA_NONE);

    b = s3_arena_take(&arena, 3, &last);
    assert_int_equal(b, 1);
    assert_int_equal(last, 3);
    assert_int_equal(next[last], S3_ARENA_NONE);
    assert_int_equal(arena.nfree, CHUNKS - 4);

    c = s3_arena_take(&arena, CHUNKS - 4, &last);
    assert_int_equal(c, 4);
    assert_int_equal(last, CHUNKS - 1);
    assert_int_equal(arena.nfree, 0);
    assert_int_equal(arena.free, S3_ARENA_NONE);

    /* what came back last goes first, in the order that it had */

    s3_arena_give(&arena, c, last, CHUNKS - 4);
    s3_arena_give(&arena, a, a, 1);
    s3_arena_give(&arena, b, 3, 3);
    assert_int_equal(arena.nfree, CHUNKS);

    b = s3_arena_take(&arena, 4, &last);
    assert_int_equal(b, 1);
    assert_int_equal(next[1], 2);
    assert_int_equal(next[2], 3);
    assert_int_equal(next[3], 0);
    assert_int_equal(last, 0);
    assert_int_equal(next[0], S3_ARENA_NONE);

    s3_arena_give(&arena, b, last, 4);
    b = s3_arena_take(&arena, CHUNKS, &last);
    assert_int_equal(arena.free, S3_ARENA_NONE);
    assert_int_equal(last, CHUNKS - 1);
    s3_arena_give(&arena, b, last, CHUNKS);
}


/* the same bytes by runs and by writing, and nothing beside them */

static void
test_run(void **state)
{
    size_t             i, j, k, n, at, left;
    unsigned char     *data, byte;
    unsigned char      text[4 * CHUNK];
    s3_arena_place_t   place, start;
    const run_row_t   *r;

    (void) state;

    for (i = 0; i < guard_count(run_rows); i++) {
        r = &run_rows[i];

        for (j = 0; r->chain[j] != END; j++) {
            next[r->chain[j]] = r->chain[j + 1];
        }

        memset(chunks, 0, CHUNKS * CHUNK);

        /* a place at an end is of the chunk before */

        start.chunk = r->chain[r->at == CHUNK ? 0 : r->at / CHUNK];
        start.pos = (uint32_t) (r->at == CHUNK ? CHUNK : r->at % CHUNK);
        place = start;

        for (j = 0, left = r->len; left != 0; j++, left -= n) {
            n = s3_arena_run(&arena, &place, left, &data);
            guard_int(r->name, "run", (int64_t) n, (int64_t) r->runs[j]);
            assert_true(place.pos >= 1 && place.pos <= CHUNK);
        }

        guard_int(r->name, "runs", (int64_t) r->runs[j], 0);

        for (j = 0; j < r->len; j++) {
            text[j] = (unsigned char) (1 + j % 251);
        }

        place = start;
        s3_arena_write(&arena, &place, text, r->len);

        for (j = 0, k = 0, at = 0; k < CHUNKS * CHUNK; k++) {
            at += chunks[k] != 0;
        }

        guard_int(r->name, "written", (int64_t) at, (int64_t) r->len);

        for (j = 0; j < r->len; j++) {
            at = r->at + j;
            byte = chunks[r->chain[at / CHUNK] * CHUNK + at % CHUNK];
            guard_int(r->name, "byte", byte, text[j]);
        }

        /* where it stands now, nothing is nothing, and it stays */

        start = place;
        guard_int(r->name, "no bytes",
                  (int64_t) s3_arena_run(&arena, &place, 0, &data), 0);
        guard_int(r->name, "chunk", place.chunk, start.chunk);
        guard_int(r->name, "place", place.pos, start.pos);
    }
}


/* chains come and go; each chunk has one owner, or is free */

static void
test_random(void **state)
{
    size_t    i, step;
    uint32_t  n, chunk, used, owner[CHUNKS];
    uint64_t  seed;

    struct {
        uint32_t  first, last, n;
    } chains[CHUNKS];

    (void) state;

    memset(chains, 0, sizeof(chains));
    seed = 5;
    used = 0;

    for (step = 0; step < STEPS; step++) {
        i = pick(&seed, CHUNKS);

        if (chains[i].n != 0) {
            s3_arena_give(&arena, chains[i].first, chains[i].last,
                          chains[i].n);
            used -= chains[i].n;
            chains[i].n = 0;

        } else if (used < CHUNKS) {
            n = 1 + pick(&seed, CHUNKS - used);
            chains[i].first = s3_arena_take(&arena, n, &chains[i].last);
            chains[i].n = n;
            used += n;
        }

        assert_int_equal(arena.nfree, CHUNKS - used);
        memset(owner, 0, sizeof(owner));

        for (i = 0; i < CHUNKS; i++) {
            chunk = chains[i].first;

            for (n = chains[i].n; n != 0; n--) {
                assert_int_equal(owner[chunk], 0);
                owner[chunk] = 1;
                assert_true(n != 1 || chunk == chains[i].last);
                chunk = next[chunk];
            }

            assert_true(chains[i].n == 0 || chunk == S3_ARENA_NONE);
        }

        for (chunk = arena.free, n = 0; chunk != S3_ARENA_NONE; n++) {
            assert_int_equal(owner[chunk], 0);
            owner[chunk] = 1;
            chunk = next[chunk];
        }

        assert_int_equal(n, arena.nfree);
    }
}


/* a byte written to a free chunk ends the process that takes it next */

static void
test_poison(void **state)
{
    int       status;
    pid_t     pid;
    size_t    i;
    uint32_t  last;

    static const size_t  at[] = { 0, 1, CHUNK / 2, CHUNK - 1 };

    (void) state;

    for (i = 0; i < guard_count(at); i++) {
        pid = fork();
        assert_int_not_equal(pid, -1);

        if (pid == 0) {
            (void) signal(SIGILL, SIG_DFL);
            (void) signal(SIGTRAP, SIG_DFL);
            chunks[CHUNK + at[i]] ^= 1;
            (void) s3_arena_take(&arena, 1, &last);
            (void) s3_arena_take(&arena, 1, &last);
            _exit(0);
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status)
                    || (WIFEXITED(status) && WEXITSTATUS(status) != 0));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_take, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random, setup, teardown),
        cmocka_unit_test_setup_teardown(test_poison, setup, teardown)
    };

    return cmocka_run_group_tests_name("s3_arena", tests, NULL, NULL);
}
