
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_hash.h"


#define S3_HASH_MIX  0x9e3779b97f4a7c15ULL


static uint64_t s3_hash_fold(uint64_t a, uint64_t b);


uint64_t
s3_hash(uint64_t seed, const s3_str_t *text)
{
    size_t                left;
    uint64_t              hash, word;
    const unsigned char  *p;

    hash = seed ^ text->len;
    p = text->data;

    for (left = text->len; left >= sizeof(word); left -= sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        p += sizeof(word);
        hash = s3_hash_fold(hash ^ word, S3_HASH_MIX ^ seed);
    }

    word = 0;

    if (left != 0) {
        memcpy(&word, p, left);
    }

    hash = s3_hash_fold(hash ^ word, S3_HASH_MIX ^ seed);

    return s3_hash_fold(hash, S3_HASH_MIX);
}


/* both halves of the product; 0 times anything would forget the rest */

static uint64_t
s3_hash_fold(uint64_t a, uint64_t b)
{
    unsigned __int128  product;

    product = (unsigned __int128) (a | 1) * (b | 1);

    return (uint64_t) product ^ (uint64_t) (product >> 64) ^ a;
}
