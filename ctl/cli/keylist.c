
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/keylist.h"
#include "cli/output.h"
#include "s3_uri.h"


#define KEYLIST_MAX          10000000
#define KEYLIST_BATCH        10000     /* keys of a request */
#define KEYLIST_BATCH_BYTES  900000    /* of a body of 1 MiB */


static char *keylist_encode_set(const char *text, size_t len,
    unsigned set);
static int keylist_add_bytes(keylist_t *list, const char *key, size_t len);


char *
keylist_encode(const char *text)
{
    return keylist_encode_set(text, strlen(text), S3_URI_PATH);
}


int
keylist_add(keylist_t *list, const char *key)
{
    if (key[0] == '\0') {
        return output_error(EXIT_USAGE, "a key is not empty");
    }

    return keylist_add_bytes(list, key, strlen(key));
}


static int
keylist_add_bytes(keylist_t *list, const char *key, size_t len)
{
    char    **items;
    size_t    size;

    if (list->n == KEYLIST_MAX) {
        return output_error(EXIT_USAGE, "more than %d keys", KEYLIST_MAX);
    }

    if (list->n == list->size) {
        size = list->size != 0 ? list->size * 2 : 64;
        items = realloc(list->items, size * sizeof(char *));

        if (items == NULL) {
            return output_error(EXIT_REFUSED, "out of memory");
        }

        list->items = items;
        list->size = size;
    }

    list->items[list->n] = keylist_encode_set(key, len, S3_URI_PATH);

    if (list->items[list->n] == NULL) {
        return output_error(EXIT_REFUSED, "out of memory");
    }

    list->n++;

    return EXIT_DONE;
}


static char *
keylist_encode_set(const char *text, size_t len, unsigned set)
{
    char      *encoded;
    s3_str_t   src;

    src.data = (unsigned char *) (uintptr_t) text;
    src.len = len;

    encoded = malloc(3 * len + 1);

    if (encoded != NULL) {
        encoded[s3_uri_encode(&src, set, (unsigned char *) encoded)] = '\0';
    }

    return encoded;
}


int
keylist_read(keylist_t *list, const char *path)
{
    int       rc;
    char     *line;
    FILE     *file;
    size_t    size;
    ssize_t   n;

    file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");

    if (file == NULL) {
        return output_error(EXIT_USAGE, "cannot open %s: %s", path,
                            strerror(errno));
    }

    rc = EXIT_DONE;
    line = NULL;
    size = 0;

    while (rc == EXIT_DONE && (n = getline(&line, &size, file)) != -1) {

        if (n > 0 && line[n - 1] == '\n') {
            n--;
        }

        if (n > 0) {
            rc = keylist_add_bytes(list, line, (size_t) n);
        }
    }

    if (rc == EXIT_DONE && ferror(file)) {
        rc = output_error(EXIT_USAGE, "cannot read %s", path);
    }

    free(line);

    if (file != stdin) {
        (void) fclose(file);
    }

    return rc;
}


int
keylist_take(const keylist_t *list, size_t *next, json_t *body)
{
    int      rc;
    size_t   i, n, bytes;
    json_t  *keys;

    keys = json_array();
    bytes = 0;
    rc = 0;

    for (i = *next, n = 0; i < list->n && n < KEYLIST_BATCH; i++, n++) {

        bytes += strlen(list->items[i]) + 3;

        if (n != 0 && bytes > KEYLIST_BATCH_BYTES) {
            break;
        }

        rc |= json_array_append_new(keys, json_string(list->items[i]));
    }

    *next = i;

    rc |= json_object_set_new(body, "keys", keys);
    rc |= json_object_set_new(body, "encoding", json_string("url"));

    return rc == 0 ? EXIT_DONE : output_error(EXIT_REFUSED, "out of memory");
}


void
keylist_release(keylist_t *list)
{
    size_t  i;

    for (i = 0; i < list->n; i++) {
        free(list->items[i]);
    }

    free(list->items);
    memset(list, 0, sizeof(keylist_t));
}


void
keylist_query(strbuf_t *url, const char *name, const char *value)
{
    char  *encoded;

    if (value == NULL) {
        return;
    }

    encoded = keylist_encode_set(value, strlen(value), S3_URI_COMPONENT);

    strbuf_printf(url, "%c%s=%s", strchr(url->data, '?') ? '&' : '?', name,
                  encoded != NULL ? encoded : "");

    free(encoded);
}
