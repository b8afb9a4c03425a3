
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The stores of machine code to a region, one by one, in the order in which
 * they are made: what another process would see of one that was killed.
 *
 * While it is recorded, the region cannot be written to.  Each store faults,
 * is let through alone (the trap flag), and compared with what was there.
 */

#ifndef _STORES_H_INCLUDED_
#define _STORES_H_INCLUDED_


#include <stddef.h>


#define STORES_MAX    (1 << 17)


/* whole pages; NULL: not on this machine, with the reason in ret_why */
void *stores_map(size_t size, const char **ret_why);
void stores_unmap(void);

void stores_begin(void);

/* the number of stores that changed something */
size_t stores_end(void);

/* the region as it was after n stores */
void stores_after(size_t n);

/* where store n was made, as an offset */
size_t stores_at(size_t n);

/* a second recording, from a moment of the first, has its own numbers */
void stores_push(void);
void stores_pop(void);


#endif /* _STORES_H_INCLUDED_ */
