
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_ttl.h"


typedef struct {
    const char  *name;
    unsigned     status;
    int64_t      seconds;
} rule_row_t;


typedef struct {
    const char  *name;
    s3_str_t     text;
    int64_t      seconds;
} parse_row_t;


#define S(text)  s3_string(text)


static const s3_ttl_rule_t  rules[] = {
    { 404, 10 },
    { 0, 60 },
    { 301, 0 },
    { 404, 20 },
    { 0, 70 }
};


static const rule_row_t  rule_rows[] = {
    { "usual", 200, 60 },
    { "non-authoritative", 203, 60 },
    { "range", 206, S3_TTL_NONE },
    { "permanent", 308, S3_TTL_NONE },
    { "the very status, after the usual", 301, 0 },
    { "first of two", 404, 10 },
    { "temporary redirect", 302, S3_TTL_NONE },
    { "forbidden", 403, S3_TTL_NONE },
    { "server error", 500, S3_TTL_NONE },
    { "not modified", 304, S3_TTL_NONE }
};


static const parse_row_t  parse_rows[] = {
    { "number", S("90"), 90 },
    { "seconds", S("90s"), 90 },
    { "minutes", S("10m"), 600 },
    { "hours", S("2h"), 7200 },
    { "days", S("7d"), 604800 },
    { "weeks", S("1w"), 604800 },
    { "two units", S("1h30m"), 5400 },
    { "all units", S("1w1d1h1m1s"), 694861 },
    { "zero", S("0"), 0 },
    { "zero seconds", S("0s"), 0 },
    { "leading zeros", S("007"), 7 },
    { "ten years", S("3650d"), S3_TTL_MAX },
    { "more than ten years", S("3650d1s"), S3_ERROR },
    { "more, in seconds", S("315360001"), S3_ERROR },
    { "overflow", S("99999999999999999999999"), S3_ERROR },
    { "overflow in weeks", S("315360000w"), S3_ERROR },
    { "empty", S(""), S3_ERROR },
    { "unit alone", S("s"), S3_ERROR },
    { "unit twice", S("1h2h"), S3_ERROR },
    { "units in the wrong order", S("1m1h"), S3_ERROR },
    { "number after a unit", S("1h30"), S3_ERROR },
    { "no number", S("1hm"), S3_ERROR },
    { "unknown unit", S("1y"), S3_ERROR },
    { "upper case", S("1H"), S3_ERROR },
    { "milliseconds", S("10ms"), S3_ERROR },
    { "sign", S("-1"), S3_ERROR },
    { "plus", S("+1"), S3_ERROR },
    { "blank", S(" 1"), S3_ERROR },
    { "blank after", S("1 "), S3_ERROR },
    { "fraction", S("1.5h"), S3_ERROR },
    { "nul", S("1\0"), S3_ERROR }
};


static void
test_rules(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < guard_count(rule_rows); i++) {
        guard_int(rule_rows[i].name, "seconds",
                  s3_ttl(rules, guard_count(rules), rule_rows[i].status),
                  rule_rows[i].seconds);
    }

    guard_int("no rules", "seconds", s3_ttl(NULL, 0, 200), S3_TTL_NONE);
}


static void
test_parse(void **state)
{
    size_t    i;
    s3_str_t  in;

    (void) state;

    for (i = 0; i < guard_count(parse_rows); i++) {
        in = guard_in(&parse_rows[i].text);
        guard_int(parse_rows[i].name, "seconds", s3_ttl_parse(&in),
                  parse_rows[i].seconds);
        guard_reset();
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_parse)
    };

    return cmocka_run_group_tests_name("s3_ttl", tests, NULL, NULL);
}
