
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CORS rules of a bucket as S3 writes them, an array of objects:
 *
 *     [{"AllowedOrigins": ["https://app.example"], "AllowedMethods": ["GET"],
 *       "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"],
 *       "MaxAgeSeconds": 3600}]
 */

#ifndef _CORS_H_INCLUDED_
#define _CORS_H_INCLUDED_


#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/strbuf.h"


#define CORS_RULES_MAX   100           /* as on S3 */
#define CORS_LIST_MAX    32            /* of one member of a rule */
#define CORS_NAMES_MAX   4000          /* of headers: nginx reads 4096 bytes */
#define CORS_TEXT_MAX    65536         /* as on S3 */


/*
 * Checks the rules, and gives them in one form: *ret_text is to free(), and
 * NULL if there are none.  With "loose" MaxAgeSeconds may be a text, as YAML
 * has it.  The message names no field.
 */
int cors_from_json(const json_t *rules, bool loose, char **ret_text,
    error_t *err);

/* the same from a text */
int cors_normalize(const char *text, char **ret_text, error_t *err);

/* the directives of a bucket, of what cors_normalize() gave; NULL: none */
void cors_render(const char *text, strbuf_t *sb);


#endif /* _CORS_H_INCLUDED_ */
