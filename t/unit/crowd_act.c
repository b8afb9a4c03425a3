
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "crowd.h"
#include "s3_repair.h"


typedef struct {
    const char    *name;
    unsigned       weight;
    const char  *(*act)(crowd_t *crowd, crowd_proc_t *proc);
} crowd_act_t;


static const char *crowd_find(crowd_t *crowd, crowd_proc_t *proc);
static const char *crowd_pin(crowd_t *crowd, crowd_proc_t *proc,
    unsigned key, unsigned n);
static const char *crowd_pins(crowd_t *crowd, crowd_proc_t *proc);
static const char *crowd_unpin(crowd_t *crowd, crowd_proc_t *proc);
static const char *crowd_unpins(crowd_t *crowd, crowd_proc_t *proc);
static const char *crowd_begin(crowd_t *crowd, crowd_proc_t *proc);
static const char *crowd_write(crowd_t *crowd, crowd_proc_t *proc);
static void crowd_write_some(crowd_t *crowd, crowd_fill_t *fill, size_t len);
static const char *crowd_publish(crowd_t *crowd, crowd_proc_t *proc);
static const char *crowd_abort(crowd_t *crowd, crowd_proc_t *proc);
static const char *crowd_leave(crowd_t *crowd, crowd_proc_t *proc);
static const char *crowd_replace(crowd_t *crowd, crowd_proc_t *proc);
static const char *crowd_mark(crowd_t *crowd, crowd_proc_t *proc);


static const crowd_act_t  crowd_acts[] = {
    { "find", 40, crowd_find },
    { "pins", 3, crowd_pins },
    { "unpin", 40, crowd_unpin },
    { "unpins", 1, crowd_unpins },
    { "begin", 30, crowd_begin },
    { "write", 16, crowd_write },
    { "publish", 24, crowd_publish },
    { "abort", 4, crowd_abort },
    { "exit", 1, crowd_leave },
    { "replace", 1, crowd_replace },
    { "mark", 1, crowd_mark }
};

#define CROWD_ACTS  (sizeof(crowd_acts) / sizeof(crowd_acts[0]))


const char *
crowd_act(crowd_t *crowd)
{
    unsigned       i, n, all;
    crowd_proc_t  *proc;

    crowd->actor = crowd->pick(crowd->data, CROWD_PROCS);
    proc = &crowd->procs[crowd->actor];

    if (proc->slot == -1) {
        crowd->act = "claim";
        return crowd_claim(crowd, crowd->actor);
    }

    all = 0;

    for (i = 0; i < CROWD_ACTS; i++) {
        all += crowd_acts[i].weight;
    }

    n = crowd->pick(crowd->data, all);

    for (i = 0; n >= crowd_acts[i].weight; i++) {
        n -= crowd_acts[i].weight;
    }

    crowd->act = crowd_acts[i].name;

    return crowd_acts[i].act(crowd, proc);
}


static const char *
crowd_find(crowd_t *crowd, crowd_proc_t *proc)
{
    unsigned  key;

    key = crowd->pick(crowd->data, CROWD_KEYS);

    return crowd_pin(crowd, proc, key, crowd->pick(crowd->data, 2));
}


/* finds an object and pins it n times */

static const char *
crowd_pin(crowd_t *crowd, crowd_proc_t *proc, unsigned key, unsigned n)
{
    unsigned         slot;
    crowd_pin_t     *pin;
    crowd_bytes_t    bytes;
    crowd_object_t   object;
    s3_mem_entry_t  *entry;

    slot = (unsigned) proc->slot;
    object.key = key;
    object.version = crowd->latest[key];
    crowd_bytes(crowd, &object, &bytes);

    crowd_want(s3_mem_enter(crowd->mem) == S3_OK);

    entry = s3_mem_find(crowd->mem, s3_mem_hash(crowd->mem, &bytes.key),
                        &bytes.key);

    if (entry != NULL) {
        crowd_want(object.version != 0);
        crowd_want(entry->state == S3_MEM_READY);
        crowd_want(entry->order.visited == 1);
        crowd_try(crowd_same(crowd, entry, &object, SIZE_MAX));
    }

    for ( /* void */ ; entry != NULL && n != 0; n--) {

        if (proc->npins == CROWD_PINS) {
            break;
        }

        pin = &proc->pins[proc->npins];

        if (s3_pin(crowd->mem, slot, entry, &pin->pin) != S3_OK) {
            crowd_want(crowd->mem->arena.nfree == 0);
            break;
        }

        crowd_want(pin->pin.entry == entry);
        pin->object = object;
        proc->npins++;
    }

    s3_mem_leave(crowd->mem);

    return NULL;
}


static const char *
crowd_pins(crowd_t *crowd, crowd_proc_t *proc)
{
    unsigned  n, key;

    /* mostly some; now and then so many that a block is not enough */

    n = crowd->pick(crowd->data, 4) != 0 ? 20 : CROWD_PINS;
    key = crowd->pick(crowd->data, CROWD_KEYS);

    return crowd_pin(crowd, proc, key, n);
}


static const char *
crowd_unpin(crowd_t *crowd, crowd_proc_t *proc)
{
    crowd_pin_t  *pin;

    if (proc->npins == 0) {
        return NULL;
    }

    pin = &proc->pins[crowd->pick(crowd->data, proc->npins)];

    crowd_want(s3_mem_enter(crowd->mem) == S3_OK);
    s3_unpin(crowd->mem, (unsigned) proc->slot, &pin->pin);
    s3_mem_leave(crowd->mem);

    *pin = proc->pins[--proc->npins];

    return NULL;
}


/* all, or all but some */

static const char *
crowd_unpins(crowd_t *crowd, crowd_proc_t *proc)
{
    unsigned  left;

    left = crowd->pick(crowd->data, 3);

    while (proc->npins > left) {
        crowd_try(crowd_unpin(crowd, proc));
    }

    return NULL;
}


static const char *
crowd_begin(crowd_t *crowd, crowd_proc_t *proc)
{
    uint64_t          no_room, declined;
    crowd_fill_t     *fill;
    crowd_bytes_t     bytes;
    s3_mem_object_t   object;

    if (proc->nfills == CROWD_FILLS) {
        return crowd_publish(crowd, proc);
    }

    fill = &proc->fills[proc->nfills];
    fill->object.key = crowd->pick(crowd->data, CROWD_KEYS);
    fill->object.version = ++crowd->version;
    fill->written = 0;

    crowd_bytes(crowd, &fill->object, &bytes);

    memset(&object, 0, sizeof(s3_mem_object_t));
    object.hash = s3_mem_hash(crowd->mem, &bytes.key);
    object.key = bytes.key;
    object.head_len = bytes.head.len;
    object.body_len = bytes.body.len;
    object.date = fill->object.version;
    object.valid = -object.date;
    object.updating = fill->object.key;
    object.error = 7;

    crowd_want(s3_mem_enter(crowd->mem) == S3_OK);

    no_room = crowd->mem->no_room;
    declined = crowd->mem->declined;

    object.seen = (unsigned) s3_mem_seen(crowd->mem, object.hash);
    fill->entry = s3_mem_begin(crowd->mem, (unsigned) proc->slot, &object,
                               &fill->place);

    no_room = crowd->mem->no_room - no_room;
    declined = crowd->mem->declined - declined;

    s3_mem_leave(crowd->mem);

    if (crowd->filling[fill->object.key]) {
        crowd_want(fill->entry == NULL && no_room + declined == 0);
        return NULL;
    }

    if (fill->entry == NULL) {
        crowd_want(no_room + declined == 1);
        crowd_want(!(object.seen && declined));
        return NULL;
    }

    crowd_want(no_room + declined == 0);
    crowd->filling[fill->object.key] = 1;
    proc->nfills++;

    return NULL;
}


/* without the lock, as those who fill do */

static const char *
crowd_write(crowd_t *crowd, crowd_proc_t *proc)
{
    crowd_fill_t  *fill;

    if (proc->nfills != 0) {
        fill = &proc->fills[crowd->pick(crowd->data, proc->nfills)];
        crowd_write_some(crowd, fill, crowd->pick(crowd->data, 3000));
    }

    return NULL;
}


static void
crowd_write_some(crowd_t *crowd, crowd_fill_t *fill, size_t len)
{
    size_t           at, n;
    crowd_bytes_t    bytes;
    const s3_str_t  *part;

    crowd_bytes(crowd, &fill->object, &bytes);

    while (len != 0 && fill->written < bytes.head.len + bytes.body.len) {

        part = &bytes.head;
        at = fill->written;

        if (at >= bytes.head.len) {
            part = &bytes.body;
            at -= bytes.head.len;
        }

        n = part->len - at;
        n = n < len ? n : len;

        s3_arena_write(&crowd->mem->arena, &fill->place, part->data + at, n);
        fill->written += n;
        len -= n;
    }
}


static const char *
crowd_publish(crowd_t *crowd, crowd_proc_t *proc)
{
    uint32_t        i, objects;
    unsigned        key;
    crowd_fill_t   *fill;
    crowd_bytes_t   bytes;

    if (proc->nfills == 0) {
        return crowd_begin(crowd, proc);
    }

    fill = &proc->fills[crowd->pick(crowd->data, proc->nfills)];
    crowd_write_some(crowd, fill, SIZE_MAX);
    crowd_bytes(crowd, &fill->object, &bytes);
    key = fill->object.key;

    crowd_want(s3_mem_enter(crowd->mem) == S3_OK);

    /* the one before, which this one takes the place of */

    objects = crowd->mem->objects;

    for (i = 0; i < crowd->mem->arena.nchunks; i++) {
        objects -= crowd->mem->heads[i]
                   && s3_mem_entry(crowd->mem, i)->state == S3_MEM_READY
                   && s3_mem_entry(crowd->mem, i)->hash == fill->entry->hash;
    }

    s3_mem_publish(crowd->mem, fill->entry);
    crowd_want(crowd->mem->objects == objects + 1);

    crowd_want(s3_mem_find(crowd->mem, fill->entry->hash, &bytes.key)
               == fill->entry);

#if (S3_MEM_CHECK)
    crowd_want(fill->entry->sum == s3_mem_sum(crowd->mem, fill->entry));
#endif

    s3_mem_leave(crowd->mem);

    crowd->latest[key] = fill->object.version;
    crowd->filling[key] = 0;
    *fill = proc->fills[--proc->nfills];

    return NULL;
}


static const char *
crowd_abort(crowd_t *crowd, crowd_proc_t *proc)
{
    crowd_fill_t  *fill;

    if (proc->nfills == 0) {
        return NULL;
    }

    fill = &proc->fills[crowd->pick(crowd->data, proc->nfills)];

    crowd_want(s3_mem_enter(crowd->mem) == S3_OK);
    s3_mem_abort(crowd->mem, fill->entry);
    s3_mem_leave(crowd->mem);

    crowd->filling[fill->object.key] = 0;
    *fill = proc->fills[--proc->nfills];

    return NULL;
}


/* somebody died inside, but had nothing to do there */

static const char *
crowd_mark(crowd_t *crowd, crowd_proc_t *proc)
{
    uint64_t  repaired;

    (void) proc;

    repaired = crowd->mem->repaired;
    crowd->mem->busy = 1;

    crowd_want(s3_mem_enter(crowd->mem) == S3_DECLINED);
    crowd_want(crowd->mem->repaired == repaired + 1);
    s3_mem_leave(crowd->mem);

    return NULL;
}


static const char *
crowd_leave(crowd_t *crowd, crowd_proc_t *proc)
{
    (void) proc;

    return crowd_exit(crowd, crowd->actor);
}


/* killed, and another comes: of the same cycle, or of one that follows */

static const char *
crowd_replace(crowd_t *crowd, crowd_proc_t *proc)
{
    proc->cycle += crowd->pick(crowd->data, 2);
    crowd_die(crowd, crowd->actor);

    return crowd_claim(crowd, crowd->actor);
}
