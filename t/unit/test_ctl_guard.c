
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

#include "api/guard.h"


#define ROWS(table)  (sizeof(table) / sizeof((table)[0]))

#define HOST         "127.0.0.1:14000"
#define JSON         "application/json"
#define BODY         1


typedef struct {
    const char  *name;
    unsigned     status;           /* 0: admitted */
    const char  *host;
    const char  *origin;
    const char  *content_type;
    int          mutating;
    int          has_body;
} open_row_t;


typedef struct {
    const char  *name;
    unsigned     status;
    const char  *authorization;
    int          open;
} token_row_t;


/* without a token */

static const open_row_t  open_rows[] = {
    { "IPv4", 0, "127.0.0.1", NULL, NULL, 0, 0 },
    { "IPv4 and port", 0, HOST, NULL, NULL, 0, 0 },
    { "IPv6", 0, "[::1]:14000", NULL, NULL, 0, 0 },
    { "localhost", 0, "localhost:14000", NULL, NULL, 0, 0 },
    { "localhost, upper case", 0, "LOCALHOST", NULL, NULL, 0, 0 },
    { "no host", 0, NULL, NULL, NULL, 0, 0 },
    { "a name", 403, "evil.example:14000", NULL, NULL, 0, 0 },
    { "a name that begins like an address", 403, "127.0.0.1.evil.example",
      NULL, NULL, 0, 0 },
    { "a name that begins like localhost", 403, "localhost.evil.example",
      NULL, NULL, 0, 0 },
    { "a short address", 403, "127.1", NULL, NULL, 0, 0 },
    { "an empty host", 403, "", NULL, NULL, 0, 0 },
    { "brackets without an address", 403, "[evil.example]", NULL, NULL, 0, 0 },

    { "a foreign page may not read, but that is CORS", 0, HOST,
      "http://evil.example", NULL, 0, 0 },
    { "change by a foreign page", 403, HOST, "http://evil.example", JSON, 1,
      BODY },
    { "change by a page without an origin", 403, HOST, "null", JSON, 1,
      BODY },
    { "change by another port", 403, HOST, "http://127.0.0.1:8080", JSON, 1,
      BODY },
    { "change by our page", 0, HOST, "http://" HOST, JSON, 1, BODY },
    { "change without a page", 0, HOST, NULL, JSON, 1, BODY },
    { "an origin without a scheme", 403, HOST, HOST, JSON, 1, BODY },

    { "type with charset", 0, HOST, NULL, JSON "; charset=utf-8", 1, BODY },
    { "type in upper case", 0, HOST, NULL, "Application/JSON", 1, BODY },
    { "type of a patch", 0, HOST, NULL, "application/merge-patch+json", 1,
      BODY },
    { "form", 415, HOST, NULL, "application/x-www-form-urlencoded", 1,
      BODY },
    { "text", 415, HOST, NULL, "text/plain", 1, BODY },
    { "text without a body", 415, HOST, NULL, "text/plain", 1, 0 },
    { "longer type", 415, HOST, NULL, "application/jsonp", 1, BODY },
    { "body without a type", 415, HOST, NULL, NULL, 1, BODY },
    { "no body, no type", 0, HOST, NULL, NULL, 1, 0 },
    { "reading has no type", 0, HOST, NULL, "text/plain", 0, 0 }
};


/* with the token "secret" */

static const token_row_t  token_rows[] = {
    { "right", 0, "Bearer secret", 0 },
    { "scheme in lower case", 0, "bearer secret", 0 },
    { "more blanks", 0, "Bearer   secret", 0 },
    { "none", 401, NULL, 0 },
    { "none, but nothing to guard", 0, NULL, 1 },
    { "wrong, but nothing to guard", 0, "Bearer wrong", 1 },
    { "wrong", 401, "Bearer secreT", 0 },
    { "shorter", 401, "Bearer secre", 0 },
    { "longer", 401, "Bearer secrets", 0 },
    { "empty", 401, "Bearer ", 0 },
    { "another scheme", 401, "Basic secret", 0 },
    { "no scheme", 401, "secret", 0 }
};


static void
check(const char *name, const guard_t *guard, unsigned status)
{
    bool     admitted;
    reply_t  reply;

    memset(&reply, 0, sizeof(reply_t));

    admitted = guard_check(guard, &reply);

    if (admitted != (status == 0) || reply.status != status) {
        fail_msg("%s: got %u, want %u", name, reply.status, status);
    }

    if (status == 401) {
        assert_int_equal(reply.headers_n, 1);
        assert_string_equal(reply.headers[0].name, "WWW-Authenticate");
    }

    reply_release(&reply);
}


static void
test_open(void **state)
{
    size_t   i;
    guard_t  guard;

    (void) state;

    for (i = 0; i < ROWS(open_rows); i++) {
        memset(&guard, 0, sizeof(guard_t));

        guard.host = open_rows[i].host;
        guard.origin = open_rows[i].origin;
        guard.content_type = open_rows[i].content_type;
        guard.mutating = open_rows[i].mutating != 0;
        guard.has_body = open_rows[i].has_body != 0;

        check(open_rows[i].name, &guard, open_rows[i].status);
    }
}


static void
test_token(void **state)
{
    size_t   i;
    guard_t  guard;

    (void) state;

    for (i = 0; i < ROWS(token_rows); i++) {
        memset(&guard, 0, sizeof(guard_t));

        guard.token = "secret";
        guard.host = "s3edge.example";
        guard.authorization = token_rows[i].authorization;
        guard.open = token_rows[i].open != 0;

        check(token_rows[i].name, &guard, token_rows[i].status);
    }
}


/* a host of any length is read within its bounds */

static void
test_long_host(void **state)
{
    char     host[4096];
    guard_t  guard;

    (void) state;

    memset(&guard, 0, sizeof(guard_t));
    memset(host, '1', sizeof(host));

    host[sizeof(host) - 1] = '\0';
    guard.host = host;

    check("4095 bytes", &guard, 403);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_long_host)
    };

    return cmocka_run_group_tests_name("ctl_guard", tests, NULL, NULL);
}
