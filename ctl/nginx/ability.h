
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What nginx's module has to know, and an older one may not: after an upgrade
 * nginx runs with the module that it has loaded, and the one on disk may be
 * the old one too.  A configuration goes without what is in this table, and
 * nginx is told no more than it knows.
 *
 * Whatever nginx/render or the snippet comes to write that older modules have
 * not, and that can be done without, gets a row here, or, if it is of a bucket,
 * "without" in its row of entity/model_bucket.c.  What has none cannot: then
 * nginx keeps the configuration that it has.
 */

#ifndef _ABILITY_H_INCLUDED_
#define _ABILITY_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"


typedef struct {
    const char      *word;         /* a directive, a parameter of a bucket, or
                                      "$variable" */
    const char      *instead;      /* of a variable: what is put in its place.
                                      Of a directive, NULL: it is left out;
                                      "": another one follows, and stays */
    const char      *without;      /* what clients or the operator miss; NULL:
                                      nothing */
} ability_t;


/* of indices of the table: what is not known */
typedef uint64_t  ability_set_t;


/* the i-th row, of 64 at most; behind the last one its word is NULL */
ability_t ability_at(size_t i);


/*
 * nginx's complaint about a configuration: true where it is of a word of the
 * table that is not in the set yet, and now is.
 */
bool ability_learn(const char *message, ability_set_t *set);

/* is this word of the table in the set? */
bool ability_lacks(ability_set_t set, const char *word);

/* appends a configuration without what is in the set */
void ability_filter(const char *text, size_t len, ability_set_t set,
    strbuf_t *ret_text);

/* the words of a set where something is missed, and what; may be empty */
void ability_words(ability_set_t set, strbuf_t *ret_text);


#endif /* _ABILITY_H_INCLUDED_ */
