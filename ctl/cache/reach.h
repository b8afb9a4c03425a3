
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a purge would reach, without doing it.
 */

#ifndef _REACH_H_INCLUDED_
#define _REACH_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "nginx/edge.h"


typedef struct {
    uint64_t         objects;      /* that are on disk, and not dead yet */
    uint64_t         bytes;        /* as on disk */
    bool             complete;     /* false: out of time, there may be more */
} reach_t;


/*
 * How many bytes of an encoded prefix a purge heeds: up to its last "/", and
 * no more levels than have counters.  0: the whole bucket is purged.
 */
size_t reach_heeded(const s3_str_t *prefix);

/* disk: the cache directory; counters: path of the state file */
int reach_count(const char *disk, const char *counters,
    const edge_purge_t *purge, unsigned wait_ms, reach_t *ret_reach,
    error_t *err);


#endif /* _REACH_H_INCLUDED_ */
