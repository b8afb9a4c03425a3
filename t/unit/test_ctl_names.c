
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * When addresses of names are replaced, over hours that pass in no time.
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "origin/names.h"


#define HOUR    (3600 * 1000)
#define STEP    500


static names_t  names;


static void
give(const char *host, const char *addresses, unsigned ttl, int64_t now)
{
    lookup_answer_t  answer;

    memset(&answer, 0, sizeof(lookup_answer_t));

    if (addresses != NULL) {
        answer.addresses = strdup(addresses);
    }

    answer.ttl = ttl;
    names_judge(&names, names_find(&names, host), &answer, now);
}


/* a reload, as it is due: what has moved is used; the names that were */

static size_t
reload(int64_t now)
{
    bool           replaced;
    size_t         i, n;
    names_item_t  *name;

    replaced = false;
    n = 0;

    for (i = 0; i < names.len; i++) {

        name = &names.items[i];

        if (name->moved) {
            n += names_use(name, name->answer, now, &replaced);
        }
    }

    if (replaced) {
        names_replaced(&names, now);
    }

    return n;
}


static int
setup(void **state)
{
    (void) state;
    memset(&names, 0, sizeof(names_t));

    return 0;
}


static int
teardown(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < names.len; i++) {
        names_item_release(&names.items[i]);
    }

    free(names.items);

    return 0;
}


static void
add(const char *host, const char *addresses, int64_t now)
{
    assert_non_null(names_add(&names, host));
    give(host, addresses, 5, now);
    assert_true(names_due(&names, now));
    assert_int_not_equal(reload(now), 0);
    assert_false(names_due(&names, now));
}


/* an answer with one of ours is no move, if others come each time */

static void
test_overlap(void **state)
{
    int      i;
    char     text[64];
    int64_t  now;

    (void) state;

    now = HOUR;
    add("s3", "10.0.0.1 10.0.0.2", now);

    for (i = 0; i < 1000; i++) {
        now += 5000;
        (void) snprintf(text, sizeof(text), "10.0.0.2 10.0.%d.%d",
                        1 + i / 100, i % 100);
        give("s3", text, 5, now);
        assert_false(names_due(&names, now));
    }

    /* this one stays */

    for (i = 1; i <= 3; i++) {
        now += 5000;
        give("s3", "10.0.0.2 10.0.9.9", 5, now);
        assert_false(names_due(&names, now));
    }

    now += 5000;
    give("s3", "10.0.0.2 10.0.9.9", 5, now);
    assert_true(names_due(&names, now));
    assert_int_equal(reload(now), 1);
}


/* a move is used at once, and so are some more */

static void
test_burst(void **state)
{
    int      i;
    char     text[64];
    int64_t  now;

    (void) state;

    now = HOUR;
    add("a", "10.0.0.1", now);

    for (i = 0; i < NAMES_BURST; i++) {
        now += 5000;
        (void) snprintf(text, sizeof(text), "10.0.1.%d", i);
        give("a", text, 5, now);
        assert_true(names_due(&names, now));
        assert_int_equal(reload(now), 1);
    }

    now += 5000;
    give("a", "10.0.2.1", 5, now);
    assert_false(names_due(&names, now));
    assert_false(names_due(&names, now + NAMES_REFILL_MS
                                   - NAMES_BURST * 5000 - 1));
    assert_true(names_due(&names, now + NAMES_REFILL_MS));

    /* another name does not wait for it, and takes it along */

    add("b", "10.0.0.1", now);
    now += 5000;
    give("a", "10.0.2.2", 5, now);
    give("b", "10.0.3.1", 5, now);
    assert_true(names_due(&names, now));
    assert_int_equal(reload(now), 2);
}


/* two reloads are not closer than that */

static void
test_space(void **state)
{
    int64_t  now;

    (void) state;

    now = HOUR;
    add("a", "10.0.0.1", now);
    add("b", "10.0.0.1", now);

    give("a", "10.0.0.2", 5, now);
    assert_int_equal(reload(now), 1);
    give("b", "10.0.0.2", 5, now + 1);
    assert_false(names_due(&names, now + NAMES_SPACE_MS - 1));
    assert_true(names_due(&names, now + NAMES_SPACE_MS));
}


/* names whose addresses are others each time, for four hours */

static void
rotate(int n, unsigned min, unsigned max)
{
    int       i;
    char      host[32], text[64];
    int64_t   now;
    unsigned  count, reloads;

    now = HOUR;

    for (i = 0; i < n; i++) {
        (void) snprintf(host, sizeof(host), "h%d", i);
        add(host, "10.0.0.1", now);
    }

    reloads = 0;

    for (count = 0; now < 5 * HOUR; now += STEP) {

        for (i = 0; i < n; i++) {

            if (names.items[i].next_ms > now) {
                continue;
            }

            count++;
            (void) snprintf(text, sizeof(text), "10.%u.%u.%u",
                            1 + count / 65536 % 200, count / 256 % 256,
                            count % 256);
            give(names.items[i].host, text, 5, now);
        }

        if (names_due(&names, now)) {
            reloads++;
            assert_int_not_equal(reload(now), 0);
        }
    }

    if (reloads < min || reloads > max) {
        fail_msg("%d names: %u reloads", n, reloads);
    }
}


static void
test_one_rotates(void **state)
{
    (void) state;
    rotate(1, 4 * HOUR / NAMES_REFILL_MS, 4 * HOUR / NAMES_REFILL_MS
                                          + NAMES_BURST);
}


static void
test_many_rotate(void **state)
{
    (void) state;
    rotate(100, 4, 4 * HOUR / NAMES_ALL_REFILL_MS + NAMES_ALL_BURST);

    /* one that stood still does not wait for these */

    add("still", "10.0.0.1", 5 * HOUR);
    give("still", "10.0.0.2", 5, 5 * HOUR + NAMES_SPACE_MS);
    assert_true(names_due(&names, 5 * HOUR + NAMES_SPACE_MS));
}


/* many names with long times are not asked for all the time */

static void
test_many(void **state)
{
    int      i;
    char     host[32];
    int64_t  now;

    (void) state;

    now = HOUR;

    for (i = 0; i < 1000; i++) {
        (void) snprintf(host, sizeof(host), "h%d", i);
        assert_non_null(names_add(&names, host));
    }

    give("h1", "10.0.0.1", 5, now);
    give("h2", "10.0.0.1", 3600, now);
    assert_int_equal(names_find(&names, "h1")->next_ms - now, 5000);
    assert_int_equal(names_find(&names, "h2")->next_ms - now,
                     1000 * NAMES_MANY_MS);
}


/* one that fails is asked again soon */

static void
test_retry(void **state)
{
    int      i;
    int64_t  now;

    (void) state;

    now = HOUR;
    add("a", "10.0.0.1", now);

    for (i = 0; i < 10; i++) {
        give("a", NULL, 0, now);
        assert_true(names.items[0].next_ms > now);
        assert_true(names.items[0].next_ms - now <= NAMES_RETRY_MAX_MS);
        assert_false(names_due(&names, now));
        now = names.items[0].next_ms;
    }

    give("a", "10.0.0.1", 5, now);
    assert_int_equal(names.items[0].next_ms - now, 5000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_overlap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_burst, setup, teardown),
        cmocka_unit_test_setup_teardown(test_space, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_rotates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_rotate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retry, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
