
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /api/openapi.json: the document that is linked in, and the schemas of
 * entities by their tables.
 */

#ifndef _API_OPENAPI_H_INCLUDED_
#define _API_OPENAPI_H_INCLUDED_


#include "api/reply.h"


void openapi_get(const request_t *request, reply_t *reply);

/* to json_decref(); NULL: no memory */
json_t *openapi_document(void);


#endif /* _API_OPENAPI_H_INCLUDED_ */
