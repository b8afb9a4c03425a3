
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/credentials.
 */

#ifndef _API_CREDENTIALS_H_INCLUDED_
#define _API_CREDENTIALS_H_INCLUDED_


#include "api/reply.h"


void credentials_list(const request_t *request, reply_t *reply);
void credentials_create(const request_t *request, reply_t *reply);
void credentials_get(const request_t *request, reply_t *reply);
void credentials_put(const request_t *request, reply_t *reply);
void credentials_patch(const request_t *request, reply_t *reply);
void credentials_delete(const request_t *request, reply_t *reply);


#endif /* _API_CREDENTIALS_H_INCLUDED_ */
