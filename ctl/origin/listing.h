
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The answer to ListObjectsV2, read as it comes.
 */

#ifndef _LISTING_H_INCLUDED_
#define _LISTING_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"


#define LISTING_KEYS_MAX   10000   /* of a page; S3 gives 1000 */


typedef struct {
    char           **keys;         /* encoded (S3_URI_PATH) */
    size_t           nkeys;
    char            *token;        /* for the next page; NULL: the last */
} listing_page_t;


typedef struct listing_s  listing_t;


int listing_new(listing_t **ret_listing, error_t *err);

/* NULL is fine */
void listing_free(listing_t *listing);

/* the next bytes.  A failure sticks, and listing_end() tells it */
void listing_feed(listing_t *listing, const char *data, size_t len);

/*
 * ERR_INVALID: it is no such answer, or not all of it.  *ret_page is to
 * listing_release().
 */
int listing_end(listing_t *listing, listing_page_t *ret_page, error_t *err);

void listing_release(listing_page_t *page);


#endif /* _LISTING_H_INCLUDED_ */
