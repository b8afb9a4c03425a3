
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_repair.h"
#include "s3_pin.h"


#define S3_REPAIR_HEAD   1
#define S3_REPAIR_USED   2


static void s3_repair_heads(s3_mem_t *mem);
static void s3_repair_slot(s3_mem_t *mem, s3_mem_slot_t *slot);
static void s3_repair_objects(s3_mem_t *mem);
static void s3_repair_free(s3_mem_t *mem);
static int s3_repair_mark(const s3_mem_t *mem, unsigned char *marks,
    uint32_t chunk, uint32_t n);
static int s3_repair_check_slots(const s3_mem_t *mem, unsigned char *marks,
    uint32_t *ret_used);


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
    uint32_t               i, used, nheads, held, objects;
    const s3_mem_entry_t  *entry;

    memset(marks, 0, mem->arena.nchunks);

    used = 0;
    nheads = 0;
    held = 0;
    objects = 0;

    for (i = 0; i < mem->arena.nchunks; i++) {

        if (mem->heads[i] == 0) {
            continue;
        }

        entry = s3_mem_entry(mem, i);

        if (entry->chunk != i
            || s3_repair_mark(mem, marks, i, entry->nchunks) != S3_OK)
        {
            return S3_ERROR;
        }

        used += entry->nchunks;
        held += entry->order.held;
        objects += (entry->state == S3_MEM_READY);
        nheads++;
    }

    if (held != mem->pinned || objects != mem->objects
        || s3_repair_check_slots(mem, marks, &used) != S3_OK
        || s3_repair_mark(mem, marks, mem->arena.free, mem->arena.nfree)
           != S3_OK
        || used + mem->arena.nfree != mem->arena.nchunks)
    {
        return S3_ERROR;
    }

    return S3_OK;
}


/* a chain of n chunks that nobody else has */

static int
s3_repair_mark(const s3_mem_t *mem, unsigned char *marks, uint32_t chunk,
    uint32_t n)
{
    for ( /* void */ ; n != 0; n--) {

        if (chunk >= mem->arena.nchunks || marks[chunk]) {
            return S3_ERROR;
        }

        marks[chunk] = 1;
        chunk = mem->arena.next[chunk];
    }

    return chunk == S3_ARENA_NONE ? S3_OK : S3_ERROR;
}


static int
s3_repair_check_slots(const s3_mem_t *mem, unsigned char *marks,
    uint32_t *ret_used)
{
    unsigned              i;
    uint32_t              block, n, pinned;
    const s3_mem_slot_t  *slot;

    pinned = 0;

    for (i = 0; i < S3_MEM_SLOTS; i++) {
        slot = &mem->slots[i];

        if (slot->pid == 0) {
            continue;
        }

        n = 0;

        for (block = slot->blocks;
             block != S3_ARENA_NONE && n <= mem->arena.nchunks;
             block = mem->arena.next[block])
        {
            n++;
        }

        if (n != 0 && s3_repair_mark(mem, marks, slot->blocks, n) != S3_OK) {
            return S3_ERROR;
        }

        *ret_used += n;
        pinned += slot->pinned;
    }

    return pinned == mem->pinned ? S3_OK : S3_ERROR;
}
