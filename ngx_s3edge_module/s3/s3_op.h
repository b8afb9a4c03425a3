
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which S3 operation a request is, and which of its query parameters matter
 * (AWS, "Amazon S3 API Reference", "Authenticating Requests: Using Query
 * Parameters").  What there is to know of an operation is in s3_op_table.h.
 */

#ifndef _S3_OP_H_INCLUDED_
#define _S3_OP_H_INCLUDED_


#include "s3_error.h"
#include "s3_op_table.h"


/*
 * The operation of a request by this method (one of S3_OP_BY_*) with this
 * bucket, key and raw query (empty strings where there is none); never NULL.
 * S3 looks at the query first: ?location, ?versions and their like ask for the
 * bucket's, and the key is ignored.  Of several subresources, the one counts
 * whose class asks for most.  What S3 does not know is ignored of an object;
 * of a bucket, it is for the origin to say, unless that writes.
 */
const s3_op_t *s3_op_find(unsigned by, const s3_str_t *bucket,
    const s3_str_t *key, const s3_str_t *query);

/* why the edge refuses it; S3_ERR_INTERNAL_ERROR: it does not, for it reads */
s3_error_t s3_op_refusal(const s3_op_t *op);

/*
 * What it takes to do that: all of these, S3_OP_MAY_*.  Of a bucket, what is
 * no parameter of a list is a subresource, known to us or not, for it goes to
 * the origin.  Of an object, S3 ignores what it does not know, and so do we.
 */
unsigned s3_op_rights(const s3_op_t *op, const s3_str_t *query);

/*
 * Copies the pairs of a raw query that go to the origin (op->keys), joined by
 * "&", spelled as they came.  response-* are those of an object whether S3
 * knows the header or not: it answers 400 then.  What S3 ignores of an object
 * reaches neither the origin nor the cache key.
 *
 * Authentication is X-Amz-* and the three of Signature Version 2.  At most
 * query->len bytes; dst must not overlap it.
 */
size_t s3_op_query(const s3_op_t *op, const s3_str_t *query,
    unsigned char *dst);

/* true: the query has such authentication, and does not belong into a log */
int s3_op_is_signed(const s3_str_t *query);


#endif /* _S3_OP_H_INCLUDED_ */
