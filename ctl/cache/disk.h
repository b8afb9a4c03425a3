
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Census of the cache directory: how many objects and bytes of which bucket.
 * nginx knows the sums only, so the headers of the cache files are read, by
 * a thread of low priority that pauses between batches.
 */

#ifndef _DISK_H_INCLUDED_
#define _DISK_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "base/error.h"


typedef struct {
    char             *name;
    uint64_t          objects;
    uint64_t          bytes;           /* as on disk */
} disk_bucket_t;


typedef struct {
    int64_t           at;              /* seconds since 1970; 0: none yet */
    unsigned          complete;        /* bool; 0: it stopped at its limit */
    uint64_t          objects;
    uint64_t          bytes;
    disk_bucket_t    *buckets;         /* sorted by name */
    size_t            nbuckets;
} disk_census_t;


typedef struct disk_s  disk_t;


/* starts the thread */
int disk_new(const char *path, disk_t **ret_disk, error_t *err);

/* stops and joins it; NULL is fine */
void disk_free(disk_t *disk);

/*
 * The latest census, and asks for a new one where that is older than 2 s;
 * waits for it wait_ms at most.  To disk_census_release().  Any thread.
 */
int disk_census(disk_t *disk, unsigned wait_ms, disk_census_t *ret_census,
    error_t *err);

void disk_census_release(disk_census_t *census);

/* walks path once, in this thread, at full speed; for tests */
int disk_walk(const char *path, disk_census_t *ret_census, error_t *err);


#endif /* _DISK_H_INCLUDED_ */
