
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which objects were asked for lately, without the objects: a cache that is
 * full takes in what is asked for a second time within a window, so that a
 * scan, which asks once, passes it by.
 *
 * A table of marks in sets of eight, a cache line each.  A set that is full
 * forgets its oldest.  Two hashes of one set are taken for one another once
 * in some 2^31 pairs: an object comes in early, which harms nobody.
 *
 * Time is counted modulo 2^32, and so are ages.  A mark looks fresh again
 * when 2^32 others have come, none of eight of them to its set: that is not
 * going to happen, and would harm as little.
 *
 * The caller locks.
 */

#ifndef _S3_GHOST_H_INCLUDED_
#define _S3_GHOST_H_INCLUDED_


#include "s3_types.h"


#define S3_GHOST_WAYS  8


typedef struct {
    uint32_t         mark;         /* 0: free */
    uint32_t         time;
} s3_ghost_cell_t;


typedef struct {
    uint32_t         time;         /* grows by one at each new mark */
    uint32_t         mask;         /* sets - 1 */
    s3_ghost_cell_t *cells;
} s3_ghost_t;


/* cells: zeroed, aligned to a cache line; n: power of two, at least 8 */
void s3_ghost_init(s3_ghost_t *ghost, s3_ghost_cell_t *cells, uint32_t n);

/*
 * 1 where the hash was recorded, and at most "window" others since.  Records
 * it as the latest.
 */
int s3_ghost_seen(s3_ghost_t *ghost, uint64_t hash, uint32_t window);


#endif /* _S3_GHOST_H_INCLUDED_ */
