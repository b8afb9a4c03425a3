
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "crowd.h"
#include "s3_repair.h"


#define CROWD_SHIFTS       4096    /* where the bytes of an object may begin */
#define CROWD_LONGEST      (1 << 15)
#define CROWD_ENTRY        sizeof(s3_mem_entry_t)


static unsigned crowd_mix(const crowd_object_t *object, unsigned salt);
static int crowd_equal(const crowd_t *crowd, s3_arena_place_t *place,
    const s3_str_t *text, size_t len);
static const char *crowd_check_proc(const crowd_t *crowd,
    const crowd_proc_t *proc);
static int crowd_is_alive(int32_t pid);


static unsigned char   crowd_pool[CROWD_SHIFTS + CROWD_LONGEST];
static const crowd_t  *crowd_alive;


void
crowd_init(crowd_t *crowd, s3_mem_t *mem, unsigned char *marks,
    unsigned (*pick)(void *data, unsigned below), void *data)
{
    size_t    i;
    uint32_t  n;

    memset(crowd, 0, sizeof(crowd_t));

    crowd->mem = mem;
    crowd->marks = marks;
    crowd->pick = pick;
    crowd->data = data;
    crowd->act = "init";

    for (i = 0; i < CROWD_PROCS; i++) {
        crowd->procs[i].slot = -1;
    }

    n = 1;

    for (i = 0; i < sizeof(crowd_pool); i++) {
        n = n * 1664525 + 1013904223;
        crowd_pool[i] = (unsigned char) (n >> 24);
    }
}


static unsigned
crowd_mix(const crowd_object_t *object, unsigned salt)
{
    uint64_t  n;

    n = ((uint64_t) object->key << 40) + ((uint64_t) object->version << 8)
        + salt;
    n *= 0x9e3779b97f4a7c15ULL;
    n ^= n >> 29;
    n *= 0xbf58476d1ce4e5b9ULL;

    return (unsigned) (n >> 33);
}


/*
 * All of it follows from key and version.  Keys are of all lengths that
 * matter, and so are whole objects: chunks that are just full, and a byte
 * more and less.
 */

void
crowd_bytes(const crowd_t *crowd, const crowd_object_t *object,
    crowd_bytes_t *ret_bytes)
{
    size_t    fixed, most, n;
    unsigned  key, kind;

    static const size_t  lens[] = {
        0, 1, S3_ARENA_CHUNK - CROWD_ENTRY - 1, S3_ARENA_CHUNK - CROWD_ENTRY,
        S3_ARENA_CHUNK - CROWD_ENTRY + 1, 2 * S3_ARENA_CHUNK - CROWD_ENTRY,
        1500
    };

    key = object->key;

    ret_bytes->key.data = crowd_pool + 61 * key;
    ret_bytes->key.len = key < sizeof(lens) / sizeof(lens[0])
                         ? lens[key] : 13 * (size_t) key;

    kind = crowd_mix(object, 0) % 8;

    ret_bytes->head.data = crowd_pool + crowd_mix(object, 1) % CROWD_SHIFTS;
    ret_bytes->head.len = (kind & 4) ? crowd_mix(object, 2) % 300 : 0;

    fixed = CROWD_ENTRY + ret_bytes->key.len + ret_bytes->head.len;
    n = (fixed + S3_ARENA_CHUNK - 1) / S3_ARENA_CHUNK;
    most = crowd->mem->arena.nchunks / S3_MEM_SHARE;

    if (n < most) {
        n += crowd_mix(object, 3) % (kind == 7 ? most - n + 1 : 3);
        n = n < most ? n : most;
    }

    n = n * S3_ARENA_CHUNK - fixed;

    switch (crowd_mix(object, 4) % 6) {

    case 0:
        n = 0;
        break;

    case 1:
        break;

    case 2:
        n = n > 0 ? n - 1 : 0;
        break;

    case 3:
        n = n + S3_ARENA_CHUNK + fixed < most * S3_ARENA_CHUNK ? n + 1 : n;
        break;

    default:
        n = crowd_mix(object, 5) % (n + 1);
    }

    ret_bytes->body.data = crowd_pool + crowd_mix(object, 6) % CROWD_SHIFTS;
    ret_bytes->body.len = n;
}


const char *
crowd_same(const crowd_t *crowd, const s3_mem_entry_t *entry,
    const crowd_object_t *object, size_t written)
{
    size_t             n;
    crowd_bytes_t      bytes;
    s3_arena_place_t   place, head;

    crowd_bytes(crowd, object, &bytes);

    crowd_want(entry->date == (int64_t) object->version);
    crowd_want(entry->valid == -(int64_t) object->version);
    crowd_want(entry->updating == (int64_t) object->key);
    crowd_want(entry->error == 7);
    crowd_want(entry->hash == s3_mem_hash(crowd->mem, &bytes.key));
    crowd_want(entry->key_len == bytes.key.len);
    crowd_want(entry->head_len == bytes.head.len);
    crowd_want(entry->body_len == bytes.body.len);

    place.chunk = entry->chunk;
    place.pos = CROWD_ENTRY;
    crowd_want(crowd_equal(crowd, &place, &bytes.key, bytes.key.len));

    head = s3_mem_head(crowd->mem, entry);
    crowd_want(head.chunk == place.chunk && head.pos == place.pos);

    n = written < bytes.head.len ? written : bytes.head.len;
    crowd_want(crowd_equal(crowd, &place, &bytes.head, n));

    written -= n;
    n = written < bytes.body.len ? written : bytes.body.len;
    crowd_want(crowd_equal(crowd, &place, &bytes.body, n));

    return NULL;
}


static int
crowd_equal(const crowd_t *crowd, s3_arena_place_t *place,
    const s3_str_t *text, size_t len)
{
    size_t          at, n;
    unsigned char  *data;

    for (at = 0; at < len; at += n) {
        n = s3_arena_run(&crowd->mem->arena, place, len - at, &data);

        if (n == 0 || memcmp(data, text->data + at, n) != 0) {
            return 0;
        }
    }

    return 1;
}


const char *
crowd_check(const crowd_t *crowd, int who)
{
    int       i;
    unsigned  pins;

    crowd_want(s3_repair_check(crowd->mem, crowd->marks) == S3_OK);

    pins = 0;

    for (i = 0; i < CROWD_PROCS; i++) {
        pins += crowd->procs[i].npins;

        if (who == -1 || who == i) {
            crowd_try(crowd_check_proc(crowd, &crowd->procs[i]));
        }
    }

    crowd_want(pins == crowd->mem->pinned);

    return NULL;
}


static const char *
crowd_check_proc(const crowd_t *crowd, const crowd_proc_t *proc)
{
    unsigned               i;
    const crowd_pin_t     *pin, *last;
    const crowd_fill_t    *fill;
    const s3_mem_entry_t  *entry;

    last = NULL;

    for (i = 0; i < proc->npins; i++) {
        pin = &proc->pins[i];
        entry = pin->pin.entry;

        crowd_want(crowd->mem->heads[entry->chunk] == 1);
        crowd_want(entry->state == S3_MEM_READY
                   || entry->state == S3_MEM_DEAD);
        crowd_want(entry->order.held >= 1);

        if (last == NULL || last->pin.entry != entry) {
            crowd_try(crowd_same(crowd, entry, &pin->object, SIZE_MAX));
        }

        crowd_want(entry->date == (int64_t) pin->object.version);
        last = pin;
    }

    for (i = 0; i < proc->nfills; i++) {
        fill = &proc->fills[i];

        crowd_want(crowd->mem->heads[fill->entry->chunk] == 1);
        crowd_want(fill->entry->state == S3_MEM_FILLING);
        crowd_want(fill->entry->slot == proc->slot);
        crowd_try(crowd_same(crowd, fill->entry, &fill->object,
                             fill->written));
    }

    return NULL;
}


const char *
crowd_ready(const crowd_t *crowd, unsigned *versions)
{
    uint32_t               i;
    crowd_object_t         object;
    const s3_mem_entry_t  *entry;

    memset(versions, 0, CROWD_KEYS * sizeof(unsigned));

    for (i = 0; i < crowd->mem->arena.nchunks; i++) {

        if (crowd->mem->heads[i] == 0) {
            continue;
        }

        entry = s3_mem_entry(crowd->mem, i);

        if (entry->state != S3_MEM_READY) {
            continue;
        }

        object.key = (unsigned) entry->updating;
        object.version = (unsigned) entry->date;

        crowd_want(object.key < CROWD_KEYS);
        crowd_want(versions[object.key] == 0);
        crowd_try(crowd_same(crowd, entry, &object, SIZE_MAX));

        versions[object.key] = object.version;
    }

    return NULL;
}


const char *
crowd_exit(crowd_t *crowd, unsigned n)
{
    unsigned  slot;

    slot = (unsigned) crowd->procs[n].slot;

    crowd_want(s3_mem_enter(crowd->mem) == S3_OK);
    s3_pin_release(crowd->mem, slot);
    s3_mem_leave(crowd->mem);

    crowd_want(crowd->mem->slots[slot].pid == 0);
    crowd_die(crowd, n);

    return NULL;
}


void
crowd_die(crowd_t *crowd, unsigned n)
{
    unsigned       i;
    crowd_proc_t  *proc;

    proc = &crowd->procs[n];

    for (i = 0; i < proc->nfills; i++) {
        crowd->filling[proc->fills[i].object.key] = 0;
    }

    proc->slot = -1;
    proc->pid = 0;
    proc->npins = 0;
    proc->nfills = 0;
}


const char *
crowd_claim(crowd_t *crowd, unsigned n)
{
    unsigned              i, live;
    uint32_t              chunk;
    crowd_proc_t         *proc;
    const s3_mem_slot_t  *slot;

    proc = &crowd->procs[n];
    proc->pid = ++crowd->pid;

    (void) s3_mem_enter(crowd->mem);

    crowd_alive = crowd;
    proc->slot = s3_pin_claim(crowd->mem, proc->cycle, n, proc->pid,
                              crowd_is_alive);
    s3_mem_leave(crowd->mem);

    crowd_want(proc->slot >= 0 && proc->slot < S3_MEM_SLOTS);

    slot = &crowd->mem->slots[proc->slot];
    crowd_want(slot->pid == proc->pid && slot->cycle == proc->cycle
               && slot->worker == n && slot->pinned == 0
               && slot->blocks == S3_ARENA_NONE);

    for (chunk = 0; chunk < crowd->mem->arena.nchunks; chunk++) {
        crowd_want(!crowd->mem->heads[chunk]
                   || s3_mem_entry(crowd->mem, chunk)->state
                      != S3_MEM_FILLING
                   || s3_mem_entry(crowd->mem, chunk)->slot != proc->slot);
    }

    live = 0;

    for (i = 0; i < S3_MEM_SLOTS; i++) {
        live += crowd->mem->slots[i].pid != 0;
    }

    for (i = 0; i < CROWD_PROCS; i++) {
        live -= crowd->procs[i].pid != 0;
    }

    crowd_want(live == 0);

    return NULL;
}


static int
crowd_is_alive(int32_t pid)
{
    unsigned  i;

    for (i = 0; i < CROWD_PROCS; i++) {
        if (crowd_alive->procs[i].pid == pid) {
            return 1;
        }
    }

    return 0;
}


const char *
crowd_end(crowd_t *crowd)
{
    for (crowd->actor = 0; crowd->actor < CROWD_PROCS; crowd->actor++) {
        if (crowd->procs[crowd->actor].slot != -1) {
            crowd_try(crowd_exit(crowd, crowd->actor));
        }
    }

    crowd_try(crowd_check(crowd, -1));
    crowd_want(crowd->mem->pinned == 0);

    crowd_want(s3_mem_enter(crowd->mem) == S3_OK);
    crowd_want(s3_mem_make_room(crowd->mem, crowd->mem->arena.nchunks)
               == S3_OK);
    s3_mem_leave(crowd->mem);

    crowd_try(crowd_check(crowd, -1));
    crowd_want(crowd->mem->objects == 0);

    return NULL;
}
