
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/health, /api/ready, /api/version, /api/config: the daemon and its nginx.
 */

#ifndef _API_SYSTEM_H_INCLUDED_
#define _API_SYSTEM_H_INCLUDED_


#include "api/reply.h"


void system_health(const request_t *request, reply_t *reply);
void system_ready(const request_t *request, reply_t *reply);
void system_version(const request_t *request, reply_t *reply);
void system_config(const request_t *request, reply_t *reply);


#endif /* _API_SYSTEM_H_INCLUDED_ */
