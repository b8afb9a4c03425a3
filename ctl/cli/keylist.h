
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys as they are given, in arguments or one a line in a file: any bytes
 * but NUL and, in a file, a line feed.
 */

#ifndef _CLI_KEYLIST_H_INCLUDED_
#define _CLI_KEYLIST_H_INCLUDED_


#include <stddef.h>

#include <jansson.h>

#include "base/strbuf.h"


typedef struct {
    char           **items;        /* percent-encoded, on the heap */
    size_t           n;
    size_t           size;
} keylist_t;


/* as a part of a path, to free(); NULL: no memory */
char *keylist_encode(const char *text);

/* all three: an exit code, and what is wrong has been said */

int keylist_add(keylist_t *list, const char *key);

/* "-" is stdin; empty lines are passed over */
int keylist_read(keylist_t *list, const char *path);

/*
 * "keys" and "encoding" of a request: those from *next on that it may have,
 * and *next behind them.
 */
int keylist_take(const keylist_t *list, size_t *next, json_t *body);

void keylist_release(keylist_t *list);

/* appends "name=value", encoded, with "?" or "&" before it; value NULL: none */
void keylist_query(strbuf_t *url, const char *name, const char *value);


#endif /* _CLI_KEYLIST_H_INCLUDED_ */
