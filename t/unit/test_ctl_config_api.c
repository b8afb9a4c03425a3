
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the API may listen without a token.
 */


#include "guard.h"

#include <stdio.h>

#include "config/config.h"


static const struct {
    const char      *address;
    bool             open;         /* others than this machine reach it */
} rows[] = {
    { "127.0.0.1", false },
    { "127.8.9.10", false },
    { "::1", false },
    { "::ffff:127.0.0.1", false },
    { "0.0.0.0", true },
    { "::", true },
    { "::ffff:0.0.0.0", true },
    { "10.1.2.3", true },
    { "128.0.0.1", true },
    { "2001:db8::1", true }
};


static int
parse(const char *address, const char *more, error_t *err)
{
    int        rc;
    char       text[256];
    config_t  *config;

    (void) snprintf(text, sizeof(text),
                    "server:\n  api_listen: \"%s\"\n%s", address, more);

    rc = config_parse("f", text, strlen(text), &config, err);

    if (rc == 0) {
        config_unref(config);
    }

    return rc;
}


static void
test_without_token(void **state)
{
    char     want[512];
    size_t   i;
    error_t  err;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {

        if (parse(rows[i].address, "", &err) == 0) {
            guard_int(rows[i].address, "open", rows[i].open, false);
            continue;
        }

        guard_int(rows[i].address, "open", rows[i].open, true);

        (void) snprintf(want, sizeof(want), "f:2: server.api_listen: \"%s\" "
                        "is not a loopback address, and the API has no "
                        "token: set server.api_token_file to a file with a "
                        "secret, or api_listen to 127.0.0.1",
                        rows[i].address);
        assert_string_equal(err.message, want);
    }
}


static void
test_with_token(void **state)
{
    size_t   i;
    error_t  err;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {
        if (parse(rows[i].address, "  api_token_file: /t\n", &err) != 0) {
            fail_msg("%s: %s", rows[i].address, err.message);
        }
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_without_token),
        cmocka_unit_test(test_with_token)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
