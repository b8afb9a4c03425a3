
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Many names looked up at a time, in threads: one that hangs holds up no
 * other, and nobody who frees the pool.
 */

#ifndef _LOOKUP_H_INCLUDED_
#define _LOOKUP_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"


#define LOOKUP_ADDRESSES_MAX  16
#define LOOKUP_TEXT_MAX       (LOOKUP_ADDRESSES_MAX * 48)


/*
 * 0, and addresses in text: "192.0.2.1 [2001:db8::1]", sorted, and for how
 * many seconds they hold (0: nobody says); or a negative code, and why in
 * text.  It may take as long as it likes.
 */
typedef int (*lookup_pt)(const char *host, char text[LOOKUP_TEXT_MAX],
    unsigned *ret_ttl);


typedef struct {
    char            *host;
    char            *addresses;    /* NULL: there are none, and reason says */
    char            *reason;
    unsigned         ttl;          /* seconds; 0: unknown */
} lookup_answer_t;


typedef struct lookup_pool_s  lookup_pool_t;


/* NULL: no memory */
lookup_pool_t *lookup_pool_new(lookup_pt lookup);

/* what is being looked up is left to end by itself; NULL is fine */
void lookup_pool_free(lookup_pool_t *pool);

/* begins to look the name up; tag comes back with the answer */
int lookup_pool_add(lookup_pool_t *pool, const char *host, size_t tag,
    error_t *err);

/* false: none is there; else to lookup_release() */
bool lookup_pool_take(lookup_pool_t *pool, lookup_answer_t *ret_answer,
    size_t *ret_tag);

/* until all that was added is done, wait_ms at most */
void lookup_pool_wait(lookup_pool_t *pool, unsigned wait_ms);

/*
 * Looks up n names, and answers in their order when all are done or wait_ms
 * have passed.  *ret has n items, to lookup_free().
 */
int lookup_all(lookup_pt lookup, const char *const *hosts, size_t n,
    unsigned wait_ms, lookup_answer_t **ret_answers, error_t *err);

void lookup_release(lookup_answer_t *answer);
void lookup_free(lookup_answer_t *answers, size_t n);


#endif /* _LOOKUP_H_INCLUDED_ */
