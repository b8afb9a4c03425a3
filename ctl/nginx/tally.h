
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What nginx counts, from the file that its workers write (s3_tally.h): no
 * worker is asked.
 */

#ifndef _TALLY_H_INCLUDED_
#define _TALLY_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nginx/edge.h"


typedef struct {
    int64_t          written;      /* milliseconds since 1970 */
    bool             clean;        /* by a master at its end */
    size_t           damaged;      /* records that are not whole: left out */
} tally_state_t;


/*
 * *ret_stats is to edge_stats_release().  ERR_UNAVAILABLE: there is no such
 * file, as with an older module, or it is of another layout, or damaged.
 */
int tally_read(const char *path, edge_stats_t *ret_stats,
    tally_state_t *ret_state, error_t *err);


#endif /* _TALLY_H_INCLUDED_ */
