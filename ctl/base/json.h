
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Typed jansson getters.  "where" is the path of the object in the document
 * ("" for the root, "ttl"), and errors name the whole path:
 * "ttl.404: a string is expected, not an integer".
 */

#ifndef _JSON_H_INCLUDED_
#define _JSON_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"


#define JSON_OPTIONAL    0
#define JSON_REQUIRED    1

#define JSON_DEPTH_MAX   16


/*
 * Parses a whole document of UTF-8 text; refuses duplicate keys, NUL bytes
 * in strings, trailing bytes, and nesting over JSON_DEPTH_MAX.  ERR_INVALID
 * names line and column.  *ret_value is to json_decref().
 */
int json_parse(const char *data, size_t len, json_t **ret_value,
    error_t *err);

/*
 * ERR_INVALID where obj is no object, or has a key that is not in the
 * NULL-terminated list; the message lists what is expected.
 */
int json_check_keys(const json_t *obj, const char *where,
    const char *const *keys, error_t *err);

/*
 * The member "key".  Absent or null: *ret is untouched, and the result is 0
 * with JSON_OPTIONAL, ERR_INVALID with JSON_REQUIRED.  Slices belong to obj.
 */
int json_get_string(const json_t *obj, const char *where, const char *key,
    int required, const char **ret_text, error_t *err);
int json_get_int(const json_t *obj, const char *where, const char *key,
    int required, int64_t min, int64_t max, int64_t *ret_number,
    error_t *err);
int json_get_uint64(const json_t *obj, const char *where, const char *key,
    int required, uint64_t *ret_number, error_t *err);
int json_get_bool(const json_t *obj, const char *where, const char *key,
    int required, bool *ret_flag, error_t *err);
int json_get_object(const json_t *obj, const char *where, const char *key,
    int required, json_t **ret_value, error_t *err);
int json_get_array(const json_t *obj, const char *where, const char *key,
    int required, json_t **ret_value, error_t *err);


#endif /* _JSON_H_INCLUDED_ */
