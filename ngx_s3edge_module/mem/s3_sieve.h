
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * SIEVE, the order in which a cache gives entries up.  Y. Zhang and others,
 * "SIEVE is Simpler than LRU", NSDI 2024.
 *
 * Entries stand in the order in which they came.  A hit marks its entry and
 * moves nothing.  A hand walks from the oldest to the newest, again and
 * again: it takes the marks away, and gives up the first entry that has none.
 *
 * Unlike in the paper, it begins anew when it has given up as many as there
 * are: where all that is asked for changes at once, it would for ever take
 * those that have just come, before they are asked for again, and not return
 * to the old ones whose marks it took away.  bench/hitratio.c measures it.
 *
 * Intrusive: a node is part of what it orders.  The caller locks.
 */

#ifndef _S3_SIEVE_H_INCLUDED_
#define _S3_SIEVE_H_INCLUDED_


#include "s3_types.h"


typedef struct s3_sieve_node_s  s3_sieve_node_t;

struct s3_sieve_node_s {
    s3_sieve_node_t  *newer;       /* NULL: the newest */
    s3_sieve_node_t  *older;       /* NULL: the oldest */
    uint32_t          visited;     /* 0 or 1 */
    uint32_t          held;        /* not given up while it is not 0 */
};


typedef struct {
    s3_sieve_node_t  *newest;
    s3_sieve_node_t  *oldest;
    s3_sieve_node_t  *hand;        /* the next to look at; NULL: the oldest */
    uint32_t          n;           /* nodes */
    uint32_t          walk;        /* given up since it was at the oldest */
} s3_sieve_t;


void s3_sieve_init(s3_sieve_t *sieve);

/* node comes in as the newest, not visited; held is left as it is */
void s3_sieve_insert(s3_sieve_t *sieve, s3_sieve_node_t *node);

void s3_sieve_remove(s3_sieve_t *sieve, s3_sieve_node_t *node);

/*
 * Removes the node that is to go, and returns it.  The hand looks at "steps"
 * nodes and then takes the next that is not held, visited or not: a lock is
 * not kept for a walk over a million.  NULL: none of twice as many is free.
 */
s3_sieve_node_t *s3_sieve_evict(s3_sieve_t *sieve, unsigned steps);


/* a hit; writes only where there is something to change */

static inline void
s3_sieve_visit(s3_sieve_node_t *node)
{
    if (node->visited == 0) {
        node->visited = 1;
    }
}


#endif /* _S3_SIEVE_H_INCLUDED_ */
