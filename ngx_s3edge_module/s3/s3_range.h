
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The Range header as S3 takes it (AWS, "Amazon S3 API Reference",
 * GetObject; RFC 9110, 14): one range.  One that can't be parsed, and several
 * at once, are ignored; the whole object is the answer then.
 */

#ifndef _S3_RANGE_H_INCLUDED_
#define _S3_RANGE_H_INCLUDED_


#include "s3_types.h"


/* bytes first to last; of a suffix the last "last" bytes */

typedef struct {
    int64_t          first;
    int64_t          last;         /* INT64_MAX: to the end */
    unsigned         suffix:1;
} s3_range_t;


/* S3_DECLINED: to be ignored */
int s3_range_parse(const s3_str_t *value, s3_range_t *ret_range);

/*
 * What that is of an object of size bytes: len bytes from offset on.
 * S3_DECLINED: nothing, 416; any range of an empty object is one of those.
 */
int s3_range_apply(const s3_range_t *range, int64_t size, int64_t *ret_offset,
    int64_t *ret_len);


#endif /* _S3_RANGE_H_INCLUDED_ */
