
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How long a response stays fresh, from a bucket's rules.
 */

#ifndef _S3_TTL_H_INCLUDED_
#define _S3_TTL_H_INCLUDED_


#include "s3_types.h"


#define S3_TTL_MAX           (10LL * 365 * 86400)  /* seconds */
#define S3_TTL_NONE          (-1)                  /* no rule applies */


typedef struct {
    unsigned         status;       /* 0: 200 and 203 */
    int64_t          seconds;      /* 0: do not store */
} s3_ttl_rule_t;


/*
 * Seconds that a response with this status is fresh: the first rule for the
 * very status; else, for 200 and 203, the first rule with status 0; else
 * S3_TTL_NONE.  (S3's 301 says that the bucket is in another region: nothing
 * to keep unless asked.)
 */
int64_t s3_ttl(const s3_ttl_rule_t *rules, size_t n, unsigned status);

/*
 * "90", "90s", "10m", "2h", "7d", "1w", "1h30m": seconds, 0 to S3_TTL_MAX.
 * S3_ERROR: anything else.
 */
int64_t s3_ttl_parse(const s3_str_t *text);


#endif /* _S3_TTL_H_INCLUDED_ */
