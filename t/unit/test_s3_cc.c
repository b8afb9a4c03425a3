
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_cc.h"


#define NONE                 S3_CC_NONE
#define MAX                  S3_CC_MAX

#define NO_STORE             1
#define NO_CACHE             2
#define PRIVATE              4
#define MUST                 8

#define S(text)              s3_string(text)


typedef struct {
    const char  *name;
    s3_str_t     line;
    int64_t      max_age;
    int64_t      s_maxage;
    unsigned     flags;
} line_row_t;


typedef struct {
    const char  *name;
    s3_str_t     line;
    int64_t      seconds;
} value_row_t;


typedef struct {
    const char  *name;
    s3_str_t     lines[3];
    int64_t      max_age;
    int64_t      stale_while_revalidate;
    int64_t      stale_if_error;
    unsigned     flags;
} lines_row_t;


static const line_row_t  line_rows[] = {
    { "empty", S(""), NONE, NONE, 0 },
    { "blank", S(" \t"), NONE, NONE, 0 },
    { "comma", S(","), NONE, NONE, 0 },
    { "equals sign", S("="), NONE, NONE, 0 },
    { "value alone", S("=10"), NONE, NONE, 0 },
    { "unknown", S("public, immutable, no-transform"), NONE, NONE, 0 },
    { "max-age", S("max-age=60"), 60, NONE, 0 },
    { "s-maxage", S("s-maxage=60"), NONE, 60, 0 },
    { "both", S("max-age=60, s-maxage=70"), 60, 70, 0 },
    { "no-store", S("no-store"), NONE, NONE, NO_STORE },
    { "no-cache", S("no-cache"), NONE, NONE, NO_CACHE },
    { "private", S("private"), NONE, NONE, PRIVATE },
    { "must-revalidate", S("must-revalidate"), NONE, NONE, MUST },
    { "proxy-revalidate", S("proxy-revalidate"), NONE, NONE, MUST },
    { "all flags", S("no-store,no-cache,private,must-revalidate"),
      NONE, NONE, NO_STORE|NO_CACHE|PRIVATE|MUST },
    { "as google has it", S("private, max-age=0"), 0, NONE, PRIVATE },
    { "upper case", S("NO-STORE, MAX-AGE=5, S-MaxAge=6"), 5, 6, NO_STORE },
    { "no blanks", S("private,max-age=5"), 5, NONE, PRIVATE },
    { "many blanks", S(" \t private \t,\t max-age=5 "), 5, NONE, PRIVATE },
    { "empty directives", S(",, private,,max-age=5,"), 5, NONE, PRIVATE },
    { "blanks around the sign", S("max-age\t=  5"), 5, NONE, 0 },

    /* names that only look alike */

    { "shorter name", S("max-ag=5, privat, no-stor"), NONE, NONE, 0 },
    { "longer name", S("max-ages=5, privates, no-stores"), NONE, NONE, 0 },
    { "cased by bit 5 alone", S("max\x0d" "age=5, no\x0dstore"),
      NONE, NONE, 0 },
    { "no comma", S("private max-age=5"), NONE, NONE, 0 },
    { "semicolon", S("private; max-age=5"), NONE, NONE, 0 },
    { "nul", S("private\0"), NONE, NONE, 0 },

    /* arguments of those that need none */

    { "fields, private", S("private=\"set-cookie\""), NONE, NONE, PRIVATE },
    { "fields, no-cache", S("no-cache=\"a, b\", max-age=5"),
      5, NONE, NO_CACHE },
    { "token, private", S("private=set-cookie"), NONE, NONE, PRIVATE },
    { "argument, no-store", S("no-store=1"), NONE, NONE, NO_STORE },

    /* quotes */

    { "directive in quotes", S("x=\"no-store, max-age=1\", max-age=5"),
      5, NONE, 0 },
    { "quote in quotes", S("x=\"\\\", no-store\", max-age=5"), 5, NONE, 0 },
    { "backslash in quotes", S("x=\"\\\\\", no-store"), NONE, NONE, NO_STORE },
    { "empty quotes", S("x=\"\", no-store"), NONE, NONE, NO_STORE },
    { "two quoted", S("x=\"a,b\"\"c,no-store\", private"),
      NONE, NONE, PRIVATE },
    { "open quote", S("x=\"no-store, private"), NONE, NONE, PRIVATE },
    { "open quote behind a closed one", S("x=\"private\", y=\"a, no-store"),
      NONE, NONE, NO_STORE },
    { "open quote, escaped end", S("x=\"a\\\", no-store"),
      NONE, NONE, NO_STORE },
    { "closed by another's quote", S("x=\"a\\\", no-store, y=\", private"),
      NONE, NONE, PRIVATE },
    { "open quote, backslash at the end", S("x=\"a, no-store\\"),
      NONE, NONE, 0 },
    { "quote at the end", S("no-store,\""), NONE, NONE, NO_STORE },
    { "quoted name", S("\"no-store\""), NONE, NONE, 0 },

    /* the smaller one of two */

    { "twice, falling", S("max-age=9, max-age=5"), 5, NONE, 0 },
    { "twice, rising", S("max-age=5, max-age=9"), 5, NONE, 0 },
    { "twice, one is no number", S("s-maxage=5, s-maxage=x"), NONE, 0, 0 }
};


/* max-age=... */

static const value_row_t  value_rows[] = {
    { "zero", S("0"), 0 },
    { "number", S("3600"), 3600 },
    { "leading zeros", S("000000000000000000000000060"), 60 },
    { "quoted", S("\"60\""), 60 },
    { "a year", S("31536000"), 31536000 },
    { "most but one", S("2147483647"), 2147483647 },
    { "most", S("2147483648"), MAX },
    { "more", S("2147483649"), MAX },
    { "64 bits", S("18446744073709551617"), MAX },
    { "more than 64 bits", S("99999999999999999999999999999999999"), MAX },
    { "too much, then no digit", S("99999999999999999999x"), 0 },
    { "empty", S(""), 0 },
    { "empty quotes", S("\"\""), 0 },
    { "one quote", S("\""), 0 },
    { "open quote", S("\"60"), 0 },
    { "quote behind", S("60\""), 0 },
    { "more behind the quote", S("\"60\"0"), 0 },
    { "blank in the quotes", S("\" 60\""), 0 },
    { "escape in the quotes", S("\"6\\0\""), 0 },
    { "single quotes", S("'60'"), 0 },
    { "negative", S("-1"), 0 },
    { "plus", S("+60"), 0 },
    { "fraction", S("1.5"), 0 },
    { "unit", S("60s"), 0 },
    { "hexadecimal", S("0x10"), 0 },
    { "two numbers", S("6 0"), 0 },
    { "word", S("forever"), 0 },
    { "two signs", S("=60"), 0 },
    { "below the digits", S("6/"), 0 },
    { "above the digits", S("6:"), 0 },
    { "high bit", S("\xb6\xb0"), 0 }
};


static const lines_row_t  lines_rows[] = {
    { "windows", { S("stale-while-revalidate=30, stale-if-error=300") },
      NONE, 30, 300, 0 },
    { "windows without a value", { S("stale-while-revalidate"),
      S("stale-if-error=") }, NONE, 0, 0, 0 },
    { "windows that are no number", { S("stale-while-revalidate=a"),
      S("stale-if-error=\"1") }, NONE, 0, 0, 0 },
    { "endless windows", { S("Stale-While-Revalidate=9999999999"),
      S("STALE-IF-ERROR=9999999999") }, NONE, MAX, MAX, 0 },
    { "one each", { S("max-age=60"), S("private"), S("stale-if-error=1") },
      60, NONE, 1, PRIVATE },
    { "smaller one first", { S("max-age=60"), S("max-age=70") },
      60, NONE, NONE, 0 },
    { "smaller one last", { S("max-age=70"), S(""), S("max-age=60") },
      60, NONE, NONE, 0 },
    { "windows twice", { S("stale-if-error=9, stale-while-revalidate=3"),
      S("stale-if-error=7, stale-while-revalidate=4") }, NONE, 3, 7, 0 },
    { "a flag is not taken back", { S("no-store"), S("public, max-age=60") },
      60, NONE, NONE, NO_STORE },
    { "quotes end with their line", { S("x=\"a"), S("no-cache"), S("b\"") },
      NONE, NONE, NONE, NO_CACHE }
};


static void
add(s3_cc_t *cc, const s3_str_t *line)
{
    s3_str_t  in;

    in = guard_in(line);
    s3_cc_add(cc, &in);
    guard_reset();
}


static unsigned
flags(const s3_cc_t *cc)
{
    return (cc->no_store ? NO_STORE : 0U) | (cc->no_cache ? NO_CACHE : 0U)
           | (cc->private ? PRIVATE : 0U) | (cc->must_revalidate ? MUST : 0U);
}


static void
check_same(const char *row, const s3_cc_t *got, const s3_cc_t *want)
{
    guard_int(row, "max-age", got->max_age, want->max_age);
    guard_int(row, "s-maxage", got->s_maxage, want->s_maxage);
    guard_int(row, "stale-while-revalidate", got->stale_while_revalidate,
              want->stale_while_revalidate);
    guard_int(row, "stale-if-error", got->stale_if_error,
              want->stale_if_error);
    guard_int(row, "flags", flags(got), flags(want));
}


static void
test_line(void **state)
{
    size_t             i;
    s3_cc_t            cc, once;
    const line_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(line_rows); i++) {
        row = &line_rows[i];

        s3_cc_init(&cc);
        add(&cc, &row->line);

        guard_int(row->name, "max-age", cc.max_age, row->max_age);
        guard_int(row->name, "s-maxage", cc.s_maxage, row->s_maxage);
        guard_int(row->name, "stale-while-revalidate",
                  cc.stale_while_revalidate, NONE);
        guard_int(row->name, "stale-if-error", cc.stale_if_error, NONE);
        guard_int(row->name, "flags", flags(&cc), row->flags);

        once = cc;
        add(&cc, &row->line);
        check_same(row->name, &cc, &once);
    }
}


/* the same number in each of the four that have one */

static void
test_value(void **state)
{
    size_t              i, n;
    s3_cc_t             cc;
    s3_str_t            line;
    const value_row_t  *row;
    unsigned char       text[128];
    static const char  *names[] = {
        "max-age=", "s-maxage=", "stale-while-revalidate=", "stale-if-error="
    };

    (void) state;

    for (i = 0; i < guard_count(value_rows); i++) {
        row = &value_rows[i];
        s3_cc_init(&cc);

        for (n = 0; n < guard_count(names); n++) {
            line.data = text;
            line.len = strlen(names[n]);

            memcpy(text, names[n], line.len);
            memcpy(text + line.len, row->line.data, row->line.len);
            line.len += row->line.len;

            add(&cc, &line);
        }

        guard_int(row->name, "max-age", cc.max_age, row->seconds);
        guard_int(row->name, "s-maxage", cc.s_maxage, row->seconds);
        guard_int(row->name, "stale-while-revalidate",
                  cc.stale_while_revalidate, row->seconds);
        guard_int(row->name, "stale-if-error", cc.stale_if_error,
                  row->seconds);
        guard_int(row->name, "flags", flags(&cc), 0);
    }
}


static void
test_lines(void **state)
{
    size_t              i, n;
    s3_cc_t             cc, back;
    const lines_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(lines_rows); i++) {
        row = &lines_rows[i];

        s3_cc_init(&cc);
        s3_cc_init(&back);

        for (n = 0; n < guard_count(row->lines); n++) {
            add(&cc, &row->lines[n]);
            add(&back, &row->lines[guard_count(row->lines) - 1 - n]);
        }

        guard_int(row->name, "max-age", cc.max_age, row->max_age);
        guard_int(row->name, "s-maxage", cc.s_maxage, NONE);
        guard_int(row->name, "stale-while-revalidate",
                  cc.stale_while_revalidate, row->stale_while_revalidate);
        guard_int(row->name, "stale-if-error", cc.stale_if_error,
                  row->stale_if_error);
        guard_int(row->name, "flags", flags(&cc), row->flags);

        check_same(row->name, &back, &cc);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_value),
        cmocka_unit_test(test_lines)
    };

    return cmocka_run_group_tests_name("s3_cc", tests, NULL, NULL);
}
