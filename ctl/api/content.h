
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is on disk: /api/cache/objects and /api/cache/reclaim.
 */

#ifndef _API_CONTENT_H_INCLUDED_
#define _API_CONTENT_H_INCLUDED_


#include "api/reply.h"


void content_list(const request_t *request, reply_t *reply);

void content_reclaim(const request_t *request, reply_t *reply);
void content_reclaim_get(const request_t *request, reply_t *reply);
void content_reclaim_cancel(const request_t *request, reply_t *reply);


#endif /* _API_CONTENT_H_INCLUDED_ */
