
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * "key", "keys" or "prefix" of a body, and keys in answers.  JSON has no
 * bytes but UTF-8: "encoding": "url" says that they are percent-encoded.
 */

#ifndef _API_KEYS_H_INCLUDED_
#define _API_KEYS_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/error.h"
#include "s3_types.h"


#define KEYS_MAX         10000
#define KEYS_KEY_MAX     1024      /* bytes of a key, decoded */


typedef struct {
    bool             prefix;       /* items is one prefix, maybe empty */
    s3_str_t        *items;        /* encoded (S3_URI_PATH), on the heap */
    size_t           n;
} keys_t;


/*
 * Exactly one of the three members.  keys is set also on failure, to
 * keys_release().
 */
int keys_parse(const json_t *body, keys_t *keys, error_t *err);

void keys_release(keys_t *keys);

/* bytes to the encoded form; ret_key->data is to free().  0 or ERR_NOMEM */
int keys_encode(const s3_str_t *bytes, s3_str_t *ret_key);

/*
 * An encoded key as text, decoded.  Bytes that are not UTF-8, and NUL, are
 * U+FFFD there: not to be taken for the key itself.  NULL: no memory.
 */
json_t *keys_text(const s3_str_t *key);

/* for the audit: {"prefix": ...} or {"keys": N, "first": ...}, with what
   is in "arguments", which is taken over */
json_t *keys_audit(const keys_t *keys, json_t *arguments);


#endif /* _API_KEYS_H_INCLUDED_ */
