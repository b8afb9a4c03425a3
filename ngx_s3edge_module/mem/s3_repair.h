
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a process left that died inside s3_mem.h's region.
 *
 * Chains of objects are written before their heads are marked, and stay what
 * they are until the marks are gone; records of pins are written before they
 * count.  So index, order, free chunks and counts can be made anew from heads
 * and records.  Objects that were ready, those that others are filling and
 * all pins stay; the order in which objects came is forgotten.
 */

#ifndef _S3_REPAIR_H_INCLUDED_
#define _S3_REPAIR_H_INCLUDED_


#include "s3_mem.h"


/* S3_DECLINED: the last one died inside; the region has been repaired */
int s3_mem_enter(s3_mem_t *mem);
void s3_mem_leave(s3_mem_t *mem);

/* takes as long as there are chunks: some milliseconds for each GiB */
void s3_repair(s3_mem_t *mem);

/*
 * S3_ERROR where a chunk is lost or has two owners, a count is wrong, or the
 * index, the order or the records of pins are not of what is there; for
 * tests.  Takes as long.  marks: a byte for each chunk.
 */
int s3_repair_check(const s3_mem_t *mem, unsigned char *marks);


#endif /* _S3_REPAIR_H_INCLUDED_ */
