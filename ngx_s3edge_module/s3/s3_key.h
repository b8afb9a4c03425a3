
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The cache key of an object, and the hashes that name its purge counters.
 *
 * Text of a key:
 *
 *     bucket/encoded-key?variant#tail
 *
 * "?" and "variant" only where a variant changes the bytes.  The encoded key
 * contains neither "?" nor "#", so the text reads back without doubt.  The
 * tail is short, for nginx hashes the text on every hit: 16 digits of
 * base64url (RFC 4648, 5), 64 bits of generation and 32 of origin.
 *
 * The generation of an object is the epoch, a random number, plus the purge
 * counters on its way: all objects, bucket, each directory level, the object
 * itself.  Counters only grow, so a sum never comes back, and what is dead
 * stays dead.  The origin is a hash of where the bucket lies: what another
 * one gave is not found.
 */

#ifndef _S3_KEY_H_INCLUDED_
#define _S3_KEY_H_INCLUDED_


#include "s3_types.h"


/*
 * Directory levels below the bucket that have a counter of their own.  A
 * prefix that is deeper is purged at this level: wider, never too narrow.
 */

#define S3_KEY_LEVELS_MAX    32

/* bucket + levels + object */
#define S3_KEY_HASHES_MAX    (S3_KEY_LEVELS_MAX + 2)


typedef struct {
    s3_str_t         bucket;
    s3_str_t         key;          /* encoded, S3_URI_PATH */
    s3_str_t         variant;      /* canonical query, may be empty */
    uint64_t         generation;
    uint32_t         origin;       /* s3_key_origin() */
} s3_key_t;


/* how many bytes s3_key_write() writes */
size_t s3_key_len(const s3_key_t *key);

void s3_key_write(const s3_key_t *key, unsigned char *dst);

/*
 * The same for tables in memory, its tail in bytes instead of digits.  Returns
 * how many bytes it has written, at most s3_key_len().
 */
size_t s3_key_pack(const s3_key_t *key, unsigned char *dst);

/* S3_ERROR: text is not what s3_key_write() writes; slices point into it */
int s3_key_parse(const s3_str_t *text, s3_key_t *ret_key);

/* host: as in the Host header; path: of the origin, up to the key */
uint32_t s3_key_origin(const s3_str_t *host, const s3_str_t *path);

/*
 * Hashes of the bucket, of each directory level ("bucket/a/", "bucket/a/b/",
 * at most S3_KEY_LEVELS_MAX) and, last, of the object.  key is encoded.
 * Returns how many: 2 to S3_KEY_HASHES_MAX.
 */
size_t s3_key_hashes(const s3_str_t *bucket, const s3_str_t *key,
    uint64_t hashes[S3_KEY_HASHES_MAX]);


#endif /* _S3_KEY_H_INCLUDED_ */
