
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names, the addresses that nginx uses for them, and when to use others.
 *
 * S3 answers with some of very many addresses, others each time, and those of
 * before go on to work: that alone is no reason for a reload.  Addresses are
 * replaced where the same other answer came NAMES_SAME times in a row, or
 * where none of them was in any answer for NAMES_GONE_MS.  A name that does
 * not resolve any more keeps its addresses.
 */

#ifndef _NAMES_H_INCLUDED_
#define _NAMES_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/lookup.h"


#define NAMES_LOOK_MS       30000      /* between two looks at a name */
#define NAMES_RETRY_MS      1000       /* at first, after one that failed */
#define NAMES_SAME          3
#define NAMES_GONE_MS       600000
#define NAMES_REPLACE_MS    300000     /* between two replacements */


typedef struct {
    char            *host;
    char            *used;         /* what nginx has; NULL: nothing */
    char            *answer;       /* the last one that had addresses */
    char            *reason;       /* why the last look failed, or NULL */
    unsigned         same;         /* times in a row, all of them new */
    int64_t          seen_ms;      /* when one of those used was answered */
    int64_t          next_ms;
    int64_t          retry_ms;
    bool             loaded;       /* used is of the last run */
    bool             due;          /* answer is to replace used */
} names_item_t;


/* sorted by host; zeroed at first */

typedef struct {
    names_item_t    *items;
    size_t           len;
    int64_t          replaced_ms;      /* when one was, last */
} names_t;


void names_item_release(names_item_t *name);

/* NULL: it is not there */
names_item_t *names_find(const names_t *names, const char *host);

/* the one that is there, or another; NULL: no memory */
names_item_t *names_add(names_t *names, const char *host);

/* what a look has found is moved to the name, and decides on due */
void names_judge(names_t *names, names_item_t *name, lookup_answer_t *answer,
    int64_t now_ms);

/*
 * The file of addresses in use: "HOST ADDRESS ...\n".  What cannot be read is
 * looked up anew, so neither fails.
 */
void names_load(names_t *names, const char *path);
void names_save(const names_t *names, const char *path);


#endif /* _NAMES_H_INCLUDED_ */
