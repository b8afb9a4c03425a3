
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names, the addresses that nginx uses for them, and when to use others.
 *
 * A name is looked up again when its answer's time to live is over.  It has
 * moved if none of its addresses is in the answer, or if another answer stays
 * as it is.  One that S3 gives with some of its very many addresses seems to
 * move all the time, and each move takes a reload: so after NAMES_BURST of
 * them a name waits for NAMES_REFILL_MS, and names that moved lately have a
 * pace in common, too; one that stood still does not wait.  A name that does
 * not resolve any more keeps its addresses.
 */

#ifndef _NAMES_H_INCLUDED_
#define _NAMES_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "origin/lookup.h"


#define NAMES_LOOK_MS        10000     /* between two looks, at most, */
#define NAMES_MANY_MS        25        /* or so long for each name there is */
#define NAMES_SOON_MS        2000      /* the same, at least */
#define NAMES_UNSAID_MS      5000      /* where no answer says */
#define NAMES_RETRY_MS       1000      /* at first, after one that failed */
#define NAMES_RETRY_MAX_MS   10000
#define NAMES_SAME           3         /* answers, for NAMES_SETTLED_MS */
#define NAMES_SETTLED_MS     15000

/* moves at once, and the time that brings another one */

#define NAMES_BURST          6
#define NAMES_REFILL_MS      180000
#define NAMES_ALL_BURST      10
#define NAMES_ALL_REFILL_MS  60000
#define NAMES_SPACE_MS       3000      /* between two reloads */


typedef struct {
    char            *host;
    char            *used;         /* what nginx has; NULL: nothing */
    char            *answer;       /* the last one that had addresses */
    char            *reason;       /* why the last look failed, or NULL */
    unsigned         same;         /* times in a row that it came */
    int64_t          since_ms;     /* when it came first */
    int64_t          next_ms;
    int64_t          retry_ms;
    int64_t          full_ms;      /* when all its moves are there again */
    bool             looking;      /* its look is under way */
    bool             loaded;       /* used is of the last run */
    bool             moved;        /* answer is to replace used */
} names_item_t;


/* sorted by host; zeroed at first */

typedef struct {
    names_item_t    *items;
    size_t           len;
    int64_t          full_ms;      /* of all of them together */
    int64_t          replaced_ms;  /* when one was, last; 0: never */
} names_t;


void names_item_release(names_item_t *name);

/* NULL: it is not there */
names_item_t *names_find(const names_t *names, const char *host);

/* the one that is there, or another; NULL: no memory */
names_item_t *names_add(names_t *names, const char *host);

/* what a look has found goes to the name: when to look again, has it moved */
void names_judge(const names_t *names, names_item_t *name,
    lookup_answer_t *answer, int64_t now_ms);

/* true: it is time for a reload, for names that have moved */
bool names_due(const names_t *names, int64_t now_ms);

/*
 * nginx has these addresses; true: they are others than before.  NULL: none,
 * which changes nothing.  A call of names_replaced() has to follow.
 */
bool names_use(names_item_t *name, const char *addresses, int64_t now_ms,
    bool *replaced);

/* addresses of some were replaced, by one reload */
void names_replaced(names_t *names, int64_t now_ms);

/*
 * The file of addresses in use: "HOST ADDRESS ...\n".  What cannot be read is
 * looked up anew, so neither fails.
 */
void names_load(names_t *names, const char *path);
void names_save(const names_t *names, const char *path);


#endif /* _NAMES_H_INCLUDED_ */
