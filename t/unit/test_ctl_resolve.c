
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "origin/dns.h"
#include "origin/names.h"
#include "origin/resolve.h"


static char         path[256];
static const char  *answer;        /* of "moving"; NULL: none */
static unsigned     ttl;
static atomic_int   lookups;
static atomic_int   hanging;
static atomic_int   told;


/* the first time is in vain */

static bool
changed(void *data, resolve_t *resolve)
{
    error_t        err;
    resolve_map_t  map;

    if (resolve_known(resolve, &map, &err) != 0) {
        return false;
    }

    resolve_map_release(&map);

    return atomic_fetch_add((atomic_int *) data, 1) != 0;
}


static int
lookup(const char *host, char text[LOOKUP_TEXT_MAX], unsigned *ret_ttl)
{
    struct timespec  tick;

    (void) atomic_fetch_add(&lookups, 1);
    *ret_ttl = ttl;

    if (strcmp(host, "hanging") == 0) {
        tick.tv_sec = 0;
        tick.tv_nsec = 1000000;

        while (atomic_load(&hanging)) {
            (void) nanosleep(&tick, NULL);
        }
    }

    if (strcmp(host, "fixed") == 0) {
        (void) snprintf(text, LOOKUP_TEXT_MAX, "192.0.2.1 192.0.2.2");
        return 0;
    }

    if (strcmp(host, "moving") == 0 && answer != NULL) {
        (void) snprintf(text, LOOKUP_TEXT_MAX, "%s", answer);
        return 0;
    }

    (void) snprintf(text, LOOKUP_TEXT_MAX, "no such name");

    return ERR_NOT_FOUND;
}


static int64_t
now_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static resolve_t *
make_with(bool thread)
{
    error_t          err;
    resolve_t       *resolve;
    resolve_conf_t   conf;

    conf.path = path;
    conf.lookup = lookup;
    conf.thread = thread;
    conf.changed = changed;
    conf.data = &told;

    if (resolve_new(&conf, &resolve, &err) != 0) {
        fail_msg("%s", err.message);
    }

    return resolve;
}


static resolve_t *
make(void)
{
    return make_with(false);
}


/* resolves and commits; expected is that of "moving", "-": none */

static void
apply(resolve_t *resolve, const char *expected)
{
    error_t                 err;
    resolve_map_t           map;
    const lookup_answer_t  *item;

    static const char *const  hosts[] = { "fixed", "moving", "127.0.0.1" };

    assert_int_equal(resolve_hosts(resolve, hosts, 3, 5000, &map, &err), 0);
    assert_int_equal(map.len, 2);
    assert_null(resolve_map_find(&map, "127.0.0.1"));

    item = resolve_map_find(&map, "fixed");
    assert_non_null(item);
    assert_string_equal(item->addresses, "192.0.2.1 192.0.2.2");

    item = resolve_map_find(&map, "moving");
    assert_non_null(item);
    assert_string_equal(item->addresses != NULL ? item->addresses : "-",
                        expected);

    resolve_commit(resolve, &map);
    resolve_map_release(&map);
    assert_false(resolve_due(resolve));
}


static int
setup(void **state)
{
    (void) state;

    (void) snprintf(path, sizeof(path), "/tmp/test_ctl_resolve.%ld",
                    (long) getpid());
    (void) unlink(path);
    answer = NULL;
    ttl = 30;

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    (void) unlink(path);

    return 0;
}


/* no address, then one */

static void
test_later(void **state)
{
    char        text[64];
    int64_t     now;
    error_t     err;
    resolve_t  *resolve;

    (void) state;

    resolve = make();
    apply(resolve, "-");

    assert_true(resolve_failed(resolve, "moving", text, sizeof(text)));
    assert_string_equal(text, "no such name");
    assert_false(resolve_failed(resolve, "fixed", text, sizeof(text)));
    assert_int_equal(resolve_check(resolve, "moving", 5000, &err),
                     ERR_REFUSED);
    assert_non_null(strstr(err.message, "\"moving\" does not resolve: no s"));
    assert_int_equal(resolve_check(resolve, "10.0.0.1", 5000, &err), 0);
    assert_int_equal(resolve_check(resolve, "[::1]", 5000, &err), 0);

    /* another change does not wait for it again */

    atomic_store(&lookups, 0);
    apply(resolve, "-");
    assert_int_equal(atomic_load(&lookups), 0);

    answer = "198.51.100.1";
    now = now_ms() + NAMES_RETRY_MS + 1;
    resolve_look(resolve, now);
    assert_int_equal(atomic_load(&lookups), 1);
    assert_true(resolve_due(resolve));

    apply(resolve, "198.51.100.1");
    assert_false(resolve_failed(resolve, "moving", text, sizeof(text)));

    resolve_free(resolve);
}


/* each is looked up when its answer is no longer good */

static void
test_ttl(void **state)
{
    size_t      i;
    int64_t     now;
    resolve_t  *resolve;

    static const struct {
        unsigned  ttl;
        int64_t   ms;
    } cases[] = {
        { 0, NAMES_SOON_MS },
        { 1, NAMES_SOON_MS },
        { 2, 2000 },
        { 3, NAMES_LOOK_MS },
        { 5, NAMES_LOOK_MS },
        { 3600, NAMES_LOOK_MS },
        { UINT_MAX, NAMES_LOOK_MS }
    };

    (void) state;

    answer = "10.0.0.1";
    resolve = make();
    apply(resolve, "10.0.0.1");
    now = now_ms() + NAMES_LOOK_MS + 1;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        ttl = cases[i].ttl;
        resolve_look(resolve, now);
        atomic_store(&lookups, 0);

        resolve_look(resolve, now + cases[i].ms - 1);
        assert_int_equal(atomic_load(&lookups), 0);

        resolve_look(resolve, now + cases[i].ms);
        assert_int_equal(atomic_load(&lookups), 2);

        now += cases[i].ms + NAMES_LOOK_MS;
    }

    resolve_free(resolve);
}


/* another one is used at once; a failing look in between is none */

static void
test_moved(void **state)
{
    int         i;
    int64_t     now;
    resolve_t  *resolve;

    (void) state;

    answer = "10.0.0.1";
    ttl = 5;
    resolve = make();
    apply(resolve, "10.0.0.1");

    now = now_ms();

    for (i = 0; i < 20; i++) {
        now += NAMES_RETRY_MAX_MS;
        answer = NULL;
        resolve_look(resolve, now);
        assert_false(resolve_due(resolve));
    }

    apply(resolve, "10.0.0.1");

    now += NAMES_RETRY_MAX_MS;
    answer = "10.0.0.9";
    resolve_look(resolve, now);

    assert_true(resolve_due(resolve));
    apply(resolve, "10.0.0.9");

    /* and back */

    now += 5000;
    answer = "10.0.0.1";
    resolve_look(resolve, now);

    assert_true(resolve_due(resolve));
    apply(resolve, "10.0.0.1");

    resolve_free(resolve);
}


/* a name that hangs holds up no other, in the thread of s3edged either */

static void
test_beside(void **state)
{
    error_t          err;
    int64_t          end;
    resolve_t       *resolve;
    resolve_map_t    map;
    struct timespec  tick;

    static const char *const  hosts[] = { "hanging", "moving" };

    (void) state;

    atomic_store(&hanging, 1);
    answer = "10.0.0.1";
    ttl = 1;
    resolve = make_with(true);

    assert_int_equal(resolve_hosts(resolve, hosts, 2, 100, &map, &err), 0);
    resolve_commit(resolve, &map);
    resolve_map_release(&map);

    answer = "10.0.0.2";
    end = now_ms() + 20000;
    tick.tv_sec = 0;
    tick.tv_nsec = 10000000;

    atomic_store(&told, 0);

    while (!resolve_due(resolve) && now_ms() < end) {
        (void) nanosleep(&tick, NULL);
    }

    assert_true(resolve_due(resolve));

    while (atomic_load(&told) < 2 && now_ms() < end) {
        (void) nanosleep(&tick, NULL);
    }

    assert_true(atomic_load(&told) >= 2);
    resolve_free(resolve);

    atomic_store(&hanging, 0);
}


/* the next run begins with what was in use, and corrects it at once */

static void
test_restart(void **state)
{
    resolve_t  *resolve;

    (void) state;

    answer = "10.0.0.1 10.0.0.2";
    resolve = make();
    apply(resolve, "10.0.0.1 10.0.0.2");
    resolve_free(resolve);

    answer = NULL;
    resolve = make();
    apply(resolve, "10.0.0.1 10.0.0.2");
    resolve_look(resolve, now_ms());
    apply(resolve, "10.0.0.1 10.0.0.2");
    resolve_free(resolve);

    answer = "10.0.0.2 10.0.0.3";
    resolve = make();
    resolve_look(resolve, now_ms());
    apply(resolve, "10.0.0.2 10.0.0.3");
    resolve_free(resolve);

    answer = "10.0.0.4";
    resolve = make();
    resolve_look(resolve, now_ms());
    assert_true(resolve_due(resolve));
    apply(resolve, "10.0.0.4");
    resolve_free(resolve);
}


/* one that hangs holds up nobody longer than said */

static void
test_hanging(void **state)
{
    error_t           err;
    lookup_answer_t  *answers;

    static const char *const  hosts[] = { "hanging", "fixed", "unknown" };

    (void) state;

    atomic_store(&hanging, 1);

    assert_int_equal(lookup_all(lookup, hosts, 3, 200, &answers, &err), 0);

    assert_string_equal(answers[0].host, "hanging");
    assert_null(answers[0].addresses);
    assert_string_equal(answers[0].reason, "no answer in time");
    assert_string_equal(answers[1].addresses, "192.0.2.1 192.0.2.2");
    assert_null(answers[2].addresses);
    assert_string_equal(answers[2].reason, "no such name");

    lookup_free(answers, 3);

    atomic_store(&hanging, 0);
}


static void
test_system(void **state)
{
    size_t     i;
    char       text[LOOKUP_TEXT_MAX];
    unsigned   seconds;
    lookup_pt  both[] = { dns_lookup, dns_system };

    (void) state;

    for (i = 0; i < 2; i++) {
        assert_int_equal(both[i]("127.0.0.1", text, &seconds), 0);
        assert_string_equal(text, "127.0.0.1");
        assert_int_equal(both[i]("localhost", text, &seconds), 0);
        assert_non_null(strstr(text, "127.0.0.1"));
        assert_int_not_equal(both[i]("no-such-host.invalid", text, &seconds),
                             0);
        assert_int_not_equal(strlen(text), 0);
    }

    assert_true(resolve_is_address("127.0.0.1"));
    assert_true(resolve_is_address("[::1]"));
    assert_false(resolve_is_address("localhost"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ttl, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_beside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hanging, setup, teardown),
        cmocka_unit_test(test_system)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
