
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "guard.h"
#include "pick.h"
#include "s3_answer.h"


/* .declined of an action */
#define NOT(what)  (1U << (what))

#define EDGE       .by = S3_ANSWER_BY_EDGE
#define MEMORY     .by = S3_ANSWER_BY_MEMORY
#define DISK       .by = S3_ANSWER_BY_DISK
#define CONFIRMED  .by = S3_ANSWER_BY_CONFIRMED
#define ORIGIN     .by = S3_ANSWER_BY_ORIGIN

#define STATUS(n)  .status = n, .shown = n
#define CODE(c)    .code = S3_CODE_##c, .has_code = 1

#define TOLD(r)    .region = S3_ANSWER_REGION_##r

/* a stale copy on disk was asked about */
#define ASKED      .expired = 1, .covers = 1, .lingers = 1

/* what may be kept */
#define STORABLE   .storable = 1, .has_length = 1, .is_get = 1


typedef struct {
    const char         *name;
    s3_answer_facts_t   facts;
    s3_answer_do_e      what;
    s3_error_t          error;
    unsigned            status;
} answer_row_t;


typedef struct {
    const char         *name;
    s3_answer_facts_t   facts;
    int                 keep;
} may_row_t;


typedef struct {
    const char         *name;
    s3_answer_facts_t   facts;
    int64_t             fresh;
    s3_answer_disk_e    disk;
} disk_row_t;


typedef struct {
    const char         *name;
    s3_answer_facts_t   facts;
    int64_t             fresh;
    unsigned            fill;
    unsigned            displace;
    unsigned            retire;
} keep_row_t;


static const answer_row_t  answer_rows[] = {

    /* pages */

    { "page of ours, no error", { EDGE, .status = 0 }, S3_ANSWER_PASS, 0, 0 },
    { "redirect of another module", { EDGE, .status = 302 },
      S3_ANSWER_PASS, 0, 0 },
    { "404 of nginx", { EDGE, .status = 404 },
      S3_ANSWER_ERROR, S3_ERR_NO_SUCH_KEY, 404 },
    { "refused", { EDGE, .status = 404, .refused = S3_ERR_NO_SUCH_BUCKET },
      S3_ANSWER_ERROR, S3_ERR_NO_SUCH_BUCKET, 404 },
    { "refused, but another status since",
      { EDGE, .status = 403, .refused = S3_ERR_NO_SUCH_BUCKET },
      S3_ANSWER_ERROR, S3_ERR_ACCESS_DENIED, 403 },
    { "412", { EDGE, .status = 412 },
      S3_ANSWER_ERROR, S3_ERR_PRECONDITION_FAILED, 412 },
    { "a status S3 does not have", { EDGE, .status = 599 },
      S3_ANSWER_ERROR, S3_ERR_INTERNAL_ERROR, 599 },
    { "no origin", { EDGE, .status = 502 },
      S3_ANSWER_ERROR, S3_ERR_BAD_GATEWAY, 502 },
    { "no origin, spare copy", { EDGE, .status = 502, .spare = 1 },
      S3_ANSWER_SPARE, 0, 0 },
    { "not of the origin, spare copy", { EDGE, .status = 404, .spare = 1 },
      S3_ANSWER_ERROR, S3_ERR_NO_SUCH_KEY, 404 },
    { "too large a body of a write",
      { EDGE, .status = 413, .refusal = S3_ERR_READ_ONLY },
      S3_ANSWER_ERROR, S3_ERR_READ_ONLY, 405 },
    { "of a method that S3 does not have",
      { EDGE, .status = 413, .refusal = S3_ERR_METHOD_NOT_ALLOWED },
      S3_ANSWER_ERROR, S3_ERR_METHOD_NOT_ALLOWED, 405 },
    { "of a read", { EDGE, .status = 413 },
      S3_ANSWER_ERROR, S3_ERR_ENTITY_TOO_LARGE, 413 },
    { "of a write that goes elsewhere",
      { EDGE, .status = 413, .refusal = S3_ERR_READ_ONLY, .routes = 1 },
      S3_ANSWER_ERROR, S3_ERR_ENTITY_TOO_LARGE, 413 },

    /* copies */

    { "memory", { MEMORY }, S3_ANSWER_MEMORY, 0, 0 },
    { "disk", { DISK, STATUS(200), .hit = 1 }, S3_ANSWER_PASS, 0, 0 },
    { "disk, purged softly",
      { DISK, STATUS(200), .hit = 1, .outdated = 1 },
      S3_ANSWER_EXPIRE, 0, 0 },
    { "disk, purged softly, not to be expired",
      { DISK, STATUS(200), .hit = 1, .outdated = 1,
        .declined = NOT(S3_ANSWER_EXPIRE) }, S3_ANSWER_PASS, 0, 0 },
    { "confirmed", { CONFIRMED, STATUS(200), .outdated = 1 },
      S3_ANSWER_PASS, 0, 0 },
    { "stored redirect", { DISK, STATUS(307) }, S3_ANSWER_PASS, 0, 0 },
    { "stored error", { DISK, STATUS(404) }, S3_ANSWER_PASS, 0, 0 },
    { "stored error, spare copy", { DISK, STATUS(503), .spare = 1 },
      S3_ANSWER_PASS, 0, 0 },

    /* the origin's */

    { "200", { ORIGIN, STATUS(200) }, S3_ANSWER_PASS, 0, 0 },
    { "200, a stale copy", { ORIGIN, STATUS(200), ASKED, .spare = 1 },
      S3_ANSWER_PASS, 0, 0 },
    { "304", { ORIGIN, STATUS(304) }, S3_ANSWER_PASS, 0, 0 },
    { "304 for another copy", { ORIGIN, STATUS(304), .unconfirmed = 1 },
      S3_ANSWER_REFETCH, 0, 0 },
    { "304 for another copy, too often",
      { ORIGIN, STATUS(304), .unconfirmed = 1,
        .declined = NOT(S3_ANSWER_REFETCH) }, S3_ANSWER_PASS, 0, 0 },
    { "fetched without conditions",
      { ORIGIN, STATUS(200), .unconfirmed = 1 }, S3_ANSWER_PASS, 0, 0 },

    /* regions */

    { "no region", { ORIGIN, STATUS(400), CODE(REQUEST) },
      S3_ANSWER_PASS, 0, 0 },
    { "the signed one", { ORIGIN, STATUS(400), TOLD(SIGNED) },
      S3_ANSWER_PASS, 0, 0 },
    { "one known by now", { ORIGIN, STATUS(400), TOLD(KNOWN) },
      S3_ANSWER_REGION, 0, 0 },
    { "a new one", { ORIGIN, STATUS(301), CODE(REDIRECT), TOLD(NEW) },
      S3_ANSWER_LEARN, 0, 0 },
    { "a new one, learnt",
      { ORIGIN, STATUS(301), CODE(REDIRECT), TOLD(KNOWN),
        .declined = NOT(S3_ANSWER_LEARN) }, S3_ANSWER_REGION, 0, 0 },
    { "a new one again", { ORIGIN, STATUS(400), TOLD(NEW), .retried = 1 },
      S3_ANSWER_LEARN, 0, 0 },
    { "a new one again, learnt",
      { ORIGIN, STATUS(400), TOLD(KNOWN), .retried = 1 },
      S3_ANSWER_PASS, 0, 0 },
    { "too often", { ORIGIN, STATUS(400), TOLD(KNOWN),
        .declined = NOT(S3_ANSWER_REGION) }, S3_ANSWER_PASS, 0, 0 },
    { "of another status", { ORIGIN, STATUS(403), TOLD(NEW) },
      S3_ANSWER_PASS, 0, 0 },
    { "before the redirect", { ORIGIN, STATUS(307), TOLD(KNOWN) },
      S3_ANSWER_REGION, 0, 0 },

    /* redirects */

    { "307", { ORIGIN, STATUS(307) }, S3_ANSWER_REDIRECT, 0, 0 },
    { "307, retried region",
      { ORIGIN, STATUS(307), TOLD(KNOWN), .retried = 1 },
      S3_ANSWER_REDIRECT, 0, 0 },
    { "307 that is not to be followed",
      { ORIGIN, STATUS(307), .declined = NOT(S3_ANSWER_REDIRECT) },
      S3_ANSWER_ERROR, S3_ERR_SERVICE_UNAVAILABLE, 503 },
    { "307 of a website", { ORIGIN, STATUS(307), .expects_307 = 1 },
      S3_ANSWER_PASS, 0, 0 },
    { "307 of a website, with a code",
      { ORIGIN, STATUS(307), CODE(REDIRECT), .expects_307 = 1 },
      S3_ANSWER_REDIRECT, 0, 0 },
    { "301", { ORIGIN, STATUS(301) }, S3_ANSWER_PASS, 0, 0 },
    { "301 with a code", { ORIGIN, STATUS(301), CODE(REDIRECT) },
      S3_ANSWER_REDIRECT, 0, 0 },
    { "301 with a code, not to be followed",
      { ORIGIN, STATUS(301), CODE(REDIRECT),
        .declined = NOT(S3_ANSWER_REDIRECT) }, S3_ANSWER_PASS, 0, 0 },
    { "400 with a code of redirects",
      { ORIGIN, STATUS(400), CODE(REDIRECT) }, S3_ANSWER_PASS, 0, 0 },

    /* faults */

    { "503", { ORIGIN, STATUS(503) }, S3_ANSWER_PASS, 0, 0 },
    { "503, on disk", { ORIGIN, STATUS(503), ASKED },
      S3_ANSWER_STALE, 0, 0 },
    { "503, on disk and in memory",
      { ORIGIN, STATUS(503), ASKED, .spare = 1 }, S3_ANSWER_STALE, 0, 0 },
    { "503, in memory", { ORIGIN, STATUS(503), .spare = 1 },
      S3_ANSWER_SPARE, 0, 0 },
    { "503, disk does not do",
      { ORIGIN, STATUS(503), ASKED, .spare = 1,
        .declined = NOT(S3_ANSWER_STALE) }, S3_ANSWER_SPARE, 0, 0 },
    { "503, tried", { ORIGIN, STATUS(503), ASKED, .staled = 1 },
      S3_ANSWER_PASS, 0, 0 },
    { "503, nobody waits", { ORIGIN, STATUS(503), ASKED, .updates = 1 },
      S3_ANSWER_PASS, 0, 0 },
    { "503, window over", { ORIGIN, STATUS(503), .expired = 1, .lingers = 1 },
      S3_ANSWER_PASS, 0, 0 },
    { "403 of the object", { ORIGIN, STATUS(403), CODE(DENIED), ASKED },
      S3_ANSWER_PASS, 0, 0 },
    { "403 of our credentials",
      { ORIGIN, STATUS(403), CODE(CREDENTIALS), ASKED },
      S3_ANSWER_STALE, 0, 0 },
    { "404", { ORIGIN, STATUS(404), ASKED, .spare = 1 },
      S3_ANSWER_PASS, 0, 0 },
    { "429", { ORIGIN, STATUS(429), ASKED }, S3_ANSWER_STALE, 0, 0 },

    /* errors hide */

    { "hidden 403", { ORIGIN, STATUS(403), CODE(DENIED), .hides = 1 },
      S3_ANSWER_ERROR, S3_ERR_NO_SUCH_KEY, 404 },
    { "hidden 404", { ORIGIN, STATUS(404), CODE(MISSING), .hides = 1 },
      S3_ANSWER_ERROR, S3_ERR_NO_SUCH_KEY, 404 },
    { "hidden, stored", { DISK, STATUS(404), .hides = 1 },
      S3_ANSWER_ERROR, S3_ERR_NO_SUCH_KEY, 404 },
    { "hidden, of our credentials",
      { ORIGIN, STATUS(403), CODE(CREDENTIALS), .hides = 1 },
      S3_ANSWER_ERROR, S3_ERR_SERVICE_UNAVAILABLE, 503 },
    { "not hidden", { ORIGIN, STATUS(500), .hides = 1 },
      S3_ANSWER_PASS, 0, 0 },
    { "404 that is shown as 304",
      { DISK, .status = 404, .shown = 304, .hides = 1 },
      S3_ANSWER_PASS, 0, 0 }
};


static const may_row_t  may_rows[] = {
    { "object", { ORIGIN, STATUS(200), STORABLE }, 1 },
    { "not of this request",
      { ORIGIN, STATUS(200), .has_length = 1, .is_get = 1 }, 0 },
    { "for one client", { ORIGIN, STATUS(200), STORABLE, .for_one = 1 }, 0 },
    { "up to the end of the connection",
      { ORIGIN, STATUS(200), .storable = 1, .is_get = 1 }, 0 },
    { "HEAD", { ORIGIN, STATUS(200), .storable = 1, .has_length = 1 }, 0 },
    { "part", { ORIGIN, STATUS(206), STORABLE }, 0 },
    { "304", { ORIGIN, STATUS(304), STORABLE }, 0 },
    { "confirmed", { CONFIRMED, STATUS(200), .storable = 1 }, 1 },
    { "confirmed, for one client",
      { CONFIRMED, STATUS(200), .storable = 1, .for_one = 1 }, 0 },
    { "redirect", { ORIGIN, STATUS(301), STORABLE }, 1 },
    { "redirect of S3's", { ORIGIN, STATUS(301), STORABLE, CODE(REDIRECT) },
      0 },
    { "404", { ORIGIN, STATUS(404), STORABLE, CODE(MISSING) }, 1 },
    { "404, no body", { ORIGIN, STATUS(404), STORABLE, .all_told = 1 }, 1 },
    { "404, body to come", { ORIGIN, STATUS(404), STORABLE }, 0 },
    { "404 of the bucket", { ORIGIN, STATUS(404), STORABLE, CODE(CONFIG) },
      0 },
    { "403", { ORIGIN, STATUS(403), STORABLE, CODE(DENIED) }, 1 },
    { "403 of our credentials",
      { ORIGIN, STATUS(403), STORABLE, CODE(CREDENTIALS) }, 0 },
    { "503", { ORIGIN, STATUS(503), STORABLE, .all_told = 1 }, 0 }
};


static const disk_row_t  disk_rows[] = {
    { "fresh", { ORIGIN }, 1, S3_ANSWER_DISK_STORE },
    { "not fresh", { ORIGIN }, -1, S3_ANSWER_DISK_NOTHING },
    { "not for disk", { ORIGIN, .bypass = 1 }, 1, S3_ANSWER_DISK_NOTHING },
    { "confirmed", { CONFIRMED }, 1, S3_ANSWER_DISK_STORE },
    { "confirmed, not fresh", { CONFIRMED }, -1, S3_ANSWER_DISK_LEAVE },
    { "confirmed, not for disk", { CONFIRMED, .bypass = 1 }, 1,
      S3_ANSWER_DISK_LEAVE },
    { "stored", { DISK }, 1, S3_ANSWER_DISK_LEAVE }
};


#define FITS  .memory = 1, .fits = 1, .is_get = 1

static const keep_row_t  keep_rows[] = {

    /* memory */

    { "object", { ORIGIN, STATUS(200), FITS }, 60, 1, 1, 0 },
    { "not fresh", { ORIGIN, STATUS(200), FITS }, -1, 0, 1, 0 },
    { "not fresh any more", { DISK, STATUS(200), FITS, .hit = 1 }, 0,
      0, 1, 0 },
    { "no memory", { ORIGIN, STATUS(200), .fits = 1, .is_get = 1 }, 60,
      0, 1, 0 },
    { "too large", { ORIGIN, STATUS(200), .memory = 1, .is_get = 1 }, 60,
      0, 1, 0 },
    { "HEAD", { ORIGIN, STATUS(200), .memory = 1, .fits = 1 }, 60,
      0, 0, 0 },
    { "range", { ORIGIN, STATUS(200), FITS, .partial = 1 }, 60, 0, 1, 0 },
    { "no body", { ORIGIN, STATUS(200), FITS, .no_body = 1 }, 60, 0, 1, 0 },
    { "more than the object", { ORIGIN, STATUS(200), FITS, .special = 1 },
      60, 0, 1, 0 },
    { "error", { ORIGIN, STATUS(404), FITS }, 60, 0, 1, 0 },
    { "shown as 304", { DISK, .status = 200, .shown = 304, FITS, .hit = 1 },
      60, 0, 1, 0 },
    { "unwanted", { ORIGIN, STATUS(200), FITS, ASKED, .unwanted = 1 }, 60,
      0, 0, 0 },
    { "disk", { DISK, STATUS(200), FITS, .hit = 1 }, 60, 1, 1, 0 },
    { "disk, stale", { DISK, STATUS(200), FITS }, 0, 0, 0, 0 },
    { "confirmed", { CONFIRMED, STATUS(200), FITS }, 60, 1, 1, 0 },

    /* older copies */

    { "404", { ORIGIN, STATUS(404), .is_get = 1, ASKED }, -1, 0, 1, 1 },
    { "410", { ORIGIN, STATUS(410), .is_get = 1, ASKED }, -1, 0, 1, 1 },
    { "404 that is stored",
      { ORIGIN, STATUS(404), .is_get = 1, ASKED, .cacheable = 1 }, 10,
      0, 1, 0 },
    { "404, no copy", { ORIGIN, STATUS(404), .is_get = 1 }, -1, 0, 1, 0 },
    { "404, window over",
      { ORIGIN, STATUS(404), .is_get = 1, .expired = 1 }, -1, 0, 1, 0 },
    { "HEAD, 404", { ORIGIN, STATUS(404), ASKED }, -1, 0, 0, 0 },
    { "part", { ORIGIN, STATUS(206), .is_get = 1, ASKED }, -1, 0, 0, 0 },
    { "failed condition", { ORIGIN, STATUS(412), .is_get = 1, ASKED }, -1,
      0, 0, 0 },
    { "fault", { ORIGIN, STATUS(503), .is_get = 1, ASKED }, -1, 0, 0, 0 },
    { "denied", { ORIGIN, STATUS(403), CODE(DENIED), .is_get = 1, ASKED }, -1,
      0, 1, 1 },
    { "denied, with an owner that is not",
      { ORIGIN, STATUS(403), CODE(DENIED), .is_get = 1, ASKED, .special = 1 },
      -1, 0, 0, 0 },
    { "our credentials",
      { ORIGIN, STATUS(403), CODE(CREDENTIALS), .is_get = 1, ASKED }, -1,
      0, 0, 0 }
};


static void
test_answer(void **state)
{
    size_t               i;
    s3_answer_t          answer;
    const answer_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(answer_rows); i++) {
        r = &answer_rows[i];
        answer = s3_answer(&r->facts);

        guard_int(r->name, "action", answer.what, r->what);
        guard_int(r->name, "error", answer.error, r->error);
        guard_int(r->name, "status", answer.status, r->status);
    }
}


/* whatever cannot be done, there is an end to it */

static void
test_end(void **state)
{
    size_t             i;
    unsigned           n;
    s3_answer_t        answer;
    s3_answer_facts_t  facts;

    (void) state;

    for (i = 0; i < guard_count(answer_rows); i++) {
        facts = answer_rows[i].facts;

        for (n = 0; n < S3_ANSWER_MAX; n++) {
            answer = s3_answer(&facts);

            if (answer.what == S3_ANSWER_LEARN) {
                facts.region = S3_ANSWER_REGION_KNOWN;
            }

            if (answer.what <= S3_ANSWER_MEMORY) {
                break;
            }

            guard_int(answer_rows[i].name, "declined before",
                      (facts.declined & NOT(answer.what)) != 0, 0);

            facts.declined |= NOT(answer.what);
        }

        guard_int(answer_rows[i].name, "ends", n < S3_ANSWER_MAX, 1);
    }
}


/* any facts at all: one of each kind, the rest by chance */

static s3_answer_facts_t
any_facts(uint64_t *seed)
{
    size_t             i;
    unsigned char     *p;
    s3_answer_facts_t  f;

    static const unsigned  statuses[] = {
        0, 200, 206, 301, 304, 307, 400, 403, 404, 410, 412, 413, 416, 429,
        500, 503
    };

    memset(&f, 0, sizeof(f));

    f.by = (s3_answer_by_e) pick(seed, S3_ANSWER_BY_ORIGIN + 1);
    f.status = statuses[pick(seed, guard_count(statuses))];
    f.shown = pick(seed, 4) ? f.status : 200;
    f.code = (s3_code_t) pick(seed, S3_CODE_CONFIG + 1);
    f.region = (s3_answer_region_e) pick(seed, S3_ANSWER_REGION_NEW + 1);
    f.refused = pick(seed, 2) ? S3_ERR_NO_SUCH_BUCKET : S3_ERR_INTERNAL_ERROR;
    f.refusal = pick(seed, 2) ? S3_ERR_READ_ONLY : S3_ERR_INTERNAL_ERROR;

    p = &f.is_get;

    for (i = 0; i < (size_t) (&f.cacheable - &f.is_get) + 1; i++) {
        p[i] = (unsigned char) pick(seed, 2);
    }

    return f;
}


static void
test_any(void **state)
{
    int                i, fault;
    unsigned           n;
    uint64_t           seed;
    s3_answer_t        answer;
    s3_answer_facts_t  f;

    (void) state;

    seed = 1;

    for (i = 0; i < 200000; i++) {
        f = any_facts(&seed);
        fault = f.status >= 400 && s3_code_is_origin_fault(f.status, f.code);

        for (n = 0; n < S3_ANSWER_MAX; n++) {
            answer = s3_answer(&f);

            if (answer.what <= S3_ANSWER_MEMORY) {
                break;
            }

            assert_false(f.declined & NOT(answer.what));
            f.declined |= NOT(answer.what);

            /* nothing takes the place of what is good */

            switch (answer.what) {

            case S3_ANSWER_LEARN:
                assert_int_equal(f.region, S3_ANSWER_REGION_NEW);
                f.region = S3_ANSWER_REGION_KNOWN;
                break;

            case S3_ANSWER_SPARE:
                assert_true(f.spare && (fault || f.status >= 500));
                break;

            case S3_ANSWER_STALE:
                assert_true(fault && f.covers && f.expired && !f.staled);
                break;

            case S3_ANSWER_EXPIRE:
                assert_int_equal(f.by, S3_ANSWER_BY_DISK);
                break;

            default:
                assert_int_equal(f.by, S3_ANSWER_BY_ORIGIN);
                break;
            }
        }

        assert_true(n < S3_ANSWER_MAX);
        assert_true(answer.what != S3_ANSWER_ERROR || answer.status >= 400);
        assert_true(answer.what == S3_ANSWER_ERROR || answer.status == 0);
    }
}


/* what is not for everybody is never kept */

static void
test_keep_any(void **state)
{
    int                i;
    uint64_t           seed;
    s3_answer_keep_t   keep;
    s3_answer_facts_t  f;

    (void) state;

    seed = 2;

    for (i = 0; i < 200000; i++) {
        f = any_facts(&seed);
        keep = s3_answer_keep(&f, 60);

        assert_false(keep.fill && (f.special || f.partial || !f.is_get));
        assert_false(f.unwanted && (keep.fill || keep.displace));
        assert_false(keep.retire && !keep.displace);
        assert_false(s3_answer_may_keep(&f) && (!f.storable || f.for_one));
        assert_false(s3_answer_keep(&f, 0).fill);
    }
}


static void
test_may_keep(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < guard_count(may_rows); i++) {
        guard_int(may_rows[i].name, "kept",
                  s3_answer_may_keep(&may_rows[i].facts), may_rows[i].keep);
    }
}


static void
test_disk(void **state)
{
    size_t             i;
    const disk_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(disk_rows); i++) {
        r = &disk_rows[i];
        guard_int(r->name, "disk", s3_answer_disk(&r->facts, r->fresh),
                  r->disk);
    }
}


static void
test_keep(void **state)
{
    size_t             i;
    s3_answer_keep_t   keep;
    const keep_row_t  *r;

    (void) state;

    for (i = 0; i < guard_count(keep_rows); i++) {
        r = &keep_rows[i];
        keep = s3_answer_keep(&r->facts, r->fresh);

        guard_int(r->name, "fill", keep.fill, r->fill);
        guard_int(r->name, "displace", keep.displace, r->displace);
        guard_int(r->name, "retire", keep.retire, r->retire);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_any),
        cmocka_unit_test(test_keep_any),
        cmocka_unit_test(test_may_keep),
        cmocka_unit_test(test_disk),
        cmocka_unit_test(test_keep)
    };

    return cmocka_run_group_tests_name("s3_answer", tests, NULL, NULL);
}
