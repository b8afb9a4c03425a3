
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/buckets: the buckets in force, and those that are registered here.
 */

#ifndef _API_BUCKET_H_INCLUDED_
#define _API_BUCKET_H_INCLUDED_


#include <jansson.h>

#include "api/reply.h"
#include "entity/model.h"


void bucket_list(const request_t *request, reply_t *reply);
void bucket_create(const request_t *request, reply_t *reply);
void bucket_get(const request_t *request, reply_t *reply);
void bucket_put(const request_t *request, reply_t *reply);
void bucket_patch(const request_t *request, reply_t *reply);
void bucket_delete(const request_t *request, reply_t *reply);


/* schema Bucket, without a secret; NULL: no memory */
json_t *bucket_json(const model_bucket_t *bucket);


#endif /* _API_BUCKET_H_INCLUDED_ */
