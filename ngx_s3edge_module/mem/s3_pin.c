
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_pin.h"


static uint32_t *s3_pin_record(const s3_mem_t *mem, uint32_t record);
static int s3_pin_add_block(s3_mem_t *mem, s3_mem_slot_t *slot);
static void s3_pin_drop(s3_mem_t *mem, s3_mem_entry_t *entry);
static void s3_pin_drop_blocks(s3_mem_t *mem, s3_mem_slot_t *slot);


int
s3_pin_claim(s3_mem_t *mem, uint32_t cycle, uint32_t worker, int32_t pid,
    s3_pin_alive_pt alive)
{
    int             found;
    unsigned        i;
    s3_mem_slot_t  *slot;

    found = S3_DECLINED;

    for (i = 0; i < S3_MEM_SLOTS; i++) {
        slot = &mem->slots[i];

        if (slot->pid != 0
            && ((slot->cycle == cycle && slot->worker == worker)
                || slot->pid == pid || !alive(slot->pid)))
        {
            s3_pin_release(mem, i);
        }

        if (slot->pid == 0 && found == S3_DECLINED) {
            found = (int) i;
        }
    }

    if (found == S3_DECLINED) {
        return S3_DECLINED;
    }

    slot = &mem->slots[found];

    slot->cycle = cycle;
    slot->worker = worker;
    slot->blocks = S3_ARENA_NONE;
    slot->free = S3_PIN_MASK;
    slot->pinned = 0;

    s3_mem_order();
    slot->pid = pid;

    return found;
}


/*
 * Each step can be taken again by s3_repair(), should this process die here:
 * a record is freed before its pin goes.
 */

void
s3_pin_release(s3_mem_t *mem, unsigned n)
{
    uint32_t         i, block, *records;
    s3_mem_slot_t   *slot;
    s3_mem_entry_t  *entry;

    slot = &mem->slots[n];

    for (block = slot->blocks;
         block != S3_ARENA_NONE;
         block = mem->arena.next[block])
    {
        records = (uint32_t *) (void *) s3_arena_data(&mem->arena, block);

        for (i = 0; i < S3_PIN_RECORDS; i++) {

            if (records[i] & S3_PIN_FREE) {
                continue;
            }

            entry = s3_mem_entry(mem, records[i]);
            records[i] = S3_PIN_FREE | S3_PIN_MASK;

            s3_pin_drop(mem, entry);
        }
    }

    /* mostly nothing is being filled, and there is nobody to look for */

    for (i = 0; mem->filling != 0 && i < mem->arena.nchunks; i++) {

        if (!mem->heads[i]) {
            continue;
        }

        entry = s3_mem_entry(mem, i);

        if (entry->state == S3_MEM_FILLING && entry->slot == n) {
            s3_mem_abort(mem, entry);
        }
    }

    s3_pin_drop_blocks(mem, slot);
    slot->pinned = 0;

    s3_mem_order();
    slot->pid = 0;
}


void
s3_pin_sweep(s3_mem_t *mem, s3_pin_alive_pt alive)
{
    unsigned  i;

    for (i = 0; i < S3_MEM_SLOTS; i++) {
        if (mem->slots[i].pid != 0 && !alive(mem->slots[i].pid)) {
            s3_pin_release(mem, i);
        }
    }
}


int
s3_pin(s3_mem_t *mem, unsigned n, s3_mem_entry_t *entry, s3_pin_t *ret_pin)
{
    uint32_t       *record;
    s3_mem_slot_t  *slot;

    slot = &mem->slots[n];

    entry->order.held++;

    if (slot->free == S3_PIN_MASK && s3_pin_add_block(mem, slot) != S3_OK) {
        entry->order.held--;
        return S3_DECLINED;
    }

    ret_pin->entry = entry;
    ret_pin->record = slot->free;

    record = s3_pin_record(mem, slot->free);
    slot->free = *record & S3_PIN_MASK;
    *record = entry->chunk;

    slot->pinned++;
    mem->pinned++;

    return S3_OK;
}


static uint32_t *
s3_pin_record(const s3_mem_t *mem, uint32_t record)
{
    uint32_t  *records;

    records = (uint32_t *) (void *) s3_arena_data(&mem->arena,
                                                  record / S3_PIN_RECORDS);

    return &records[record % S3_PIN_RECORDS];
}


static int
s3_pin_add_block(s3_mem_t *mem, s3_mem_slot_t *slot)
{
    uint32_t  i, block, first, *records;

    if (s3_mem_make_room(mem, 1) != S3_OK) {
        return S3_DECLINED;
    }

    block = s3_arena_take(&mem->arena, 1, &block);
    first = block * (uint32_t) S3_PIN_RECORDS;
    records = (uint32_t *) (void *) s3_arena_data(&mem->arena, block);

    for (i = 0; i < S3_PIN_RECORDS - 1; i++) {
        records[i] = S3_PIN_FREE | (first + i + 1);
    }

    records[i] = S3_PIN_FREE | S3_PIN_MASK;

    mem->arena.next[block] = slot->blocks;
    s3_mem_order();

    slot->blocks = block;
    slot->free = first;

    return S3_OK;
}


void
s3_unpin(s3_mem_t *mem, unsigned n, const s3_pin_t *pin)
{
    s3_mem_slot_t  *slot;

    slot = &mem->slots[n];

    *s3_pin_record(mem, pin->record) = S3_PIN_FREE | slot->free;
    slot->free = pin->record;
    slot->pinned--;

    s3_pin_drop(mem, pin->entry);

    if (slot->pinned == 0 && mem->arena.next[slot->blocks] != S3_ARENA_NONE) {
        s3_pin_drop_blocks(mem, slot);
    }
}


static void
s3_pin_drop(s3_mem_t *mem, s3_mem_entry_t *entry)
{
    mem->pinned--;
    entry->order.held--;

    if (entry->order.held == 0 && entry->state == S3_MEM_DEAD) {
        s3_mem_free(mem, entry);
    }
}


static void
s3_pin_drop_blocks(s3_mem_t *mem, s3_mem_slot_t *slot)
{
    uint32_t  block;

    while (slot->blocks != S3_ARENA_NONE) {
        block = slot->blocks;
        slot->blocks = mem->arena.next[block];

        s3_mem_order();
        s3_arena_give(&mem->arena, block, block, 1);
    }

    slot->free = S3_PIN_MASK;
}
