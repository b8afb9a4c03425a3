
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names, the addresses that are used for them, and when to look again.
 *
 * That is when the answer's time to live is over, within bounds.  Other
 * addresses are used at once.  But a name that S3 gives with some of its very
 * many addresses has others each time, and no connection to them could be kept:
 * after NAMES_ROTATES changes with less than NAMES_STEADY_MS between them, a
 * name keeps what it uses for NAMES_ROTATE_MS, or until an answer stays.  A
 * name that does not resolve any more keeps its addresses.
 */

#ifndef _NAMES_H_INCLUDED_
#define _NAMES_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "origin/lookup.h"


/*
 * Between two looks.  A TTL that is long says little: an origin that fails
 * over may have to leave early, and the cache of a name server answers in
 * between.  With many names, the upper bound is NAMES_MANY_MS for each.
 */

#define NAMES_SOON_MS        2000
#define NAMES_LOOK_MS        2500
#define NAMES_MANY_MS        25
#define NAMES_RETRY_MS       1000      /* at first, after one that failed */
#define NAMES_RETRY_MAX_MS   10000

#define NAMES_ROTATES        20
#define NAMES_STEADY_MS      6000
#define NAMES_ROTATE_MS      30000


typedef struct {
    char            *host;
    char            *used;         /* NULL: nothing */
    char            *reason;       /* why the last look failed, or NULL */
    int64_t          next_ms;
    int64_t          retry_ms;
    char            *last;         /* the last answer that had addresses */
    int64_t          since_ms;     /* when it came first */
    unsigned         changes;      /* of it in a row, each soon after another */
    int64_t          used_ms;      /* since when "used" is */
    bool             looking;      /* its look is under way */
} names_item_t;


/* sorted by host; zeroed at first */

typedef struct {
    names_item_t    *items;
    size_t           len;
} names_t;


void names_item_release(names_item_t *name);

/* NULL: it is not there */
names_item_t *names_find(const names_t *names, const char *host);

/* the one that is there, or another; NULL: no memory */
names_item_t *names_add(names_t *names, const char *host);

/*
 * What a look has found goes to the name, and when to look again; true: it has
 * others to use than before.
 */
bool names_judge(const names_t *names, names_item_t *name,
    lookup_answer_t *answer, int64_t now_ms);

/*
 * The file of addresses in use: "HOST ADDRESS ...\n".  What cannot be read is
 * looked up anew, so neither fails.
 */
void names_load(names_t *names, const char *path);
void names_save(const names_t *names, const char *path);


#endif /* _NAMES_H_INCLUDED_ */
