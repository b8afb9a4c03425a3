
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "config/value.h"


static const char *const  value_levels[] =
    { "error", "warn", "info", "debug" };
static const char *const  value_formats[] = { "text", "json" };
static const char *const  value_modes[] = { "managed", "attached" };


bool
value_is_list(const value_t *v)
{
    return v->type == VALUE_ADDRESSES || v->type == VALUE_DOMAINS
           || v->type == VALUE_PATTERNS;
}


static int
value_text(const char *text, char **field, error_t *err)
{
    size_t  i;

    if (text[0] == '\0') {
        return error_set(err, ERR_INVALID, "it must not be empty");
    }

    for (i = 0; text[i] != '\0'; i++) {

        if (i == VALUE_TEXT_MAX) {
            return error_set(err, ERR_LIMIT, "more than %d bytes",
                             VALUE_TEXT_MAX);
        }

        if ((unsigned char) text[i] < 0x20 || text[i] == 0x7f) {
            return error_set(err, ERR_INVALID,
                             "control characters are not allowed");
        }
    }

    return model_set(field, text, err);
}


static int
value_path(const value_t *v, const char *text, char **field, error_t *err)
{
    if (v->zero != NULL && strcmp(text, v->zero) == 0) {
        return value_text(text, field, err);
    }

    if (text[0] != '/') {
        return error_set(err, ERR_INVALID, "an absolute path is expected%s%s",
                         v->zero != NULL ? ", or " : "",
                         v->zero != NULL ? v->zero : "");
    }

    /* nginx takes "$" in some of them for a variable */

    if (strchr(text, '$') != NULL) {
        return error_set(err, ERR_INVALID, "\"$\" is not allowed in a path");
    }

    return value_text(text, field, err);
}


static int
value_address(const char *text, char **field, error_t *err)
{
    struct in_addr   in;
    struct in6_addr  in6;

    if (inet_pton(AF_INET, text, &in) != 1
        && inet_pton(AF_INET6, text, &in6) != 1)
    {
        return error_set(err, ERR_INVALID,
                         "an IPv4 or IPv6 address is expected");
    }

    return model_set(field, text, err);
}


static int
value_domain(const char *text, char **field, error_t *err)
{
    size_t  i, len;

    len = strlen(text);

    for (i = 0; i < len; i++) {
        if (!isalnum((unsigned char) text[i]) && text[i] != '-'
            && (text[i] != '.' || i == 0 || text[i - 1] == '.'))
        {
            break;
        }
    }

    if (len == 0 || len > 253 || i != len || text[len - 1] == '.') {
        return error_set(err, ERR_INVALID, "a host name such as "
                         "\"s3.example.com\" is expected");
    }

    return model_set(field, text, err);
}


int
value_list_add(config_list_t *list, const char *text, error_t *err)
{
    char  *copy, **items;

    if (list->len == CONFIG_LIST_MAX) {
        return error_set(err, ERR_LIMIT, "more than %d values",
                         CONFIG_LIST_MAX);
    }

    copy = strdup(text);
    if (copy == NULL) {
        return error_nomem(err);
    }

    items = realloc(list->items, (list->len + 1) * sizeof(char *));
    if (items == NULL) {
        free(copy);
        return error_nomem(err);
    }

    items[list->len++] = copy;
    list->items = items;

    return 0;
}


static int
value_list_item(const value_t *v, const char *text, config_list_t *list,
    error_t *err)
{
    int    rc;
    char  *item;

    item = NULL;

    switch (v->type) {

    case VALUE_DOMAINS:
        rc = value_domain(text, &item, err);
        break;

    case VALUE_PATTERNS:
        rc = value_path(v, text, &item, err);
        break;

    default: /* VALUE_ADDRESSES */
        rc = value_address(text, &item, err);
    }

    if (rc == 0) {
        rc = value_list_add(list, item, err);
    }

    free(item);

    return rc;
}


/* decimal digits, and what follows them */

static bool
value_digits(const char *text, int64_t *ret_number, const char **ret_end)
{
    char       *end;
    long long   n;

    if (!isdigit((unsigned char) text[0])) {
        return false;
    }

    errno = 0;
    n = strtoll(text, &end, 10);

    *ret_number = n;
    *ret_end = end;

    return errno == 0;
}


static int
value_int(const value_t *v, const char *text, int64_t *field, error_t *err)
{
    int64_t      n;
    const char  *end;

    if (v->zero != NULL && strcmp(text, v->zero) == 0) {
        *field = 0;
        return 0;
    }

    if (!value_digits(text, &n, &end) || *end != '\0' || n < v->min
        || n > v->max)
    {
        return error_set(err, ERR_INVALID, "an integer from %" PRId64 " to %"
                         PRId64 "%s%s is expected", v->min, v->max,
                         v->zero != NULL ? " or " : "",
                         v->zero != NULL ? v->zero : "");
    }

    *field = n;

    return 0;
}


static int
value_size(const value_t *v, const char *text, int64_t *field,
    error_t *err)
{
    int      rc;
    int64_t  n;

    if (v->zero != NULL && strcmp(text, v->zero) == 0) {
        *field = 0;
        return 0;
    }

    rc = field_size_parse(text, &n, err);
    if (rc != 0) {
        return rc;
    }

    if (n == 0 && v->zero != NULL && strcmp(v->zero, "0") == 0) {
        *field = 0;
        return 0;
    }

    if (n < v->min || n > v->max) {
        return error_set(err, ERR_INVALID, "a size from %" PRId64 " to %"
                         PRId64 " bytes%s%s is expected", v->min, v->max,
                         v->zero != NULL ? " or " : "",
                         v->zero != NULL ? v->zero : "");
    }

    *field = n;

    return 0;
}


static int
value_time(const value_t *v, const char *text, int64_t *field,
    error_t *err)
{
    int      rc;
    int64_t  n;

    rc = field_time_parse(text, &n, err);
    if (rc != 0) {
        return rc;
    }

    if (n < v->min) {
        return error_set(err, ERR_INVALID, "more than 0 is expected");
    }

    if (n > v->max) {
        return error_set(err, ERR_LIMIT, "at most %" PRId64 "s is expected",
                         v->max);
    }

    *field = n;

    return 0;
}


static int
value_word(const char *const *words, size_t n, const char *text, int *field,
    error_t *err)
{
    int       rc;
    size_t    i;
    strbuf_t  list;

    for (i = 0; i < n; i++) {
        if (strcmp(text, words[i]) == 0) {
            *field = (int) i;
            return 0;
        }
    }

    strbuf_init(&list, 256);

    for (i = 0; i < n; i++) {
        strbuf_printf(&list, "%s%s", i != 0 ? ", " : "", words[i]);
    }

    rc = error_set(err, ERR_INVALID, "one of %s is expected", list.data);

    strbuf_release(&list);

    return rc;
}


#define value_words(words, text, field, err)                                \
    value_word(words, sizeof(words) / sizeof(words[0]), text, field, err)


int
value_set(const value_t *v, void *field, const char *text, error_t *err)
{
    int  rc, n;

    n = 0;

    switch (v->type) {

    case VALUE_TEXT:
    case VALUE_SECRET:
        return value_text(text, field, err);

    case VALUE_PATH:
        return value_path(v, text, field, err);

    case VALUE_ADDRESS:
        return value_address(text, field, err);

    case VALUE_ADDRESSES:
    case VALUE_DOMAINS:
    case VALUE_PATTERNS:
        return value_list_item(v, text, field, err);

    case VALUE_INT:
        return value_int(v, text, field, err);

    case VALUE_SIZE:
        return value_size(v, text, field, err);

    case VALUE_TIME:
        return value_time(v, text, field, err);

    case VALUE_BOOL:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
            return error_set(err, ERR_INVALID, "true or false is expected");
        }

        *(bool *) field = text[0] == 't';
        return 0;

    case VALUE_LEVEL:
        rc = value_words(value_levels, text, &n, err);
        if (rc == 0) {
            *(log_level_t *) field = (log_level_t) n;
        }
        return rc;

    case VALUE_FORMAT:
        rc = value_words(value_formats, text, &n, err);
        if (rc == 0) {
            *(log_format_t *) field = (log_format_t) n;
        }
        return rc;

    default: /* VALUE_MODE */
        rc = value_words(value_modes, text, &n, err);
        if (rc == 0) {
            *(config_mode_t *) field = (config_mode_t) n;
        }
        return rc;
    }
}


void
value_list_release(config_list_t *list)
{
    size_t  i;

    for (i = 0; i < list->len; i++) {
        free(list->items[i]);
    }

    free(list->items);
    list->items = NULL;
    list->len = 0;
}


static void
value_disks_release(config_disks_t *disks)
{
    size_t  i;

    for (i = 0; i < disks->len; i++) {
        (void) model_set(&disks->items[i].path, NULL, NULL);
    }

    disks->len = 0;
}


void
value_release(const value_t *v, void *field)
{
    switch (v->type) {

    case VALUE_TEXT:
    case VALUE_SECRET:
    case VALUE_PATH:
    case VALUE_ADDRESS:
        (void) model_set(field, NULL, NULL);
        break;

    case VALUE_ADDRESSES:
    case VALUE_DOMAINS:
    case VALUE_PATTERNS:
        value_list_release(field);
        break;

    case VALUE_DISKS:
        value_disks_release(field);
        break;

    default:
        break;
    }
}


static json_t *
value_json_list(const config_list_t *list)
{
    size_t   i;
    json_t  *array;

    array = json_array();

    for (i = 0; array != NULL && i < list->len; i++) {
        if (json_array_append_new(array, json_string(list->items[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }

    return array;
}


static json_t *
value_json_disks(const config_disks_t *disks)
{
    size_t                i;
    json_t               *array;
    const config_disk_t  *disk;

    array = json_array();

    for (i = 0; array != NULL && i < disks->len; i++) {

        disk = &disks->items[i];

        if (json_array_append_new(array,
                json_pack("{s:s, s:I, s:I}", "path", disk->path,
                          "max_size", (json_int_t) disk->max_size,
                          "min_free", (json_int_t) disk->min_free))
            != 0)
        {
            json_decref(array);
            return NULL;
        }
    }

    return array;
}


json_t *
value_json(const value_t *v, const void *field)
{
    const char  *text;

    if (value_is_list(v)) {
        return value_json_list(field);
    }

    switch (v->type) {

    case VALUE_SECRET:
        return *(char *const *) field == NULL ? json_null()
                                              : json_string("***");

    case VALUE_TEXT:
    case VALUE_PATH:
    case VALUE_ADDRESS:
        text = *(char *const *) field;
        return text == NULL ? json_null() : json_string(text);

    case VALUE_DISKS:
        return value_json_disks(field);

    case VALUE_BOOL:
        return json_boolean(*(const bool *) field);

    case VALUE_LEVEL:
        return json_string(value_levels[*(const log_level_t *) field]);

    case VALUE_FORMAT:
        return json_string(value_formats[*(const log_format_t *) field]);

    case VALUE_MODE:
        return json_string(value_modes[*(const config_mode_t *) field]);

    default:
        if (v->zero != NULL && strcmp(v->zero, "0") != 0
            && *(const int64_t *) field == 0)
        {
            return json_string(v->zero);
        }

        return json_integer(*(const int64_t *) field);
    }
}
