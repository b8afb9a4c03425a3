
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdlib.h>

#include "base/strbuf.h"


static void
test_grow(void **state)
{
    int       i;
    char     *text;
    strbuf_t  sb;

    (void) state;

    strbuf_init(&sb, 10000);
    assert_string_equal(sb.data, "");

    for (i = 0; i < 1000; i++) {
        strbuf_printf(&sb, "%03d", i);
    }

    strbuf_puts(&sb, "end");
    strbuf_putc(&sb, '.');
    strbuf_add(&sb, "", 0);

    assert_int_equal(strbuf_check(&sb, NULL), 0);
    assert_int_equal(sb.len, 3004);
    assert_memory_equal(sb.data, "000001002", 9);
    assert_string_equal(sb.data + 2994, "998999end.");

    text = strbuf_steal(&sb);
    assert_non_null(text);
    assert_int_equal(strlen(text), 3004);
    assert_int_equal(sb.len, 0);
    assert_string_equal(sb.data, "");

    free(text);
    strbuf_release(&sb);
}


static void
test_cap(void **state)
{
    error_t   err;
    strbuf_t  sb;

    (void) state;

    strbuf_init(&sb, 4);

    strbuf_puts(&sb, "abcd");
    assert_int_equal(strbuf_check(&sb, &err), 0);

    strbuf_putc(&sb, 'e');
    assert_int_equal(strbuf_check(&sb, &err), ERR_LIMIT);
    assert_string_equal(err.message, "more than 4 bytes");

    /* it sticks, and nothing more is taken */

    strbuf_clear(&sb);
    strbuf_printf(&sb, "%s", "12345");
    strbuf_puts(&sb, "1");
    assert_int_equal(strbuf_check(&sb, &err), ERR_LIMIT);
    assert_null(strbuf_steal(&sb));

    strbuf_clear(&sb);
    strbuf_puts(&sb, "1");
    assert_int_equal(strbuf_check(&sb, &err), 0);
    assert_string_equal(sb.data, "1");

    strbuf_wipe(&sb);
    assert_int_equal(sb.max, 4);
}


static void
test_steal_empty(void **state)
{
    char     *text;
    strbuf_t  sb;

    (void) state;

    strbuf_init(&sb, 4);

    text = strbuf_steal(&sb);
    assert_string_equal(text, "");

    free(text);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_steal_empty)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
