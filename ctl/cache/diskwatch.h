
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Watches the cache disks: room, and whether a file can be written.  nginx is
 * told which of them to pass by, and to use again; a full or failing disk
 * costs hits, not requests.
 *
 * Each disk has a thread of its own, as a failing one may keep it for ever;
 * one more judges and tells nginx.  A disk is off at the first write that
 * fails, where a write takes DISKWATCH_HANG_MS, or where less than half of
 * min_free is left (nginx itself makes room below min_free, by its own pace);
 * it is on again when two writes in a row went well and min_free is there.
 */

#ifndef _DISKWATCH_H_INCLUDED_
#define _DISKWATCH_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config_types.h"
#include "nginx/edge.h"


#define DISKWATCH_PROBE_MS   2000      /* between two probes */
#define DISKWATCH_HANG_MS    10000
#define DISKWATCH_FLOOR      (4 * 1024 * 1024)     /* the least min_free */
#define DISKWATCH_REASON_MAX 256


typedef struct diskwatch_s  diskwatch_t;


/* starts the threads; edge outlives it */
int diskwatch_new(const config_disks_t *disks, edge_t *edge,
    diskwatch_t **ret_watch, error_t *err);

/* leaves a disk that hangs behind; NULL is fine */
void diskwatch_free(diskwatch_t *watch);

/* sentences on disks that are off, max of them at most: their number */
size_t diskwatch_reasons(diskwatch_t *watch,
    char (*texts)[ERROR_MESSAGE_MAX], size_t max);

/* what has changed, for the log, one at a time; false: nothing */
bool diskwatch_event(diskwatch_t *watch, char text[ERROR_MESSAGE_MAX],
    bool *ret_off);

/*
 * One look at a disk: room, and a file written.  0 or ERR_IO, and why in
 * reason; ret_free is untouched where it is not known.
 */
int diskwatch_probe(const char *path, uint64_t *ret_free,
    char reason[DISKWATCH_REASON_MAX]);

/* whether a disk that was off is to be, by its last probes; for tests too */
bool diskwatch_judge(bool off, unsigned good, bool failed, uint64_t free,
    int64_t min_free);


#endif /* _DISKWATCH_H_INCLUDED_ */
