
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


#define JOURNAL_ADDRESS  64


typedef struct {
    bool                    token;     /* one was asked for, and given */
    const struct sockaddr  *address;   /* of the client; may be NULL */
    const char             *agent;     /* User-Agent; may be NULL */
    const char             *prefer;    /* Prefer, the same */
    const char             *message;   /* why, the same */
} journal_caller_t;


/* address is what the order's points to.  ERR_INVALID, ERR_LIMIT: message */
int journal_order(const journal_caller_t *caller,
    char address[JOURNAL_ADDRESS], order_t *ret_order, error_t *err);

void journal_list(const request_t *request, reply_t *reply);

/* how a request that may have changed something ended; logs where it fails */
void journal_write(const request_t *request, const reply_t *reply,
    const char *action);


#endif /* _API_JOURNAL_H_INCLUDED_ */
