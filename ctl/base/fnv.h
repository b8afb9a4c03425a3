
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * FNV-1a: names for what is ours, not a defence against anybody.
 */

#ifndef _FNV_H_INCLUDED_
#define _FNV_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define FNV_INIT  0xcbf29ce484222325u


/* hash: FNV_INIT, or what is before data */
uint64_t fnv_add(uint64_t hash, const void *data, size_t len);


#endif /* _FNV_H_INCLUDED_ */
