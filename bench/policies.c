
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policies.h"
#include "s3_mem.h"
#include "s3_repair.h"


#define POLICY_NONE    UINT32_MAX
#define POLICY_KEY     32          /* bytes of a key */
#define POLICY_HEAD    300         /* bytes of header fields */

/* S3-FIFO: share of the small queue, and how often an object may count */
#define POLICY_SMALL   10          /* one of so many */
#define POLICY_FREQ    3


typedef struct {
    uint32_t   newer;
    uint32_t   older;
    uint8_t    in;                 /* 1 + the number of its list; 0: none */
    uint8_t    count;              /* visited; how often */
} policy_node_t;


typedef struct {
    uint32_t   newest;
    uint32_t   oldest;
    uint64_t   used;
} policy_list_t;


typedef struct {
    const trace_t   *trace;
    uint32_t         budget;
    policy_node_t   *nodes;
    policy_list_t    lists[3];
    uint32_t         hand;
} policy_t;


enum { POLICY_MAIN, POLICY_S, POLICY_GHOST };


typedef struct {
    unsigned   first;              /* the list of those that are new */
    void     (*hit)(policy_t *p, uint32_t id);
    void     (*evict)(policy_t *p);            /* one at least */
} policy_rules_t;


static void *policy_alloc(size_t n, size_t size);
static void policy_init(policy_t *p, const trace_t *trace, uint32_t budget);
static void policy_push(policy_t *p, unsigned list, uint32_t id);
static void policy_remove(policy_t *p, uint32_t id);
static uint64_t policy_run(const policy_rules_t *rules, const trace_t *trace,
    uint32_t budget);
static void policy_lru_hit(policy_t *p, uint32_t id);
static void policy_lru_evict(policy_t *p);
static void policy_sieve_hit(policy_t *p, uint32_t id);
static void policy_sieve_evict(policy_t *p);
static void policy_s3fifo_hit(policy_t *p, uint32_t id);
static void policy_s3fifo_evict(policy_t *p);
static void policy_s3fifo_evict_main(policy_t *p);
static void policy_s3fifo_to_ghost(policy_t *p, uint32_t id);
static void *policy_region(uint32_t budget);


uint32_t
policy_chunks(uint32_t size)
{
    return (uint32_t) s3_mem_chunks(POLICY_KEY, POLICY_HEAD, size);
}


static void *
policy_alloc(size_t n, size_t size)
{
    void  *p;

    p = calloc(n, size);

    if (p == NULL) {
        (void) fprintf(stderr, "hitratio: no memory\n");
        exit(1);
    }

    return p;
}


static void
policy_init(policy_t *p, const trace_t *trace, uint32_t budget)
{
    size_t  i;

    p->trace = trace;
    p->budget = budget;
    p->hand = POLICY_NONE;
    p->nodes = policy_alloc(trace->nids, sizeof(policy_node_t));

    for (i = 0; i < 3; i++) {
        p->lists[i].newest = POLICY_NONE;
        p->lists[i].oldest = POLICY_NONE;
        p->lists[i].used = 0;
    }
}


static void
policy_push(policy_t *p, unsigned n, uint32_t id)
{
    policy_list_t  *list;
    policy_node_t  *node;

    list = &p->lists[n];
    node = &p->nodes[id];

    node->in = (uint8_t) (n + 1);
    node->newer = POLICY_NONE;
    node->older = list->newest;

    if (list->newest != POLICY_NONE) {
        p->nodes[list->newest].newer = id;

    } else {
        list->oldest = id;
    }

    list->newest = id;
    list->used += p->trace->chunks[id];
}


static void
policy_remove(policy_t *p, uint32_t id)
{
    policy_list_t  *list;
    policy_node_t  *node;

    node = &p->nodes[id];
    list = &p->lists[node->in - 1];

    if (node->newer != POLICY_NONE) {
        p->nodes[node->newer].older = node->older;

    } else {
        list->newest = node->older;
    }

    if (node->older != POLICY_NONE) {
        p->nodes[node->older].newer = node->newer;

    } else {
        list->oldest = node->newer;
    }

    node->in = 0;
    list->used -= p->trace->chunks[id];
}


static uint64_t
policy_run(const policy_rules_t *rules, const trace_t *trace, uint32_t budget)
{
    size_t          i;
    uint32_t        id;
    uint64_t        hits;
    unsigned        list;
    policy_t        p;
    policy_node_t  *node;

    policy_init(&p, trace, budget);
    hits = 0;

    for (i = 0; i < trace->n; i++) {
        id = trace->ids[i];
        node = &p.nodes[id];

        if (node->in && node->in != POLICY_GHOST + 1) {
            hits++;
            rules->hit(&p, id);
            continue;
        }

        if (trace->chunks[id] > budget / S3_MEM_SHARE) {
            continue;
        }

        list = rules->first;

        if (node->in) {
            policy_remove(&p, id);
            list = POLICY_MAIN;
        }

        while (p.lists[POLICY_MAIN].used + p.lists[POLICY_S].used
               + trace->chunks[id] > budget)
        {
            rules->evict(&p);
        }

        node->count = 0;
        policy_push(&p, list, id);
    }

    free(p.nodes);

    return hits;
}


uint64_t
policy_lru(const trace_t *trace, uint32_t budget)
{
    static const policy_rules_t  rules = {
        POLICY_MAIN, policy_lru_hit, policy_lru_evict
    };

    return policy_run(&rules, trace, budget);
}


static void
policy_lru_hit(policy_t *p, uint32_t id)
{
    policy_remove(p, id);
    policy_push(p, POLICY_MAIN, id);
}


static void
policy_lru_evict(policy_t *p)
{
    policy_remove(p, p->lists[POLICY_MAIN].oldest);
}


uint64_t
policy_sieve(const trace_t *trace, uint32_t budget)
{
    static const policy_rules_t  rules = {
        POLICY_MAIN, policy_sieve_hit, policy_sieve_evict
    };

    return policy_run(&rules, trace, budget);
}


static void
policy_sieve_hit(policy_t *p, uint32_t id)
{
    p->nodes[id].count = 1;
}


static void
policy_sieve_evict(policy_t *p)
{
    uint32_t  id;

    for ( ;; ) {
        id = p->hand;

        if (id == POLICY_NONE) {
            id = p->lists[POLICY_MAIN].oldest;
        }

        p->hand = p->nodes[id].newer;

        if (p->nodes[id].count == 0) {
            policy_remove(p, id);
            return;
        }

        p->nodes[id].count = 0;
    }
}


uint64_t
policy_s3fifo(const trace_t *trace, uint32_t budget)
{
    static const policy_rules_t  rules = {
        POLICY_S, policy_s3fifo_hit, policy_s3fifo_evict
    };

    return policy_run(&rules, trace, budget);
}


static void
policy_s3fifo_hit(policy_t *p, uint32_t id)
{
    p->nodes[id].count += p->nodes[id].count < POLICY_FREQ;
}


/* until one is gone: those of the small queue that were used move over */

static void
policy_s3fifo_evict(policy_t *p)
{
    uint32_t  id;

    for ( ;; ) {
        id = p->lists[POLICY_S].oldest;

        if (id == POLICY_NONE
            || (p->lists[POLICY_S].used < p->budget / POLICY_SMALL
                && p->lists[POLICY_MAIN].oldest != POLICY_NONE))
        {
            policy_s3fifo_evict_main(p);
            return;
        }

        policy_remove(p, id);

        if (p->nodes[id].count == 0) {
            policy_s3fifo_to_ghost(p, id);
            return;
        }

        p->nodes[id].count = 0;
        policy_push(p, POLICY_MAIN, id);

        if (p->lists[POLICY_MAIN].used
            > p->budget - p->budget / POLICY_SMALL)
        {
            policy_s3fifo_evict_main(p);
            return;
        }
    }
}


static void
policy_s3fifo_evict_main(policy_t *p)
{
    uint32_t  id;

    for ( ;; ) {
        id = p->lists[POLICY_MAIN].oldest;
        policy_remove(p, id);

        if (p->nodes[id].count == 0) {
            return;
        }

        p->nodes[id].count--;
        policy_push(p, POLICY_MAIN, id);
    }
}


/* as many chunks of ghosts as the main queue may have */

static void
policy_s3fifo_to_ghost(policy_t *p, uint32_t id)
{
    policy_push(p, POLICY_GHOST, id);

    while (p->lists[POLICY_GHOST].used
           > p->budget - p->budget / POLICY_SMALL)
    {
        policy_remove(p, p->lists[POLICY_GHOST].oldest);
    }
}


/* a region that has just so many chunks */

static void *
policy_region(uint32_t budget)
{
    void    *region;
    size_t   low, high, size, i;

    low = (size_t) budget * S3_ARENA_CHUNK;
    high = low + low / 8 + 2 * sizeof(s3_mem_t);
    region = policy_alloc(1, high);

    for (i = 0; i < 64 && low < high; i++) {
        size = low + (high - low) / 2;

        if (s3_mem_init(region, size, 1) == S3_OK
            && ((s3_mem_t *) region)->arena.nchunks >= budget)
        {
            high = size;

        } else {
            low = size + 1;
        }
    }

    free(region);
    region = policy_alloc(1, high);

    if (s3_mem_init(region, high, 0x5eed) != S3_OK
        || ((s3_mem_t *) region)->arena.nchunks != budget)
    {
        (void) fprintf(stderr, "hitratio: no region of %u chunks\n", budget);
        exit(1);
    }

    return region;
}


uint64_t
policy_s3edge(const trace_t *trace, uint32_t budget)
{
    char               text[POLICY_KEY + 1];
    size_t             i;
    uint32_t           id;
    uint64_t           hits, hash;
    s3_str_t           key;
    s3_mem_t          *mem;
    s3_mem_entry_t    *entry;
    s3_mem_object_t    object;
    s3_arena_place_t   place;

    mem = policy_region(budget);
    hits = 0;
    key.data = (unsigned char *) text;
    key.len = POLICY_KEY;
    memset(text, 'k', sizeof(text));
    memset(&object, 0, sizeof(s3_mem_object_t));

    for (i = 0; i < trace->n; i++) {
        id = trace->ids[i];
        memcpy(text + 5, &id, sizeof(id));
        hash = s3_mem_hash(mem, &key);

        if (s3_mem_find(mem, hash, &key) != NULL) {
            hits++;
            continue;
        }

        object.hash = hash;
        object.key = key;
        object.head_len = POLICY_HEAD;
        object.body_len = trace->sizes[id];
        object.seen = (unsigned) s3_mem_seen(mem, hash);
        entry = s3_mem_begin(mem, 0, &object, &place);

        if (entry != NULL) {
            s3_mem_publish(mem, entry);
        }
    }

    free(mem);

    return hits;
}
