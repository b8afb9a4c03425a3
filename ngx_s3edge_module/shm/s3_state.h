
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Purge counters, as they lie in a mapped file that all workers and s3edged
 * share.  s3_key.h says what a generation is.
 *
 * Each object is on a way of counters: all, its bucket, its directory levels,
 * itself.  Beside each counter stands the time of the last soft purge there:
 * what was stored at or before it is expired, but still there for a 304 or
 * for stale-if-error.
 *
 * Words are read and written atomically, without a lock.  Tables are indexed
 * by hash; a collision purges more than was asked, never less.
 */

#ifndef _S3_STATE_H_INCLUDED_
#define _S3_STATE_H_INCLUDED_


#include "s3_types.h"


#define S3_STATE_MAGIC       0x6567726567643373ULL
#define S3_STATE_LAYOUT      4
#define S3_STATE_BOOT_LEN    36
#define S3_STATE_LEVELS      (64 * 1024)           /* powers of two */
#define S3_STATE_OBJECTS     (1024 * 1024)

/* counters that share a bit of a map, and words of the map of so many */
#define S3_STATE_BLOCK       64
#define S3_STATE_MAP(n)      ((n) / S3_STATE_BLOCK / 32)


typedef struct {
    uint32_t         generation;   /* grows by one at each purge */
    uint32_t         soft;         /* seconds since 1970, 0: never */
} s3_state_counter_t;


/*
 * About 9 MB; the same on all little-endian 64-bit systems.
 *
 * The counters of most objects were never raised.  The maps say so in the
 * first page, which stays in a processor's cache where the tables can not: to
 * fetch one counter from memory takes longer than all else that a hit needs
 * of s3/.  A bit is set before the first of its counters is raised, for good.
 */

typedef struct {
    uint64_t         magic;
    uint32_t         layout;
    uint32_t         nlevels;
    uint32_t         nobjects;

    /* 1: closed in order, and not opened by a master since */
    uint32_t         clean;
    int32_t          owner;        /* pid of the last master */
    unsigned char    boot[S3_STATE_BOOT_LEN];

    uint64_t         epoch;        /* of every generation; random */

    s3_state_counter_t  all;

    uint32_t         levels_map[S3_STATE_MAP(S3_STATE_LEVELS)];
    uint32_t         objects_map[S3_STATE_MAP(S3_STATE_OBJECTS)];

    s3_state_counter_t  levels[S3_STATE_LEVELS];
    s3_state_counter_t  objects[S3_STATE_OBJECTS];
} s3_state_t;


typedef enum {
    S3_STATE_ALL = 0,
    S3_STATE_BUCKET,
    S3_STATE_PREFIX,
    S3_STATE_OBJECT
} s3_state_scope_t;


typedef struct {
    uint64_t         generation;   /* the epoch and the sum on the way */
    uint32_t         soft;         /* the latest there */
} s3_state_view_t;


/* 1 where the file is one of ours, of this layout */
int s3_state_check(const s3_state_t *state);

/* what holds for an object now; key is encoded (S3_URI_PATH) */
s3_state_view_t s3_state_view(const s3_state_t *state,
    const s3_str_t *bucket, const s3_str_t *key);

/*
 * Purges: now == 0 raises the generation of the scope by one; otherwise it is
 * a soft purge at that time.  bucket is needed but for S3_STATE_ALL; key, for
 * S3_STATE_PREFIX and S3_STATE_OBJECT, is encoded.
 *
 * A prefix is purged at the deepest directory level that holds all of it: up
 * to its last "/", or the whole bucket where it has none.  Returns the number
 * of bytes of the prefix that were heeded; *ret_counter, if it is not NULL,
 * is what was raised.
 */
size_t s3_state_purge(s3_state_t *state, s3_state_scope_t scope,
    const s3_str_t *bucket, const s3_str_t *key, uint32_t now,
    s3_state_counter_t **ret_counter);

/* the word of a map that has a counter's bit; NULL: it has none */
uint32_t *s3_state_map(s3_state_t *state, const s3_state_counter_t *counter);


#endif /* _S3_STATE_H_INCLUDED_ */
