
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The directories of the cache disks, before nginx gets them.  nginx deletes
 * what it finds there and does not know, a minute after its start: so a
 * directory has to be empty, or a cache already, and to lie apart from all
 * else that s3edged writes.
 *
 * A cache is known by a marker, whose name nginx takes for that of a file
 * that is still being written and leaves alone; one that was made before
 * there were markers, by having nothing in it but what nginx makes there.
 */

#ifndef _CACHE_DIR_H_INCLUDED_
#define _CACHE_DIR_H_INCLUDED_


#include "base/error.h"
#include "config/config_types.h"


/*
 * nginx passes by what ends in a dot and ten digits and is, with its
 * directory, longer than 42 bytes; cache/walk passes by what has a dot.
 */
#define CACHE_DIR_MARKER  "s3edge-cache.do-not-put-other-files-here.0000000001"


/*
 * Looks, and changes nothing.  ERR_INVALID: what is wrong with which path.
 * 0 where the cache is off, and of a disk that fails: that is no reason not
 * to start.
 */
int cache_dir_check(const config_t *config, error_t *err);

/* checks, makes what is missing (0700), and marks it */
int cache_dir_claim(const config_t *config, error_t *err);


#endif /* _CACHE_DIR_H_INCLUDED_ */
