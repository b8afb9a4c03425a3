
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Buffers for unit tests that make a byte too many show, and assertions that
 * name the row of the table they came from.
 */

#ifndef _GUARD_H_INCLUDED_
#define _GUARD_H_INCLUDED_


#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "s3_types.h"


#define guard_count(table)  (sizeof(table) / sizeof((table)[0]))


/* a copy of src whose end touches a page that cannot be read */
s3_str_t guard_in(const s3_str_t *src);

/* room for len bytes, followed by a canary and such a page */
s3_str_t guard_out(size_t len);

/* frees all of the above; the test fails where a canary was written over */
void guard_reset(void);

/* the test fails, naming the row and what differs */
void guard_bytes(const char *row, const char *what, const s3_str_t *got,
    const s3_str_t *want);
void guard_int(const char *row, const char *what, int64_t got, int64_t want);


#endif /* _GUARD_H_INCLUDED_ */
