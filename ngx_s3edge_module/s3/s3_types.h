
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Types, return codes and limits of the s3 library.
 *
 * The library is pure: bytes in, bytes out.  It allocates nothing, does no
 * I/O, reads no clock, keeps no global and logs nothing, so that it can be
 * fuzzed and tested without nginx, and shared with s3edged and s3edgectl.
 *
 * A function that writes takes "dst" last and returns the number of bytes.
 * With dst == NULL it only measures: the caller allocates that many bytes
 * and calls again.  Nothing is NUL-terminated.
 */

#ifndef _S3_TYPES_H_INCLUDED_
#define _S3_TYPES_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


/*
 * The same layout as ngx_str_t, which the module asserts; it passes its own
 * strings through pointers to this type, so the type may alias others.
 */

typedef struct __attribute__((may_alias)) {
    size_t          len;
    unsigned char  *data;
} s3_str_t;


typedef struct {
    s3_str_t        name;
    s3_str_t        value;
} s3_pair_t;


#define s3_string(text)  { sizeof(text) - 1, (unsigned char *) (text) }


/* results; the values are those of nginx */

#define S3_OK                0
#define S3_ERROR            -1     /* malformed input */
#define S3_AGAIN            -2     /* more input is needed */
#define S3_DONE             -4     /* nothing is left to iterate */
#define S3_DECLINED         -5     /* well-formed, but not this */


/*
 * Limits.  AWS, "Amazon S3 User Guide", "Naming Amazon S3 objects": a key
 * has at most 1024 bytes of UTF-8; "Bucket naming rules": 3 to 63 bytes.
 * Other servers and AWS's oldest buckets go to 255 bytes, as do we.
 */

#define S3_KEY_MAX           1024  /* bytes, decoded */
#define S3_BUCKET_MAX        255   /* bytes */
#define S3_REGION_MAX        64    /* bytes */
#define S3_ACCESS_KEY_MAX    128   /* bytes; AWS documents 16 to 128 */
#define S3_SECRET_KEY_MAX    128   /* bytes; AWS has 40 */
#define S3_TOKEN_MAX         16384 /* bytes of x-amz-security-token */
#define S3_QUERY_PAIRS_MAX   64    /* pairs in one query */
#define S3_HEADERS_MAX       64    /* headers in one canonical request */

#define S3_SHA256_LEN        32    /* bytes */
#define S3_SHA256_HEX_LEN    64    /* characters */


#endif /* _S3_TYPES_H_INCLUDED_ */
