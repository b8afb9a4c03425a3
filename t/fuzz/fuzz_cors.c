
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lines: pattern of an origin, origin, pattern of headers, headers.  What is
 * answered fits, says the same when it is asked again, and "*" takes all.
 */

#include "fuzz.h"
#include "s3_cors.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int             rc, any, all;
    size_t          i;
    s3_str_t        part[4], out, again;
    s3_cors_rule_t  rule;
    unsigned char  *end, *p;

    static unsigned char  star[] = "*";

    const s3_str_t  every = { 1, star };

    p = (unsigned char *) (uintptr_t) data;

    for (i = 0; i < 4; i++) {
        end = (size != 0) ? memchr(p, '\n', size) : NULL;

        part[i].data = p;
        part[i].len = (end != NULL) ? (size_t) (end - p) : size;

        size -= part[i].len + (end != NULL);
        p = (end != NULL) ? end + 1 : p + part[i].len;
    }

    rule.origins = &part[0];
    rule.norigins = 1;
    rule.headers = &part[2];
    rule.nheaders = 1;
    rule.methods = S3_CORS_GET;

    rc = s3_cors_match(&rule, &part[1], S3_CORS_GET, &part[3], &any);
    fuzz_check(rc == S3_OK || rc == S3_DECLINED);

    (void) s3_cors_check_origin(&part[0]);
    (void) s3_cors_check_header(&part[2]);

    out = fuzz_alloc(2 * part[3].len);
    i = s3_cors_headers(&part[3], out.data);
    fuzz_check(i <= out.len);
    out.len = i;

    again = fuzz_alloc(2 * out.len);
    fuzz_check(s3_cors_headers(&out, again.data) == out.len);
    again.len = out.len;
    fuzz_check(fuzz_equal(&out, &again));

    fuzz_check(s3_cors_match(&rule, &part[1], S3_CORS_GET, &out, &all) == rc);

    rule.origins = &every;
    rule.headers = &every;

    fuzz_check(s3_cors_match(&rule, &part[1], S3_CORS_GET, &part[3], &all)
               == S3_OK);
    fuzz_check(all == 1);

    free(again.data);
    free(out.data);

    return 0;
}
