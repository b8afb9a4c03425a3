
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The purge counters of nginx's workers (s3_state.h), as each purge writes
 * them to their file: what they say of a file of the cache.
 */

#ifndef _COUNTERS_H_INCLUDED_
#define _COUNTERS_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>

#include "s3_key.h"
#include "s3_state.h"

#include "base/error.h"


typedef enum {
    COUNTERS_LIVE = 0,
    COUNTERS_EXPIRED,              /* by a soft purge: kept for 304 and for
                                      stale-if-error */
    COUNTERS_DEAD                  /* by a purge: no request finds it again */
} counters_verdict_t;


/*
 * As they are now: later purges are not in it.
 * ERR_UNAVAILABLE: there is no such file yet, or it is of another version.
 * To counters_close().
 */
int counters_open(const char *path, const s3_state_t **ret_counters,
    error_t *err);

/*
 * Is it a file that the module refuses, as no file of purge counters of any
 * version, or one that was cut?  false where there is none, or it is empty.
 */
bool counters_broken(const char *path);

/* NULL is fine */
void counters_close(const s3_state_t *counters);

/*
 * Of a file with this key that was stored then.  DEAD holds for ever; the
 * others held when it was opened.
 */
counters_verdict_t counters_judge(const s3_state_t *counters,
    const s3_key_t *key, int64_t stored_at);


#endif /* _COUNTERS_H_INCLUDED_ */
