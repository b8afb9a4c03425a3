
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one table of what the API answers.  openapi.json lists the same
 * operations, which a unit test compares.
 */

#ifndef _API_ROUTES_H_INCLUDED_
#define _API_ROUTES_H_INCLUDED_


#include <stddef.h>

#include "api/reply.h"


/* answered without a token: no secret is in it, and nothing changes */
#define ROUTE_OPEN        0x01


/*
 * A handler fills the reply it is given; the reply is zeroed, and the caller
 * releases it.  Handlers run in several threads at once.
 */
typedef void (*route_handler_pt)(const request_t *request, reply_t *reply);


typedef struct {
    const char        *method;
    const char        *path;       /* with one "{name}" at most */
    const char        *operation;  /* operationId; NULL: not in openapi.json */
    route_handler_pt   handler;
    unsigned           flags;
} route_t;


extern const route_t  routes[];
extern const size_t   routes_n;


#endif /* _API_ROUTES_H_INCLUDED_ */
