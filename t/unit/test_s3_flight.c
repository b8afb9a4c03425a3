
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>

#include "guard.h"
#include "s3_flight.h"


#define SLOTS   64
#define FOR     100
#define OWNER   (((uint64_t) 7 << 32) | 1)
#define OTHER   (((uint64_t) 8 << 32) | 1)


static s3_flights_t  *flights;
static int32_t        dead;


static int
set_up(void **state)
{
    (void) state;

    flights = malloc(s3_flight_size(SLOTS));
    if (flights == NULL) {
        return -1;
    }

    s3_flight_init(flights, SLOTS, 1);

    dead = -1;

    return 0;
}


static int
tear_down(void **state)
{
    (void) state;

    free(flights);

    return 0;
}


static int
is_alive(int32_t pid)
{
    return pid != dead;
}


static void
look(const char *what, uint64_t key, uint64_t now, s3_flight_kind_e kind)
{
    guard_int("look", what, s3_flight_look(flights, key, now), kind);
}


static void
test_one(void **state)
{
    (void) state;

    look("empty", 5, 0, S3_FLIGHT_NONE);

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 10, FOR), S3_OK);
    assert_int_equal(flights->used, 1);
    look("fetched", 5, 110, S3_FLIGHT_FETCH);
    look("another key", 5 + SLOTS, 10, S3_FLIGHT_NONE);
    look("no key", 0, 10, S3_FLIGHT_NONE);

    assert_int_equal(s3_flight_begin(flights, 5, OTHER, 110, FOR),
                     S3_DECLINED);
    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 110, FOR), S3_OK);
    look("begun again", 5, 210, S3_FLIGHT_FETCH);
    assert_int_equal(s3_flight_renew(flights, 5, OTHER, 210, FOR),
                     S3_DECLINED);
    assert_int_equal(s3_flight_renew(flights, 5, OWNER, 210, FOR), S3_OK);
    look("renewed", 5, 310, S3_FLIGHT_FETCH);
    look("too old", 5, 311, S3_FLIGHT_NONE);

    assert_int_equal(s3_flight_begin(flights, 5, OTHER, 311, FOR), S3_OK);
    assert_int_equal(s3_flight_renew(flights, 5, OWNER, 312, FOR),
                     S3_DECLINED);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_PASS, 312, FOR);
    look("of another by now", 5, 312, S3_FLIGHT_FETCH);

    s3_flight_end(flights, 5, OTHER, S3_FLIGHT_NONE, 312, FOR);
    look("ended", 5, 312, S3_FLIGHT_NONE);
    assert_int_equal(flights->used, 0);
}


static void
test_ends(void **state)
{
    (void) state;

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 10, FOR), S3_OK);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_DONE, 20, FOR);
    look("done, for nobody", 5, 20, S3_FLIGHT_NONE);
    assert_int_equal(flights->used, 0);

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 10, FOR), S3_OK);
    s3_flight_wait(flights, 5);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_DONE, 20, FOR);
    look("done", 5, 120, S3_FLIGHT_DONE);
    assert_int_equal(s3_flight_begin(flights, 5, OTHER, 21, FOR), S3_OK);

    s3_flight_end(flights, 5, OTHER, S3_FLIGHT_PASS, 22, 1000);
    look("passes", 5, 1022, S3_FLIGHT_PASS);
    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 1022, FOR),
                     S3_DECLINED);
    assert_int_equal(s3_flight_take(flights, 5, OWNER, 1022, FOR, is_alive),
                     S3_DECLINED);
    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 1023, FOR), S3_OK);
    assert_int_equal(flights->used, 1);

    s3_flight_forget(flights, 6);
    s3_flight_forget(flights, 5);
    look("is fetched", 5, 1023, S3_FLIGHT_FETCH);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_PASS, 1024, FOR);
    s3_flight_forget(flights, 5);
    look("forgotten", 5, 1024, S3_FLIGHT_NONE);
    assert_int_equal(flights->used, 0);
}


/* the whole may still be fetched by one for all */

static void
test_apart(void **state)
{
    (void) state;

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 10, FOR), S3_OK);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_APART, 20, FOR);
    look("apart", 5, 120, S3_FLIGHT_APART);
    assert_int_equal(s3_flight_begin(flights, 5, OTHER, 21, FOR), S3_OK);
    look("fetched", 5, 21, S3_FLIGHT_FETCH);
    assert_int_equal(flights->used, 1);
}


/* an error is a mark for those who would wait for the next one alone */

static void
test_error(void **state)
{
    (void) state;

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 10, FOR), S3_OK);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_ERROR, 20, FOR);
    look("nobody waits", 5, 20, S3_FLIGHT_NONE);
    assert_int_equal(flights->used, 0);

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 20, FOR), S3_OK);
    s3_flight_wait(flights, 5);
    s3_flight_wait(flights, 6);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_ERROR, 30, FOR);
    look("somebody waits", 5, 130, S3_FLIGHT_PASS);

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 131, FOR), S3_OK);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_ERROR, 132, FOR);
    look("nobody waits for the next", 5, 132, S3_FLIGHT_NONE);

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 140, FOR), S3_OK);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_EACH, 141, FOR);
    look("nobody asks, too", 5, 141, S3_FLIGHT_NONE);

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 142, FOR), S3_OK);
    s3_flight_wait(flights, 5);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_EACH, 143, FOR);
    look("all ask", 5, 143, S3_FLIGHT_EACH);
    assert_int_equal(s3_flight_begin(flights, 5, OTHER, 143, FOR),
                     S3_DECLINED);
}


/* one asks again, and if that is lost, too, all do */

static void
test_lost(void **state)
{
    (void) state;

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 10, FOR), S3_OK);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_LOST, 20, FOR);
    look("nobody waits", 5, 20, S3_FLIGHT_NONE);

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 20, FOR), S3_OK);
    s3_flight_wait(flights, 5);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_LOST, 30, FOR);
    look("lost", 5, 30, S3_FLIGHT_LOST);
    assert_int_equal(s3_flight_take(flights, 5, OTHER, 31, FOR, is_alive),
                     S3_OK);
    look("another asks", 5, 31, S3_FLIGHT_FETCH);
    s3_flight_wait(flights, 5);
    s3_flight_end(flights, 5, OTHER, S3_FLIGHT_LOST, 32, FOR);
    look("lost twice", 5, 32, S3_FLIGHT_PASS);

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 140, FOR), S3_OK);
    s3_flight_wait(flights, 5);
    s3_flight_end(flights, 5, OWNER, S3_FLIGHT_LOST, 150, FOR);
    look("lost, later", 5, 150, S3_FLIGHT_LOST);
}


static void
test_dead(void **state)
{
    uint64_t  now;

    (void) state;

    now = S3_FLIGHT_SILENT;

    assert_int_equal(s3_flight_begin(flights, 5, OWNER, 0, 10 * now), S3_OK);
    assert_int_equal(s3_flight_take(flights, 5, OTHER, now, FOR, is_alive),
                     S3_DECLINED);

    dead = 7;

    assert_int_equal(s3_flight_take(flights, 5, OTHER, now - 1, FOR,
                                    is_alive),
                     S3_DECLINED);
    assert_int_equal(s3_flight_take(flights, 5, OTHER, now, FOR, is_alive),
                     S3_OK);

    /* one takes it, not two */

    assert_int_equal(s3_flight_take(flights, 5, OTHER + 1, now, FOR,
                                    is_alive),
                     S3_DECLINED);
}


/* more than there is room for: those that fetch stay, marks go first */

static void
test_full(void **state)
{
    uint64_t  i, key;

    (void) state;

    key = 3;

    for (i = 0; i < S3_FLIGHT_WAYS; i++) {
        assert_int_equal(s3_flight_begin(flights, key + i * SLOTS, OWNER, 0,
                                         FOR), S3_OK);
    }

    assert_int_equal(s3_flight_begin(flights, key + i * SLOTS, OWNER, 0,
                                     FOR), S3_DECLINED);
    assert_int_equal(flights->used, S3_FLIGHT_WAYS);

    s3_flight_end(flights, key, OWNER, S3_FLIGHT_PASS, 0, FOR);
    s3_flight_end(flights, key + SLOTS, OWNER, S3_FLIGHT_DONE, 0, FOR);

    assert_int_equal(s3_flight_begin(flights, key + i * SLOTS, OWNER, 0,
                                     FOR), S3_OK);
    look("the mark that tells less", key + SLOTS, 0, S3_FLIGHT_NONE);
    look("the one that tells more", key, 0, S3_FLIGHT_PASS);

    assert_int_equal(s3_flight_begin(flights, key + (i + 1) * SLOTS, OWNER, 0,
                                     FOR), S3_OK);
    look("gone, too", key, 0, S3_FLIGHT_NONE);

    assert_int_equal(s3_flight_begin(flights, key + (i + 2) * SLOTS, OWNER, 0,
                                     FOR), S3_DECLINED);
    assert_int_equal(s3_flight_begin(flights, key + (i + 2) * SLOTS, OWNER,
                                     FOR + 1, FOR), S3_OK);
    assert_int_equal(flights->used, S3_FLIGHT_WAYS);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dead, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
