
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an origin sends us to is a name within the text, of the characters of
 * names, and what is near by one spelling is near by any.
 */

#include "fuzz.h"
#include "s3_redirect.h"


static void fuzz_place(const s3_str_t *in, const s3_redirect_t *to);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t         i;
    s3_str_t       in = { size, (unsigned char *) data }, upper;
    s3_redirect_t  to;

    if (s3_redirect_endpoint(&in, size % 2, &to) == S3_OK) {
        fuzz_place(&in, &to);
        fuzz_check(to.path.len == 0);
    }

    if (s3_redirect_parse(&in, &to) != S3_OK) {
        return 0;
    }

    fuzz_place(&in, &to);
    fuzz_check(to.path.data >= to.name.data + to.name.len);
    fuzz_check(to.path.data + to.path.len <= in.data + in.len);

    upper = fuzz_alloc(to.name.len);

    for (i = 0; i < upper.len; i++) {
        upper.data[i] = (to.name.data[i] >= 'a' && to.name.data[i] <= 'z')
                        ? (unsigned char) (to.name.data[i] - 0x20)
                        : to.name.data[i];
    }

    fuzz_check(s3_redirect_same(&to.name, &upper));
    fuzz_check(s3_redirect_is_near(&upper, &upper)
               == s3_redirect_is_near(&to.name, &to.name));

    for (i = 0; i < to.path.len; i++) {
        in.data = to.path.data + i;
        in.len = to.path.len - i;

        fuzz_check(s3_redirect_is_near(&to.name, &in)
                   == s3_redirect_is_near(&upper, &in));
    }

    free(upper.data);

    return 0;
}


static void
fuzz_place(const s3_str_t *in, const s3_redirect_t *to)
{
    size_t         i;
    unsigned char  c;

    fuzz_check(to->name.data >= in->data && to->name.len != 0);
    fuzz_check(to->name.data + to->name.len <= in->data + in->len);
    fuzz_check(to->host.data == to->name.data
               && to->host.len >= to->name.len);
    fuzz_check(to->port > 0 && to->port < 65536);

    for (i = 0; i < to->name.len; i++) {
        c = to->name.data[i];

        fuzz_check((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                   || (c >= '0' && c <= '9')
                   || c == '.' || c == '-' || c == '_');
    }
}
