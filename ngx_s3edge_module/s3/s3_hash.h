
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A hash that spreads keys over a table, differently for each seed, so that
 * nobody outside can choose keys that meet.  Not for secrets.
 */

#ifndef _S3_HASH_H_INCLUDED_
#define _S3_HASH_H_INCLUDED_


#include "s3_types.h"


uint64_t s3_hash(uint64_t seed, const s3_str_t *text);


#endif /* _S3_HASH_H_INCLUDED_ */
