
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counters in memory that processes share: a slot for each bucket, in it a
 * line of cells for each worker, so that workers do not share cache lines.
 * Cells are added to atomically, without a lock, and summed when read.
 *
 * Memory grows at its end, in blocks of slots, so that processes that have
 * mapped less of it count in the same slots as those that have mapped more.
 *
 * Slot 0 has no name.  It counts what names no bucket, or one without a slot,
 * and has what the slots that were given to another bucket had counted: the
 * sum of all slots never goes down.
 *
 * One process, the master, gives slots to buckets; "cycle" is the number of
 * its configuration.  A slot whose bucket is in neither the configuration of
 * before nor in the one that comes is free: nobody counts in it but workers of
 * older ones, and those see by its id that it is another bucket's.
 */

#ifndef _S3_SLOT_H_INCLUDED_
#define _S3_SLOT_H_INCLUDED_


#include "s3_types.h"
#include "s3_stats.h"


#define S3_SLOT_MAGIC    0x746f6c7365337365ULL
#define S3_SLOT_LAYOUT   1
#define S3_SLOT_LINES    16        /* workers; more of them share lines */
#define S3_SLOT_BLOCK    64        /* slots */
#define S3_SLOT_LINE     64        /* bytes of a processor's cache line */

/* cells of a line: those of the table, up to the end of a cache line */

#define S3_SLOT_ALIGN    (S3_SLOT_LINE / sizeof(uint64_t))
#define S3_SLOT_CELLS                                                         \
    ((S3_STATS_MAX + S3_SLOT_ALIGN - 1) / S3_SLOT_ALIGN * S3_SLOT_ALIGN)


typedef struct {
    uint64_t         cells[S3_SLOT_CELLS];
} __attribute__((aligned(S3_SLOT_LINE))) s3_slot_line_t;


/*
 * The name is written while id is 0.  A region that the origin told is good if
 * region_len is not 0, which is written after it.
 */

typedef struct {
    s3_slot_line_t   lines[S3_SLOT_LINES];
    uint64_t         id;           /* of what it counts; 0: of nothing */
    uint64_t         cycle;        /* the last one to have its bucket */
    uint64_t         region_len;
    uint32_t         index;
    uint32_t         name_len;     /* 0: no bucket's */
    unsigned char    region[S3_REGION_MAX];
    unsigned char    name[S3_BUCKET_MAX + 1];
} __attribute__((aligned(S3_SLOT_LINE))) s3_slot_t;


/* changed: 1 for a slot that was counted in since it was last written */

typedef struct {
    unsigned char    changed[S3_SLOT_LINES][S3_SLOT_BLOCK];
    s3_slot_t        slots[S3_SLOT_BLOCK];
} __attribute__((aligned(S3_SLOT_LINE))) s3_slot_block_t;


typedef struct {
    uint64_t         magic;
    uint32_t         layout;
    uint32_t         cells;        /* these two: of who has made it */
    uint64_t         table;
    uint64_t         token;        /* random; also in the file of it */

    /* the master writes these */

    uint64_t         cycle;
    uint64_t         last_id;
    uint32_t         used;         /* slots */

    /* and all processes these */

    uint32_t         lines;        /* those that have been counted in */
    uint64_t         written;      /* when all was, or 0; who has the lock */
    int32_t          flusher;      /* pid; s3_slots_lock() */

    s3_slot_block_t  blocks[];
} __attribute__((aligned(S3_SLOT_LINE))) s3_slots_t;


/* where to look for a free slot next; zeroes at first */

typedef struct {
    size_t           next;
    unsigned         any;          /* also of the configuration of before */
} s3_slot_hand_t;


/* 1 where there is a process of that pid */
typedef int (*s3_slot_alive_pt)(int32_t pid);


/* bytes that n slots take, and slots for which so many bytes have room */
size_t s3_slots_size(size_t n);
size_t s3_slots_room(size_t bytes);

/* bytes are zero */
void s3_slots_init(s3_slots_t *slots, uint64_t token);

/* 1 where the bytes are of this layout and this table */
int s3_slots_check(const s3_slots_t *slots, size_t bytes);

/* of another configuration from now on; each of its buckets takes a slot: */
void s3_slots_begin(s3_slots_t *slots);

/* the bucket that has it is in the configuration, too */
void s3_slot_keep(s3_slots_t *slots, s3_slot_t *slot);

/*
 * A slot for a bucket that has none, among the first "room": one that was
 * never used, else one that is free, else one whose bucket was in the
 * configuration of before and is not any more.  NULL: there is none.
 */
s3_slot_t *s3_slot_take(s3_slots_t *slots, size_t room, s3_slot_hand_t *hand);

/* its counters begin at 0; what they were is slot 0's */
void s3_slot_give(s3_slots_t *slots, s3_slot_t *slot, const s3_str_t *name);

/* slots from "room" on go, whoever has them */
void s3_slots_cut(s3_slots_t *slots, size_t room);

/* 1 where s3_slot_take() finds it before any of the configuration of before */
int s3_slot_is_free(const s3_slots_t *slots, const s3_slot_t *slot);

/* adds what all workers have counted */
void s3_slot_sum(const s3_slots_t *slots, const s3_slot_t *slot,
    uint64_t sums[S3_STATS_MAX]);

/* a process counts in that line from now on */
void s3_slots_use_line(s3_slots_t *slots, unsigned line);

/*
 * One process at a time writes what has changed.  1: it is this one, until
 * s3_slots_unlock(); one that has died is followed.
 */
int s3_slots_lock(s3_slots_t *slots, int32_t pid, s3_slot_alive_pt alive);
void s3_slots_unlock(s3_slots_t *slots, int32_t pid);

/*
 * The slots of a block that have changed since the last time: *ret_first and
 * the return value, how many there are from it on to the last such.
 */
size_t s3_slots_changed(s3_slots_t *slots, size_t block, size_t *ret_first);


static inline s3_slot_t *
s3_slots_at(s3_slots_t *slots, size_t i)
{
    return &slots->blocks[i / S3_SLOT_BLOCK].slots[i % S3_SLOT_BLOCK];
}


static inline void
s3_slot_add(s3_slot_t *slot, unsigned line, unsigned cell, uint64_t n)
{
    (void) __atomic_fetch_add(&slot->lines[line].cells[cell], n,
                              __ATOMIC_RELAXED);
}


/* after the last s3_slot_add(): who sees it sees those */

static inline void
s3_slot_mark(s3_slots_t *slots, const s3_slot_t *slot, unsigned line)
{
    s3_slot_block_t  *block;

    block = &slots->blocks[slot->index / S3_SLOT_BLOCK];

    __atomic_store_n(&block->changed[line][slot->index % S3_SLOT_BLOCK], 1,
                     __ATOMIC_RELEASE);
}


#endif /* _S3_SLOT_H_INCLUDED_ */
