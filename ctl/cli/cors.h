
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CORS rules from a file, as "aws s3api get-bucket-cors" writes them.
 */

#ifndef _CLI_CORS_H_INCLUDED_
#define _CLI_CORS_H_INCLUDED_


#include <jansson.h>


/* adds "cors" to body; an exit code, after an error on stderr */
int cors_add(const char *path, json_t *body);


#endif /* _CLI_CORS_H_INCLUDED_ */
