
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * When names get other addresses, over hours that pass in no time.
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "origin/names.h"


#define HOUR    (3600 * 1000)
#define STEP    500


static names_t  names;


static bool
give(const char *host, const char *addresses, unsigned ttl, int64_t now)
{
    bool             changed;
    lookup_answer_t  answer;

    memset(&answer, 0, sizeof(lookup_answer_t));

    if (addresses != NULL) {
        answer.addresses = strdup(addresses);
    }

    answer.ttl = ttl;
    changed = names_judge(&names, names_find(&names, host), &answer, now);
    lookup_release(&answer);

    return changed;
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
    assert_true(give(host, addresses, 5, now));
}


/* other addresses are used at once, however often */

static void
test_moves(void **state)
{
    int      i;
    char     text[64];
    int64_t  now;

    (void) state;

    now = HOUR;
    add("a", "10.0.0.1", now);

    for (i = 0; i < 1000; i++) {
        now += NAMES_STEADY_MS;
        (void) snprintf(text, sizeof(text), "10.0.%d.%d", 1 + i / 250,
                        i % 250);
        assert_true(give("a", text, 5, now));
        assert_string_equal(names.items[0].used, text);
        assert_false(give("a", text, 5, now + 1000));
    }

    /* also one after the other, for a while */

    for (i = 1; i < NAMES_ROTATES; i++) {
        now += 1000;
        (void) snprintf(text, sizeof(text), "10.1.0.%d", i);
        assert_true(give("a", text, 5, now));
    }

    /* then they have to stay */

    now += 1000;
    (void) give("a", "10.2.0.1", 5, now);
    now += 1000;
    assert_false(give("a", "10.2.0.2", 5, now));
    assert_false(give("a", "10.2.0.2", 5, now + NAMES_STEADY_MS - 1));
    assert_true(give("a", "10.2.0.2", 5, now + NAMES_STEADY_MS));
    assert_true(give("a", "10.2.0.3", 5, now + NAMES_STEADY_MS + 1));

    /* some that stay are not all */

    add("b", "10.0.0.1 10.0.0.2", now);
    assert_true(give("b", "10.0.0.2 10.0.0.3", 5, now + 1));
    assert_true(give("b", "10.0.0.2", 5, now + 2));
    assert_string_equal(names_find(&names, "b")->used, "10.0.0.2");
}


/* names whose addresses are others each time, for four hours */

static void
rotate(int n, unsigned min, unsigned max)
{
    int       i;
    char      host[32], text[64];
    int64_t   now;
    unsigned  count, changes;

    now = HOUR;

    for (i = 0; i < n; i++) {
        (void) snprintf(host, sizeof(host), "h%d", i);
        add(host, "10.0.0.1", now);
    }

    changes = 0;

    for (count = 0; now < 5 * HOUR; now += STEP) {

        for (i = 0; i < n; i++) {

            if (names.items[i].next_ms > now) {
                continue;
            }

            count++;
            (void) snprintf(text, sizeof(text), "10.%u.%u.%u",
                            1 + count / 65536 % 200, count / 256 % 256,
                            count % 256);
            changes += give(names.items[i].host, text, 5, now);
        }
    }

    if (changes < min || changes > max) {
        fail_msg("%d names: %u changes", n, changes);
    }
}


static void
test_rotate(void **state)
{
    (void) state;
    rotate(20, 20 * (4 * HOUR / NAMES_ROTATE_MS * 9 / 10),
           20 * (4 * HOUR / NAMES_ROTATE_MS + NAMES_ROTATES + 1));

    /* one that stood still does not wait for these */

    add("still", "10.0.0.1", 5 * HOUR);
    assert_true(give("still", "10.0.0.2", 5, 5 * HOUR + 1));
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
        assert_false(give("a", NULL, 0, now));
        assert_string_equal(names.items[0].used, "10.0.0.1");
        assert_true(names.items[0].next_ms > now);
        assert_true(names.items[0].next_ms - now <= NAMES_RETRY_MAX_MS);
        now = names.items[0].next_ms;
    }

    assert_false(give("a", "10.0.0.1", 2, now));
    assert_int_equal(names.items[0].next_ms - now, 2000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rotate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retry, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
