
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Numbers at random that are the same in each run.
 */

#ifndef _PICK_H_INCLUDED_
#define _PICK_H_INCLUDED_


#include <stdint.h>


/* seed: a uint64_t, which is another then; see crowd_init() for its type */
unsigned pick(void *seed, unsigned below);


#endif /* _PICK_H_INCLUDED_ */
