
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/query.h"
#include "s3_uri.h"


static int query_decode(const char *text, s3_str_t *ret_value);
static const query_param_t *query_find(const query_t *query,
    const char *name);


void
query_add(query_t *query, const char *name, const char *value)
{
    s3_str_t        decoded;
    query_param_t  *param;

    if (query->failed != 0) {
        return;
    }

    if (query->n == QUERY_MAX) {
        query->failed = error_set(&query->err, ERR_LIMIT,
                                  "more than %d parameters", QUERY_MAX);
        return;
    }

    query->failed = query_decode(name, &decoded);

    if (query->failed == ERR_OK) {
        param = &query->params[query->n++];
        param->name = (char *) decoded.data;

        query->failed = query_decode(value != NULL ? value : "",
                                     &param->value);
    }

    if (query->failed != ERR_OK) {
        query->failed = error_set(&query->err, query->failed, "%.64s: "
                                  "percent-encoding is expected, of %d "
                                  "bytes at most", name, QUERY_VALUE_MAX);
    }
}


static int
query_decode(const char *text, s3_str_t *ret_value)
{
    size_t     i;
    ssize_t    n;
    s3_str_t   value;

    value.len = strlen(text);

    if (value.len > QUERY_VALUE_MAX) {
        return ERR_LIMIT;
    }

    value.data = malloc(value.len + 1);

    if (value.data == NULL) {
        return ERR_NOMEM;
    }

    for (i = 0; i < value.len; i++) {
        value.data[i] = (unsigned char) (text[i] == '+' ? ' ' : text[i]);
    }

    n = s3_uri_decode(&value, value.data);

    if (n < 0) {
        free(value.data);
        return ERR_INVALID;
    }

    value.len = (size_t) n;
    value.data[n] = '\0';

    *ret_value = value;

    return ERR_OK;
}


void
query_release(query_t *query)
{
    size_t  i;

    for (i = 0; i < query->n; i++) {
        free(query->params[i].name);
        free(query->params[i].value.data);
    }

    memset(query, 0, sizeof(query_t));
}


int
query_check(const query_t *query, const char *const *names, error_t *err)
{
    size_t       i, k;
    const char  *name;

    if (query->failed != ERR_OK) {
        return error_set(err, query->failed, "%s", query->err.message);
    }

    for (i = 0; i < query->n; i++) {
        name = query->params[i].name;

        for (k = 0; names[k] != NULL && strcmp(names[k], name) != 0; k++) {
            /* void */
        }

        if (names[k] == NULL) {
            return error_set(err, ERR_INVALID, "%.64s: unknown parameter",
                             name);
        }

        if (query_find(query, name) != &query->params[i]) {
            return error_set(err, ERR_INVALID, "%s: given twice", name);
        }
    }

    return ERR_OK;
}


static const query_param_t *
query_find(const query_t *query, const char *name)
{
    size_t  i;

    for (i = 0; i < query->n; i++) {
        if (strcmp(query->params[i].name, name) == 0) {
            return &query->params[i];
        }
    }

    return NULL;
}


void
query_bytes(const query_t *query, const char *name, s3_str_t *ret_value)
{
    const query_param_t  *param;

    param = query_find(query, name);

    if (param != NULL) {
        *ret_value = param->value;
    }
}


int
query_text(const query_t *query, const char *name, const char **ret_text,
    error_t *err)
{
    const query_param_t  *param;

    param = query_find(query, name);

    if (param == NULL) {
        return ERR_OK;
    }

    if (strlen((char *) param->value.data) != param->value.len) {
        return error_set(err, ERR_INVALID, "%s: it has a NUL byte", name);
    }

    *ret_text = (char *) param->value.data;

    return ERR_OK;
}


int
query_int(const query_t *query, const char *name, int64_t min, int64_t max,
    int64_t *ret_number, error_t *err)
{
    int          rc;
    char        *end;
    int64_t      number;
    const char  *text;

    text = NULL;

    rc = query_text(query, name, &text, err);

    if (rc != ERR_OK || text == NULL) {
        return rc;
    }

    errno = 0;
    number = strtoll(text, &end, 10);

    if (end == text || *end != '\0' || errno != 0 || number < min
        || number > max)
    {
        return error_set(err, ERR_INVALID, "%s: a number from %lld to %lld "
                         "is expected", name, (long long) min,
                         (long long) max);
    }

    *ret_number = number;

    return ERR_OK;
}
