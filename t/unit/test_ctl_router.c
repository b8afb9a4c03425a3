
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/router.h"


#define ROWS(table)  (sizeof(table) / sizeof((table)[0]))


typedef struct {
    const char  *name;
    const char  *method;
    const char  *path;
    int          result;
    const char  *operation;        /* ROUTER_FOUND */
    const char  *arg;
    const char  *allow;            /* ROUTER_NO_METHOD */
} match_row_t;


static const route_t  table[] = {
    { "GET", "/", "root", NULL, 0 },
    { "GET", "/things", "list", NULL, 0 },
    { "POST", "/things", "add", NULL, 0 },
    { "GET", "/things/{name}", "get", NULL, 0 },
    { "DELETE", "/things/{name}", "del", NULL, 0 },
    { "GET", "/things/{name}/parts", "parts", NULL, 0 },
    { "GET", "/fixed", "fixed", NULL, 0 },
    { "POST", "/act", "act", NULL, 0 }
};


static const match_row_t  match_rows[] = {
    { "root", "GET", "/", ROUTER_FOUND, "root", "", NULL },
    { "list", "GET", "/things", ROUTER_FOUND, "list", "", NULL },
    { "second method", "POST", "/things", ROUTER_FOUND, "add", "", NULL },
    { "HEAD is GET", "HEAD", "/things", ROUTER_FOUND, "list", "", NULL },
    { "argument", "GET", "/things/a", ROUTER_FOUND, "get", "a", NULL },
    { "argument, other method", "DELETE", "/things/a.b-c_d", ROUTER_FOUND,
      "del", "a.b-c_d", NULL },
    { "argument inside", "GET", "/things/a/parts", ROUTER_FOUND, "parts",
      "a", NULL },
    { "decoded", "GET", "/things/a%20b", ROUTER_FOUND, "get", "a b", NULL },
    { "an encoded slash stays inside", "GET", "/things/a%2Fparts",
      ROUTER_FOUND, "get", "a/parts", NULL },
    { "plus is plus", "GET", "/things/a+b", ROUTER_FOUND, "get", "a+b",
      NULL },
    { "no argument is left over", "GET", "/fixed", ROUTER_FOUND, "fixed", "",
      NULL },

    { "unknown", "GET", "/other", ROUTER_NO_PATH, NULL, NULL, NULL },
    { "longer", "GET", "/thingss", ROUTER_NO_PATH, NULL, NULL, NULL },
    { "shorter", "GET", "/thing", ROUTER_NO_PATH, NULL, NULL, NULL },
    { "empty path", "GET", "", ROUTER_NO_PATH, NULL, NULL, NULL },
    { "empty argument", "GET", "/things/", ROUTER_NO_PATH, NULL, NULL, NULL },
    { "slash after", "GET", "/things/a/", ROUTER_NO_PATH, NULL, NULL, NULL },
    { "doubled slash", "GET", "//things", ROUTER_NO_PATH, NULL, NULL, NULL },
    { "dots are not resolved", "GET", "/other/../things", ROUTER_NO_PATH,
      NULL, NULL, NULL },
    { "broken escape", "GET", "/things/a%2", ROUTER_NO_PATH, NULL, NULL,
      NULL },
    { "NUL byte", "GET", "/things/a%00b", ROUTER_NO_PATH, NULL, NULL, NULL },
    { "fixed parts are not decoded", "GET", "/%74hings", ROUTER_NO_PATH,
      NULL, NULL, NULL },

    { "no such method", "PUT", "/things", ROUTER_NO_METHOD, NULL, NULL,
      "GET, HEAD, POST" },
    { "no such method, argument", "POST", "/things/a", ROUTER_NO_METHOD,
      NULL, NULL, "GET, HEAD, DELETE" },
    { "HEAD wants GET", "HEAD", "/act", ROUTER_NO_METHOD, NULL, NULL,
      "POST" },
    { "case matters", "get", "/things", ROUTER_NO_METHOD, NULL, NULL,
      "GET, HEAD, POST" }
};


static void
check_text(const char *row, const char *got, const char *want)
{
    if (strcmp(got, want) != 0) {
        fail_msg("%s: got \"%s\", want \"%s\"", row, got, want);
    }
}


static void
test_match(void **state)
{
    int                 rc;
    size_t              i;
    router_match_t      match;
    const match_row_t  *row;

    (void) state;

    for (i = 0; i < ROWS(match_rows); i++) {
        row = &match_rows[i];

        memset(&match, 'x', sizeof(router_match_t));

        rc = router_match(table, ROWS(table), row->method, row->path, &match);

        if (rc != row->result) {
            fail_msg("%s: got %d, want %d", row->name, rc, row->result);
        }

        if (rc == ROUTER_FOUND) {
            check_text(row->name, match.route->operation, row->operation);
            check_text(row->name, match.arg, row->arg);

        } else {
            assert_null(match.route);
        }

        if (rc == ROUTER_NO_METHOD) {
            check_text(row->name, match.allow, row->allow);
        }
    }
}


/* an argument at its limit, and one byte over it */

static void
test_argument_limit(void **state)
{
    int             rc;
    char            path[sizeof("/things/") + ROUTER_ARG_MAX + 1];
    router_match_t  match;

    (void) state;

    memset(path, 'a', sizeof(path));
    memcpy(path, "/things/", sizeof("/things/") - 1);

    path[sizeof(path) - 1] = '\0';

    rc = router_match(table, ROWS(table), "GET", path, &match);
    assert_int_equal(rc, ROUTER_NO_PATH);

    path[sizeof(path) - 2] = '\0';

    rc = router_match(table, ROWS(table), "GET", path, &match);
    assert_int_equal(rc, ROUTER_FOUND);
    assert_int_equal(strlen(match.arg), ROUTER_ARG_MAX);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_argument_limit)
    };

    return cmocka_run_group_tests_name("ctl_router", tests, NULL, NULL);
}
