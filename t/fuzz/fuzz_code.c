
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A body of an error, and its status in front: whatever its code reads, an
 * error that a stale copy may stand in for is not kept, and a code is known
 * in its very letters only.
 */

#include "fuzz.h"
#include "s3_code.h"
#include "s3_error.h"
#include "s3_error_parse.h"


static void fuzz_code(unsigned status, const s3_str_t *code);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned  status;
    s3_str_t  body, code;

    if (size < 2) {
        return 0;
    }

    status = 400 + (unsigned) (data[0] << 8 | data[1]) % 200;

    body = fuzz_alloc(size - 2);
    memcpy(body.data, data + 2, size - 2);

    fuzz_code(status, &body);

    if (s3_error_parse_code(&body, &code) == S3_OK) {
        fuzz_code(status, &code);
    }

    free(body.data);

    return 0;
}


static void
fuzz_code(unsigned status, const s3_str_t *code)
{
    int        store, fault;
    s3_str_t   longer;
    s3_code_t  found;

    found = s3_code_find(code);
    fuzz_check(found <= S3_CODE_CONFIG);
    fuzz_check(s3_code_find(code) == found);

    store = s3_code_may_store(status, found);
    fault = s3_code_is_origin_fault(status, found);

    fuzz_check(!store || !fault);
    fuzz_check(!store || status == 403 || status == 404 || status == 410);
    fuzz_check(fault || status < 500);

    /* no code is another one and a zero */

    longer = fuzz_alloc(code->len + 1);

    if (code->len != 0) {
        memcpy(longer.data, code->data, code->len);
    }

    longer.data[code->len] = '\0';
    fuzz_check(s3_code_find(&longer) == S3_CODE_UNKNOWN);
    free(longer.data);
}
