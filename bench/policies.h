
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Caches that count: how often an object of a trace would have been there.
 * All of them have the same room, and an object takes as much in each.
 */

#ifndef _POLICIES_H_INCLUDED_
#define _POLICIES_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


typedef struct {
    const char  *name;
    size_t       nids;
    size_t       ids_max;
    uint32_t    *sizes;            /* of each id: bytes of its body */
    uint32_t    *chunks;           /* and what it takes */
    size_t       n;
    size_t       n_max;
    uint32_t    *ids;              /* of each request */
    uint64_t     core;             /* chunks of what cache sizes relate to */
} trace_t;


/* hits of the whole trace in so many chunks */
typedef uint64_t (*policy_pt)(const trace_t *trace, uint32_t budget);

uint64_t policy_s3edge(const trace_t *trace, uint32_t budget);
uint64_t policy_lru(const trace_t *trace, uint32_t budget);

/* Y. Zhang and others, "SIEVE is Simpler than LRU", NSDI 2024 */
uint64_t policy_sieve(const trace_t *trace, uint32_t budget);

/* J. Yang and others, "FIFO queues are all you need", SOSP 2023 */
uint64_t policy_s3fifo(const trace_t *trace, uint32_t budget);

/* chunks of an object of that body */
uint32_t policy_chunks(uint32_t size);


#endif /* _POLICIES_H_INCLUDED_ */
