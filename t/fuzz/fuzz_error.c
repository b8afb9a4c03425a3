
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is found in an error body lies within it, a region is one that may be
 * signed with, and no resource can put either into a body of ours.
 */

#include "fuzz.h"
#include "s3_error.h"
#include "s3_error_parse.h"


static void fuzz_region(const s3_str_t *in);
static void fuzz_body(const s3_str_t *in);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    s3_str_t  in = { size, (unsigned char *) data }, code;

    if (s3_error_parse_code(&in, &code) == S3_OK) {
        fuzz_check(code.data >= in.data && code.len <= in.len
                   && code.data + code.len <= in.data + in.len);
    }

    fuzz_region(&in);
    fuzz_body(&in);

    return 0;
}


static void
fuzz_region(const s3_str_t *in)
{
    size_t    i;
    s3_str_t  region;

    if (s3_error_parse_region(in, &region) != S3_OK) {
        return;
    }

    fuzz_check(region.len > 0 && region.len <= S3_REGION_MAX);
    fuzz_check(region.data > in->data
               && region.data + region.len < in->data + in->len);

    for (i = 0; i < region.len; i++) {
        fuzz_check(region.data[i] != 0
                   && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
                             "abcdefghijklmnopqrstuvwxyz", region.data[i])
                      != NULL);
    }
}


static void
fuzz_body(const s3_str_t *in)
{
    s3_str_t  body, text;

    body = fuzz_alloc(s3_error_body(S3_ERR_NO_SUCH_KEY, in, in, NULL));
    fuzz_check(s3_error_body(S3_ERR_NO_SUCH_KEY, in, in, body.data)
               == body.len);

    fuzz_check(s3_error_parse_code(&body, &text) == S3_OK);
    fuzz_check(fuzz_equal(&text, &s3_error_info(S3_ERR_NO_SUCH_KEY)->code));
    fuzz_check(s3_error_parse_region(&body, &text) == S3_DECLINED);

    free(body.data);
}
