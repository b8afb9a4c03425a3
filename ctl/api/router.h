
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Finds the row of a route table that a method and a path mean.
 */

#ifndef _API_ROUTER_H_INCLUDED_
#define _API_ROUTER_H_INCLUDED_


#include "api/routes.h"


#define ROUTER_ARG_MAX    1024     /* bytes of a decoded {argument} */
#define ROUTER_ALLOW_MAX  64

#define ROUTER_FOUND      0
#define ROUTER_NO_PATH    1        /* no row has the path: 404 */
#define ROUTER_NO_METHOD  2        /* rows have it for others: 405 */


typedef struct {
    const route_t  *route;         /* ROUTER_FOUND only */
    char            arg[ROUTER_ARG_MAX + 1];    /* "" where there is none */
    char            allow[ROUTER_ALLOW_MAX];    /* "GET, HEAD, DELETE" */
} router_match_t;


/*
 * Path is as it was sent, without the query.  "{...}" in a pattern stands
 * for one segment of at least one byte, which is percent-decoded into "arg";
 * one that is malformed, too long or has a NUL byte matches nothing.  HEAD
 * is answered by the row for GET.
 */
int router_match(const route_t *table, size_t n, const char *method,
    const char *path, router_match_t *match);


#endif /* _API_ROUTER_H_INCLUDED_ */
