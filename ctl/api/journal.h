
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/audit, and the row that a change leaves there.
 */

#ifndef _API_JOURNAL_H_INCLUDED_
#define _API_JOURNAL_H_INCLUDED_


#include <stdbool.h>
#include <sys/socket.h>

#include "api/reply.h"


typedef struct {
    bool                    token;     /* one was asked for, and given */
    const struct sockaddr  *address;   /* of the client; may be NULL */
    const char             *agent;     /* User-Agent; may be NULL */
    const char             *action;    /* the operationId */
} journal_caller_t;


void journal_list(const request_t *request, reply_t *reply);

/* how a request that may have changed something ended; logs where it fails */
void journal_write(const request_t *request, const reply_t *reply,
    const journal_caller_t *caller);


#endif /* _API_JOURNAL_H_INCLUDED_ */
