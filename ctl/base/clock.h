
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Time that only goes forward, for deadlines and pauses.
 */

#ifndef _CLOCK_H_INCLUDED_
#define _CLOCK_H_INCLUDED_


#include <stdint.h>


#define CLOCK_MS      1000000LL    /* ns */
#define CLOCK_SECOND  1000000000LL


/* nanoseconds since some moment before this process began, and milliseconds */
int64_t clock_ns(void);
int64_t clock_ms(void);

/* a signal may end it early */
void clock_pause(unsigned ms);


#endif /* _CLOCK_H_INCLUDED_ */
