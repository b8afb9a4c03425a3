
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the S3 XML body of an origin's error says (AWS, "Amazon S3 API
 * Reference", Error responses).
 */

#ifndef _S3_ERROR_PARSE_H_INCLUDED_
#define _S3_ERROR_PARSE_H_INCLUDED_


#include "s3_types.h"


/*
 * The slice between <Code> and </Code> of an S3 XML error body, which may be
 * cut short.  S3_DECLINED: there is none.
 */
int s3_error_parse_code(const s3_str_t *body, s3_str_t *code);

/* the same of <Endpoint>: the host of a redirect (301, 307) */
int s3_error_parse_endpoint(const s3_str_t *body, s3_str_t *endpoint);

/*
 * Where the bucket is, by the body of an error, which may be cut short: the
 * slice between <Region> and </Region> (400 AuthorizationHeaderMalformed), or
 * the region in the host of AWS's in <Endpoint> (301 PermanentRedirect, 307).
 * 1 to S3_REGION_MAX bytes of A-Z a-z 0-9 - _.  S3_DECLINED: there is none.
 */
int s3_error_parse_region(const s3_str_t *body, s3_str_t *region);


#endif /* _S3_ERROR_PARSE_H_INCLUDED_ */
