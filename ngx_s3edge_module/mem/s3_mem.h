
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Small objects in a region of memory that processes share: what lies where,
 * how an object is found, taken in and given up.
 *
 * An object is a chain of chunks (s3_arena.h): its entry, its key, its header
 * fields (in the caller's form), its body.  s3_sieve.h has the order in which
 * objects go, s3_ghost.h who comes in once there is no room left.
 *
 * A process that sends an object pins it (s3_pin.h): it may leave the index,
 * but its chunks stay what they are.
 *
 * Everything is called between s3_mem_enter() and s3_mem_leave() of
 * s3_repair.h, under a lock of the caller's, but for what says otherwise.  A
 * process that dies in between leaves a mark, and the next to enter repairs.
 *
 * Pointers: the region lies at the same address in all processes.
 */

#ifndef _S3_MEM_H_INCLUDED_
#define _S3_MEM_H_INCLUDED_


#include "s3_types.h"
#include "s3_arena.h"
#include "s3_ghost.h"
#include "s3_sieve.h"


#define S3_MEM_LAYOUT      2

#define S3_MEM_CHUNKS_MIN  64
#define S3_MEM_CHUNKS_MAX  (1 << 22)           /* 4 GiB */
#define S3_MEM_SHARE       4       /* an object has at most 1/4 of the chunks */
#define S3_MEM_FILLS       2       /* all fills have at most half of them */
#define S3_MEM_SLOTS       240     /* processes at a time */

/* of an object whose stale copy is served, seconds from one try to the next */
#define S3_MEM_UPDATE      5


typedef enum {
    S3_MEM_FREE = 0,
    S3_MEM_FILLING,                /* in the index, not to be found yet */
    S3_MEM_READY,
    S3_MEM_DEAD                    /* left the index, still pinned */
} s3_mem_state_t;


/* at the beginning of an object's first chunk */

typedef struct {
    s3_sieve_node_t  order;        /* held: how many pins */
    uint64_t         hash;

    int64_t          date;         /* when the origin answered; as all times, */
    int64_t          valid;        /* seconds since 1970; fresh until then */
    int64_t          updating;     /* seconds after: stale while updated */
    int64_t          error;        /* the same: stale if the origin fails */
    int64_t          update;       /* when it, or a fill, was begun last */

    uint32_t         chunk;        /* where this is */
    uint32_t         last;         /* of the chain */
    uint32_t         nchunks;
    uint32_t         run;          /* bytes from here to where the first run
                                      of chunks ends */
    uint32_t         next;         /* of the same bucket of the index */

    uint32_t         head_len;
    uint32_t         body_len;
    uint32_t         sum;          /* of head and body, where it is kept */
    uint16_t         key_len;
    uint16_t         slot;         /* of the process that fills it */
    uint8_t          state;        /* s3_mem_state_t */
} s3_mem_entry_t;


/* a process, s3_pin.h */

typedef struct {
    int32_t          pid;          /* 0: free */
    uint32_t         cycle;
    uint32_t         worker;
    uint32_t         blocks;       /* chunks of records, a chain */
    uint32_t         free;         /* record */
    uint32_t         pinned;
} s3_mem_slot_t;


typedef struct {
    uint32_t         layout;
    uint32_t         busy;         /* somebody is inside */
    uint64_t         seed;         /* of hashes */

    uint32_t         mask;         /* buckets of the index - 1 */
    uint32_t         objects;      /* ready */
    uint32_t         filling;      /* chunks of those that are not yet */
    uint32_t         pinned;       /* pins */

    uint64_t         stored;       /* these grow only */
    uint64_t         evicted;
    uint64_t         declined;     /* full, and not seen lately */
    uint64_t         no_room;      /* too large, or all that is there is held */
    uint64_t         repaired;

    s3_arena_t       arena;
    s3_sieve_t       order;
    s3_ghost_t       ghost;

    uint32_t        *buckets;
    unsigned char   *heads;        /* 1: the first chunk of an object */

    s3_mem_slot_t    slots[S3_MEM_SLOTS];
} s3_mem_t;


/* what is to be stored; its owner writes head and body */

typedef struct {
    uint64_t         hash;
    s3_str_t         key;
    size_t           head_len;
    size_t           body_len;
    int64_t          now;
    int64_t          date;
    int64_t          valid;
    int64_t          updating;
    int64_t          error;
    unsigned         seen;         /* s3_mem_seen() */
} s3_mem_object_t;


/*
 * Makes a region, whose bytes are zero, ready.  seed: random.  S3_ERROR: it
 * is too small.
 */
int s3_mem_init(void *region, size_t size, uint64_t seed);

/* chunks that an object takes, without the lock; SIZE_MAX: too many */
size_t s3_mem_chunks(size_t key_len, size_t head_len, size_t body_len);

/* without the lock */
uint64_t s3_mem_hash(const s3_mem_t *mem, const s3_str_t *key);

/* the object, marked as used; NULL: it is not there */
s3_mem_entry_t *s3_mem_find(s3_mem_t *mem, uint64_t hash,
    const s3_str_t *key);

/* 1 where it was asked for lately; asking counts */
int s3_mem_seen(s3_mem_t *mem, uint64_t hash);

/*
 * Room for an object, which the process of that slot fills, and where its
 * head begins.  NULL: it is not taken in, for somebody has been filling it
 * for less than S3_MEM_UPDATE seconds, or it was not seen and the region is
 * full, or there is no room: all fills have at most a share of the chunks.
 */
s3_mem_entry_t *s3_mem_begin(s3_mem_t *mem, unsigned slot,
    const s3_mem_object_t *object, s3_arena_place_t *ret_place);

/* it is whole: it can be found from now on, others of its key can not */
void s3_mem_publish(s3_mem_t *mem, s3_mem_entry_t *entry);

/* what can be found under that hash is not what the origin has */
void s3_mem_forget(s3_mem_t *mem, uint64_t hash);

/* it will not be */
void s3_mem_abort(s3_mem_t *mem, s3_mem_entry_t *entry);

/* without the lock, on an object that is pinned or being filled: */

/* where its head begins; its body follows */
s3_arena_place_t s3_mem_head(const s3_mem_t *mem,
    const s3_mem_entry_t *entry);

/* the same, where head and body are one run, as they mostly are; or NULL */
unsigned char *s3_mem_plain(const s3_mem_entry_t *entry);

/* of head and body */
uint32_t s3_mem_sum(const s3_mem_t *mem, const s3_mem_entry_t *entry);

/* for s3_pin.c and s3_repair.c: */

void s3_mem_link(s3_mem_t *mem, s3_mem_entry_t *entry);

/* gives up objects until so many chunks are free; S3_DECLINED: cannot */
int s3_mem_make_room(s3_mem_t *mem, size_t n);

/* an object that is not in the index */
void s3_mem_free(s3_mem_t *mem, s3_mem_entry_t *entry);


/* a store may not move over this one: who repairs sees them in order */

static inline void
s3_mem_order(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}


static inline s3_mem_entry_t *
s3_mem_entry(const s3_mem_t *mem, uint32_t chunk)
{
    return (s3_mem_entry_t *) (void *) s3_arena_data(&mem->arena, chunk);
}


#endif /* _S3_MEM_H_INCLUDED_ */
