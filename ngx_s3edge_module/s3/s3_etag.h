
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entity tags in conditions (RFC 9110, 8.8.3 and 13.1).  S3 takes them
 * without quotes, too, and so do we.
 */

#ifndef _S3_ETAG_H_INCLUDED_
#define _S3_ETAG_H_INCLUDED_


#include "s3_types.h"


/*
 * The list as RFC 9110 has it: quotes around what has none.  What is neither
 * stays as it is, as does "*".
 */
size_t s3_etag_quote(const s3_str_t *list, unsigned char *dst);

/*
 * 1 if the list, as above, has this tag, or is "*"; etag is empty if there is
 * none.  weak: "W/" is of no account.
 */
int s3_etag_match(const s3_str_t *list, const s3_str_t *etag, int weak);


#endif /* _S3_ETAG_H_INCLUDED_ */
