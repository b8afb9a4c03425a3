
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pick.h"


unsigned
pick(void *seed, unsigned below)
{
    uint64_t  *x = seed;

    *x = *x * 6364136223846793005ULL + 1442695040888963407ULL;

    return (unsigned) (*x >> 33) % below;
}
