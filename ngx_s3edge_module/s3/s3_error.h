
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Errors as S3 words them: code, HTTP status, message, XML body (AWS, "Amazon
 * S3 API Reference", "Error responses").
 */

#ifndef _S3_ERROR_H_INCLUDED_
#define _S3_ERROR_H_INCLUDED_


#include "s3_types.h"


typedef enum {
    S3_ERR_INTERNAL_ERROR = 0,     /* nobody refuses with it: 0 is success */
    S3_ERR_ACCESS_DENIED,
    S3_ERR_ACCESS_FORBIDDEN,       /* by the rules of CORS */
    S3_ERR_BAD_REQUEST,            /* a preflight that names nothing */
    S3_ERR_BAD_GATEWAY,            /* origin cannot be reached; ours, 502 */
    S3_ERR_ENTITY_TOO_LARGE,
    S3_ERR_GATEWAY_TIMEOUT,        /* origin does not answer; ours, 504 */
    S3_ERR_INVALID_ARGUMENT,
    S3_ERR_INVALID_BUCKET_NAME,
    S3_ERR_INVALID_RANGE,
    S3_ERR_INVALID_REQUEST,
    S3_ERR_INVALID_URI,
    S3_ERR_KEY_TOO_LONG,
    S3_ERR_LOOP,                   /* the origin leads back here; ours, 508 */
    S3_ERR_METHOD_NOT_ALLOWED,
    S3_ERR_NO_SUCH_BUCKET,
    S3_ERR_NO_SUCH_KEY,
    S3_ERR_NOT_IMPLEMENTED,
    S3_ERR_OVERRIDE,               /* response-* of the unsigned */
    S3_ERR_PRECONDITION_FAILED,
    S3_ERR_READ_ONLY,              /* to write is denied, by any method */
    S3_ERR_SERVICE_UNAVAILABLE,
    S3_ERR_SLOW_DOWN,
    S3_ERR_MAX
} s3_error_t;


typedef struct {
    s3_str_t         code;         /* "NoSuchBucket" */
    unsigned         status;       /* 404 */
    s3_str_t         message;      /* one sentence */
} s3_error_info_t;


/* never NULL; an unknown code reads as S3_ERR_INTERNAL_ERROR */
const s3_error_info_t *s3_error_info(s3_error_t code);

/*
 * The error that says best what an HTTP status of 400 to 599 means; its own
 * status may be another one of that class.
 */
s3_error_t s3_error_by_status(unsigned status);

/*
 * <?xml ...?><Error><Code/><Message/><Resource/><RequestId/></Error>.
 * resource is raw bytes and is escaped; bytes XML 1.0 forbids become "?".
 */
size_t s3_error_body(s3_error_t code, const s3_str_t *resource,
    const s3_str_t *request_id, unsigned char *dst);

/*
 * The same, with what the error is about: an element for each detail, its
 * name as it is, its value escaped.
 */
size_t s3_error_body_of(s3_error_t code, const s3_pair_t *details, size_t n,
    const s3_str_t *resource, const s3_str_t *request_id, unsigned char *dst);


#endif /* _S3_ERROR_H_INCLUDED_ */
