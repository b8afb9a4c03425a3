
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_prefetch.h"


#define S3_PREFETCH_LINE  64


void
s3_prefetch_place(const s3_mem_t *mem, uint64_t hash)
{
    __builtin_prefetch(&mem->buckets[hash & mem->mask]);
}


void
s3_prefetch_object(const s3_mem_t *mem, uint64_t hash)
{
    size_t          i;
    uint32_t        chunk;
    unsigned char  *data;

    chunk = __atomic_load_n(&mem->buckets[hash & mem->mask],
                            __ATOMIC_RELAXED);

    if (chunk == S3_ARENA_NONE) {
        return;
    }

    data = s3_arena_data(&mem->arena, chunk);

    for (i = 0; i < S3_ARENA_CHUNK; i += S3_PREFETCH_LINE) {
        __builtin_prefetch(data + i);
    }
}


void
s3_prefetch_rest(const s3_mem_entry_t *entry)
{
    size_t                i, end;
    const unsigned char  *data;

    data = (const unsigned char *) entry;

    end = sizeof(s3_mem_entry_t) + entry->key_len + entry->head_len
          + (size_t) entry->body_len;

    if (end > entry->run) {
        end = entry->run;
    }

    if (end > 2 * S3_ARENA_CHUNK) {
        end = 2 * S3_ARENA_CHUNK;
    }

    for (i = S3_ARENA_CHUNK; i < end; i += S3_PREFETCH_LINE) {
        __builtin_prefetch(data + i);
    }
}
