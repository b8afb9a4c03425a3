
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>
#include <string.h>

#include "api/keys.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "s3_uri.h"


static int keys_one(const json_t *value, const char *name, bool url,
    keys_t *keys, error_t *err);
static int keys_recode(const s3_str_t *src, s3_str_t *ret_key);


int
keys_parse(const json_t *body, keys_t *keys, error_t *err)
{
    int            rc;
    bool           url;
    size_t         i;
    const char    *encoding;
    const json_t  *key, *list, *prefix;

    memset(keys, 0, sizeof(keys_t));

    encoding = NULL;
    key = json_object_get(body, "key");
    list = json_object_get(body, "keys");
    prefix = json_object_get(body, "prefix");

    rc = json_get_string(body, "", "encoding", JSON_OPTIONAL, &encoding, err);

    if (rc != ERR_OK) {
        return rc;
    }

    url = encoding != NULL;

    if (url && strcmp(encoding, "url") != 0) {
        return error_set(err, ERR_INVALID, "encoding: \"url\" is expected");
    }

    if ((key != NULL) + (list != NULL) + (prefix != NULL) != 1) {
        return error_set(err, ERR_INVALID, "one of \"key\", \"keys\" and "
                         "\"prefix\" is expected");
    }

    if (list != NULL && (!json_is_array(list) || json_array_size(list) == 0)) {
        return error_set(err, ERR_INVALID, "keys: a list is expected that is "
                         "not empty");
    }

    if (json_array_size(list) > KEYS_MAX) {
        return error_set(err, ERR_LIMIT, "keys: at most %d are expected",
                         KEYS_MAX);
    }

    keys->prefix = prefix != NULL;
    keys->items = calloc(list != NULL ? json_array_size(list) : 1,
                         sizeof(s3_str_t));

    if (keys->items == NULL) {
        return error_nomem(err);
    }

    if (list == NULL) {
        return keys_one(prefix != NULL ? prefix : key,
                        prefix != NULL ? "prefix" : "key", url, keys, err);
    }

    for (i = 0; rc == ERR_OK && i < json_array_size(list); i++) {
        rc = keys_one(json_array_get(list, i), "keys", url, keys, err);
    }

    return rc;
}


static int
keys_one(const json_t *value, const char *name, bool url, keys_t *keys,
    error_t *err)
{
    int        rc;
    ssize_t    n;
    s3_str_t   src;

    if (!json_is_string(value)) {
        return error_set(err, ERR_INVALID, "%s: a string is expected", name);
    }

    src.data = (unsigned char *) (uintptr_t) json_string_value(value);
    src.len = json_string_length(value);

    n = url ? s3_uri_decoded_len(&src) : (ssize_t) src.len;

    if (n < 0) {
        return error_set(err, ERR_INVALID, "%s: percent-encoding is expected",
                         name);
    }

    if (n == 0 && !keys->prefix) {
        return error_set(err, ERR_INVALID, "%s: a key is not empty", name);
    }

    if (n > KEYS_KEY_MAX) {
        return error_set(err, ERR_LIMIT, "%s: at most %d bytes are expected",
                         name, KEYS_KEY_MAX);
    }

    rc = url ? keys_recode(&src, &keys->items[keys->n])
             : keys_encode(&src, &keys->items[keys->n]);

    if (rc != ERR_OK) {
        return error_nomem(err);
    }

    keys->n++;

    return ERR_OK;
}


void
keys_release(keys_t *keys)
{
    size_t  i;

    for (i = 0; i < keys->n; i++) {
        free(keys->items[i].data);
    }

    free(keys->items);
    memset(keys, 0, sizeof(keys_t));
}


int
keys_encode(const s3_str_t *bytes, s3_str_t *ret_key)
{
    ret_key->data = malloc(3 * bytes->len + 1);

    if (ret_key->data == NULL) {
        return ERR_NOMEM;
    }

    ret_key->len = s3_uri_encode(bytes, S3_URI_PATH, ret_key->data);
    ret_key->data[ret_key->len] = '\0';

    return ERR_OK;
}


static int
keys_recode(const s3_str_t *src, s3_str_t *ret_key)
{
    ssize_t  n;

    ret_key->data = malloc(3 * src->len + 1);

    if (ret_key->data == NULL) {
        return ERR_NOMEM;
    }

    /* it was checked before */

    n = s3_uri_recode(src, S3_URI_PATH, ret_key->data);

    ret_key->len = n > 0 ? (size_t) n : 0;
    ret_key->data[ret_key->len] = '\0';

    return ERR_OK;
}


json_t *
keys_text(const s3_str_t *key)
{
    size_t      i;
    json_t     *text;
    ssize_t     n;
    s3_str_t    bytes;
    strbuf_t    safe;

    bytes.data = malloc(key->len + 1);

    if (bytes.data == NULL) {
        return NULL;
    }

    n = s3_uri_decode(key, bytes.data);
    bytes.len = n > 0 ? (size_t) n : 0;

    text = NULL;

    if (memchr(bytes.data, '\0', bytes.len) == NULL) {
        text = json_stringn((char *) bytes.data, bytes.len);
    }

    if (text == NULL) {
        strbuf_init(&safe, 3 * bytes.len + 1);

        for (i = 0; i < bytes.len; i++) {
            if (bytes.data[i] == '\0' || bytes.data[i] >= 0x80) {
                strbuf_puts(&safe, "\xef\xbf\xbd");

            } else {
                strbuf_putc(&safe, (char) bytes.data[i]);
            }
        }

        text = json_string(safe.data);
        strbuf_release(&safe);
    }

    free(bytes.data);

    return text;
}


json_t *
keys_audit(const keys_t *keys, json_t *arguments)
{
    int  rc;

    if (keys->prefix) {
        rc = json_object_set_new(arguments, "prefix",
                                 keys_text(&keys->items[0]));

    } else {
        rc = json_object_set_new(arguments, "keys",
                                 json_integer((json_int_t) keys->n));
        rc |= json_object_set_new(arguments, "first",
                                  keys_text(&keys->items[0]));
    }

    if (rc != 0) {
        json_decref(arguments);
        return NULL;
    }

    return arguments;
}
