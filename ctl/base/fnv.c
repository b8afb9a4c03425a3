
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "base/fnv.h"


#define FNV_PRIME  0x100000001b3u


uint64_t
fnv_add(uint64_t hash, const void *data, size_t len)
{
    const unsigned char  *p, *end;

    p = data;

    for (end = p + len; p < end; p++) {
        hash = (hash ^ *p) * FNV_PRIME;
    }

    return hash;
}
