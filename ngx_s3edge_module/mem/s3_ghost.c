
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_ghost.h"


void
s3_ghost_init(s3_ghost_t *ghost, s3_ghost_cell_t *cells, uint32_t n)
{
    ghost->time = 0;
    ghost->mask = n / S3_GHOST_WAYS - 1;
    ghost->cells = cells;
}


int
s3_ghost_seen(s3_ghost_t *ghost, uint64_t hash, uint32_t window)
{
    int               seen;
    uint32_t          mark, i;
    s3_ghost_cell_t  *set, *cell;

    mark = (uint32_t) (hash >> 32) | 1;
    set = ghost->cells + ((uint32_t) hash & ghost->mask) * S3_GHOST_WAYS;
    cell = set;
    seen = 0;

    for (i = 0; i < S3_GHOST_WAYS; i++) {

        if (set[i].mark == mark) {
            cell = &set[i];
            seen = (ghost->time - cell->time <= window);
            break;
        }

        /* a free cell is older than any */

        if (cell->mark != 0
            && (set[i].mark == 0
                || ghost->time - set[i].time > ghost->time - cell->time))
        {
            cell = &set[i];
        }
    }

    ghost->time++;

    cell->mark = mark;
    cell->time = ghost->time;

    return seen;
}
