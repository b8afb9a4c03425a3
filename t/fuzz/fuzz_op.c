
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


static void fuzz_find(unsigned by, const s3_str_t *in);
static s3_str_t fuzz_query(const s3_op_t *op, const s3_str_t *query);
static void fuzz_names(const s3_str_t *query);
static int fuzz_begins(const s3_str_t *name, const char *text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    s3_str_t  in = { size, (unsigned char *) data };
    unsigned  by;

    for (by = S3_OP_BY_GET; by <= S3_OP_BY_DELETE; by <<= 1) {
        fuzz_find(by, &in);
    }

    return 0;
}


static void
fuzz_find(unsigned by, const s3_str_t *in)
{
    s3_str_t        out, again, canonical;
    ssize_t         len;
    s3_pair_t       pairs[S3_QUERY_PAIRS_MAX];
    const s3_op_t  *op, *other;

    static const s3_str_t  bucket = S("b"), key = S("k"), none = { 0, NULL };

    fuzz_check(s3_op_find(by, &none, &key, in)->of == S3_OP_OF_SERVICE);
    fuzz_check(s3_op_find(by, &bucket, &none, in)->of == S3_OP_OF_BUCKET);

    op = s3_op_find(by, &bucket, &key, in);
    fuzz_check(op->of != S3_OP_OF_SERVICE);
    fuzz_check(!(by & S3_OP_BY_WRITING) == !(op->by & S3_OP_BY_WRITING));
    fuzz_check(!(by & S3_OP_BY_WRITING)
               == !(s3_op_rights(op, in) & S3_OP_MAY_NEVER));

    out = fuzz_query(op, in);
    fuzz_check(out.len <= in->len);
    fuzz_check(s3_op_find(by, &bucket, &key, &out) == op);
    fuzz_check(s3_op_rights(op, &out) == s3_op_rights(op, in));
    fuzz_names(&out);

    again = fuzz_query(op, &out);
    fuzz_check(fuzz_equal(&out, &again));
    free(again.data);

    /* the spelling decides nothing */

    canonical = fuzz_alloc(3 * out.len + S3_QUERY_PAIRS_MAX);
    len = s3_canon_query(&out, pairs, S3_QUERY_PAIRS_MAX, canonical.data);

    if (len >= 0) {
        canonical.len = (size_t) len;

        /* of some that ask for as much, the first one counts */

        other = s3_op_find(by, &bucket, &key, &canonical);
        fuzz_check(other->of == op->of);
        fuzz_check(other->class == op->class);
        fuzz_check(other->cacheable == op->cacheable);
        fuzz_check(s3_op_rights(other, &canonical) == s3_op_rights(op, in));

        again = fuzz_query(op, &canonical);
        fuzz_check(fuzz_equal(&canonical, &again));
        free(again.data);
    }

    free(canonical.data);
    free(out.data);
}


static s3_str_t
fuzz_query(const s3_op_t *op, const s3_str_t *query)
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
