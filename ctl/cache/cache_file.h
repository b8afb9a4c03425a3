
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a file of nginx's disk cache says of itself: nginx's binary header,
 * "\nKEY: " with the key and "\n", the origin's header, the body.
 */

#ifndef _CACHE_FILE_H_INCLUDED_
#define _CACHE_FILE_H_INCLUDED_


#include <stdint.h>

#include "s3_key.h"

#include "cache/walk.h"


#define CACHE_FILE_HEAD    8192    /* a key has 3k at most */


typedef struct {
    s3_str_t         text;         /* the key as it is; slices of head ... */
    s3_key_t         key;
    s3_str_t         etag;         /* ... to here; may be empty */
    unsigned         status;
    uint64_t         size;         /* of the body */
    uint64_t         disk;         /* of the file, on disk */
    int64_t          stored_at;    /* all in seconds since 1970 */
    int64_t          fresh_until;
    int64_t          stale_until;  /* for stale-if-error; >= fresh_until */
    unsigned char    head[CACHE_FILE_HEAD];
} cache_file_t;


/* ERR_INVALID: not a whole cache file with a key of ours */
int cache_file_read(const walk_file_t *file, cache_file_t *ret_file,
    error_t *err);


#endif /* _CACHE_FILE_H_INCLUDED_ */
