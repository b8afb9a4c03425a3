
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_mem.h"
#include "s3_hash.h"


#define S3_MEM_ALIGN       64

/* of all chunks that there can be */
#define S3_MEM_SIZE_MAX    ((size_t) S3_MEM_CHUNKS_MAX * S3_ARENA_CHUNK)

/* chunks that only what was seen before may have, one of so many */
#define S3_MEM_RESERVE     64

/* nodes that the hand looks at for one that has to go */
#define S3_MEM_STEPS       1024


static uint32_t s3_mem_power(uint32_t n);
static int s3_mem_is_key(const s3_mem_t *mem, const s3_mem_entry_t *entry,
    const s3_str_t *key);
static int s3_mem_is_filling(const s3_mem_t *mem,
    const s3_mem_object_t *object);
static void s3_mem_unlink(s3_mem_t *mem, s3_mem_entry_t *entry);
static void s3_mem_drop(s3_mem_t *mem, s3_mem_entry_t *entry);


int
s3_mem_init(void *region, size_t size, uint64_t seed)
{
    size_t          fixed, each, n;
    uint32_t        buckets, *next;
    s3_mem_t       *mem;
    unsigned char  *p, *chunks;

    mem = region;

    fixed = sizeof(s3_mem_t) + 4 * S3_MEM_ALIGN;
    each = S3_ARENA_CHUNK + sizeof(s3_ghost_cell_t) + 2 * sizeof(uint32_t) + 1;

    if (size < fixed + S3_MEM_CHUNKS_MIN * each) {
        return S3_ERROR;
    }

    n = (size - fixed) / each;

    if (n > S3_MEM_CHUNKS_MAX) {
        n = S3_MEM_CHUNKS_MAX;
    }

    buckets = s3_mem_power((uint32_t) n);

    mem->layout = S3_MEM_LAYOUT;
    mem->seed = seed;
    mem->mask = buckets - 1;

    chunks = (unsigned char *) region + size - n * S3_ARENA_CHUNK;
    chunks -= (uintptr_t) chunks % S3_MEM_ALIGN;

    p = (unsigned char *) region + sizeof(s3_mem_t);
    p += S3_MEM_ALIGN - (uintptr_t) p % S3_MEM_ALIGN;

    s3_ghost_init(&mem->ghost, (s3_ghost_cell_t *) (void *) p, buckets);
    p += buckets * sizeof(s3_ghost_cell_t);

    mem->buckets = (uint32_t *) (void *) p;
    memset(mem->buckets, 0xff, buckets * sizeof(uint32_t));

    next = mem->buckets + buckets;
    mem->heads = (unsigned char *) (next + n);

    s3_arena_init(&mem->arena, (uint32_t) n, next, chunks);
    s3_sieve_init(&mem->order);

    return S3_OK;
}


/* the largest power of two that is not larger */

static uint32_t
s3_mem_power(uint32_t n)
{
    uint32_t  power;

    for (power = 1; power <= n / 2; power *= 2) { /* void */ }

    return power;
}


size_t
s3_mem_chunks(size_t key_len, size_t head_len, size_t body_len)
{
    size_t  size;

    /* lengths are what somebody says: their sum is not to wrap */

    if (key_len > S3_MEM_SIZE_MAX || head_len > S3_MEM_SIZE_MAX
        || body_len > S3_MEM_SIZE_MAX)
    {
        return SIZE_MAX;
    }

    size = sizeof(s3_mem_entry_t) + key_len + head_len + body_len;

    return (size + S3_ARENA_CHUNK - 1) / S3_ARENA_CHUNK;
}


uint64_t
s3_mem_hash(const s3_mem_t *mem, const s3_str_t *key)
{
    return s3_hash(mem->seed, key);
}


s3_mem_entry_t *
s3_mem_find(s3_mem_t *mem, uint64_t hash, const s3_str_t *key)
{
    uint32_t         chunk;
    s3_mem_entry_t  *entry;

    for (chunk = mem->buckets[hash & mem->mask];
         chunk != S3_ARENA_NONE;
         chunk = entry->next)
    {
        entry = s3_mem_entry(mem, chunk);

        if (entry->hash == hash && entry->state == S3_MEM_READY
            && s3_mem_is_key(mem, entry, key))
        {
            s3_sieve_visit(&entry->order);
            return entry;
        }
    }

    return NULL;
}


static int
s3_mem_is_key(const s3_mem_t *mem, const s3_mem_entry_t *entry,
    const s3_str_t *key)
{
    size_t             len, n;
    unsigned char     *data;
    s3_arena_place_t   place;

    if (entry->key_len != key->len) {
        return 0;
    }

    if (sizeof(s3_mem_entry_t) + key->len <= entry->run) {
        return memcmp(entry + 1, key->data, key->len) == 0;
    }

    place.chunk = entry->chunk;
    place.pos = sizeof(s3_mem_entry_t);

    for (len = 0; len < key->len; len += n) {
        n = s3_arena_run(&mem->arena, &place, key->len - len, &data);

        if (memcmp(data, key->data + len, n) != 0) {
            return 0;
        }
    }

    return 1;
}


int
s3_mem_seen(s3_mem_t *mem, uint64_t hash)
{
    return s3_ghost_seen(&mem->ghost, hash, 2 * mem->objects);
}


s3_mem_entry_t *
s3_mem_begin(s3_mem_t *mem, unsigned slot, const s3_mem_object_t *object,
    s3_arena_place_t *ret_place)
{
    size_t             n, spare;
    uint32_t           chunk, last;
    unsigned char     *data;
    s3_mem_entry_t    *entry;
    s3_arena_place_t   place;

    n = s3_mem_chunks(object->key.len, object->head_len, object->body_len);

    if (object->key.len > UINT16_MAX || n > mem->arena.nchunks / S3_MEM_SHARE) {
        mem->no_room++;
        return NULL;
    }

    if (s3_mem_is_filling(mem, object)) {
        return NULL;
    }

    spare = mem->arena.nchunks / S3_MEM_RESERVE;

    if (!object->seen && mem->arena.nfree < n + spare) {
        mem->declined++;
        return NULL;
    }

    if (mem->filling + n > mem->arena.nchunks / S3_MEM_FILLS
        || s3_mem_make_room(mem, n) != S3_OK)
    {
        mem->no_room++;
        return NULL;
    }

    chunk = s3_arena_take(&mem->arena, (uint32_t) n, &last);

    entry = s3_mem_entry(mem, chunk);
    memset(entry, 0, sizeof(s3_mem_entry_t));

    entry->hash = object->hash;
    entry->date = object->date;
    entry->valid = object->valid;
    entry->updating = object->updating;
    entry->error = object->error;
    entry->chunk = chunk;
    entry->last = last;
    entry->nchunks = (uint32_t) n;
    entry->head_len = (uint32_t) object->head_len;
    entry->body_len = (uint32_t) object->body_len;
    entry->key_len = (uint16_t) object->key.len;
    entry->update = object->now;
    entry->slot = (uint16_t) slot;
    entry->state = S3_MEM_FILLING;

    place.chunk = chunk;
    place.pos = 0;

    entry->run = (uint32_t) s3_arena_run(&mem->arena, &place,
                                         n * S3_ARENA_CHUNK, &data);

    place.chunk = chunk;
    place.pos = sizeof(s3_mem_entry_t);

    s3_arena_write(&mem->arena, &place, object->key.data, object->key.len);

    s3_mem_order();
    mem->heads[chunk] = 1;

    mem->filling += (uint32_t) n;
    s3_mem_link(mem, entry);

    *ret_place = place;

    return entry;
}


/* a client that reads slowly keeps others from it for a while, not for ever */

static int
s3_mem_is_filling(const s3_mem_t *mem, const s3_mem_object_t *object)
{
    uint32_t         chunk;
    s3_mem_entry_t  *entry;

    for (chunk = mem->buckets[object->hash & mem->mask];
         chunk != S3_ARENA_NONE;
         chunk = entry->next)
    {
        entry = s3_mem_entry(mem, chunk);

        if (entry->hash == object->hash && entry->state == S3_MEM_FILLING
            && object->now - entry->update < S3_MEM_UPDATE)
        {
            return 1;
        }
    }

    return 0;
}


int
s3_mem_make_room(s3_mem_t *mem, size_t n)
{
    s3_sieve_node_t  *node;
    s3_mem_entry_t   *entry;

    while (mem->arena.nfree < n) {
        node = s3_sieve_evict(&mem->order, S3_MEM_STEPS);

        if (node == NULL) {
            return S3_DECLINED;
        }

        entry = (s3_mem_entry_t *) (void *) node;

        mem->evicted++;
        mem->objects--;

        /* asked for once more, it comes back */

        (void) s3_ghost_seen(&mem->ghost, entry->hash, 0);

        s3_mem_unlink(mem, entry);
        s3_mem_free(mem, entry);
    }

    return S3_OK;
}


void
s3_mem_publish(s3_mem_t *mem, s3_mem_entry_t *entry)
{
#if (S3_MEM_CHECK)
    entry->sum = s3_mem_sum(mem, entry);
#endif

    s3_mem_forget(mem, entry->hash);

    mem->filling -= entry->nchunks;
    entry->update = 0;
    entry->state = S3_MEM_READY;
    s3_sieve_insert(&mem->order, &entry->order);

    mem->objects++;
    mem->stored++;
}


void
s3_mem_forget(s3_mem_t *mem, uint64_t hash)
{
    uint32_t         chunk, next;
    s3_mem_entry_t  *entry;

    for (chunk = mem->buckets[hash & mem->mask];
         chunk != S3_ARENA_NONE;
         chunk = next)
    {
        entry = s3_mem_entry(mem, chunk);
        next = entry->next;

        if (entry->hash == hash && entry->state == S3_MEM_READY) {
            s3_mem_drop(mem, entry);
        }
    }
}


/* the same hash may be of another key, which only means a miss */

static void
s3_mem_drop(s3_mem_t *mem, s3_mem_entry_t *entry)
{
    s3_sieve_remove(&mem->order, &entry->order);
    s3_mem_unlink(mem, entry);

    mem->objects--;

    if (entry->order.held == 0) {
        s3_mem_free(mem, entry);
        return;
    }

    entry->state = S3_MEM_DEAD;
}


void
s3_mem_abort(s3_mem_t *mem, s3_mem_entry_t *entry)
{
    mem->filling -= entry->nchunks;

    s3_mem_unlink(mem, entry);
    s3_mem_free(mem, entry);
}


s3_arena_place_t
s3_mem_head(const s3_mem_t *mem, const s3_mem_entry_t *entry)
{
    size_t             len, n;
    unsigned char     *data;
    s3_arena_place_t   place;

    place.chunk = entry->chunk;
    place.pos = sizeof(s3_mem_entry_t);

    for (len = entry->key_len; len != 0; len -= n) {
        n = s3_arena_run(&mem->arena, &place, len, &data);
    }

    return place;
}


unsigned char *
s3_mem_plain(const s3_mem_entry_t *entry)
{
    size_t  begin;

    begin = sizeof(s3_mem_entry_t) + entry->key_len;

    if (begin + entry->head_len + entry->body_len > entry->run) {
        return NULL;
    }

    return (unsigned char *) entry + begin;
}


/* Fletcher's, of single bytes: where runs end does not matter */

uint32_t
s3_mem_sum(const s3_mem_t *mem, const s3_mem_entry_t *entry)
{
    size_t             i, n, len;
    uint64_t           a, b;
    unsigned char     *data;
    s3_arena_place_t   place;

    place = s3_mem_head(mem, entry);
    a = 1;
    b = 0;

    for (len = (size_t) entry->head_len + entry->body_len; len; len -= n) {
        n = s3_arena_run(&mem->arena, &place, len, &data);

        for (i = 0; i < n; i++) {
            a += data[i];
            b += a;
        }
    }

    return (uint32_t) (a ^ b ^ b >> 32);
}


void
s3_mem_link(s3_mem_t *mem, s3_mem_entry_t *entry)
{
    uint32_t  *bucket;

    bucket = &mem->buckets[entry->hash & mem->mask];

    entry->next = *bucket;
    *bucket = entry->chunk;
}


static void
s3_mem_unlink(s3_mem_t *mem, s3_mem_entry_t *entry)
{
    uint32_t  *link;

    link = &mem->buckets[entry->hash & mem->mask];

    while (*link != entry->chunk) {
        link = &s3_mem_entry(mem, *link)->next;
    }

    *link = entry->next;
}


/*
 * No record is of it any more, then it is a head no more, and then its chunks
 * may be anything else.
 */

void
s3_mem_free(s3_mem_t *mem, s3_mem_entry_t *entry)
{
    s3_mem_order();
    mem->heads[entry->chunk] = 0;
    s3_mem_order();

    s3_arena_give(&mem->arena, entry->chunk, entry->last, entry->nchunks);
}
