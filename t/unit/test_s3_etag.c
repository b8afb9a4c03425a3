
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_etag.h"


typedef struct {
    const char  *name;
    s3_str_t     list;
    s3_str_t     quoted;
    int          strong;           /* "a" is in it */
    int          weak;
} etag_row_t;


#define S(text)  s3_string(text)


static const etag_row_t  rows[] = {
    { "nothing", S(""), S(""), 0, 0 },
    { "blanks", S(" ,\t, "), S(""), 0, 0 },
    { "any", S("*"), S("*"), 1, 1 },
    { "any, blanks", S(" * "), S("*"), 1, 1 },
    { "tag", S("\"a\""), S("\"a\""), 1, 1 },
    { "other tag", S("\"b\""), S("\"b\""), 0, 0 },
    { "longer tag", S("\"ab\""), S("\"ab\""), 0, 0 },
    { "weak tag", S("W/\"a\""), S("W/\"a\""), 0, 1 },
    { "no quotes", S("a"), S("\"a\""), 1, 1 },
    { "no quotes, other", S("b"), S("\"b\""), 0, 0 },
    { "list", S("\"x\",\"a\""), S("\"x\", \"a\""), 1, 1 },
    { "list without quotes", S("x, a ,y"), S("\"x\", \"a\", \"y\""), 1, 1 },
    { "list of both", S("x,\"a\""), S("\"x\", \"a\""), 1, 1 },
    { "any in a list", S("x, *"), S("\"x\", *"), 1, 1 },
    { "weak in a list", S("x,\tW/\"a\""), S("\"x\", W/\"a\""), 0, 1 },
    { "comma in a tag", S("\"x,a\""), S("\"x,a\""), 0, 0 },
    { "comma in a tag, list", S("\"x,y\",a"), S("\"x,y\", \"a\""), 1, 1 },
    { "quote that is not closed", S("\"a"), S("\"a"), 0, 0 },
    { "quote that is not opened", S("a\""), S("a\""), 0, 0 },
    { "quote in between", S("a\"b"), S("a\"b"), 0, 0 },
    { "part of a list not closed", S("\"x, a"), S("\"x, a"), 0, 0 },
};


static void
test_rows(void **state)
{
    size_t                 i, len;
    s3_str_t               list, out;
    const etag_row_t      *row;
    static const s3_str_t  etag = S("\"a\""), weak = S("W/\"a\"");
    static const s3_str_t  none = S("");

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {
        row = &rows[i];
        list = guard_in(&row->list);

        len = s3_etag_quote(&list, NULL);
        out = guard_out(len);

        guard_int(row->name, "length", (int64_t) s3_etag_quote(&list,
                                                               out.data),
                  (int64_t) len);
        guard_bytes(row->name, "quoted", &out, &row->quoted);

        list = guard_in(&row->quoted);

        guard_int(row->name, "strong", s3_etag_match(&list, &etag, 0),
                  row->strong);
        guard_int(row->name, "weak", s3_etag_match(&list, &etag, 1),
                  row->weak);
        guard_int(row->name, "weak one of ours",
                  s3_etag_match(&list, &weak, 1), row->weak);
        guard_int(row->name, "without a tag", s3_etag_match(&list, &none, 0),
                  memchr(list.data, '*', list.len) != NULL);

        guard_reset();
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
