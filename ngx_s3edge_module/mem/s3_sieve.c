
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_sieve.h"


void
s3_sieve_init(s3_sieve_t *sieve)
{
    sieve->newest = NULL;
    sieve->oldest = NULL;
    sieve->hand = NULL;
    sieve->n = 0;
    sieve->walk = 0;
}


void
s3_sieve_insert(s3_sieve_t *sieve, s3_sieve_node_t *node)
{
    node->visited = 0;
    node->newer = NULL;
    node->older = sieve->newest;

    if (sieve->newest != NULL) {
        sieve->newest->newer = node;

    } else {
        sieve->oldest = node;
    }

    sieve->newest = node;
    sieve->n++;
}


void
s3_sieve_remove(s3_sieve_t *sieve, s3_sieve_node_t *node)
{
    if (sieve->hand == node) {
        sieve->hand = node->newer;
    }

    if (node->newer != NULL) {
        node->newer->older = node->older;

    } else {
        sieve->newest = node->older;
    }

    if (node->older != NULL) {
        node->older->newer = node->newer;

    } else {
        sieve->oldest = node->newer;
    }

    sieve->n--;
}


s3_sieve_node_t *
s3_sieve_evict(s3_sieve_t *sieve, unsigned steps)
{
    unsigned          i;
    s3_sieve_node_t  *node;

    for (i = 0; i < 2 * steps; i++) {

        if (sieve->hand == NULL || sieve->walk > sieve->n) {
            sieve->hand = sieve->oldest;
            sieve->walk = 0;
        }

        node = sieve->hand;

        if (node == NULL) {
            return NULL;
        }

        if (node->held == 0 && (node->visited == 0 || i >= steps)) {
            s3_sieve_remove(sieve, node);
            sieve->walk++;
            return node;
        }

        node->visited = 0;
        sieve->hand = node->newer;
    }

    return NULL;
}
