
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>

#include "guard.h"
#include "s3_range.h"


typedef struct {
    const char  *name;
    s3_str_t     value;
    int64_t      size;
    int          rc;               /* of parsing, then of applying */
    int64_t      offset;
    int64_t      len;
} range_row_t;


#define S(text)    s3_string(text)
#define IGNORED    S3_DECLINED, -1, -1
#define NOTHING    S3_OK, -1, -1
#define IS(o, n)   S3_OK, o, n


static const range_row_t  rows[] = {
    { "first to last", S("bytes=2-4"), 10, IS(2, 3) },
    { "first byte", S("bytes=0-0"), 10, IS(0, 1) },
    { "last byte", S("bytes=9-9"), 10, IS(9, 1) },
    { "from", S("bytes=7-"), 10, IS(7, 3) },
    { "all", S("bytes=0-"), 10, IS(0, 10) },
    { "past the end", S("bytes=7-99"), 10, IS(7, 3) },
    { "suffix", S("bytes=-3"), 10, IS(7, 3) },
    { "suffix, all", S("bytes=-10"), 10, IS(0, 10) },
    { "suffix, longer", S("bytes=-11"), 10, IS(0, 10) },
    { "suffix, nothing", S("bytes=-0"), 10, NOTHING },
    { "behind the end", S("bytes=10-"), 10, NOTHING },
    { "far behind", S("bytes=99-100"), 10, NOTHING },
    { "case of the unit", S("BYTES=2-4"), 10, IS(2, 3) },
    { "blanks", S("bytes= 2 - 4 "), 10, IS(2, 3) },
    { "empty, first byte", S("bytes=0-0"), 0, NOTHING },
    { "empty, all", S("bytes=0-"), 0, NOTHING },
    { "empty, suffix", S("bytes=-5"), 0, NOTHING },
    { "one byte", S("bytes=0-"), 1, IS(0, 1) },

    { "large", S("bytes=9223372036854775805-9223372036854775806"), INT64_MAX,
      IS(INT64_MAX - 2, 2) },
    { "last too large", S("bytes=1-99999999999999999999999"), 10, IS(1, 9) },
    { "first too large", S("bytes=99999999999999999999999-"), 10, NOTHING },
    { "both too large", S("bytes=9223372036854775808-9223372036854775809"),
      10, NOTHING },
    { "suffix too large", S("bytes=-99999999999999999999999"), 10,
      IS(0, 10) },
    { "all that there can be", S("bytes=0-"), INT64_MAX, IS(0, INT64_MAX) },

    { "nothing", S(""), 10, IGNORED },
    { "unit alone", S("bytes="), 10, IGNORED },
    { "unit cut short", S("bytes"), 10, IGNORED },
    { "no unit", S("2-4"), 10, IGNORED },
    { "other unit", S("lines=1-2"), 10, IGNORED },
    { "other sign", S("bytes:1-2"), 10, IGNORED },
    { "a sign like it", S("bytes\x1d" "1-2"), 10, IGNORED },
    { "no number", S("bytes=-"), 10, IGNORED },
    { "no dash", S("bytes=5"), 10, IGNORED },
    { "two dashes", S("bytes=0--1"), 10, IGNORED },
    { "letters", S("bytes=abc"), 10, IGNORED },
    { "hex", S("bytes=0x1-0x2"), 10, IGNORED },
    { "letters behind", S("bytes=1-2x"), 10, IGNORED },
    { "plus", S("bytes=+1-2"), 10, IGNORED },
    { "backwards", S("bytes=5-2"), 10, IGNORED },
    { "several", S("bytes=0-1,8-9"), 10, IGNORED },
    { "several, with a suffix", S("bytes=0-1, -2"), 10, IGNORED },
    { "empty second one", S("bytes=0-1,"), 10, IGNORED },
};


static void
test_rows(void **state)
{
    size_t              i;
    int64_t             offset, len;
    s3_str_t            value;
    s3_range_t          range;
    const range_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {
        row = &rows[i];
        value = guard_in(&row->value);
        offset = len = -1;

        guard_int(row->name, "parsed", s3_range_parse(&value, &range),
                  row->rc);

        if (row->rc == S3_OK) {
            guard_int(row->name, "applied",
                      s3_range_apply(&range, row->size, &offset, &len),
                      row->len == -1 ? S3_DECLINED : S3_OK);
        }

        guard_int(row->name, "offset", offset, row->offset);
        guard_int(row->name, "length", len, row->len);

        guard_reset();
    }
}


/* against a naive reading, of all small numbers */

static void
test_small(void **state)
{
    int         n, first, last, size;
    char        text[32];
    int64_t     offset, len;
    s3_str_t    value;
    s3_range_t  range;

    (void) state;

    for (n = 0; n < 8 * 8 * 8; n++) {
        first = n % 8;
        last = n / 8 % 8;
        size = n / 64;

        value.data = (unsigned char *) text;
        value.len = (size_t) snprintf(text, sizeof(text), "bytes=%d-%d",
                                      first, last);

        guard_int(text, "parsed", s3_range_parse(&value, &range),
                  first > last ? S3_DECLINED : S3_OK);

        if (first > last) {
            continue;
        }

        offset = len = 0;

        guard_int(text, "applied", s3_range_apply(&range, size, &offset,
                                                  &len),
                  first < size ? S3_OK : S3_DECLINED);

        if (first < size) {
            guard_int(text, "offset", offset, first);
            guard_int(text, "length", len,
                      (last < size ? last : size - 1) - first + 1);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
