
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The connections of the API, so that those who hold many keep nobody out:
 * where there are too many, the one that was idle for the longest goes.
 * Any thread may call any function.
 */

#ifndef _API_CONNS_H_INCLUDED_
#define _API_CONNS_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"


typedef struct conns_s  conns_t;
typedef struct conn_s  conn_t;


/*
 * At most "room" connections are ever added; above "keep" one is shut for
 * each that comes.  At most "work" work at a time.
 */
int conns_new(size_t room, size_t keep, size_t work, conns_t **ret_conns,
    error_t *err);

/* NULL is fine */
void conns_free(conns_t *conns);

/*
 * A connection has come.  fd stays the caller's.  NULL: there is no room for
 * it, or no descriptor; it is served all the same, and never shut.
 */
conn_t *conns_add(conns_t *conns, int fd);

/* it has gone; conn may be NULL, here and below */
void conns_del(conns_t *conns, conn_t *conn);

/* the client has sent something: it is idle from now on */
void conns_touch(conns_t *conns, conn_t *conn);

/*
 * A request of it is worked on: it is not shut.  False: too many are, and
 * this one is not begun.  To be ended by conns_end().
 */
bool conns_begin(conns_t *conns, conn_t *conn);
void conns_end(conns_t *conns, conn_t *conn);


#endif /* _API_CONNS_H_INCLUDED_ */
