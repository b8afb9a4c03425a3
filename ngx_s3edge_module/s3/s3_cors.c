
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_cors.h"


typedef struct {
    s3_str_t       name;
    unsigned       method;
} s3_cors_method_t;


static int s3_cors_check(const s3_str_t *pattern);
static int s3_cors_is(const s3_str_t *pattern, const s3_str_t *text,
    int fold);
static int s3_cors_same(const unsigned char *a, const unsigned char *b,
    size_t len, int fold);
static unsigned char s3_cors_lower(unsigned char c);
static int s3_cors_next(s3_str_t *rest, s3_str_t *name);


static const s3_cors_method_t  s3_cors_names[] = {
    { s3_string("GET"), S3_CORS_GET },
    { s3_string("HEAD"), S3_CORS_HEAD },
    { s3_string("PUT"), S3_CORS_PUT },
    { s3_string("POST"), S3_CORS_POST },
    { s3_string("DELETE"), S3_CORS_DELETE }
};

#define S3_CORS_NAMES  (sizeof(s3_cors_names) / sizeof(s3_cors_names[0]))


unsigned
s3_cors_method(const s3_str_t *name)
{
    size_t  i;

    for (i = 0; i < S3_CORS_NAMES; i++) {
        if (s3_cors_names[i].name.len == name->len
            && memcmp(s3_cors_names[i].name.data, name->data, name->len) == 0)
        {
            return s3_cors_names[i].method;
        }
    }

    return 0;
}


size_t
s3_cors_methods(unsigned methods, unsigned char *dst)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < S3_CORS_NAMES; i++) {

        if (!(methods & s3_cors_names[i].method)) {
            continue;
        }

        if (n) {
            dst[n++] = ',';
            dst[n++] = ' ';
        }

        memcpy(dst + n, s3_cors_names[i].name.data, s3_cors_names[i].name.len);
        n += s3_cors_names[i].name.len;
    }

    return n;
}


int
s3_cors_check_origin(const s3_str_t *pattern)
{
    return s3_cors_check(pattern);
}


/* RFC 9110, 5.6.2: a token, and "*" is part of one */

int
s3_cors_check_header(const s3_str_t *pattern)
{
    size_t         i;
    unsigned char  c;

    static const char  others[] = "!#$%&'*+-.^_`|~";

    for (i = 0; i < pattern->len; i++) {
        c = pattern->data[i];

        if (!((s3_cors_lower(c) >= 'a' && s3_cors_lower(c) <= 'z')
              || (c >= '0' && c <= '9')
              || (c != '\0' && strchr(others, c) != NULL)))
        {
            return S3_ERROR;
        }
    }

    return s3_cors_check(pattern);
}


static int
s3_cors_check(const s3_str_t *pattern)
{
    size_t  i, stars;

    if (pattern->len == 0 || pattern->len > S3_CORS_PATTERN_MAX) {
        return S3_ERROR;
    }

    stars = 0;

    for (i = 0; i < pattern->len; i++) {

        if (pattern->data[i] <= ' ' || pattern->data[i] >= 0x7f
            || pattern->data[i] == ',' || pattern->data[i] == '"')
        {
            return S3_ERROR;
        }

        stars += (pattern->data[i] == '*');
    }

    return stars > 1 ? S3_ERROR : S3_OK;
}


int
s3_cors_match(const s3_cors_rule_t *rule, const s3_str_t *origin,
    unsigned method, const s3_str_t *headers, int *ret_any)
{
    size_t    i, n;
    s3_str_t  rest, name;

    if (!(rule->methods & method)) {
        return S3_DECLINED;
    }

    for (i = 0; i < rule->norigins; i++) {
        if (s3_cors_is(&rule->origins[i], origin, 0)) {
            break;
        }
    }

    if (i == rule->norigins) {
        return S3_DECLINED;
    }

    rest = *headers;

    while (s3_cors_next(&rest, &name) == S3_OK) {

        for (n = 0; n < rule->nheaders; n++) {
            if (s3_cors_is(&rule->headers[n], &name, 1)) {
                break;
            }
        }

        if (n == rule->nheaders) {
            return S3_DECLINED;
        }
    }

    *ret_any = rule->origins[i].len == 1 && rule->origins[i].data[0] == '*';

    return S3_OK;
}


static int
s3_cors_is(const s3_str_t *pattern, const s3_str_t *text, int fold)
{
    size_t          before, after;
    unsigned char  *star;

    star = memchr(pattern->data, '*', pattern->len);

    if (star == NULL) {
        return pattern->len == text->len
               && s3_cors_same(pattern->data, text->data, text->len, fold);
    }

    before = (size_t) (star - pattern->data);
    after = pattern->len - before - 1;

    return text->len >= before + after
           && s3_cors_same(pattern->data, text->data, before, fold)
           && s3_cors_same(star + 1, text->data + text->len - after, after,
                           fold);
}


static int
s3_cors_same(const unsigned char *a, const unsigned char *b, size_t len,
    int fold)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (a[i] != b[i]
            && !(fold && s3_cors_lower(a[i]) == s3_cors_lower(b[i])))
        {
            return 0;
        }
    }

    return 1;
}


static unsigned char
s3_cors_lower(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') ? (unsigned char) (c | 0x20) : c;
}


size_t
s3_cors_headers(const s3_str_t *headers, unsigned char *dst)
{
    size_t    i, n;
    s3_str_t  rest, name;

    n = 0;
    rest = *headers;

    while (s3_cors_next(&rest, &name) == S3_OK) {

        if (n) {
            dst[n++] = ',';
            dst[n++] = ' ';
        }

        for (i = 0; i < name.len; i++) {
            dst[n++] = s3_cors_lower(name.data[i]);
        }
    }

    return n;
}


/* the next element of a list (RFC 9110, 5.6.1); empty ones are none */

static int
s3_cors_next(s3_str_t *rest, s3_str_t *name)
{
    unsigned char  *p, *last;

    p = rest->data;
    last = (rest->len != 0) ? p + rest->len : p;

    while (p != last && (*p == ',' || *p == ' ' || *p == '\t')) {
        p++;
    }

    name->data = p;

    while (p != last && *p != ',') {
        p++;
    }

    name->len = (size_t) (p - name->data);

    rest->data = p;
    rest->len = (size_t) (last - p);

    while (name->len
           && (name->data[name->len - 1] == ' '
               || name->data[name->len - 1] == '\t'))
    {
        name->len--;
    }

    return name->len ? S3_OK : S3_DECLINED;
}
