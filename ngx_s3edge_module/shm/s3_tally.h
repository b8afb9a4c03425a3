
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file of what s3_stats.h has: nginx's workers write it, s3edged reads it,
 * and so does an nginx that starts.
 *
 * A head, the names of the columns, and records of one size: the memory tier,
 * each disk, each slot (s3_slot.h; the first is of no bucket).  Head, columns
 * and each record have a sum of their own, which the token of the file goes
 * into, so that bytes of anything else, of another file too, are not believed.
 * Columns are found by name: of what the other side does not have there is 0.
 *
 * The same on all little-endian 64-bit systems.
 */

#ifndef _S3_TALLY_H_INCLUDED_
#define _S3_TALLY_H_INCLUDED_


#include "s3_types.h"
#include "s3_stats.h"


#define S3_TALLY_MAGIC        0x796c6c6174733373ULL
#define S3_TALLY_LAYOUT       1
#define S3_TALLY_BOOT_LEN     36
#define S3_TALLY_VERSION_MAX  32
#define S3_TALLY_NAME_MAX     255
#define S3_TALLY_CELLS_MAX    4096         /* of a record */
#define S3_TALLY_RECORDS_MAX  (1 << 22)

/* cells of a record of ours: the most that a scope has */

#define S3_TALLY_LARGER(a, b)  ((int) (a) > (int) (b) ? (int) (a) : (int) (b))
#define S3_TALLY_CELLS                                                        \
    S3_TALLY_LARGER(S3_STATS_MAX,                                             \
                    S3_TALLY_LARGER(S3_STATS_MEMORY_MAX, S3_STATS_DISK_MAX))
#define S3_TALLY_COLUMNS                                                      \
    ((int) S3_STATS_MAX + (int) S3_STATS_MEMORY_MAX + (int) S3_STATS_DISK_MAX)


typedef struct {
    uint64_t         magic;
    uint32_t         layout;
    uint32_t         columns;
    uint64_t         columns_sum;
    uint64_t         token;        /* random, of the memory it is written of */

    uint32_t         cells;        /* of a record */
    uint32_t         disks;
    uint32_t         slots;
    uint32_t         clean;        /* 1: closed in order */

    int64_t          written;      /* milliseconds since 1970 */
    int64_t          generation;   /* of the configuration */
    uint64_t         cycle;        /* whose processes write */

    unsigned char    boot[S3_TALLY_BOOT_LEN];
    unsigned char    version[S3_TALLY_VERSION_MAX];    /* with a '\0' */
    unsigned char    nginx[S3_TALLY_VERSION_MAX];
    uint32_t         unused;

    uint64_t         sum;          /* of all before */
} s3_tally_head_t;


typedef struct {
    uint32_t         scope;        /* s3_stats_scope_t */
    uint32_t         len;
    unsigned char    name[56];
} s3_tally_column_t;


typedef struct {
    uint64_t         sum;          /* of all behind */
    uint32_t         scope;
    uint32_t         there;        /* 0: what it was of is gone */
    uint32_t         len;
    uint32_t         unused;
    unsigned char    name[S3_TALLY_NAME_MAX + 1];
    uint64_t         cells[];
} s3_tally_record_t;


/* a record, as it is told; cells are of an index of the scope's table */

typedef struct {
    s3_stats_scope_t     scope;
    unsigned             there;
    s3_str_t             name;
    uint64_t             cells[S3_TALLY_CELLS];
} s3_tally_entry_t;


/* a file in memory, of this table or another */

typedef struct {
    s3_tally_head_t      head;
    const unsigned char *records;
    size_t               size;         /* of a record */
    size_t               n;            /* records */
    uint32_t             cell[S3_STATS_SCOPES][S3_TALLY_CELLS];
} s3_tally_t;


/* where record i of a file of ours begins; that of n: how long it is */
size_t s3_tally_offset(size_t i);

/* which one it is */
size_t s3_tally_disk(size_t i);
size_t s3_tally_slot(const s3_tally_head_t *head, size_t i);

/*
 * The head, and the columns behind it: s3_tally_offset(0) bytes.  The caller
 * has set token, disks, slots and all from clean on but for the sum.
 */
void s3_tally_put_head(unsigned char *dst, const s3_tally_head_t *head);

/* the sums of a head and its columns, anew: for tests */
void s3_tally_sign(unsigned char *file);

/* record i: s3_tally_offset(1) - s3_tally_offset(0) bytes */
void s3_tally_put(unsigned char *dst, uint64_t token, size_t i,
    const s3_tally_entry_t *entry);

/* 1: it is a head of ours, whole */
int s3_tally_check(const s3_tally_head_t *head);

/*
 * S3_DECLINED: of another layout.  S3_ERROR: not whole, or none at all.  data
 * stays the caller's, for as long as the rest is used.
 */
int s3_tally_open(s3_tally_t *tally, const unsigned char *data, size_t len);

/* S3_ERROR: it is not whole.  The name is in data of s3_tally_open() */
int s3_tally_get(const s3_tally_t *tally, size_t i, s3_tally_entry_t *entry);


#endif /* _S3_TALLY_H_INCLUDED_ */
