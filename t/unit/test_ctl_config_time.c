
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How long and how short times of a configuration may be.
 */


#include "guard.h"

#include <stdio.h>

#include "config/config.h"


static const struct {
    const char      *text;
    const char      *message;      /* NULL: fine */
} rows[] = {
    { "s3:\n  connect_timeout: 0\n",
      "f:2: s3.connect_timeout: more than 0 is expected" },
    { "s3:\n  connect_timeout: 1m\n", NULL },
    { "s3:\n  connect_timeout: 61s\n",
      "f:2: s3.connect_timeout: at most 60s is expected" },
    { "s3:\n  first_byte_timeout: 10m\n", NULL },
    { "s3:\n  first_byte_timeout: 601\n",
      "f:2: s3.first_byte_timeout: at most 600s is expected" },
    { "s3:\n  read_timeout: 1h\n", NULL },
    { "s3:\n  read_timeout: 2h\n",
      "f:2: s3.read_timeout: at most 3600s is expected" },
    { "cache:\n  inactive: 10d\n", NULL }
};


static void
test_limits(void **state)
{
    int        rc;
    size_t     i;
    error_t    err;
    config_t  *config;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {

        rc = config_parse("f", rows[i].text, strlen(rows[i].text), &config,
                          &err);

        guard_int(rows[i].text, "refused", rc != 0, rows[i].message != NULL);

        if (rc == 0) {
            config_unref(config);

        } else {
            assert_string_equal(err.message, rows[i].message);
        }
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_limits)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
