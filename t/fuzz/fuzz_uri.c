
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * decode(encode(x)) is x; recode(x) is encode(decode(x)), and is its own
 * recode; a path is its bucket and its key.
 */

#include "fuzz.h"
#include "s3_uri.h"


static void fuzz_encode(const s3_str_t *raw, unsigned set);
static void fuzz_recode(const s3_str_t *text, unsigned set);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned  set;
    s3_str_t  in = { size, (unsigned char *) data };
    s3_str_t  path, query, bucket, key;

    for (set = S3_URI_COMPONENT; set <= S3_URI_PATH; set++) {
        fuzz_encode(&in, set);
        fuzz_recode(&in, set);
    }

    s3_uri_split(&in, &path, &query);
    fuzz_check(path.len + query.len <= in.len + 1);
    fuzz_check(s3_uri_path_bucket(&path, &bucket, &key) == S3_OK);
    fuzz_check(bucket.len + key.len + 1 == path.len
               || bucket.len + key.len + 2 == path.len);

    if (s3_uri_host_bucket(&in, &path, &bucket) == S3_OK) {
        fuzz_check(bucket.len != 0 && bucket.len + path.len < in.len);
    }

    (void) s3_bucket_check(&in);

    return 0;
}


static void
fuzz_encode(const s3_str_t *raw, unsigned set)
{
    s3_str_t  text, back;

    text = fuzz_alloc(s3_uri_encode(raw, set, NULL));
    fuzz_check(text.len <= 3 * raw->len);
    fuzz_check(s3_uri_encode(raw, set, text.data) == text.len);

    back = fuzz_alloc(raw->len);
    fuzz_check(s3_uri_decoded_len(&text) == (ssize_t) raw->len);
    fuzz_check(s3_uri_decode(&text, back.data) == (ssize_t) raw->len);
    fuzz_check(fuzz_equal(&back, raw));

    free(text.data);
    free(back.data);
}


static void
fuzz_recode(const s3_str_t *text, unsigned set)
{
    ssize_t   len;
    s3_str_t  raw, once, twice;

    len = s3_uri_decoded_len(text);

    if (len == S3_ERROR) {
        fuzz_check(s3_uri_recode(text, set, NULL) == S3_ERROR);
        return;
    }

    raw = fuzz_alloc((size_t) len);
    fuzz_check(s3_uri_decode(text, raw.data) == len);

    once = fuzz_alloc((size_t) s3_uri_recode(text, set, NULL));
    fuzz_check(s3_uri_recode(text, set, once.data) == (ssize_t) once.len);

    twice = fuzz_alloc(once.len);
    fuzz_check(s3_uri_encode(&raw, set, NULL) == once.len);
    (void) s3_uri_encode(&raw, set, twice.data);
    fuzz_check(fuzz_equal(&once, &twice));

    fuzz_check(s3_uri_recode(&once, set, NULL) == (ssize_t) once.len);
    (void) s3_uri_recode(&once, set, twice.data);
    fuzz_check(fuzz_equal(&once, &twice));

    free(raw.data);
    free(once.data);
    free(twice.data);
}
