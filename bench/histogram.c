
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "histogram.h"


void
histogram_add(histogram_t *h, uint64_t value)
{
    unsigned  bits, at;

    bits = 0;

    while (value >> bits >= 2 * HISTOGRAM_STEPS) {
        bits++;
    }

    at = bits * HISTOGRAM_STEPS + (unsigned) (value >> bits);

    h->count[at < HISTOGRAM_LEN ? at : HISTOGRAM_LEN - 1]++;
    h->all++;
}


double
histogram_part(const histogram_t *h, double part)
{
    unsigned       at, bits;
    unsigned long  count;

    count = 0;

    for (at = 0; at < HISTOGRAM_LEN - 1; at++) {
        count += h->count[at];

        if ((double) count >= part * (double) h->all) {
            break;
        }
    }

    bits = at < 2 * HISTOGRAM_STEPS ? 0 : (at >> HISTOGRAM_BITS) - 1;

    return ((double) (at - bits * HISTOGRAM_STEPS) + 0.5)
           * (double) (1UL << bits);
}
