
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "keys.h"


#define COUNT_MAX   10000000
#define NUMBER_LEN  8              /* the least that a body has */


static int keys_zipf(keys_t *k);
static unsigned long keys_place(const keys_t *k, unsigned long place);
static uint64_t keys_random(uint64_t place);


int
keys_sizes(keys_t *k, char *text)
{
    char           *p, *end;
    unsigned long   n;

    for (p = text; *p != '\0'; p = *end == ',' ? end + 1 : end) {

        n = strtoul(p, &end, 10);

        if (end == p || (*end != ',' && *end != '\0')
            || k->nsizes == KEYS_SIZES)
        {
            return -1;
        }

        k->sizes[k->nsizes++] = n;
    }

    return 0;
}


int
keys_settle(keys_t *k, size_t max)
{
    unsigned  i;

    for (i = 0; i < k->nsizes; i++) {
        if (k->sizes[i] < NUMBER_LEN || k->sizes[i] > max) {
            return -1;
        }
    }

    if (k->order == KEYS_SEQUENCE) {
        return 0;
    }

    if (k->count == 0 || k->count > COUNT_MAX) {
        return -1;
    }

    return k->order == KEYS_ZIPF ? keys_zipf(k) : 0;
}


static int
keys_zipf(keys_t *k)
{
    double         sum;
    unsigned long  i;

    k->zipf = malloc(k->count * sizeof(double));
    if (k->zipf == NULL) {
        return -1;
    }

    sum = 0;

    for (i = 0; i < k->count; i++) {
        sum += pow((double) (i + 1), -k->exponent);
        k->zipf[i] = sum;
    }

    return 0;
}


unsigned long
keys_number(const keys_t *k, unsigned long place)
{
    return keys_place(k, k->first + place) * k->stride;
}


static unsigned long
keys_place(const keys_t *k, unsigned long place)
{
    double         at;
    unsigned long  low, high, middle;

    if (k->order == KEYS_SEQUENCE) {
        return k->count == 0 ? place : place % k->count;
    }

    if (k->order == KEYS_UNIFORM) {
        return keys_random(place) % k->count;
    }

    /* 53 bits are what a double holds */

    at = (double) (keys_random(place) >> 11) / 9007199254740992.0
         * k->zipf[k->count - 1];

    low = 0;
    high = k->count - 1;

    while (low < high) {
        middle = (low + high) / 2;

        if (k->zipf[middle] > at) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return low;
}


/* SplitMix64, of which any number can be had without those before it */

static uint64_t
keys_random(uint64_t place)
{
    uint64_t  x;

    x = (place + 1) * 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;

    return x ^ (x >> 31);
}


/* neighbours, and what is asked for often, are of all sizes */

size_t
keys_size(const keys_t *k, unsigned long number, size_t alike)
{
    if (k->nsizes == 0) {
        return alike;
    }

    return k->sizes[(number * 2654435761 % 4294967296 >> 16) % k->nsizes];
}
