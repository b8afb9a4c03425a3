
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory cut into chunks of one size, so that it can not fragment, and given
 * out as chains of them.  A chain takes the chunks that were given back last,
 * in the order that they had: what lies side by side mostly stays so, and is
 * read as one run.
 *
 * The caller locks; a chain that is taken is its owner's alone, and needs no
 * lock.
 */

#ifndef _S3_ARENA_H_INCLUDED_
#define _S3_ARENA_H_INCLUDED_


#include "s3_types.h"


#define S3_ARENA_CHUNK  1024       /* bytes */
#define S3_ARENA_NONE   UINT32_MAX


typedef struct {
    uint32_t         nchunks;
    uint32_t         free;         /* the chain of those that are free */
    uint32_t         nfree;
    uint32_t        *next;         /* of each chunk, in its chain */
    unsigned char   *chunks;
} s3_arena_t;


/* a place in a chain */

typedef struct {
    uint32_t         chunk;
    uint32_t         pos;
} s3_arena_place_t;


/* next: room for nchunks; chunks: the memory, nchunks * S3_ARENA_CHUNK */
void s3_arena_init(s3_arena_t *arena, uint32_t nchunks, uint32_t *next,
    unsigned char *chunks);

/* a chain of n chunks, of which there are as many */
uint32_t s3_arena_take(s3_arena_t *arena, uint32_t n, uint32_t *ret_last);

/* a chain is free again */
void s3_arena_give(s3_arena_t *arena, uint32_t first, uint32_t last,
    uint32_t n);

/*
 * The bytes at a place, as many as lie in one run, at most len, which the
 * chain has.  The place moves behind them; where len is 0, it stays.
 */
size_t s3_arena_run(const s3_arena_t *arena, s3_arena_place_t *place,
    size_t len, unsigned char **ret_data);

/* copies len bytes to a place, which moves behind them */
void s3_arena_write(const s3_arena_t *arena, s3_arena_place_t *place,
    const void *data, size_t len);


static inline unsigned char *
s3_arena_data(const s3_arena_t *arena, uint32_t chunk)
{
    return arena->chunks + (size_t) chunk * S3_ARENA_CHUNK;
}


#endif /* _S3_ARENA_H_INCLUDED_ */
