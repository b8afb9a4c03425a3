
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/cache/warm: jobs that fill the cache.
 */

#ifndef _API_WARMING_H_INCLUDED_
#define _API_WARMING_H_INCLUDED_


#include "api/reply.h"


void warming_list(const request_t *request, reply_t *reply);
void warming_start(const request_t *request, reply_t *reply);
void warming_get(const request_t *request, reply_t *reply);
void warming_cancel(const request_t *request, reply_t *reply);


#endif /* _API_WARMING_H_INCLUDED_ */
