
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is known of a response after some bytes of it stays so, whatever comes
 * behind them; a body is never longer than what it came in, or than its room.
 */

#include "fuzz.h"
#include "s3_reply.h"


#define FUZZ_ROOM  64


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int            rc, more;
    size_t         n, len, longer;
    unsigned       status, again;
    unsigned char  room[FUZZ_ROOM], whole[FUZZ_ROOM];
    s3_str_t       in, part;

    in.data = (unsigned char *) data;
    in.len = size;
    part.data = in.data;

    for (n = 0; n <= size; n += 1 + n / 16) {
        part.len = n;

        status = again = 0;
        rc = s3_reply_status(&part, &status);
        more = s3_reply_status(&in, &again);

        fuzz_check(rc == S3_AGAIN || rc == more);
        fuzz_check(rc != S3_OK || status == again);

        rc = s3_reply_head(&part, &len);
        more = s3_reply_head(&in, &longer);

        fuzz_check(rc == S3_AGAIN || (more == S3_OK && len == longer));
        fuzz_check(rc == S3_AGAIN || len <= n);

        rc = s3_reply_chunks(&part, room, FUZZ_ROOM, &len);
        more = s3_reply_chunks(&in, whole, FUZZ_ROOM, &longer);

        fuzz_check(rc == S3_AGAIN || rc == more);
        fuzz_check(len <= longer && longer <= FUZZ_ROOM && len <= n);
        fuzz_check(len == 0 || memcmp(room, whole, len) == 0);
    }

    part.len = size / 2;
    in.data += part.len;
    in.len -= part.len;

    fuzz_check(s3_reply_same_etag(&part, &part));
    fuzz_check(s3_reply_same_etag(&part, &in)
               == s3_reply_same_etag(&in, &part));

    return 0;
}
