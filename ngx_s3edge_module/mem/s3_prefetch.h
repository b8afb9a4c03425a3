
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asks the processor for what is about to be read of an object in memory.
 * Its caches do not have it, as a rule, and to wait for it takes as long as
 * hundreds of instructions: each step is for somewhat earlier than it is
 * needed.  Hints, without the lock: what they go by may be old.
 */

#ifndef _S3_PREFETCH_H_INCLUDED_
#define _S3_PREFETCH_H_INCLUDED_


#include "s3_mem.h"


/* of the index: where objects of that hash are */
void s3_prefetch_place(const s3_mem_t *mem, uint64_t hash);

/* the first of these: entry, key, head, and where a small body begins */
void s3_prefetch_object(const s3_mem_t *mem, uint64_t hash);

/*
 * Of one that is pinned, a chunk more.  Where the body is longer than that,
 * the processor sees a pattern by itself.
 */
void s3_prefetch_rest(const s3_mem_entry_t *entry);


#endif /* _S3_PREFETCH_H_INCLUDED_ */
