
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Times, to within 0.4 %.
 */

#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>


/* between a power of two and the next */

#define HISTOGRAM_BITS   8
#define HISTOGRAM_STEPS  (1 << HISTOGRAM_BITS)
#define HISTOGRAM_LEN    (40 * HISTOGRAM_STEPS)


typedef struct {
    unsigned long  all;
    unsigned long  count[HISTOGRAM_LEN];
} histogram_t;


void histogram_add(histogram_t *h, uint64_t value);

/* that part of the values is not greater; 0.5 is the median */
double histogram_part(const histogram_t *h, double part);


#endif
