
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_hash.h"


/* odd, and without a pattern */
#define S3_HASH_MIX   0x9e3779b97f4a7c15ULL
#define S3_HASH_SEED  0xd1b54a32d192ed03ULL

/* bytes at a time */
#define S3_HASH_STEP  16


static uint64_t s3_hash_step(uint64_t hash, const unsigned char *p,
    uint64_t seed);
static uint64_t s3_hash_fold(uint64_t a, uint64_t b);


uint64_t
s3_hash(uint64_t seed, const s3_str_t *text)
{
    size_t                left;
    uint64_t              hash;
    unsigned char         last[S3_HASH_STEP];
    const unsigned char  *p;

    hash = seed ^ text->len ^ S3_HASH_SEED;
    p = text->data;

    for (left = text->len; left > S3_HASH_STEP; left -= S3_HASH_STEP) {
        hash = s3_hash_step(hash, p, seed);
        p += S3_HASH_STEP;
    }

    /* the last bytes, with some of those before where there are any */

    if (text->len >= S3_HASH_STEP) {
        p -= S3_HASH_STEP - left;

    } else {
        memset(last, 0, S3_HASH_STEP);

        if (left != 0) {
            memcpy(last, p, left);
        }

        p = last;
    }

    return s3_hash_fold(s3_hash_step(hash, p, seed), S3_HASH_MIX);
}


static uint64_t
s3_hash_step(uint64_t hash, const unsigned char *p, uint64_t seed)
{
    uint64_t  a, b;

    memcpy(&a, p, sizeof(uint64_t));
    memcpy(&b, p + sizeof(uint64_t), sizeof(uint64_t));

    return s3_hash_fold(hash ^ a, b ^ S3_HASH_MIX ^ seed);
}


/*
 * Both halves of the product, and the factors: where one of them is 0, the
 * other is not forgotten.
 */

static uint64_t
s3_hash_fold(uint64_t a, uint64_t b)
{
    unsigned __int128  product;

    product = (unsigned __int128) a * b;

    return (uint64_t) product ^ (uint64_t) (product >> 64) ^ a ^ b;
}
