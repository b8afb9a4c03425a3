
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * /swagger-ui: a page for openapi.json, from files that the build has put
 * beside the program or under the prefix.
 */

#ifndef _API_SWAGGER_H_INCLUDED_
#define _API_SWAGGER_H_INCLUDED_


#include "api/reply.h"


/* "/" */
void swagger_root(const request_t *request, reply_t *reply);

/* "/swagger-ui", "/swagger-ui/" */
void swagger_page(const request_t *request, reply_t *reply);

/* "/swagger-ui/{file}": one of a fixed list */
void swagger_file(const request_t *request, reply_t *reply);


#endif /* _API_SWAGGER_H_INCLUDED_ */
