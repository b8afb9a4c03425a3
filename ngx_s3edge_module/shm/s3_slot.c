
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_slot.h"
#include "s3_hash.h"


_Static_assert(S3_STATS_MAX <= S3_SLOT_CELLS,
               "a worker's counters reach into those of the next one");

_Static_assert(sizeof(s3_slot_line_t) % S3_SLOT_LINE == 0
               && sizeof(s3_slot_t) % S3_SLOT_LINE == 0
               && sizeof(s3_slots_t) % S3_SLOT_LINE == 0
               && offsetof(s3_slots_t, blocks) == sizeof(s3_slots_t)
               && S3_SLOT_BLOCK % S3_SLOT_LINE == 0,
               "workers share a cache line");


static uint64_t s3_slots_table(void);
static void s3_slot_move(const s3_slots_t *slots, s3_slot_t *from,
    s3_slot_t *to);


size_t
s3_slots_size(size_t n)
{
    return sizeof(s3_slots_t)
           + (n + S3_SLOT_BLOCK - 1) / S3_SLOT_BLOCK
             * sizeof(s3_slot_block_t);
}


size_t
s3_slots_room(size_t bytes)
{
    return bytes < sizeof(s3_slots_t)
           ? 0
           : (bytes - sizeof(s3_slots_t)) / sizeof(s3_slot_block_t)
             * S3_SLOT_BLOCK;
}


void
s3_slots_init(s3_slots_t *slots, uint64_t token)
{
    slots->layout = S3_SLOT_LAYOUT;
    slots->cells = S3_SLOT_CELLS;
    slots->table = s3_slots_table();
    slots->token = token;
    slots->used = 1;

    __atomic_store_n(&slots->magic, S3_SLOT_MAGIC, __ATOMIC_RELEASE);
}


int
s3_slots_check(const s3_slots_t *slots, size_t bytes)
{
    return bytes >= s3_slots_size(1)
           && __atomic_load_n(&slots->magic, __ATOMIC_ACQUIRE)
              == S3_SLOT_MAGIC
           && slots->layout == S3_SLOT_LAYOUT
           && slots->cells == S3_SLOT_CELLS
           && slots->table == s3_slots_table()
           && slots->used != 0
           && slots->used <= s3_slots_room(bytes);
}


/* of the names in their order: cells mean the same */

static uint64_t
s3_slots_table(void)
{
    size_t       i;
    uint64_t     hash;
    s3_str_t     name;
    const char  *text;

    hash = sizeof(s3_slot_block_t);

    for (i = 0; i < S3_STATS_MAX; i++) {
        text = s3_stats[S3_STATS_BUCKET].rows[i].name;

        name.data = (unsigned char *) (uintptr_t) text;
        name.len = strlen(text);

        hash = s3_hash(hash, &name);
    }

    return hash;
}


void
s3_slots_begin(s3_slots_t *slots)
{
    slots->cycle++;
}


/* the region may be another one now */

void
s3_slot_keep(s3_slots_t *slots, s3_slot_t *slot)
{
    slot->cycle = slots->cycle;

    __atomic_store_n(&slot->region_len, 0, __ATOMIC_RELEASE);
}


s3_slot_t *
s3_slot_take(s3_slots_t *slots, size_t room, s3_slot_hand_t *hand)
{
    s3_slot_t  *slot;

    if (slots->used < room) {
        slot = s3_slots_at(slots, slots->used);
        slot->index = slots->used++;

        return slot;
    }

    for ( ;; ) {

        while (++hand->next < slots->used) {
            slot = s3_slots_at(slots, hand->next);

            if (hand->any ? slot->cycle != slots->cycle
                          : slot->name_len == 0
                            || slots->cycle - slot->cycle > 1)
            {
                return slot;
            }
        }

        if (hand->any) {
            return NULL;
        }

        hand->any = 1;
        hand->next = 0;
    }
}


/* asked before s3_slots_begin(): "cycle" is that of the ones that run */

int
s3_slot_is_free(const s3_slots_t *slots, const s3_slot_t *slot)
{
    return slot->name_len == 0 || slot->cycle != slots->cycle;
}


void
s3_slot_give(s3_slots_t *slots, s3_slot_t *slot, const s3_str_t *name)
{
    __atomic_store_n(&slot->id, 0, __ATOMIC_SEQ_CST);

    s3_slot_move(slots, slot, s3_slots_at(slots, 0));

    slot->region_len = 0;
    slot->name_len = (uint32_t) name->len;

    if (name->len != 0) {
        memcpy(slot->name, name->data, name->len);
    }

    slot->cycle = slots->cycle;

    __atomic_store_n(&slot->id, ++slots->last_id, __ATOMIC_RELEASE);
}


void
s3_slots_cut(s3_slots_t *slots, size_t room)
{
    s3_slot_t              *slot;
    static const s3_str_t   none = { 0, NULL };

    while (slots->used > room && slots->used > 1) {
        slot = s3_slots_at(slots, slots->used - 1);

        s3_slot_give(slots, slot, &none);
        slots->used--;
    }
}


/* a worker may add to "from" meanwhile: nothing of that is lost */

static void
s3_slot_move(const s3_slots_t *slots, s3_slot_t *from, s3_slot_t *to)
{
    unsigned  i, n;
    uint64_t  count;

    for (i = 0; i < slots->lines; i++) {
        for (n = 0; n < S3_STATS_MAX; n++) {

            count = __atomic_exchange_n(&from->lines[i].cells[n], 0,
                                        __ATOMIC_SEQ_CST);

            s3_slot_add(to, i, n, count);
        }
    }
}


void
s3_slot_sum(const s3_slots_t *slots, const s3_slot_t *slot,
    uint64_t sums[S3_STATS_MAX])
{
    unsigned  i, n, lines;

    lines = __atomic_load_n(&slots->lines, __ATOMIC_ACQUIRE);

    for (i = 0; i < lines && i < S3_SLOT_LINES; i++) {
        for (n = 0; n < S3_STATS_MAX; n++) {
            sums[n] += __atomic_load_n(&slot->lines[i].cells[n],
                                       __ATOMIC_RELAXED);
        }
    }
}


void
s3_slots_use_line(s3_slots_t *slots, unsigned line)
{
    uint32_t  lines;

    lines = __atomic_load_n(&slots->lines, __ATOMIC_ACQUIRE);

    while (lines <= line
           && !__atomic_compare_exchange_n(&slots->lines, &lines, line + 1, 0,
                                           __ATOMIC_SEQ_CST,
                                           __ATOMIC_ACQUIRE))
    {
        /* lines holds what another process has written */
    }
}


int
s3_slots_lock(s3_slots_t *slots, int32_t pid, s3_slot_alive_pt alive)
{
    int32_t  owner;

    owner = __atomic_load_n(&slots->flusher, __ATOMIC_ACQUIRE);

    if (owner != 0 && owner != pid && alive(owner)) {
        return 0;
    }

    return __atomic_compare_exchange_n(&slots->flusher, &owner, pid, 0,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}


void
s3_slots_unlock(s3_slots_t *slots, int32_t pid)
{
    (void) __atomic_compare_exchange_n(&slots->flusher, &pid, 0, 0,
                                       __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}


size_t
s3_slots_changed(s3_slots_t *slots, size_t block, size_t *ret_first)
{
    size_t                 i, k, first, end;
    uint64_t               word;
    unsigned char         *changed;
    static const size_t    step = sizeof(uint64_t);

    first = S3_SLOT_BLOCK;
    end = 0;

    for (k = 0; k < S3_SLOT_LINES; k++) {
        changed = slots->blocks[block].changed[k];

        for (i = 0; i < S3_SLOT_BLOCK; i++) {

            if (i % step == 0) {
                memcpy(&word, &changed[i], step);

                if (word == 0) {
                    i += step - 1;
                    continue;
                }
            }

            if (__atomic_load_n(&changed[i], __ATOMIC_RELAXED) == 0) {
                continue;
            }

            (void) __atomic_exchange_n(&changed[i], 0, __ATOMIC_SEQ_CST);

            first = i < first ? i : first;
            end = i >= end ? i + 1 : end;
        }
    }

    *ret_first = first;

    return first < end ? end - first : 0;
}
