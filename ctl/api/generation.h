
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/generations: what was wanted when, and the way back.
 */

#ifndef _API_GENERATION_H_INCLUDED_
#define _API_GENERATION_H_INCLUDED_


#include "api/reply.h"


void generation_list(const request_t *request, reply_t *reply);
void generation_get(const request_t *request, reply_t *reply);
void generation_diff(const request_t *request, reply_t *reply);
void generation_conf(const request_t *request, reply_t *reply);
void generation_rollback(const request_t *request, reply_t *reply);


#endif /* _API_GENERATION_H_INCLUDED_ */
