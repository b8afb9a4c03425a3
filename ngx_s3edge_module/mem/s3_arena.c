
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_arena.h"


#if (S3_MEM_CHECK)

/* what free chunks hold, so that writing to one shows */
#define S3_ARENA_POISON  0xdd


static void s3_arena_poison(s3_arena_t *arena, uint32_t chunk, uint32_t n);
static void s3_arena_check(s3_arena_t *arena, uint32_t chunk, uint32_t n);

#endif


void
s3_arena_init(s3_arena_t *arena, uint32_t nchunks, uint32_t *next,
    unsigned char *chunks)
{
    uint32_t  i;

    arena->nchunks = nchunks;
    arena->free = 0;
    arena->nfree = nchunks;
    arena->next = next;
    arena->chunks = chunks;

    for (i = 0; i < nchunks; i++) {
        next[i] = i + 1;
    }

    next[i - 1] = S3_ARENA_NONE;

#if (S3_MEM_CHECK)
    s3_arena_poison(arena, 0, nchunks);
#endif
}


uint32_t
s3_arena_take(s3_arena_t *arena, uint32_t n, uint32_t *ret_last)
{
    uint32_t  first, last, i;

    first = arena->free;
    last = first;

    for (i = 1; i < n; i++) {
        last = arena->next[last];
    }

    arena->free = arena->next[last];
    arena->next[last] = S3_ARENA_NONE;
    arena->nfree -= n;

#if (S3_MEM_CHECK)
    s3_arena_check(arena, first, n);
#endif

    *ret_last = last;

    return first;
}


void
s3_arena_give(s3_arena_t *arena, uint32_t first, uint32_t last, uint32_t n)
{
#if (S3_MEM_CHECK)
    s3_arena_poison(arena, first, n);
#endif

    arena->next[last] = arena->free;
    arena->free = first;
    arena->nfree += n;
}


size_t
s3_arena_run(const s3_arena_t *arena, s3_arena_place_t *place, size_t len,
    unsigned char **ret_data)
{
    size_t    n;
    uint32_t  chunk;

    /* the end of a chunk is the beginning of the next, if there is one */

    if (place->pos == S3_ARENA_CHUNK && len != 0) {
        place->chunk = arena->next[place->chunk];
        place->pos = 0;
    }

    chunk = place->chunk;
    *ret_data = s3_arena_data(arena, chunk) + place->pos;

    n = S3_ARENA_CHUNK - place->pos;

    while (n < len && arena->next[chunk] == chunk + 1) {
        chunk++;
        n += S3_ARENA_CHUNK;
    }

    place->chunk = chunk;
    place->pos = S3_ARENA_CHUNK;

    if (n > len) {
        place->pos -= (uint32_t) (n - len);
        n = len;
    }

    return n;
}


void
s3_arena_write(const s3_arena_t *arena, s3_arena_place_t *place,
    const void *data, size_t len)
{
    size_t                n;
    unsigned char        *p;
    const unsigned char  *src;

    for (src = data; len != 0; len -= n) {
        n = s3_arena_run(arena, place, len, &p);

        memcpy(p, src, n);
        src += n;
    }
}


#if (S3_MEM_CHECK)

static void
s3_arena_poison(s3_arena_t *arena, uint32_t chunk, uint32_t n)
{
    for ( /* void */ ; n != 0; n--) {
        memset(s3_arena_data(arena, chunk), S3_ARENA_POISON, S3_ARENA_CHUNK);
        chunk = arena->next[chunk];
    }
}


/* somebody wrote to a chunk that was not theirs: no state to go on from */

static void
s3_arena_check(s3_arena_t *arena, uint32_t chunk, uint32_t n)
{
    unsigned char  *data;

    for ( /* void */ ; n != 0; n--) {
        data = s3_arena_data(arena, chunk);

        if (data[0] != S3_ARENA_POISON
            || memcmp(data, data + 1, S3_ARENA_CHUNK - 1) != 0)
        {
            __builtin_trap();
        }

        chunk = arena->next[chunk];
    }
}

#endif
