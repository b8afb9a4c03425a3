
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is on disk, by the headers of the cache files.  The files lie there
 * in the order of a hash: each page is a walk through all of them, which
 * keeps the first so many behind the marker.  Memory is bounded by the page,
 * whatever the cache holds.
 */

#ifndef _OBJECTS_H_INCLUDED_
#define _OBJECTS_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cache/counters.h"


#define OBJECTS_PAGE_MAX   1000


typedef struct {
    const char          *disk;         /* the cache directory */
    const char          *counters;     /* path of the state file */
    const char          *bucket;       /* NULL: all */
    s3_str_t             prefix;       /* of the encoded key */
    bool                 whole;        /* prefix is a whole key */
    s3_str_t             marker;       /* the last text of the page before */
    size_t               limit;        /* 1 to OBJECTS_PAGE_MAX */
    unsigned             wait_ms;      /* of all of it; 0: no limit */
} objects_query_t;


typedef struct {
    s3_str_t             text;         /* of the key, on the heap */
    s3_key_t             key;          /* slices of text */
    char                *etag;         /* NULL: none */
    unsigned             status;
    uint64_t             size;
    uint64_t             disk;
    int64_t              stored_at;
    int64_t              fresh_until;
    int64_t              stale_until;
    counters_verdict_t   verdict;
} objects_item_t;


typedef struct {
    objects_item_t      *items;        /* sorted by text */
    size_t               len;
    bool                 more;         /* go on with the last text */
    bool                 complete;     /* false: out of time */
    uint64_t             files;        /* that were looked at */
} objects_page_t;


/*
 * One page, read by a thread of low priority, while the caller waits.  To
 * objects_page_release().
 */
int objects_list(const objects_query_t *query, objects_page_t *ret_page,
    error_t *err);

void objects_page_release(objects_page_t *page);


#endif /* _OBJECTS_H_INCLUDED_ */
