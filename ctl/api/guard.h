
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who may ask.  With a token, whoever has it.  Without one the API listens
 * on loopback, and what is left to keep out is a web page in a browser on
 * this machine: one whose name was made to resolve to us (Host), or one that
 * posts across sites (Origin, and the Content-Types of a form).
 */

#ifndef _API_GUARD_H_INCLUDED_
#define _API_GUARD_H_INCLUDED_


#include <stdbool.h>

#include "api/reply.h"


#define GUARD_TOKEN_MAX  4096


typedef struct {
    const char      *token;        /* what is asked for, or NULL */
    bool             open;         /* the route needs none */
    bool             mutating;     /* POST, PUT, PATCH, DELETE */
    bool             has_body;

    const char      *host;         /* header values; NULL: not sent */
    const char      *origin;
    const char      *authorization;
    const char      *content_type;
} guard_t;


/* false: the reply says why not (401, 403, 415) */
bool guard_check(const guard_t *guard, reply_t *reply);


#endif /* _API_GUARD_H_INCLUDED_ */
