
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>

#include "guard.h"

/* its table is what docs/errors.md has to show in full */
#include "s3_code.c"


#define S(text)      s3_string(text)
#define COLUMNS      5
#define NAMES        9


typedef struct {
    const char  *name;
    s3_str_t     text;
    s3_code_t    code;
} find_row_t;


typedef struct {
    const char  *name;
    unsigned     status;
    s3_code_t    code;
    int          store;
    int          fault;
} rule_row_t;


typedef struct {
    s3_str_t     code;             /* empty: "none" */
    char         cells[COLUMNS][128];
} doc_row_t;


static int read_row(FILE *file, doc_row_t *row);


static const char  *classes[NAMES] = {
    [S3_CODE_UNKNOWN] = "unknown",
    [S3_CODE_MISSING] = "missing",
    [S3_CODE_DENIED] = "denied",
    [S3_CODE_CREDENTIALS] = "credentials",
    [S3_CODE_THROTTLE] = "throttle",
    [S3_CODE_SERVER] = "server",
    [S3_CODE_REDIRECT] = "redirect",
    [S3_CODE_REQUEST] = "request",
    [S3_CODE_CONFIG] = "config"
};


static const find_row_t  find_rows[] = {
    { "missing", S("NoSuchKey"), S3_CODE_MISSING },
    { "version", S("NoSuchVersion"), S3_CODE_MISSING },
    { "denied", S("AccessDenied"), S3_CODE_DENIED },
    { "archived", S("InvalidObjectState"), S3_CODE_DENIED },
    { "signature", S("SignatureDoesNotMatch"), S3_CODE_CREDENTIALS },
    { "access key", S("InvalidAccessKeyId"), S3_CODE_CREDENTIALS },
    { "expired", S("ExpiredToken"), S3_CODE_CREDENTIALS },
    { "token", S("InvalidToken"), S3_CODE_CREDENTIALS },
    { "refresh", S("TokenRefreshRequired"), S3_CODE_CREDENTIALS },
    { "clock", S("RequestTimeTooSkewed"), S3_CODE_CREDENTIALS },
    { "region", S("AuthorizationHeaderMalformed"), S3_CODE_CREDENTIALS },
    { "late", S("RequestExpired"), S3_CODE_CREDENTIALS },
    { "header", S("MissingSecurityHeader"), S3_CODE_CREDENTIALS },
    { "throttle", S("SlowDown"), S3_CODE_THROTTLE },
    { "busy", S("Busy"), S3_CODE_THROTTLE },
    { "unavailable", S("ServiceUnavailable"), S3_CODE_THROTTLE },
    { "failure", S("InternalError"), S3_CODE_SERVER },
    { "timeout", S("RequestTimeout"), S3_CODE_SERVER },
    { "aborted", S("OperationAborted"), S3_CODE_SERVER },
    { "redirect", S("PermanentRedirect"), S3_CODE_REDIRECT },
    { "range", S("InvalidRange"), S3_CODE_REQUEST },
    { "method", S("MethodNotAllowed"), S3_CODE_REQUEST },
    { "precondition", S("PreconditionFailed"), S3_CODE_REQUEST },
    { "bucket", S("NoSuchBucket"), S3_CODE_CONFIG },
    { "bucket name", S("InvalidBucketName"), S3_CODE_CONFIG },
    { "key of KMS", S("KMS.DisabledException"), S3_CODE_CONFIG },
    { "first", S("503 SlowDown"), S3_CODE_THROTTLE },
    { "last", S("ZonegroupDefaultPlacementMisconfiguration"),
      S3_CODE_CONFIG },
    { "one begins with it", S("SlowDow"), S3_CODE_UNKNOWN },
    { "begins with one", S("SlowDownNow"), S3_CODE_UNKNOWN },
    { "case", S("nosuchkey"), S3_CODE_UNKNOWN },
    { "blank before", S(" NoSuchKey"), S3_CODE_UNKNOWN },
    { "blank behind", S("NoSuchKey "), S3_CODE_UNKNOWN },
    { "zero behind", S("NoSuchKey\0"), S3_CODE_UNKNOWN },
    { "before the first", S("1"), S3_CODE_UNKNOWN },
    { "behind the last", S("\xff\xff"), S3_CODE_UNKNOWN },
    { "empty", S(""), S3_CODE_UNKNOWN },
    { "none", { 0, NULL }, S3_CODE_UNKNOWN }
};


static const rule_row_t  rule_rows[] = {
    { "object", 200, S3_CODE_UNKNOWN, 1, 0 },
    { "part", 206, S3_CODE_UNKNOWN, 1, 0 },
    { "error in a 200", 200, S3_CODE_SERVER, 0, 1 },
    { "redirect", 301, S3_CODE_UNKNOWN, 1, 0 },
    { "redirect of S3", 301, S3_CODE_REDIRECT, 0, 0 },
    { "redirect of S3", 307, S3_CODE_REDIRECT, 0, 0 },
    { "no such key", 404, S3_CODE_MISSING, 1, 0 },
    { "gone", 410, S3_CODE_MISSING, 1, 0 },
    { "404 without a code", 404, S3_CODE_UNKNOWN, 1, 0 },
    { "410 without a code", 410, S3_CODE_UNKNOWN, 1, 0 },
    { "no such bucket", 404, S3_CODE_CONFIG, 0, 0 },
    { "no such tag", 404, S3_CODE_REQUEST, 0, 0 },
    { "404 of a throttle", 404, S3_CODE_THROTTLE, 0, 1 },
    { "404 for our credentials", 404, S3_CODE_CREDENTIALS, 0, 1 },
    { "denied", 403, S3_CODE_DENIED, 1, 0 },
    { "403 without a code", 403, S3_CODE_UNKNOWN, 0, 0 },
    { "bad signature", 403, S3_CODE_CREDENTIALS, 0, 1 },
    { "403 of the bucket", 403, S3_CODE_CONFIG, 0, 0 },
    { "denied, another status", 401, S3_CODE_DENIED, 0, 0 },
    { "missing, another status", 400, S3_CODE_MISSING, 0, 0 },
    { "missing, denied", 403, S3_CODE_MISSING, 0, 0 },
    { "expired token", 400, S3_CODE_CREDENTIALS, 0, 1 },
    { "timeout of the socket", 400, S3_CODE_SERVER, 0, 1 },
    { "bad request", 400, S3_CODE_REQUEST, 0, 0 },
    { "bad request, no code", 400, S3_CODE_UNKNOWN, 0, 0 },
    { "unauthorized", 401, S3_CODE_UNKNOWN, 0, 0 },
    { "method", 405, S3_CODE_REQUEST, 0, 0 },
    { "conflict", 409, S3_CODE_SERVER, 0, 1 },
    { "precondition", 412, S3_CODE_REQUEST, 0, 0 },
    { "range", 416, S3_CODE_REQUEST, 0, 0 },
    { "too many", 429, S3_CODE_UNKNOWN, 0, 1 },
    { "last below 500", 499, S3_CODE_UNKNOWN, 0, 0 },
    { "failure", 500, S3_CODE_SERVER, 0, 1 },
    { "failure, no code", 500, S3_CODE_UNKNOWN, 0, 1 },
    { "not implemented", 501, S3_CODE_REQUEST, 0, 1 },
    { "missing, but a failure", 502, S3_CODE_MISSING, 0, 1 },
    { "denied, but a failure", 503, S3_CODE_DENIED, 0, 1 },
    { "slow down", 503, S3_CODE_THROTTLE, 0, 1 },
    { "full", 507, S3_CODE_SERVER, 0, 1 }
};


static void
test_find(void **unused)
{
    size_t             i;
    s3_str_t           in;
    const find_row_t  *r;

    (void) unused;

    for (i = 0; i < guard_count(find_rows); i++) {
        r = &find_rows[i];
        in = guard_in(&r->text);

        guard_int(r->name, "class", s3_code_find(&in), r->code);
        guard_reset();
    }
}


static void
test_table(void **unused)
{
    size_t    i;
    s3_str_t  in;

    (void) unused;

    for (i = 0; i < guard_count(s3_codes); i++) {
        assert_true(i == 0 || s3_code_compare(&s3_codes[i - 1].name,
                                              &s3_codes[i].name) < 0);

        in = guard_in(&s3_codes[i].name);
        assert_int_equal(s3_code_find(&in), s3_codes[i].code);
        assert_int_not_equal(s3_codes[i].code, S3_CODE_UNKNOWN);
        guard_reset();
    }
}


static void
test_rules(void **unused)
{
    size_t             i;
    const rule_row_t  *r;

    (void) unused;

    for (i = 0; i < guard_count(rule_rows); i++) {
        r = &rule_rows[i];

        guard_int(r->name, "store", s3_code_may_store(r->status, r->code),
                  r->store);
        guard_int(r->name, "fault",
                  s3_code_is_origin_fault(r->status, r->code), r->fault);
    }
}


/* nothing that an origin could say of itself outlives the answer */

static void
test_never(void **unused)
{
    int       code;
    unsigned  status;

    (void) unused;

    for (status = 400; status < 600; status++) {
        for (code = S3_CODE_UNKNOWN; code <= S3_CODE_CONFIG; code++) {
            if (s3_code_may_store(status, (s3_code_t) code)) {
                assert_true(status == 403 || status == 404 || status == 410);
                assert_false(s3_code_is_origin_fault(status,
                                                     (s3_code_t) code));
            }
        }
    }
}


static FILE *
open_docs(void)
{
    int          len;
    char         path[1024];
    FILE        *file;
    const char  *top;

    top = getenv("S3EDGE_TOP");

    len = snprintf(path, sizeof(path), "%s/docs/errors.md",
                   top != NULL ? top : ".");
    assert_in_range(len, 1, sizeof(path) - 1);

    file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("cannot open %s", path);
    }

    return file;
}


/* the next row of the table of codes; 0: there is none */

static int
read_row(FILE *file, doc_row_t *row)
{
    size_t       i, len;
    char         line[1024], *p, *bar;

    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "| `", 3) != 0
            && strncmp(line, "| none |", 8) != 0)
        {
            continue;
        }

        p = line + 2;

        for (i = 0; i < COLUMNS; i++) {
            bar = strstr(p, " |");
            if (bar == NULL) {
                fail_msg("too few cells: %s", line);
            }

            len = (size_t) (bar - p);
            assert_in_range(len, 1, sizeof(row->cells[i]) - 1);
            memcpy(row->cells[i], p, len);
            row->cells[i][len] = '\0';
            p = bar + 3;
        }

        row->code.data = (unsigned char *) row->cells[0];
        row->code.len = 0;

        if (row->cells[0][0] == '`') {
            row->code.data++;
            row->code.len = strlen(row->cells[0]) - 2;
        }

        return 1;
    }

    return 0;
}


static void
check_row(const doc_row_t *row)
{
    char        *p, *end;
    s3_code_t    code;
    unsigned     status;
    s3_str_t     in;
    const char  *name, *kept;

    name = row->cells[0];
    in = guard_in(&row->code);
    code = s3_code_find(&in);
    guard_reset();

    if (strcmp(row->cells[2], classes[code]) != 0) {
        fail_msg("%s: class is %s in the docs, %s here", name, row->cells[2],
                 classes[code]);
    }

    p = (char *) row->cells[1];

    do {
        status = (unsigned) strtoul(p, &end, 10);
        assert_ptr_not_equal(p, end);
        assert_in_range(status, 200, 599);
        p = end + strspn(end, ", ");

        kept = "no";

        if (s3_code_may_store(status, code)) {
            kept = (status == 404) ? "10 s" : "if asked";
        }

        if (strcmp(row->cells[3], kept) != 0) {
            fail_msg("%s, %u: kept is \"%s\" in the docs, \"%s\" here", name,
                     status, row->cells[3], kept);
        }

        if (strcmp(row->cells[4], s3_code_is_origin_fault(status, code)
                                  ? "yes" : "no")
            != 0)
        {
            fail_msg("%s, %u: covered is \"%s\" in the docs, not here", name,
                     status, row->cells[4]);
        }

    } while (*p != '\0');
}


static void
test_docs(void **unused)
{
    size_t     n, none;
    FILE      *file;
    doc_row_t  row;

    (void) unused;

    file = open_docs();
    none = 0;
    n = 0;

    while (read_row(file, &row)) {
        check_row(&row);

        if (row.code.len == 0) {
            none++;
            continue;
        }

        /* in the very order of the table, so that none is left out */

        assert_in_range(n, 0, guard_count(s3_codes) - 1);
        guard_bytes(row.cells[0], "code", &row.code, &s3_codes[n].name);
        n++;
    }

    assert_int_equal(n, guard_count(s3_codes));
    assert_in_range(none, 4, 10);
    assert_int_equal(fclose(file), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_never),
        cmocka_unit_test(test_docs)
    };

    return cmocka_run_group_tests_name("s3_code", tests, NULL, NULL);
}
