
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"


#define JSON_PATH_MAX  256


static const char *
json_kind(const json_t *value)
{
    switch (json_typeof(value)) {

    case JSON_OBJECT:
        return "an object";

    case JSON_ARRAY:
        return "an array";

    case JSON_STRING:
        return "a string";

    case JSON_INTEGER:
        return "an integer";

    case JSON_REAL:
        return "a real number";

    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";

    default:
        return "null";
    }
}


static const char *
json_path(const char *where, const char *key, char path[JSON_PATH_MAX])
{
    (void) snprintf(path, JSON_PATH_MAX, "%s%s%s", where,
                    where[0] != '\0' ? "." : "", key);

    return path;
}


static bool
json_depth_ok(json_t *value, unsigned depth)
{
    void        *iter;
    json_t      *item;
    size_t       i;

    if (depth > JSON_DEPTH_MAX) {
        return false;
    }

    if (json_is_array(value)) {
        for (i = 0; i < json_array_size(value); i++) {
            if (!json_depth_ok(json_array_get(value, i), depth + 1)) {
                return false;
            }
        }

        return true;
    }

    for (iter = json_object_iter(value);
         iter != NULL;
         iter = json_object_iter_next(value, iter))
    {
        item = json_object_iter_value(iter);

        if (!json_depth_ok(item, depth + 1)) {
            return false;
        }
    }

    return true;
}


int
json_parse(const char *data, size_t len, json_t **ret_value, error_t *err)
{
    json_t        *value;
    json_error_t   error;

    /* jansson has a limit of its own for depth while it parses: 2048 */

    value = json_loadb(data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
                       &error);
    if (value == NULL) {
        return error_set(err, ERR_INVALID, "line %d, column %d: %s",
                         error.line, error.column, error.text);
    }

    if (!json_depth_ok(value, 1)) {
        json_decref(value);
        return error_set(err, ERR_LIMIT, "nested deeper than %d",
                         JSON_DEPTH_MAX);
    }

    *ret_value = value;

    return 0;
}


static void
json_list_keys(strbuf_t *sb, const char *const *keys)
{
    size_t  i;

    for (i = 0; keys[i] != NULL; i++) {
        strbuf_printf(sb, "%s%s", i != 0 ? ", " : "", keys[i]);
    }
}


int
json_check_keys(const json_t *obj, const char *where, const char *const *keys,
    error_t *err)
{
    int          rc;
    void        *iter;
    char         path[JSON_PATH_MAX];
    size_t       i;
    strbuf_t     list;
    const char  *key;

    if (!json_is_object(obj)) {
        return error_set(err, ERR_INVALID, "%s: an object is expected, not %s",
                         where[0] != '\0' ? where : "document",
                         json_kind(obj));
    }

    /* the casts: jansson's iterators are not const, but change nothing */

    for (iter = json_object_iter((json_t *) (uintptr_t) obj);
         iter != NULL;
         iter = json_object_iter_next((json_t *) (uintptr_t) obj, iter))
    {
        key = json_object_iter_key(iter);

        for (i = 0; keys[i] != NULL; i++) {
            if (strcmp(key, keys[i]) == 0) {
                break;
            }
        }

        if (keys[i] != NULL) {
            continue;
        }

        strbuf_init(&list, ERROR_MESSAGE_MAX);
        json_list_keys(&list, keys);

        rc = error_set(err, ERR_INVALID,
                       "%s: unknown key; expected one of: %s",
                       json_path(where, key, path), list.data);

        strbuf_release(&list);

        return rc;
    }

    return 0;
}


/* *ret_value is NULL where the member is absent and may be */

static int
json_member(const json_t *obj, const char *where, const char *key,
    int required, const char *what, json_t **ret_value, error_t *err)
{
    char     path[JSON_PATH_MAX];
    json_t  *value;

    value = json_object_get(obj, key);

    if (value == NULL || json_is_null(value)) {

        if (required) {
            return error_set(err, ERR_INVALID, "%s: %s is required",
                             json_path(where, key, path), what);
        }

        value = NULL;
    }

    *ret_value = value;

    return 0;
}


static int
json_mismatch(const char *where, const char *key, const char *what,
    const json_t *value, error_t *err)
{
    char  path[JSON_PATH_MAX];

    return error_set(err, ERR_INVALID, "%s: %s is expected, not %s",
                     json_path(where, key, path), what, json_kind(value));
}


int
json_get_string(const json_t *obj, const char *where, const char *key,
    int required, const char **ret_text, error_t *err)
{
    int      rc;
    json_t  *value;

    rc = json_member(obj, where, key, required, "a string", &value, err);
    if (rc != 0 || value == NULL) {
        return rc;
    }

    if (!json_is_string(value)) {
        return json_mismatch(where, key, "a string", value, err);
    }

    *ret_text = json_string_value(value);

    return 0;
}


int
json_get_int(const json_t *obj, const char *where, const char *key,
    int required, int64_t min, int64_t max, int64_t *ret_number,
    error_t *err)
{
    int      rc;
    char     path[JSON_PATH_MAX];
    json_t  *value;
    int64_t  n;

    rc = json_member(obj, where, key, required, "an integer", &value, err);
    if (rc != 0 || value == NULL) {
        return rc;
    }

    if (!json_is_integer(value)) {
        return json_mismatch(where, key, "an integer", value, err);
    }

    n = json_integer_value(value);

    if (n < min || n > max) {
        return error_set(err, ERR_INVALID,
                         "%s: an integer from %lld to %lld is expected",
                         json_path(where, key, path), (long long) min,
                         (long long) max);
    }

    *ret_number = n;

    return 0;
}


int
json_get_uint64(const json_t *obj, const char *where, const char *key,
    int required, uint64_t *ret_number, error_t *err)
{
    int      rc;
    int64_t  n;

    /* jansson has no more than 63 bits, nor do our counters need more */

    n = -1;

    rc = json_get_int(obj, where, key, required, 0, INT64_MAX, &n, err);

    if (rc == 0 && n >= 0) {
        *ret_number = (uint64_t) n;
    }

    return rc;
}


int
json_get_bool(const json_t *obj, const char *where, const char *key,
    int required, bool *ret_flag, error_t *err)
{
    int      rc;
    json_t  *value;

    rc = json_member(obj, where, key, required, "a boolean", &value, err);
    if (rc != 0 || value == NULL) {
        return rc;
    }

    if (!json_is_boolean(value)) {
        return json_mismatch(where, key, "a boolean", value, err);
    }

    *ret_flag = json_is_true(value);

    return 0;
}


int
json_get_object(const json_t *obj, const char *where, const char *key,
    int required, json_t **ret_value, error_t *err)
{
    int      rc;
    json_t  *value;

    rc = json_member(obj, where, key, required, "an object", &value, err);
    if (rc != 0 || value == NULL) {
        return rc;
    }

    if (!json_is_object(value)) {
        return json_mismatch(where, key, "an object", value, err);
    }

    *ret_value = value;

    return 0;
}


int
json_get_array(const json_t *obj, const char *where, const char *key,
    int required, json_t **ret_value, error_t *err)
{
    int      rc;
    json_t  *value;

    rc = json_member(obj, where, key, required, "an array", &value, err);
    if (rc != 0 || value == NULL) {
        return rc;
    }

    if (!json_is_array(value)) {
        return json_mismatch(where, key, "an array", value, err);
    }

    *ret_value = value;

    return 0;
}
