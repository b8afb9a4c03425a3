
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A walk through a cache directory, in no order.  It takes no lock of nginx,
 * pauses between batches, and what disappears meanwhile is passed over.
 */

#ifndef _WALK_H_INCLUDED_
#define _WALK_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"


typedef struct {
    int              fd;           /* to read, closed by the walk */
    int              dir;          /* the same */
    const char      *name;         /* in dir; nginx's temporary files, which
                                      have a dot, are left out */
    struct stat      st;           /* of fd: a regular file */
} walk_file_t;


/* false: the walk ends here */
typedef bool (*walk_visit_pt)(void *data, const walk_file_t *file);


/*
 * paths has one directory a line; one that is not there is passed over.
 * pause_ms 0: none.
 */
int walk_run(const char *paths, unsigned pause_ms, walk_visit_pt visit,
    void *data, error_t *err);

/* as nginx counts the size of a cache file */
uint64_t walk_size(const struct stat *st);

/* this thread comes after all others, for the CPU and for the disk */
void walk_lower_priority(void);

/*
 * Runs the function in a thread of low priority, and waits for it.  One runs
 * at a time: ERR_CONFLICT where another takes long.
 */
int walk_apart(void (*run)(void *data), void *data, error_t *err);


#endif /* _WALK_H_INCLUDED_ */
