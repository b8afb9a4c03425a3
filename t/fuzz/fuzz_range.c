
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A range is within the object; a list of tags is measured as it is written,
 * quoting it once more changes nothing, and it has what it had.
 */

#include "fuzz.h"
#include "s3_etag.h"
#include "s3_range.h"


#define SIZE  1000


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t                offset, len;
    s3_str_t               in = { size, (unsigned char *) data }, once, twice;
    s3_range_t             range;
    static const s3_str_t  etag = s3_string("\"a\"");

    if (s3_range_parse(&in, &range) == S3_OK) {
        fuzz_check(range.suffix || range.first <= range.last);

        if (s3_range_apply(&range, SIZE, &offset, &len) == S3_OK) {
            fuzz_check(offset >= 0 && len > 0 && offset + len <= SIZE);
        }

        fuzz_check(s3_range_apply(&range, 0, &offset, &len) == S3_DECLINED);
    }

    once = fuzz_alloc(s3_etag_quote(&in, NULL));
    fuzz_check(s3_etag_quote(&in, once.data) == once.len);

    twice = fuzz_alloc(s3_etag_quote(&once, NULL));
    fuzz_check(s3_etag_quote(&once, twice.data) == twice.len);
    fuzz_check(once.len == twice.len
               && memcmp(once.data, twice.data, once.len) == 0);

    fuzz_check(!s3_etag_match(&in, &etag, 0)
               || s3_etag_match(&once, &etag, 0));
    fuzz_check(s3_etag_match(&once, &etag, 0)
               <= s3_etag_match(&once, &etag, 1));

    free(once.data);
    free(twice.data);

    return 0;
}
