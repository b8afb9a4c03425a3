
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A canonical query is its own canonical form, has all pairs and no more,
 * and does not depend on the order that they came in.
 */

#include "fuzz.h"
#include "s3_canon.h"
#include "s3_uri.h"


static s3_str_t fuzz_canonical(const s3_str_t *query, size_t *ret_pairs);
static s3_str_t fuzz_reversed(const s3_str_t *query);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t    n, again;
    s3_str_t  in = { size, (unsigned char *) data };
    s3_str_t  once, twice, back, reversed;

    once = fuzz_canonical(&in, &n);

    if (once.data == NULL) {
        return 0;
    }

    twice = fuzz_canonical(&once, &again);
    fuzz_check(n == again && fuzz_equal(&once, &twice));

    reversed = fuzz_reversed(&in);
    back = fuzz_canonical(&reversed, &again);
    fuzz_check(n == again && fuzz_equal(&once, &back));

    free(once.data);
    free(twice.data);
    free(reversed.data);
    free(back.data);

    return 0;
}


/* data is NULL where the query is broken */

static s3_str_t
fuzz_canonical(const s3_str_t *query, size_t *ret_pairs)
{
    ssize_t    len;
    s3_str_t   out = { 0, NULL }, rest = *query;
    s3_pair_t  pair, pairs[S3_QUERY_PAIRS_MAX];

    for (*ret_pairs = 0; s3_query_next(&rest, &pair) == S3_OK; ) {
        (*ret_pairs)++;
    }

    len = s3_canon_query(query, pairs, S3_QUERY_PAIRS_MAX, NULL);

    if (len == S3_ERROR) {
        return out;
    }

    fuzz_check(*ret_pairs <= S3_QUERY_PAIRS_MAX);
    fuzz_check((size_t) len <= 3 * query->len + *ret_pairs);

    out = fuzz_alloc((size_t) len);
    fuzz_check(s3_canon_query(query, pairs, S3_QUERY_PAIRS_MAX, out.data)
               == len);

    return out;
}


/* the pieces between the "&", last one first */

static s3_str_t
fuzz_reversed(const s3_str_t *query)
{
    size_t    i, end, n;
    s3_str_t  out = fuzz_alloc(query->len + 1);

    n = 0;
    end = query->len;

    for (i = query->len + 1; i-- > 0; ) {
        if (i == 0 || query->data[i - 1] == '&') {
            memcpy(out.data + n, query->data + i, end - i);
            n += end - i;
            out.data[n++] = '&';
            end = (i == 0) ? 0 : i - 1;
        }
    }

    return out;
}
