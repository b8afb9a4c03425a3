
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>

#include "guard.h"
#include "pick.h"
#include "s3_ghost.h"


#define WAYS     S3_GHOST_WAYS
#define CELLS    64                /* eight sets */
#define STEPS    200000
#define MANY     100


static s3_ghost_cell_t  cells[CELLS];


/* a hash whose mark and set are given */

static uint64_t
hash_of(uint32_t mark, uint32_t set)
{
    return (uint64_t) mark << 32 | set;
}


static void
ghost_new(s3_ghost_t *ghost, uint32_t time)
{
    memset(cells, 0, sizeof(cells));
    s3_ghost_init(ghost, cells, CELLS);

    assert_int_equal(ghost->mask, CELLS / WAYS - 1);
    ghost->time = time;
}


/* the times at which a region begins: the last ones go over the end */

static const uint32_t  times[] = {
    0, 1, UINT32_MAX / 2, UINT32_MAX - 200, UINT32_MAX - 7, UINT32_MAX - 1,
    UINT32_MAX
};


/* "others" come in between, each to a set of its own where there are few */

static void
test_window(void **state)
{
    size_t      i;
    uint32_t    window, others, j;
    s3_ghost_t  ghost;

    (void) state;

    for (i = 0; i < guard_count(times); i++) {
        for (window = 0; window < 10; window++) {
            for (others = 0; others < 12; others++) {
                ghost_new(&ghost, times[i]);

                assert_int_equal(s3_ghost_seen(&ghost, hash_of(3, 0), window),
                                 0);

                for (j = 0; j < others; j++) {
                    (void) s3_ghost_seen(&ghost, hash_of(5, 1 + j % 7), 0);
                }

                assert_int_equal(s3_ghost_seen(&ghost, hash_of(3, 0), window),
                                 others <= window);

                /* asking counts */

                assert_int_equal(s3_ghost_seen(&ghost, hash_of(3, 0), 0), 1);
            }
        }
    }
}


/* the largest window: all that is recorded, however old */

static void
test_window_max(void **state)
{
    s3_ghost_t  ghost;

    (void) state;

    ghost_new(&ghost, 0);
    (void) s3_ghost_seen(&ghost, hash_of(3, 0), 0);
    ghost.time = UINT32_MAX;
    assert_int_equal(s3_ghost_seen(&ghost, hash_of(3, 0), UINT32_MAX), 1);
    assert_int_equal(s3_ghost_seen(&ghost, hash_of(5, 0), UINT32_MAX), 0);
}


/*
 * A cell that is 2^32 marks old looks fresh, as the header says: its set has
 * to be left alone all the while.
 */

static void
test_old(void **state)
{
    s3_ghost_t  ghost;

    (void) state;

    ghost_new(&ghost, 0);
    (void) s3_ghost_seen(&ghost, hash_of(3, 0), 0);

    ghost.time = UINT32_MAX;
    (void) s3_ghost_seen(&ghost, hash_of(3, 1), 0);
    (void) s3_ghost_seen(&ghost, hash_of(5, 1), 0);
    assert_int_equal(ghost.time, 1);
    assert_int_equal(s3_ghost_seen(&ghost, hash_of(3, 0), 0), 1);
}


/* a set forgets its oldest, over the end of time as elsewhere */

static void
test_set(void **state)
{
    size_t      i;
    uint32_t    j;
    s3_ghost_t  ghost;

    (void) state;

    for (i = 0; i < guard_count(times); i++) {
        ghost_new(&ghost, times[i]);

        for (j = 0; j < WAYS; j++) {
            assert_int_equal(s3_ghost_seen(&ghost, hash_of(2 * j, 0), MANY),
                             0);
        }

        /* all are there; the first is now the latest, the second goes */

        assert_int_equal(s3_ghost_seen(&ghost, hash_of(0, 0), MANY), 1);
        assert_int_equal(s3_ghost_seen(&ghost, hash_of(100, 0), MANY), 0);
        assert_int_equal(s3_ghost_seen(&ghost, hash_of(0, 0), MANY), 1);

        for (j = 2; j < WAYS; j++) {
            assert_int_equal(s3_ghost_seen(&ghost, hash_of(2 * j, 0), MANY),
                             1);
        }

        assert_int_equal(s3_ghost_seen(&ghost, hash_of(100, 0), MANY), 1);
        assert_int_equal(s3_ghost_seen(&ghost, hash_of(2, 0), MANY), 0);
    }
}


/* marks without their lowest bit are the same; sets keep them apart */

static void
test_collision(void **state)
{
    s3_ghost_t  ghost;

    (void) state;

    ghost_new(&ghost, 0);
    (void) s3_ghost_seen(&ghost, hash_of(0, 0), MANY);
    assert_int_equal(cells[0].mark, 1);
    assert_int_equal(s3_ghost_seen(&ghost, hash_of(1, 0), MANY), 1);
    assert_int_equal(s3_ghost_seen(&ghost, hash_of(2, 0), MANY), 0);
    assert_int_equal(s3_ghost_seen(&ghost, hash_of(0, 1), MANY), 0);
    assert_int_equal(s3_ghost_seen(&ghost, hash_of(0, 8), MANY), 1);
}


/* against sets as lists, with times that do not wrap */

static void
test_random(void **state)
{
    int          want;
    size_t       i;
    uint32_t     set, mark, window, j, n, oldest;
    uint64_t     seed, now, *times64, *marks;
    s3_ghost_t   ghost;

    (void) state;

    times64 = calloc(CELLS, sizeof(uint64_t));
    marks = calloc(CELLS, sizeof(uint64_t));
    assert_non_null(times64);
    assert_non_null(marks);

    ghost_new(&ghost, UINT32_MAX - STEPS / 2);
    seed = 3;
    now = 0;

    for (i = 0; i < STEPS; i++) {
        set = pick(&seed, CELLS / WAYS);
        mark = pick(&seed, 12) * 2;
        window = pick(&seed, 200);

        oldest = set * WAYS;
        want = 0;

        for (j = set * WAYS, n = 0; n < WAYS; j++, n++) {
            if (marks[j] == mark + 1) {
                want = now - times64[j] <= window;
                oldest = j;
                break;
            }

            if (times64[j] < times64[oldest]) {
                oldest = j;
            }
        }

        now++;
        marks[oldest] = mark + 1;
        times64[oldest] = now;

        assert_int_equal(s3_ghost_seen(&ghost, hash_of(mark, set), window),
                         want);
    }

    free(times64);
    free(marks);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_window_max),
        cmocka_unit_test(test_old),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_collision),
        cmocka_unit_test(test_random)
    };

    return cmocka_run_group_tests_name("s3_ghost", tests, NULL, NULL);
}
