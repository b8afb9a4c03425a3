
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which S3 operation a read is, and which of its query parameters matter
 * (AWS, "Amazon S3 API Reference", GetObject, HeadObject, ListObjectsV2,
 * "Authenticating Requests: Using Query Parameters").
 */

#ifndef _S3_OP_H_INCLUDED_
#define _S3_OP_H_INCLUDED_


#include "s3_types.h"


typedef enum {
    S3_OP_LIST_BUCKETS = 0,        /* no bucket */
    S3_OP_BUCKET,                  /* lists, and ?subresource of a bucket */
    S3_OP_OBJECT,                  /* GetObject, HeadObject: cacheable */
    S3_OP_OBJECT_PART,             /* the same, ?partNumber: 206 and If-* */
    S3_OP_OBJECT_SUB               /* ?acl, ?tagging, ... of an object */
} s3_op_t;


/* what the unsigned may be allowed to do */

#define S3_OP_MAY_OBJECT    0x01   /* GET and HEAD of an object as it is now */
#define S3_OP_MAY_LIST      0x02   /* lists, HeadBucket, ?location */
#define S3_OP_MAY_VERSION   0x04   /* versionId, ?versions */
#define S3_OP_MAY_OVERRIDE  0x08   /* response-* */
#define S3_OP_MAY_SUB       0x10   /* ?acl, ?policy, ... of object or bucket */


/*
 * The operation of a GET or HEAD with this bucket, key and raw query (empty
 * strings where there is none).  S3 looks at the query first: ?location,
 * ?versions and their like ask for the bucket's, and the key is ignored.
 */
s3_op_t s3_op_find(const s3_str_t *bucket, const s3_str_t *key,
    const s3_str_t *query);

/*
 * What it takes to do that: all of these, S3_OP_MAY_*.  Of a bucket, what is
 * no parameter of a list is a subresource, known to us or not, for it goes to
 * the origin.  Of an object, S3 ignores what it does not know, and so do we.
 */
unsigned s3_op_rights(s3_op_t op, const s3_str_t *query);

/* the right of that name ("object"); 0: there is none */
unsigned s3_op_right(const s3_str_t *name);

/* the name of the i-th right and its bit; NULL: there are no more */
const s3_str_t *s3_op_right_name(size_t i, unsigned *right);

/*
 * Copies the pairs of a raw query that go to the origin, joined by "&",
 * spelled as they came:
 *
 * S3_OP_OBJECT,     versionId, partNumber and response-* (any: S3 answers 400
 * S3_OP_OBJECT_PART where it does not know the header); S3 ignores the rest,
 *                   so it neither reaches the origin nor the cache key
 * all others        everything but authentication and x-id
 *
 * Authentication is X-Amz-* and the three of Signature Version 2.  At most
 * query->len bytes; dst must not overlap it.
 */
size_t s3_op_query(s3_op_t op, const s3_str_t *query, unsigned char *dst);

/* true: the query has such authentication, and does not belong into a log */
int s3_op_is_signed(const s3_str_t *query);


#endif /* _S3_OP_H_INCLUDED_ */
