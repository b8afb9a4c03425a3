
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The Cache-Control response header (RFC 9111, 5.2.2; RFC 5861).
 */

#ifndef _S3_CC_H_INCLUDED_
#define _S3_CC_H_INCLUDED_


#include "s3_types.h"


#define S3_CC_NONE           (-1)          /* the directive is not there */
#define S3_CC_MAX            2147483648LL  /* RFC 9111, 1.2.2: or more */


typedef struct {
    int64_t          max_age;              /* seconds */
    int64_t          s_maxage;
    int64_t          stale_while_revalidate;
    int64_t          stale_if_error;
    unsigned         no_store:1;
    unsigned         no_cache:1;
    unsigned         private:1;
    unsigned         must_revalidate:1;    /* or proxy-revalidate */
} s3_cc_t;


/* cc says nothing */
void s3_cc_init(s3_cc_t *cc);

/*
 * Adds what one header line says; several lines are added one by one.  Names
 * are compared without case, unknown directives are passed over, values may
 * be quoted.  Of a directive that comes twice the smaller value holds, and a
 * value that is no number is 0 (RFC 9111, 4.2.1).  A private or no-cache
 * with field names counts as one without.
 */
void s3_cc_add(s3_cc_t *cc, const s3_str_t *line);


#endif /* _S3_CC_H_INCLUDED_ */
