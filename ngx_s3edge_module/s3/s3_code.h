
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an origin's error code means for the cache.  A status alone does not
 * tell a missing object from a missing bucket, nor an object that nobody may
 * read from credentials of ours that have expired.
 *
 * The codes are those of AWS ("Amazon S3 API Reference", "Error responses",
 * "List of error codes") but for SELECT's, and those of Ceph's RADOS Gateway
 * and of MinIO.  docs/errors.md is the same table with statuses.
 */

#ifndef _S3_CODE_H_INCLUDED_
#define _S3_CODE_H_INCLUDED_


#include "s3_types.h"


typedef enum {
    S3_CODE_UNKNOWN = 0,           /* none, or none that we know */
    S3_CODE_MISSING,               /* there is no such object */
    S3_CODE_DENIED,                /* this object, with any request of ours */
    S3_CODE_CREDENTIALS,           /* ours are bad, late or not signed well */
    S3_CODE_THROTTLE,              /* too much at once */
    S3_CODE_SERVER,                /* the origin failed; again may do */
    S3_CODE_REDIRECT,              /* the bucket is elsewhere */
    S3_CODE_REQUEST,               /* what the request asks for, or how */
    S3_CODE_CONFIG                 /* the bucket, not this object */
} s3_code_t;


/* code: what s3_error_parse_code() finds, in its very letters; may be empty */
s3_code_t s3_code_find(const s3_str_t *code);

/*
 * 1 where a response may be kept at all: 404 and 410 of an object that is not
 * there, or without a code that we know; 403 of an object that is denied, for
 * which the caller has to have a rule.  No other status from 400 on.  Below
 * 400 nothing but a code speaks against it.
 */
int s3_code_may_store(unsigned status, s3_code_t code);

/* 1 where it is not the object that failed, and a stale copy may stand in */
int s3_code_is_origin_fault(unsigned status, s3_code_t code);


#endif /* _S3_CODE_H_INCLUDED_ */
