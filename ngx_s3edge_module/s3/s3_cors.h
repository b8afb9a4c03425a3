
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CORS rules as S3 has them (AWS, "Using cross-origin resource sharing"): the
 * first rule that matches the origin, the method and all headers that a
 * request names.  Patterns have at most one "*", which stands for any bytes.
 */

#ifndef _S3_CORS_H_INCLUDED_
#define _S3_CORS_H_INCLUDED_


#include "s3_types.h"


#define S3_CORS_GET          0x01
#define S3_CORS_HEAD         0x02
#define S3_CORS_PUT          0x04
#define S3_CORS_POST         0x08
#define S3_CORS_DELETE       0x10

#define S3_CORS_PATTERN_MAX  255   /* bytes */
#define S3_CORS_METHODS_MAX  32    /* bytes of s3_cors_methods() */


typedef struct {
    const s3_str_t  *origins;      /* patterns, as case has them */
    size_t           norigins;
    const s3_str_t  *headers;      /* patterns, in any case */
    size_t           nheaders;
    unsigned         methods;      /* S3_CORS_* */
} s3_cors_rule_t;


/* the bit of "GET"; 0: S3 has no rules for that method */
unsigned s3_cors_method(const s3_str_t *name);

/* "GET, HEAD"; at most S3_CORS_METHODS_MAX bytes */
size_t s3_cors_methods(unsigned methods, unsigned char *dst);

/* S3_OK: may stand in a rule */
int s3_cors_check_origin(const s3_str_t *pattern);
int s3_cors_check_header(const s3_str_t *pattern);

/*
 * S3_OK: the rule is for such a request; *ret_any is 1 where it is for any
 * origin ("*").  headers is the value of Access-Control-Request-Headers, or
 * empty.
 */
int s3_cors_match(const s3_cors_rule_t *rule, const s3_str_t *origin,
    unsigned method, const s3_str_t *headers, int *ret_any);

/* such a value as the answer has it: "a, b", in lower case; at most 2 * len */
size_t s3_cors_headers(const s3_str_t *headers, unsigned char *dst);


#endif /* _S3_CORS_H_INCLUDED_ */
