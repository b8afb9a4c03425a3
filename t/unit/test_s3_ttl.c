
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "s3_ttl.h"


#define NONE                 S3_TTL_NONE
#define MAX                  S3_TTL_MAX
#define NOW                  1700000000

/* of the policy that test_fresh() and its like use */
#define RULE                 600
#define SWR                  30
#define SIE                  300

#define S(text)              s3_string(text)


typedef struct {
    const char  *name;
    unsigned     status;
    s3_str_t     key;
    int          rule;             /* -1: none */
} rule_row_t;


/* want: by mode */

typedef struct {
    const char  *name;
    s3_str_t     cc;
    int64_t      age;
    int64_t      want[3];
} fresh_row_t;


typedef struct {
    const char  *name;
    s3_str_t     cc;
    int64_t      now;
    int64_t      date;
    int64_t      expires;
    int64_t      age;
    int64_t      honour;
    int64_t      cap;
} expires_row_t;


typedef struct {
    const char  *name;
    s3_str_t     cc;
    unsigned     vary_any;
    unsigned     set_cookie;
    unsigned     forbids;          /* bool */
} forbid_row_t;


typedef struct {
    const char  *name;
    s3_str_t     cc;
    int64_t      while_revalidate[3];
    int64_t      if_error[3];
} stale_row_t;


typedef struct {
    const char  *name;
    int64_t      seconds;
    int64_t      window;
    s3_str_t     cc;
    int64_t      fresh[3];
    int64_t      stale[3];
} limit_row_t;


typedef struct {
    const char  *name;
    s3_str_t     text;
    int64_t      seconds;
} parse_row_t;


static const s3_ttl_rule_t  rules[] = {
    { 0, 10, S3_TTL_ANY, S(""), NULL },                            /* 0 */
    { 0, 11, S3_TTL_PREFIX, S("logs/"), NULL },
    { 0, 12, S3_TTL_SUFFIX, S(".m3u8"), NULL },
    { 404, 13, S3_TTL_ANY, S(""), NULL },
    { 0, 14, S3_TTL_REGEX, S(""), (void *) (uintptr_t) "live" },
    { 404, 15, S3_TTL_PREFIX, S("tiles/"), NULL },                 /* 5 */
    { 404, 16, S3_TTL_ANY, S(""), NULL },
    { 203, 17, S3_TTL_ANY, S(""), NULL },
    { 0, 18, S3_TTL_ANY, S(""), NULL },
    { 301, 0, S3_TTL_SUFFIX, S("/"), NULL },
    { 0, 19, S3_TTL_PREFIX, S("logs/old/"), NULL },                /* 10 */
    { 200, 20, S3_TTL_SUFFIX, S(".png"), NULL },
    { 403, 21, S3_TTL_REGEX, S(""), (void *) (uintptr_t) "!" },
    { 410, 22, S3_TTL_PREFIX, S(""), NULL },
    { 411, 23, S3_TTL_SUFFIX, S(""), NULL }
};


static const rule_row_t  rule_rows[] = {
    { "usual", 200, S("a"), 0 },
    { "empty key", 200, S(""), 0 },
    { "usual, another status is named", 203, S("a"), 7 },
    { "range", 206, S("a"), -1 },
    { "no content", 204, S("a"), -1 },
    { "redirect", 302, S("a"), -1 },
    { "not modified", 304, S("a"), -1 },
    { "server error", 500, S("a"), -1 },
    { "slow down", 503, S("logs/a"), -1 },
    { "no status", 0, S("a"), -1 },

    { "prefix", 200, S("logs/a"), 1 },
    { "prefix alone", 200, S("logs/"), 1 },
    { "shorter than the prefix", 200, S("logs"), 0 },
    { "prefix, other case", 200, S("Logs/a"), 0 },
    { "prefix further on", 200, S("a/logs/a"), 0 },
    { "prefix before the very status", 203, S("logs/a"), 1 },
    { "longer prefix, later", 200, S("logs/old/a"), 1 },

    { "suffix", 200, S("a.m3u8"), 2 },
    { "suffix alone", 200, S(".m3u8"), 2 },
    { "shorter than the suffix", 200, S("m3u8"), 0 },
    { "suffix inside", 200, S("a.m3u8/b"), 0 },
    { "suffix, other case", 200, S("a.M3U8"), 0 },
    { "prefix and suffix: first", 200, S("logs/a.m3u8"), 1 },
    { "suffix, status named", 200, S("a.png"), 11 },
    { "suffix, another status named", 203, S("a.png"), 7 },
    { "nul in the key", 200, S("\0.m3u8"), 2 },

    { "regex", 200, S("a/live/b"), 4 },
    { "regex says neither yes nor no", 403, S("a"), -1 },
    { "regex says yes", 403, S("a!"), 12 },
    { "suffix and regex: first", 200, S("live.m3u8"), 2 },

    { "very status, first of two", 404, S("a"), 3 },
    { "pattern after two without", 404, S("tiles/1"), 5 },
    { "pattern of another status", 404, S("logs/a"), 3 },
    { "regex of another status", 404, S("live"), 3 },
    { "zero", 301, S("a/"), 9 },
    { "pattern alone, no match", 301, S("a"), -1 },
    { "empty prefix", 410, S("a"), 13 },
    { "empty prefix, empty key", 410, S(""), 13 },
    { "empty suffix", 411, S("a"), 14 },
    { "empty suffix, empty key", 411, S(""), 14 }
};


static const fresh_row_t  fresh_rows[] = {
    { "nothing said", S(""), 0, { RULE, RULE, RULE } },
    { "nothing said, old", S(""), 9999, { RULE, RULE, RULE } },
    { "other directives", S("public, immutable"), 0, { RULE, RULE, RULE } },
    { "shorter", S("max-age=60"), 0, { RULE, 60, 60 } },
    { "longer", S("max-age=6000"), 0, { RULE, 6000, RULE } },
    { "the same", S("max-age=600"), 0, { RULE, RULE, RULE } },
    { "one more", S("max-age=601"), 0, { RULE, 601, RULE } },
    { "zero", S("max-age=0"), 0, { RULE, NONE, NONE } },
    { "no number", S("max-age=x"), 0, { RULE, NONE, NONE } },
    { "no value", S("max-age"), 0, { RULE, NONE, NONE } },
    { "endless", S("max-age=99999999999999999999"), 0, { RULE, MAX, RULE } },

    { "shared", S("s-maxage=60"), 0, { RULE, 60, 60 } },
    { "shared is shorter", S("s-maxage=60, max-age=90"), 0,
      { RULE, 60, 60 } },
    { "shared is longer", S("s-maxage=90, max-age=60"), 0, { RULE, 90, 90 } },
    { "shared is longer than all", S("max-age=60, s-maxage=6000"), 0,
      { RULE, 6000, RULE } },
    { "shared is zero", S("s-maxage=0, max-age=60"), 0,
      { RULE, NONE, NONE } },
    { "shared is no number", S("s-maxage=, max-age=60"), 0,
      { RULE, NONE, NONE } },
    { "own is zero", S("max-age=0, s-maxage=60"), 0, { RULE, 60, 60 } },

    { "aged", S("max-age=60"), 20, { RULE, 40, 40 } },
    { "aged, shared", S("max-age=90, s-maxage=60"), 20, { RULE, 40, 40 } },
    { "one second left", S("max-age=60"), 59, { RULE, 1, 1 } },
    { "none left", S("max-age=60"), 60, { RULE, NONE, NONE } },
    { "stale", S("max-age=60"), 61, { RULE, NONE, NONE } },
    { "the age comes off before the limit", S("max-age=1000"), 300,
      { RULE, 700, RULE } },
    { "the age leaves less than the limit", S("max-age=1000"), 500,
      { RULE, 500, 500 } },
    { "endless age", S("max-age=60"), INT64_MAX, { RULE, NONE, NONE } },
    { "negative age", S("max-age=60"), -5, { RULE, 60, 60 } },
    { "least age", S("max-age=60"), INT64_MIN, { RULE, 60, 60 } },
    { "age and no number", S("max-age=x"), 10, { RULE, NONE, NONE } }
};


static const expires_row_t  expires_rows[] = {
    { "none", S(""), NOW, NOW, -1, 0, RULE, RULE },
    { "less Date", S(""), NOW, NOW - 9, NOW + 51, 0, 60, 60 },
    { "less now", S(""), NOW, -1, NOW + 60, 0, 60, 60 },
    { "longer", S(""), NOW, NOW, NOW + 6000, 0, 6000, RULE },
    { "Date of a clock ahead", S(""), NOW, NOW + 50, NOW + 60, 0, 10, 10 },
    { "aged", S(""), NOW, NOW, NOW + 60, 20, 40, 40 },
    { "aged out", S(""), NOW, NOW, NOW + 60, 60, NONE, NONE },
    { "at once", S(""), NOW, NOW, NOW, 0, NONE, NONE },
    { "past", S(""), NOW, NOW, NOW - 1, 0, NONE, NONE },
    { "past, less now", S(""), NOW, -1, NOW - 1, 0, NONE, NONE },
    { "past by now, not by Date", S(""), NOW, NOW - 90, NOW - 30, 0, 60, 60 },
    { "invalid", S(""), NOW, NOW, 0, 0, NONE, NONE },
    { "invalid, no Date", S(""), NOW, -1, 0, 0, NONE, NONE },
    { "invalid, at the epoch", S(""), 0, 0, 0, 0, NONE, NONE },
    { "max-age comes first", S("max-age=60"), NOW, NOW, NOW + 90, 0, 60, 60 },
    { "max-age and an invalid one", S("max-age=60"), NOW, NOW, 0, 0, 60, 60 },
    { "max-age that is no number", S("max-age=x"), NOW, NOW, NOW + 90, 0,
      NONE, NONE },
    { "s-maxage comes first", S("s-maxage=60"), NOW, NOW, NOW - 5, 0,
      60, 60 },
    { "beside a window", S("stale-if-error=5"), NOW, NOW, NOW + 60, 0,
      60, 60 },
    { "end of time", S(""), NOW, 0, INT64_MAX, 0, MAX, RULE },
    { "end of time, before time", S(""), INT64_MIN, -1, INT64_MAX, 0,
      MAX, RULE },
    { "end of time, then aged", S(""), NOW, -1, INT64_MAX, INT64_MAX,
      NONE, NONE },
    { "Date at the end of time", S(""), NOW, INT64_MAX, NOW, 0, NONE, NONE }
};


static const forbid_row_t  forbid_rows[] = {
    { "nothing", S(""), 0, 0, 0 },
    { "no-store", S("no-store"), 0, 0, 1 },
    { "no-cache", S("no-cache"), 0, 0, 1 },
    { "private", S("private"), 0, 0, 1 },
    { "private, of a field", S("private=\"x-a\""), 0, 0, 1 },
    { "no-cache, of a field", S("no-cache=\"x-a\""), 0, 0, 1 },
    { "no-store among others", S("max-age=60, no-store"), 0, 0, 1 },
    { "private and shared", S("private, s-maxage=60"), 0, 0, 1 },
    { "no-store and must-understand", S("must-understand, no-store"),
      0, 0, 1 },
    { "any variant", S(""), 1, 0, 1 },
    { "any variant, public", S("public, max-age=60"), 1, 0, 1 },
    { "cookie", S(""), 0, 1, 1 },
    { "cookie, public", S("public, max-age=60"), 0, 1, 1 },
    { "all", S("no-store, no-cache, private"), 1, 1, 1 },
    { "public", S("public, max-age=60"), 0, 0, 0 },
    { "must-revalidate", S("must-revalidate, max-age=60"), 0, 0, 0 },
    { "no-store in quotes", S("x=\"no-store\""), 0, 0, 0 }
};


static const stale_row_t  stale_rows[] = {
    { "nothing said", S(""), { SWR, SWR, SWR }, { SIE, SIE, SIE } },
    { "max-age alone", S("max-age=60"),
      { SWR, SWR, SWR }, { SIE, SIE, SIE } },
    { "shorter", S("stale-while-revalidate=3, stale-if-error=4"),
      { SWR, 3, 3 }, { SIE, 4, 4 } },
    { "longer", S("stale-while-revalidate=3000, stale-if-error=4000"),
      { SWR, 3000, SWR }, { SIE, 4000, SIE } },
    { "one of them, while", S("stale-while-revalidate=3"),
      { SWR, 3, 3 }, { SIE, SIE, SIE } },
    { "one of them, if", S("stale-if-error=4"),
      { SWR, SWR, SWR }, { SIE, 4, 4 } },
    { "zero", S("stale-while-revalidate=0, stale-if-error=0"),
      { SWR, 0, 0 }, { SIE, 0, 0 } },
    { "no number", S("stale-while-revalidate=x, stale-if-error"),
      { SWR, 0, 0 }, { SIE, 0, 0 } },
    { "endless", S("stale-while-revalidate=9999999999, "
                   "stale-if-error=9999999999"),
      { SWR, MAX, SWR }, { SIE, MAX, SIE } },
    { "must-revalidate", S("must-revalidate"),
      { SWR, 0, 0 }, { SIE, 0, 0 } },
    { "proxy-revalidate", S("proxy-revalidate, max-age=60"),
      { SWR, 0, 0 }, { SIE, 0, 0 } },
    { "must-revalidate against windows",
      S("must-revalidate, stale-while-revalidate=3, stale-if-error=4"),
      { SWR, 0, 0 }, { SIE, 0, 0 } },
    { "s-maxage", S("s-maxage=60"), { SWR, 0, 0 }, { SIE, 0, 0 } },
    { "s-maxage against windows",
      S("s-maxage=60, stale-while-revalidate=3, stale-if-error=4"),
      { SWR, 0, 0 }, { SIE, 0, 0 } }
};


/* rule and windows of the policy at their limits */

static const limit_row_t  limit_rows[] = {
    { "rule of zero", 0, 5, S(""), { NONE, NONE, NONE }, { 0, 0, 0 } },
    { "rule of zero, origin's age", 0, 5, S("max-age=60"),
      { NONE, NONE, NONE }, { 0, 0, 0 } },
    { "rule of one", 1, 5, S(""), { 1, 1, 1 }, { 5, 5, 5 } },
    { "negative rule", -1, 5, S("max-age=60"),
      { NONE, NONE, NONE }, { 0, 0, 0 } },
    { "no windows", 9, 0, S("max-age=60"), { 9, 60, 9 }, { 0, 0, 0 } },
    { "no windows, the origin has", 9, 0,
      S("stale-while-revalidate=7, stale-if-error=7"),
      { 9, 9, 9 }, { 0, 7, 0 } },
    { "negative windows", 9, -5, S(""), { 9, 9, 9 }, { 0, 0, 0 } },
    { "most", MAX, MAX, S(""), { MAX, MAX, MAX }, { MAX, MAX, MAX } },
    { "more", INT64_MAX, INT64_MAX, S("max-age=2147483648"),
      { MAX, MAX, MAX }, { MAX, MAX, MAX } }
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


/* matches where the key has the text; -5 to a key of "a": it failed */

static int
fake_regex(void *regex, const s3_str_t *key)
{
    size_t       i, len;
    const char  *text = regex;

    len = strlen(text);

    for (i = 0; i + len <= key->len; i++) {
        if (memcmp(key->data + i, text, len) == 0) {
            return 1;
        }
    }

    return (key->len == 1 && key->data[0] == 'a') ? -5 : 0;
}


static void
test_rule(void **state)
{
    size_t                i;
    s3_str_t              key;
    s3_ttl_policy_t       policy = { rules, guard_count(rules),
                                     S3_TTL_OVERRIDE, 0, 0, 0, fake_regex };
    const s3_ttl_rule_t  *rule;

    (void) state;

    for (i = 0; i < guard_count(rule_rows); i++) {
        key = guard_in(&rule_rows[i].key);
        rule = s3_ttl_rule(&policy, rule_rows[i].status, &key);

        guard_int(rule_rows[i].name, "rule",
                  (rule == NULL) ? -1 : rule - rules, rule_rows[i].rule);
        guard_reset();
    }
}


static void
test_rule_none(void **state)
{
    s3_str_t              key = S("live");
    s3_ttl_t              ttl;
    s3_ttl_policy_t       policy = { NULL, 0, S3_TTL_HONOUR, SWR, SIE, 0,
                                     NULL };
    s3_ttl_response_t     response = { .status = 200, .date = -1,
                                       .expires = -1 };
    const s3_ttl_rule_t  *rule;

    (void) state;

    assert_null(s3_ttl_rule(&policy, 200, &key));

    s3_cc_init(&response.cc);
    response.cc.max_age = 60;
    response.cc.stale_if_error = 60;
    response.key = key;

    ttl = s3_ttl(&policy, &response);
    guard_int("no rules", "fresh", ttl.fresh, NONE);
    guard_int("no rules", "stale-while-revalidate",
              ttl.stale_while_revalidate, 0);
    guard_int("no rules", "stale-if-error", ttl.stale_if_error, 0);

    /* a regex with nobody to ask matches nothing */

    policy.rules = rules;
    policy.nrules = guard_count(rules);

    rule = s3_ttl_rule(&policy, 200, &key);
    assert_ptr_equal(rule, &rules[0]);
}


/* the rule of s3_ttl_rule() is the one that s3_ttl() goes by */

static void
test_rule_seconds(void **state)
{
    int                i;
    size_t             n;
    s3_ttl_t           ttl;
    s3_ttl_policy_t    policy = { rules, guard_count(rules), S3_TTL_OVERRIDE,
                                  SWR, SIE, 0, fake_regex };
    s3_ttl_response_t  response = { .date = -1, .expires = -1 };

    (void) state;

    s3_cc_init(&response.cc);

    for (n = 0; n < guard_count(rule_rows); n++) {
        response.status = rule_rows[n].status;
        response.key = rule_rows[n].key;
        ttl = s3_ttl(&policy, &response);

        i = rule_rows[n].rule;

        guard_int(rule_rows[n].name, "fresh", ttl.fresh,
                  (i == -1 || rules[i].seconds == 0) ? NONE
                                                     : rules[i].seconds);
        guard_int(rule_rows[n].name, "stale-if-error", ttl.stale_if_error,
                  (i == -1 || rules[i].seconds == 0) ? 0 : SIE);
    }
}


static s3_ttl_t
ask(s3_ttl_mode_t mode, unsigned store_private, const s3_str_t *cc,
    const s3_ttl_response_t *base)
{
    s3_str_t           line;
    s3_ttl_t           ttl;
    s3_ttl_rule_t      rule = { 0, RULE, S3_TTL_ANY, S(""), NULL };
    s3_ttl_policy_t    policy = { &rule, 1, mode, SWR, SIE, store_private,
                                  NULL };
    s3_ttl_response_t  response = *base;

    response.status = 200;

    line = guard_in(cc);
    s3_cc_init(&response.cc);
    s3_cc_add(&response.cc, &line);
    guard_reset();

    ttl = s3_ttl(&policy, &response);

    if (ttl.fresh == NONE) {
        guard_int("not stored", "stale-while-revalidate",
                  ttl.stale_while_revalidate, 0);
        guard_int("not stored", "stale-if-error", ttl.stale_if_error, 0);
    }

    return ttl;
}


static void
test_fresh(void **state)
{
    int                mode;
    size_t             i;
    s3_ttl_t           ttl;
    s3_ttl_response_t  base = { .now = NOW, .date = NOW - 5, .expires = -1 };

    (void) state;

    for (i = 0; i < guard_count(fresh_rows); i++) {
        for (mode = 0; mode < 3; mode++) {
            base.age = fresh_rows[i].age;
            ttl = ask((s3_ttl_mode_t) mode, 0, &fresh_rows[i].cc, &base);
            guard_int(fresh_rows[i].name, "fresh", ttl.fresh,
                      fresh_rows[i].want[mode]);
        }
    }
}


static void
test_expires(void **state)
{
    size_t                i;
    s3_ttl_t              ttl;
    s3_ttl_response_t     base = { .status = 200 };
    const expires_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(expires_rows); i++) {
        row = &expires_rows[i];

        base.now = row->now;
        base.date = row->date;
        base.expires = row->expires;
        base.age = row->age;

        ttl = ask(S3_TTL_OVERRIDE, 0, &row->cc, &base);
        guard_int(row->name, "override", ttl.fresh, RULE);

        ttl = ask(S3_TTL_HONOUR, 0, &row->cc, &base);
        guard_int(row->name, "honour", ttl.fresh, row->honour);

        ttl = ask(S3_TTL_CAP, 0, &row->cc, &base);
        guard_int(row->name, "cap", ttl.fresh, row->cap);
    }
}


/* store_private lifts what forbids, and no more: HONOUR still has its time */

static void
test_forbid(void **state)
{
    int                  mode;
    size_t               i;
    s3_ttl_t             ttl;
    const forbid_row_t  *row;
    s3_ttl_response_t    base = { .now = NOW, .date = -1, .expires = -1 };

    (void) state;

    for (i = 0; i < guard_count(forbid_rows); i++) {
        row = &forbid_rows[i];

        for (mode = 0; mode < 3; mode++) {
            base.vary_any = row->vary_any;
            base.set_cookie = row->set_cookie;

            ttl = ask((s3_ttl_mode_t) mode, 0, &row->cc, &base);
            guard_int(row->name, "forbidden", ttl.fresh == NONE,
                      row->forbids);

            ttl = ask((s3_ttl_mode_t) mode, 1, &row->cc, &base);
            guard_int(row->name, "forbidden with store_private",
                      ttl.fresh == NONE, 0);
        }
    }
}


static void
test_private(void **state)
{
    s3_str_t           zero = S("private, max-age=0"),
                       some = S("no-store, max-age=60, must-revalidate");
    s3_ttl_t           ttl;
    s3_ttl_response_t  base = { .now = NOW, .date = -1, .expires = -1,
                                .set_cookie = 1, .vary_any = 1 };

    (void) state;

    guard_int("zero", "override",
              ask(S3_TTL_OVERRIDE, 1, &zero, &base).fresh, RULE);
    guard_int("zero", "honour",
              ask(S3_TTL_HONOUR, 1, &zero, &base).fresh, NONE);
    guard_int("zero", "cap", ask(S3_TTL_CAP, 1, &zero, &base).fresh, NONE);

    ttl = ask(S3_TTL_HONOUR, 1, &some, &base);
    guard_int("some", "fresh", ttl.fresh, 60);
    guard_int("some", "stale-if-error", ttl.stale_if_error, 0);
}


static void
test_stale(void **state)
{
    int                 mode;
    size_t              i;
    s3_ttl_t            ttl;
    const stale_row_t  *row;
    s3_ttl_response_t   base = { .now = NOW, .date = -1, .expires = -1 };

    (void) state;

    for (i = 0; i < guard_count(stale_rows); i++) {
        row = &stale_rows[i];

        for (mode = 0; mode < 3; mode++) {
            ttl = ask((s3_ttl_mode_t) mode, 0, &row->cc, &base);
            guard_int(row->name, "stored", ttl.fresh > 0, 1);
            guard_int(row->name, "stale-while-revalidate",
                      ttl.stale_while_revalidate,
                      row->while_revalidate[mode]);
            guard_int(row->name, "stale-if-error", ttl.stale_if_error,
                      row->if_error[mode]);
        }
    }
}


static void
test_limit(void **state)
{
    int                 mode;
    size_t              i;
    s3_ttl_t            ttl;
    s3_ttl_rule_t       rule = { 200, 0, S3_TTL_ANY, S(""), NULL };
    s3_ttl_policy_t     policy = { &rule, 1, S3_TTL_OVERRIDE, 0, 0, 0, NULL };
    s3_ttl_response_t   response = { .status = 200, .now = NOW, .date = -1,
                                     .expires = -1 };
    const limit_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(limit_rows); i++) {
        row = &limit_rows[i];

        s3_cc_init(&response.cc);
        s3_cc_add(&response.cc, &row->cc);

        rule.seconds = row->seconds;
        policy.stale_while_revalidate = row->window;
        policy.stale_if_error = row->window;

        for (mode = 0; mode < 3; mode++) {
            policy.mode = (s3_ttl_mode_t) mode;
            ttl = s3_ttl(&policy, &response);

            guard_int(row->name, "fresh", ttl.fresh, row->fresh[mode]);
            guard_int(row->name, "stale-while-revalidate",
                      ttl.stale_while_revalidate, row->stale[mode]);
            guard_int(row->name, "stale-if-error", ttl.stale_if_error,
                      row->stale[mode]);
        }
    }
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
        cmocka_unit_test(test_rule),
        cmocka_unit_test(test_rule_none),
        cmocka_unit_test(test_rule_seconds),
        cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_expires),
        cmocka_unit_test(test_forbid),
        cmocka_unit_test(test_private),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_parse)
    };

    return cmocka_run_group_tests_name("s3_ttl", tests, NULL, NULL);
}
