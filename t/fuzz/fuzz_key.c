
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A text that parses is written back as it was; parse(write(key)) is key; an
 * object's hashes begin with those of the directory that it lies in.
 */

#include "fuzz.h"
#include "s3_key.h"
#include "s3_uri.h"


static void fuzz_text(const s3_str_t *text);
static void fuzz_hashes(const s3_key_t *key);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    s3_str_t  in = { size, (unsigned char *) data }, text, encoded;
    s3_key_t  key = { s3_string("bucket"), s3_string(""), s3_string(""),
                      UINT64_MAX - size, (uint32_t) size };

    fuzz_text(&in);

    /* the input as the bytes of a key */

    encoded = fuzz_alloc(s3_uri_encode(&in, S3_URI_PATH, NULL));
    (void) s3_uri_encode(&in, S3_URI_PATH, encoded.data);

    key.key = encoded;

    text = fuzz_alloc(s3_key_len(&key));
    s3_key_write(&key, text.data);
    fuzz_text(&text);

    fuzz_check(s3_key_parse(&text, &key) == S3_OK);
    fuzz_check(fuzz_equal(&key.key, &encoded));
    fuzz_check(key.generation == UINT64_MAX - size
               && key.origin == (uint32_t) size);

    fuzz_hashes(&key);
    free(encoded.data);
    free(text.data);

    return 0;
}


static void
fuzz_text(const s3_str_t *text)
{
    s3_str_t  back;
    s3_key_t  key;

    if (s3_key_parse(text, &key) != S3_OK) {
        return;
    }

    back = fuzz_alloc(s3_key_len(&key));
    s3_key_write(&key, back.data);
    fuzz_check(fuzz_equal(text, &back));
    free(back.data);
}


static void
fuzz_hashes(const s3_key_t *key)
{
    size_t    n, parents;
    s3_str_t  directory = key->key;
    uint64_t  hashes[S3_KEY_HASHES_MAX], above[S3_KEY_HASHES_MAX];

    n = s3_key_hashes(&key->bucket, &key->key, hashes);
    fuzz_check(n >= 2 && n <= S3_KEY_HASHES_MAX);
    fuzz_check(hashes[n - 1] != hashes[n - 2]);

    while (directory.len != 0 && directory.data[directory.len - 1] != '/') {
        directory.len--;
    }

    parents = s3_key_hashes(&key->bucket, &directory, above);
    fuzz_check(parents == n);
    fuzz_check(memcmp(hashes, above, (n - 1) * sizeof(hashes[0])) == 0);
}
