
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process that is killed leaves a region as its last store left it.  Here
 * a crowd acts, each act's stores are recorded, and the region is looked at
 * as it was after each of them, as the next process would find it.
 */

#include <stdio.h>
#include <stdlib.h>

#include "guard.h"
#include "crowd.h"
#include "pick.h"
#include "stores.h"
#include "s3_repair.h"


#define CHUNKS      64
#define SIZE        (sizeof(s3_mem_t) + 256 + CHUNKS * (S3_ARENA_CHUNK + 33UL))

#define WARM        400            /* acts before the first that is killed */
#define ACTS        400
#define AFTER       4              /* acts of the others, after a death */
#define TWICE       25             /* acts where who repairs is killed, too */
#define DEEP        150            /* moments of a repair that are looked at */
#define BODY        (sizeof(s3_mem_entry_t) + 24)


typedef struct {
    crowd_t         now;           /* what is known after the act */
    crowd_t         before;
    crowd_t         left;          /* what is known by those who are left */
    unsigned        ready[CROWD_KEYS];
    unsigned        ready_before[CROWD_KEYS];
    size_t          points;
    size_t          repairs;
} crash_t;


static crash_t         *crash;
static s3_mem_t        *mem;
static unsigned char    marks[CHUNKS * 2];
static const char      *why;
static uint64_t         seed;
static uint64_t         seed_left;


static int
setup(void **state)
{
    (void) state;

    crash = calloc(1, sizeof(crash_t));
    assert_non_null(crash);

    mem = stores_map(SIZE, &why);

    if (mem == NULL) {
        return 0;
    }

    assert_int_equal(s3_mem_init(mem, SIZE, 9), S3_OK);
    assert_true(mem->arena.nchunks <= sizeof(marks));
    crowd_init(&crash->now, mem, marks, pick, &seed);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    if (mem != NULL) {
        stores_unmap();
    }

    free(crash);

    return 0;
}


/*
 * The region as somebody left it who died in the act: whoever enters repairs.
 * What was ready before and after is ready now; what others hold is as it
 * was; and when the successor has come, there is nothing of the dead one.
 */

static const char *
crash_look(unsigned dead)
{
    int       rc, busy;
    unsigned  i, pins, held, ready[CROWD_KEYS];

    crash->left = crash->before;
    crash->left.data = &seed_left;
    crash->left.pid += 1000;

    busy = mem->busy != 0;
    rc = s3_mem_enter(mem);
    crowd_want(rc == (busy ? S3_DECLINED : S3_OK));
    crash->repairs += (size_t) busy;
    crowd_want(s3_repair_check(mem, marks) == S3_OK);

    held = mem->pinned;
    s3_mem_leave(mem);

    pins = 0;

    for (i = 0; i < CROWD_PROCS; i++) {
        pins += i != dead ? crash->left.procs[i].npins : 0;
    }

    crowd_want(held >= pins);

    /* of what is known of the dead one, its own act may have changed all */

    crowd_try(crowd_ready(&crash->left, ready));

    for (i = 0; i < CROWD_KEYS; i++) {
        crowd_want(ready[i] == 0 || ready[i] == crash->ready[i]
                   || ready[i] == crash->ready_before[i]);
        crowd_want(crash->ready[i] != crash->ready_before[i]
                   || ready[i] == crash->ready[i]);

        if (ready[i] != 0) {
            crash->left.latest[i] = ready[i];
        }
    }

    crowd_die(&crash->left, dead);
    crash->left.procs[dead].cycle = crash->now.procs[dead].cycle;
    crowd_try(crowd_claim(&crash->left, dead));
    crowd_try(crowd_check(&crash->left, -1));
    crowd_want(mem->pinned == pins);

    return NULL;
}


/* life goes on: what others were filling can be published, all can end */

static const char *
crash_go_on(size_t n)
{
    for ( /* void */ ; n != 0; n--) {
        crowd_try(crowd_act(&crash->left));
        crowd_try(crowd_check(&crash->left, -1));
    }

    return crowd_end(&crash->left);
}


/* stores to the inside of an object change nothing for who repairs */

static int
crash_is_dull(size_t n)
{
    size_t  chunks, at;

    chunks = (size_t) (mem->arena.chunks - (unsigned char *) mem);
    at = stores_at(n);

    return at >= chunks
           && (at - chunks) % S3_ARENA_CHUNK > BODY
           && n % 23 != 0;
}


/* who repairs dies, and another repairs what is left */

static void
crash_twice(size_t step, unsigned dead)
{
    size_t       n, count, every;
    const char  *failed;

    stores_push();
    stores_begin();
    (void) s3_mem_enter(mem);
    count = stores_end();

    every = count / DEEP + 1;

    for (n = pick(&seed_left, (unsigned) every); n < count; n += every) {
        stores_after(n);
        failed = crash_look(dead);

        if (failed != NULL) {
            fail_msg("act %zu (%s), store %zu of %zu of its repair: %s",
                     step, crash->now.act, n, count, failed);
        }

        crash->points++;
    }

    stores_pop();
}


static void
crash_act(size_t step, int twice)
{
    size_t       n, count, deep;
    unsigned     actor;
    const char  *failed;

    crash->before = crash->now;
    assert_null(crowd_ready(&crash->now, crash->ready_before));

    stores_begin();
    failed = crowd_act(&crash->now);
    count = stores_end();

    if (failed == NULL) {
        failed = crowd_check(&crash->now, -1);
    }

    if (failed != NULL) {
        fail_msg("act %zu (%s): %s", step, crash->now.act, failed);
    }

    actor = crash->now.actor;
    assert_null(crowd_ready(&crash->now, crash->ready));
    deep = count != 0 && twice ? pick(&seed_left, (unsigned) count) : count;

    for (n = 0; n < count; n++) {

        if (n != deep && crash_is_dull(n)) {
            continue;
        }

        stores_after(n);
        failed = crash_look(actor);

        if (failed == NULL && n % 31 == step % 31) {
            failed = crash_go_on(AFTER);
        }

        if (failed != NULL) {
            fail_msg("act %zu (%s), store %zu of %zu: %s", step,
                     crash->now.act, n, count, failed);
        }

        crash->points++;

        if (n == deep) {
            stores_after(n);

            if (mem->busy) {
                crash_twice(step, actor);
            }
        }
    }

    stores_after(count);
}


static void
test_crash(void **state)
{
    size_t       i;
    const char  *failed;

    (void) state;

    if (mem == NULL) {
        print_message("# skipped: %s\n", why);
        skip();
    }

    seed = 1;
    seed_left = 2;

    for (i = 0; i < WARM; i++) {
        failed = crowd_act(&crash->now);

        if (failed != NULL) {
            fail_msg("act %zu (%s): %s", i, crash->now.act, failed);
        }
    }

    for (i = 0; i < ACTS; i++) {
        crash_act(i, i % (ACTS / TWICE) == 0);
    }

    print_message("# %zu moments, %zu repairs\n", crash->points,
                  crash->repairs);
    assert_null(crowd_end(&crash->now));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_crash, setup, teardown)
    };

    return cmocka_run_group_tests_name("s3_repair", tests, NULL, NULL);
}
