
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What of a query goes to the origin is no longer than it was, goes there
 * unchanged a second time, asks for the same operation, and has no
 * authentication of the client's in it.
 */

#include "fuzz.h"
#include "s3_canon.h"
#include "s3_op.h"
#include "s3_uri.h"


#define S(text)  s3_string(text)


static s3_str_t fuzz_query(s3_op_t op, const s3_str_t *query);
static void fuzz_names(const s3_str_t *query);
static int fuzz_begins(const s3_str_t *name, const char *text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    s3_op_t    op;
    s3_str_t   in = { size, (unsigned char *) data }, out, again, canonical;
    ssize_t    len;
    s3_pair_t  pairs[S3_QUERY_PAIRS_MAX];

    static const s3_str_t  bucket = S("b"), key = S("k"), none = { 0, NULL };

    fuzz_check(s3_op_find(&none, &key, &in) == S3_OP_LIST_BUCKETS);
    fuzz_check(s3_op_find(&bucket, &none, &in) == S3_OP_BUCKET);

    op = s3_op_find(&bucket, &key, &in);
    fuzz_check(op != S3_OP_LIST_BUCKETS);

    out = fuzz_query(op, &in);
    fuzz_check(out.len <= in.len);
    fuzz_check(s3_op_find(&bucket, &key, &out) == op);
    fuzz_check(s3_op_rights(op, &out) == s3_op_rights(op, &in));
    fuzz_names(&out);

    again = fuzz_query(op, &out);
    fuzz_check(fuzz_equal(&out, &again));
    free(again.data);

    /* the spelling decides nothing */

    canonical = fuzz_alloc(3 * out.len + S3_QUERY_PAIRS_MAX);
    len = s3_canon_query(&out, pairs, S3_QUERY_PAIRS_MAX, canonical.data);

    if (len >= 0) {
        canonical.len = (size_t) len;
        fuzz_check(s3_op_find(&bucket, &key, &canonical) == op);

        again = fuzz_query(op, &canonical);
        fuzz_check(fuzz_equal(&canonical, &again));
        free(again.data);
    }

    free(canonical.data);
    free(out.data);

    return 0;
}


static s3_str_t
fuzz_query(s3_op_t op, const s3_str_t *query)
{
    s3_str_t  out;

    out = fuzz_alloc(s3_op_query(op, query, NULL));
    fuzz_check(s3_op_query(op, query, out.data) == out.len);

    return out;
}


static void
fuzz_names(const s3_str_t *query)
{
    ssize_t    len;
    s3_str_t   rest = *query, name;
    s3_pair_t  pair;

    while (s3_query_next(&rest, &pair) == S3_OK) {
        len = s3_uri_decoded_len(&pair.name);

        if (len == S3_ERROR) {
            continue;
        }

        name = fuzz_alloc((size_t) len);
        fuzz_check(s3_uri_decode(&pair.name, name.data) == len);
        fuzz_check(!fuzz_begins(&name, "X-Amz-"));
        fuzz_check(!fuzz_begins(&name, "x-amz-"));
        free(name.data);
    }
}


static int
fuzz_begins(const s3_str_t *name, const char *text)
{
    return name->len >= strlen(text)
           && memcmp(name->data, text, strlen(text)) == 0;
}
