
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_repair.h"
#include "s3_pin.h"


#define S3_REPAIR_HEAD   1
#define S3_REPAIR_USED   2


typedef struct {
    uint32_t         used;         /* chunks of objects and of records */
    uint32_t         objects;
    uint32_t         filling;
    uint32_t         indexed;
    uint32_t         held;         /* by what the objects say */
    uint32_t         pinned;       /* by what the records say */
    uint64_t         held_sum;
    uint64_t         pinned_sum;
} s3_repair_sums_t;


static void s3_repair_heads(s3_mem_t *mem);
static void s3_repair_slot(s3_mem_t *mem, s3_mem_slot_t *slot);
static void s3_repair_objects(s3_mem_t *mem);
static void s3_repair_free(s3_mem_t *mem);
static size_t s3_repair_run(const s3_mem_t *mem, const s3_mem_entry_t *entry);
static int s3_repair_check_heads(const s3_mem_t *mem, unsigned char *marks,
    s3_repair_sums_t *sums);
static int s3_repair_mark(const s3_mem_t *mem, unsigned char *marks,
    uint32_t chunk, uint32_t n, uint32_t last, unsigned mark);
static int s3_repair_check_slots(const s3_mem_t *mem, unsigned char *marks,
    s3_repair_sums_t *sums);
static int s3_repair_check_records(const s3_mem_t *mem,
    const s3_mem_slot_t *slot, const unsigned char *marks, unsigned mark,
    s3_repair_sums_t *sums);
static uint64_t s3_repair_mix(uint32_t chunk);
static int s3_repair_check_index(const s3_mem_t *mem,
    const s3_repair_sums_t *sums);
static int s3_repair_check_order(const s3_mem_t *mem);


int
s3_mem_enter(s3_mem_t *mem)
{
    int  rc;

    rc = S3_OK;

    if (mem->busy) {
        s3_repair(mem);
        mem->repaired++;
        rc = S3_DECLINED;
    }

    mem->busy = 1;
    s3_mem_order();

    return rc;
}


void
s3_mem_leave(s3_mem_t *mem)
{
    s3_mem_order();
    mem->busy = 0;
}


void
s3_repair(s3_mem_t *mem)
{
    unsigned  i;

    s3_sieve_init(&mem->order);
    memset(mem->buckets, 0xff, ((size_t) mem->mask + 1) * sizeof(uint32_t));

    mem->objects = 0;
    mem->filling = 0;
    mem->pinned = 0;

    s3_repair_heads(mem);

    for (i = 0; i < S3_MEM_SLOTS; i++) {
        s3_repair_slot(mem, &mem->slots[i]);
    }

    s3_repair_objects(mem);
    s3_repair_free(mem);
}


static void
s3_repair_heads(s3_mem_t *mem)
{
    uint32_t  i;

    for (i = 0; i < mem->arena.nchunks; i++) {
        mem->heads[i] &= S3_REPAIR_HEAD;

        if (mem->heads[i]) {
            s3_mem_entry(mem, i)->order.held = 0;
        }
    }
}


static void
s3_repair_slot(s3_mem_t *mem, s3_mem_slot_t *slot)
{
    uint32_t  i, block, *records;

    slot->free = S3_PIN_MASK;
    slot->pinned = 0;

    if (slot->pid == 0) {
        return;
    }

    for (block = slot->blocks;
         block != S3_ARENA_NONE;
         block = mem->arena.next[block])
    {
        mem->heads[block] = S3_REPAIR_USED;
        records = (uint32_t *) (void *) s3_arena_data(&mem->arena, block);

        for (i = 0; i < S3_PIN_RECORDS; i++) {

            if (records[i] & S3_PIN_FREE) {
                records[i] = S3_PIN_FREE | slot->free;
                slot->free = block * (uint32_t) S3_PIN_RECORDS + i;
                continue;
            }

            s3_mem_entry(mem, records[i])->order.held++;
            slot->pinned++;
            mem->pinned++;
        }
    }
}


static void
s3_repair_objects(s3_mem_t *mem)
{
    uint32_t         i, n, chunk;
    s3_mem_entry_t  *entry;

    for (i = 0; i < mem->arena.nchunks; i++) {

        if (!(mem->heads[i] & S3_REPAIR_HEAD)) {
            continue;
        }

        entry = s3_mem_entry(mem, i);

        if (entry->state == S3_MEM_DEAD && entry->order.held == 0) {
            mem->heads[i] &= S3_REPAIR_USED;
            continue;
        }

        chunk = i;

        for (n = entry->nchunks; n != 0; n--) {
            mem->heads[chunk] |= S3_REPAIR_USED;
            chunk = mem->arena.next[chunk];
        }

        if (entry->state == S3_MEM_DEAD) {
            continue;
        }

        s3_mem_link(mem, entry);

        if (entry->state == S3_MEM_READY) {
            s3_sieve_insert(&mem->order, &entry->order);
            mem->objects++;

        } else {
            mem->filling += entry->nchunks;
        }
    }
}


static void
s3_repair_free(s3_mem_t *mem)
{
    uint32_t  i;

    mem->arena.free = S3_ARENA_NONE;
    mem->arena.nfree = 0;

    for (i = mem->arena.nchunks; i-- != 0; /* void */ ) {

        if (mem->heads[i] & S3_REPAIR_USED) {
            mem->heads[i] &= S3_REPAIR_HEAD;
            continue;
        }

        mem->heads[i] = 0;
        s3_arena_give(&mem->arena, i, i, 1);
    }
}


int
s3_repair_check(const s3_mem_t *mem, unsigned char *marks)
{
    s3_repair_sums_t  sums;

    memset(marks, 0, mem->arena.nchunks);
    memset(&sums, 0, sizeof(s3_repair_sums_t));

    if (s3_repair_check_heads(mem, marks, &sums) != S3_OK
        || s3_repair_check_slots(mem, marks, &sums) != S3_OK
        || s3_repair_check_index(mem, &sums) != S3_OK
        || s3_repair_check_order(mem) != S3_OK
        || s3_repair_mark(mem, marks, mem->arena.free, mem->arena.nfree,
                          S3_ARENA_NONE, 1)
           != S3_OK)
    {
        return S3_ERROR;
    }

    if (sums.held != mem->pinned || sums.pinned != mem->pinned
        || sums.held_sum != sums.pinned_sum
        || sums.objects != mem->objects
        || sums.filling != mem->filling
        || sums.used + mem->arena.nfree != mem->arena.nchunks)
    {
        return S3_ERROR;
    }

    return S3_OK;
}


static int
s3_repair_check_heads(const s3_mem_t *mem, unsigned char *marks,
    s3_repair_sums_t *sums)
{
    uint32_t               i;
    const s3_mem_entry_t  *entry;

    for (i = 0; i < mem->arena.nchunks; i++) {

        if (mem->heads[i] == 0) {
            continue;
        }

        entry = s3_mem_entry(mem, i);

        if (mem->heads[i] != S3_REPAIR_HEAD
            || entry->chunk != i
            || entry->nchunks != s3_mem_chunks(entry->key_len,
                                               entry->head_len,
                                               entry->body_len)
            || entry->state < S3_MEM_FILLING || entry->state > S3_MEM_DEAD
            || (entry->state == S3_MEM_DEAD && entry->order.held == 0)
            || s3_repair_mark(mem, marks, i, entry->nchunks, entry->last, 1)
               != S3_OK
            || entry->run != s3_repair_run(mem, entry))
        {
            return S3_ERROR;
        }

        sums->used += entry->nchunks;
        sums->held += entry->order.held;
        sums->held_sum += entry->order.held * s3_repair_mix(i);
        sums->objects += (entry->state == S3_MEM_READY);
        sums->filling += (entry->state == S3_MEM_FILLING) ? entry->nchunks : 0;
        sums->indexed += (entry->state != S3_MEM_DEAD);
    }

    return S3_OK;
}


/* from its beginning */

static size_t
s3_repair_run(const s3_mem_t *mem, const s3_mem_entry_t *entry)
{
    unsigned char     *data;
    s3_arena_place_t   place;

    place.chunk = entry->chunk;
    place.pos = 0;

    return s3_arena_run(&mem->arena, &place,
                        (size_t) entry->nchunks * S3_ARENA_CHUNK, &data);
}


/* a chain of n chunks that nobody else has; last: NONE where it is not known */

static int
s3_repair_mark(const s3_mem_t *mem, unsigned char *marks, uint32_t chunk,
    uint32_t n, uint32_t last, unsigned mark)
{
    for ( /* void */ ; n != 0; n--) {

        if (chunk >= mem->arena.nchunks || marks[chunk]
            || (n == 1 && last != S3_ARENA_NONE && chunk != last))
        {
            return S3_ERROR;
        }

        marks[chunk] = (unsigned char) mark;
        chunk = mem->arena.next[chunk];
    }

    return chunk == S3_ARENA_NONE ? S3_OK : S3_ERROR;
}


static int
s3_repair_check_slots(const s3_mem_t *mem, unsigned char *marks,
    s3_repair_sums_t *sums)
{
    unsigned              i;
    uint32_t              block, n;
    const s3_mem_slot_t  *slot;

    for (i = 0; i < S3_MEM_SLOTS; i++) {
        slot = &mem->slots[i];

        if (slot->pid == 0) {
            continue;
        }

        n = 0;

        for (block = slot->blocks;
             block != S3_ARENA_NONE;
             block = mem->arena.next[block])
        {
            if (block >= mem->arena.nchunks || n == mem->arena.nchunks) {
                return S3_ERROR;
            }

            n++;
        }

        if ((n != 0 && s3_repair_mark(mem, marks, slot->blocks, n,
                                      S3_ARENA_NONE, i + 2) != S3_OK)
            || s3_repair_check_records(mem, slot, marks, i + 2, sums)
               != S3_OK)
        {
            return S3_ERROR;
        }

        sums->used += n;
    }

    return S3_OK;
}


/* each record is of an object, or in the chain of those that are free */

static int
s3_repair_check_records(const s3_mem_t *mem, const s3_mem_slot_t *slot,
    const unsigned char *marks, unsigned mark, s3_repair_sums_t *sums)
{
    uint32_t         i, block, n, pinned, record;
    const uint32_t  *records;

    n = 0;
    pinned = 0;

    for (block = slot->blocks;
         block != S3_ARENA_NONE;
         block = mem->arena.next[block])
    {
        records = (uint32_t *) (void *) s3_arena_data(&mem->arena, block);

        for (i = 0; i < S3_PIN_RECORDS; i++) {

            if (records[i] & S3_PIN_FREE) {
                n++;
                continue;
            }

            if (records[i] >= mem->arena.nchunks || !mem->heads[records[i]]) {
                return S3_ERROR;
            }

            pinned++;
            sums->pinned_sum += s3_repair_mix(records[i]);
        }
    }

    for (record = slot->free; record != S3_PIN_MASK; n--) {
        block = record / (uint32_t) S3_PIN_RECORDS;

        if (n == 0 || block >= mem->arena.nchunks || marks[block] != mark) {
            return S3_ERROR;
        }

        records = (uint32_t *) (void *) s3_arena_data(&mem->arena, block);
        record = records[record % S3_PIN_RECORDS];

        if (!(record & S3_PIN_FREE)) {
            return S3_ERROR;
        }

        record &= S3_PIN_MASK;
    }

    sums->pinned += pinned;

    return (n == 0 && pinned == slot->pinned) ? S3_OK : S3_ERROR;
}


/* that pins and what is held are the same, and not only as many */

static uint64_t
s3_repair_mix(uint32_t chunk)
{
    uint64_t  n;

    n = (chunk + 1) * 0x9e3779b97f4a7c15ULL;

    return n ^ (n >> 32);
}


static int
s3_repair_check_index(const s3_mem_t *mem, const s3_repair_sums_t *sums)
{
    uint32_t               i, chunk, n;
    const s3_mem_entry_t  *entry;

    n = 0;

    for (i = 0; i <= mem->mask; i++) {
        for (chunk = mem->buckets[i];
             chunk != S3_ARENA_NONE;
             chunk = entry->next)
        {
            if (chunk >= mem->arena.nchunks || !mem->heads[chunk]
                || n == sums->indexed)
            {
                return S3_ERROR;
            }

            entry = s3_mem_entry(mem, chunk);
            n++;

            if (entry->state == S3_MEM_DEAD || (entry->hash & mem->mask) != i)
            {
                return S3_ERROR;
            }
        }
    }

    return n == sums->indexed ? S3_OK : S3_ERROR;
}


static int
s3_repair_check_order(const s3_mem_t *mem)
{
    uint32_t                n, hand;
    const s3_mem_entry_t   *entry;
    const s3_sieve_node_t  *node, *older;

    n = 0;
    older = NULL;
    hand = (mem->order.hand == NULL);

    for (node = mem->order.oldest; node != NULL; node = node->newer) {
        entry = (const s3_mem_entry_t *) (const void *) node;

        if (n == mem->objects || node->older != older
            || entry->state != S3_MEM_READY || !mem->heads[entry->chunk])
        {
            return S3_ERROR;
        }

        hand += (node == mem->order.hand);
        older = node;
        n++;
    }

    return (n == mem->objects && n == mem->order.n
            && mem->order.newest == older && hand == 1)
           ? S3_OK : S3_ERROR;
}
