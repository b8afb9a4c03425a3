
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include "base/escape.h"


#define S(text)  text, sizeof(text) - 1


static const struct {
    const char      *name;
    const char      *text;
    size_t           len;
    const char      *as_text;
    const char      *as_bytes;
    const char      *as_json;
} rows[] = {
    { "plain", S("a b~\"\\"), "a b~\"\\", "a b~\"\\\\", "a b~\"\\" },
    { "empty", S(""), "", "", "" },
    { "C0", S("\x1b[2J\r\n\t"), "\\x1b[2J\\x0d\\x0a\\x09",
      "\\x1b[2J\\x0d\n\\x09", "\\u001b[2J\\u000d\n\\u0009" },
    { "NUL", S("a\0b"), "a\\x00b", "a\\x00b", "a\\u0000b" },
    { "DEL", S("a\x7f"), "a\\x7f", "a\\x7f", "a\\u007f" },
    { "C1", S("\xc2\x9b" "2J\xc2\x80\xc2\x9f"), "\\u009b2J\\u0080\\u009f",
      "\\xc2\\x9b2J\\xc2\\x80\\xc2\\x9f", "\\u009b2J\\u0080\\u009f" },
    { "C1, raw", S("\x9b" "2J\x85"), "\\x9b2J\\x85", "\\x9b2J\\x85",
      "\\u009b2J\\u0085" },
    { "after C1", S("\xc2\xa0"), "\xc2\xa0", "\\xc2\\xa0", "\xc2\xa0" },
    { "letters", S("\xc3\xbc \xe6\xbc\xa2 \xf0\x9f\x98\x80"),
      "\xc3\xbc \xe6\xbc\xa2 \xf0\x9f\x98\x80",
      "\\xc3\\xbc \\xe6\\xbc\\xa2 \\xf0\\x9f\\x98\\x80",
      "\xc3\xbc \xe6\xbc\xa2 \xf0\x9f\x98\x80" },
    { "direction", S("a\xe2\x80\xae" "fdp.exe"), "a\\u202efdp.exe",
      "a\\xe2\\x80\\xaefdp.exe", "a\\u202efdp.exe" },
    { "isolates", S("\xe2\x81\xa6\xe2\x81\xa9"), "\\u2066\\u2069",
      "\\xe2\\x81\\xa6\\xe2\\x81\\xa9", "\\u2066\\u2069" },
    { "marks", S("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\u200e\\u200f\\u061c",
      "\\xe2\\x80\\x8e\\xe2\\x80\\x8f\\xd8\\x9c", "\\u200e\\u200f\\u061c" },
    { "lines", S("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029",
      "\\xe2\\x80\\xa8\\xe2\\x80\\xa9", "\\u2028\\u2029" },
    { "joiners stay", S("\xe2\x80\x8d"), "\xe2\x80\x8d",
      "\\xe2\\x80\\x8d", "\xe2\x80\x8d" },
    { "tag", S("\xf3\xa0\x80\x81"), "\\U000e0001",
      "\\xf3\\xa0\\x80\\x81", "\\udb40\\udc01" },
    { "cut", S("a\xe2\x80"), "a\\xe2\\x80", "a\\xe2\\x80",
      "a\\u00e2\\u0080" },
    { "overlong", S("\xc0\x9b\xe0\x82\x9b"), "\\xc0\\x9b\\xe0\\x82\\x9b",
      "\\xc0\\x9b\\xe0\\x82\\x9b", "\\u00c0\\u009b\\u00e0\\u0082\\u009b" },
    { "surrogate", S("\xed\xa0\x80"), "\\xed\\xa0\\x80", "\\xed\\xa0\\x80",
      "\\u00ed\\u00a0\\u0080" },
    { "too high", S("\xf4\x90\x80\x80\xff"), "\\xf4\\x90\\x80\\x80\\xff",
      "\\xf4\\x90\\x80\\x80\\xff",
      "\\u00f4\\u0090\\u0080\\u0080\\u00ff" }
};


static void
check(size_t i, escape_how_t how, const char *want)
{
    char      dst[256];
    size_t    size, len;
    s3_str_t  text;

    text.data = (unsigned char *) (uintptr_t) rows[i].text;
    text.len = rows[i].len;
    text = guard_in(&text);

    len = escape_text(how, (char *) text.data, text.len, dst, sizeof(dst));

    if (strcmp(dst, want) != 0) {
        fail_msg("%s, %d: \"%s\", not \"%s\"", rows[i].name, how, dst, want);
    }

    guard_int(rows[i].name, "length", (int64_t) len, (int64_t) strlen(want));

    /* however little room there is, no unit is cut */

    for (size = 1; size <= strlen(want); size++) {

        text = guard_out(size);
        len = escape_text(how, rows[i].text, rows[i].len, (char *) text.data,
                          size);

        assert_true(len < size);
        assert_int_equal(strlen((char *) text.data), len);
        assert_memory_equal(text.data, want, len);
    }

    guard_reset();
}


static void
test_rows(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {
        check(i, ESCAPE_TEXT, rows[i].as_text);
        check(i, ESCAPE_BYTES, rows[i].as_bytes);
        check(i, ESCAPE_JSON, rows[i].as_json);
    }
}


static void
test_width(void **state)
{
    (void) state;

    assert_int_equal(escape_width(ESCAPE_TEXT, S("")), 0);
    assert_int_equal(escape_width(ESCAPE_TEXT, S("a\xc3\xbc")), 2);
    assert_int_equal(escape_width(ESCAPE_TEXT, S("\x1b\xc2\x9b")), 10);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_width)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
