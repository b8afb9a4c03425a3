
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/cache/purge and /api/cache/clear.
 */

#ifndef _API_PURGE_H_INCLUDED_
#define _API_PURGE_H_INCLUDED_


#include "api/reply.h"


void purge_keys(const request_t *request, reply_t *reply);
void purge_clear(const request_t *request, reply_t *reply);


#endif /* _API_PURGE_H_INCLUDED_ */
