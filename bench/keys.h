
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which object a request asks for, and how long that is.  All of it follows
 * from the place of the request in the sequence.
 */

#ifndef KEYS_H
#define KEYS_H

#include <stddef.h>


#define KEYS_SIZES  64


typedef enum {
    KEYS_SEQUENCE = 0,
    KEYS_UNIFORM,
    KEYS_ZIPF
} keys_order_e;


typedef struct {
    keys_order_e    order;
    unsigned long   first;         /* the place of the first request */
    unsigned long   count;         /* 0: no two requests ask for the same */
    unsigned long   stride;        /* from one number to the next */
    double          exponent;      /* of Zipf's law */
    double         *zipf;          /* weight of each key and those before it */
    unsigned        nsizes;
    unsigned long   sizes[KEYS_SIZES];
} keys_t;


/* "SIZE,SIZE,..." is cut up on the way; -1: not that, or too many */
int keys_sizes(keys_t *k, char *text);

/* once, when all is set; -1: makes no sense, with bodies up to that length */
int keys_settle(keys_t *k, size_t max);

/* of the request at that place after the first */
unsigned long keys_number(const keys_t *k, unsigned long place);

/* the length of an object; without sizes, they are all alike */
size_t keys_size(const keys_t *k, unsigned long number, size_t alike);


#endif
