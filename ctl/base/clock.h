
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Time that only goes forward, for deadlines and pauses.
 */

#ifndef _CLOCK_H_INCLUDED_
#define _CLOCK_H_INCLUDED_


#include <stdint.h>


/* milliseconds since some moment before this process began */
int64_t clock_ms(void);

/* a signal may end it early */
void clock_pause(unsigned ms);


#endif /* _CLOCK_H_INCLUDED_ */
