
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who holds what of s3_mem.h's objects.
 *
 * Each process has a slot, and in it a record of each pin, so that the pins
 * and half-filled objects of one that was killed can be told from those of
 * others, and be taken back.  Records lie in chunks, as many as are needed.
 *
 * Called as s3_mem.h says: inside.
 */

#ifndef _S3_PIN_H_INCLUDED_
#define _S3_PIN_H_INCLUDED_


#include "s3_mem.h"


/* of one block, which is a chunk */
#define S3_PIN_RECORDS  (S3_ARENA_CHUNK / sizeof(uint32_t))

/* a record that is free: this, and the next such, or all of the mask */
#define S3_PIN_FREE     0x80000000
#define S3_PIN_MASK     0x7fffffff


typedef struct {
    s3_mem_entry_t  *entry;
    uint32_t         record;
} s3_pin_t;


/* 1 where there is a process of that pid */
typedef int (*s3_pin_alive_pt)(int32_t pid);


/*
 * A slot for a process, which has one at a time.  The one that had the same
 * number before it in the same cycle (of the configuration) is gone, as are
 * the one that had its pid and those that are not alive: what they held is
 * taken back.  S3_DECLINED: no slot is free.
 */
int s3_pin_claim(s3_mem_t *mem, uint32_t cycle, uint32_t worker, int32_t pid,
    s3_pin_alive_pt alive);

/* the process of that slot ends, or has ended */
void s3_pin_release(s3_mem_t *mem, unsigned slot);

/* of all whose processes are gone */
void s3_pin_sweep(s3_mem_t *mem, s3_pin_alive_pt alive);

/* keeps the bytes of an object as they are; S3_DECLINED: no room for it */
int s3_pin(s3_mem_t *mem, unsigned slot, s3_mem_entry_t *entry,
    s3_pin_t *ret_pin);

void s3_unpin(s3_mem_t *mem, unsigned slot, const s3_pin_t *pin);


#endif /* _S3_PIN_H_INCLUDED_ */
