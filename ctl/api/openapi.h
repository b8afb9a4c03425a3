
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/openapi.json: the document, which is linked in.
 */

#ifndef _API_OPENAPI_H_INCLUDED_
#define _API_OPENAPI_H_INCLUDED_


#include "api/reply.h"


void openapi_get(const request_t *request, reply_t *reply);


#endif /* _API_OPENAPI_H_INCLUDED_ */
