
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <errno.h>

#include "base/error.h"


static void
test_table(void **state)
{
    int      code, other;

    (void) state;

    for (code = 0; code > -ERR_MAX; code--) {

        assert_true(error_status(code) >= 200 && error_status(code) < 600);
        assert_true(code == 0 || error_status(code) >= 400);

        for (other = 0; other > code; other--) {
            assert_string_not_equal(error_name(code), error_name(other));
        }
    }

    assert_string_equal(error_name(ERR_READ_ONLY), "read_only");
    assert_int_equal(error_status(ERR_NOT_FOUND), 404);

    /* no code of ours */

    assert_string_equal(error_name(1), "internal");
    assert_string_equal(error_name(-ERR_MAX), "internal");
}


static void
test_messages(void **state)
{
    char     text[3000];
    error_t  err;

    (void) state;

    assert_int_equal(error_set(NULL, ERR_IO, "%d", 1), ERR_IO);
    assert_int_equal(error_prefix(NULL, "%d", 1), 0);

    assert_int_equal(error_set(&err, ERR_LIMIT, "more than %d", 3),
                     ERR_LIMIT);
    assert_int_equal(error_prefix(&err, "%s:%d", "f", 7), ERR_LIMIT);
    assert_string_equal(err.message, "f:7: more than 3");

    errno = ENOENT;
    (void) error_errno(&err, ERR_IO, "cannot open \"%s\"", "x");
    assert_string_equal(err.message,
                        "cannot open \"x\": No such file or directory");

    /* what is too long is cut, from either side */

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';

    (void) error_set(&err, ERR_IO, "%s", text);
    assert_int_equal(strlen(err.message), ERROR_MESSAGE_MAX - 1);

    (void) error_prefix(&err, "b");
    assert_memory_equal(err.message, "b: aaa", 6);
    assert_int_equal(strlen(err.message), ERROR_MESSAGE_MAX - 1);

    (void) error_prefix(&err, "%s", text);
    assert_int_equal(strlen(err.message), ERROR_MESSAGE_MAX - 1);
    assert_string_equal(err.message + ERROR_MESSAGE_MAX - 4, "a: ");

    error_append(NULL, "%d", 1);

    (void) error_set(&err, ERR_IO, "a");
    error_append(&err, "and %d", 2);
    assert_string_equal(err.message, "a; and 2");

    (void) error_set(&err, ERR_IO, "%s", text);
    error_append(&err, "and %d", 2);
    assert_int_equal(strlen(err.message), ERROR_MESSAGE_MAX - 1);
    assert_string_equal(err.message + ERROR_MESSAGE_MAX - 9, "a; and 2");

    error_append(&err, "%s", text);
    assert_int_equal(strlen(err.message), ERROR_MESSAGE_MAX - 1);
    assert_memory_equal(err.message, "aaa", 3);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_messages)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
