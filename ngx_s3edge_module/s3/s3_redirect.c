
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_redirect.h"


#define S3_REDIRECT_NAME_MAX  253
#define S3_REDIRECT_PORT_MAX  65535


static const s3_str_t  s3_redirect_services[] = {
    s3_string(".amazonaws.com"),
    s3_string(".amazonaws.com.cn")
};


static int s3_redirect_host(const s3_str_t *text, s3_redirect_t *to);
static int s3_redirect_is_name(const s3_str_t *name);
static int s3_redirect_is_below(const s3_str_t *name, const s3_str_t *parent);
static int s3_redirect_ends(const s3_str_t *name, const s3_str_t *end);
static int s3_redirect_has_s3(const s3_str_t *name);
static unsigned char s3_redirect_lower(unsigned char c);


int
s3_redirect_parse(const s3_str_t *url, s3_redirect_t *to)
{
    size_t    i;
    s3_str_t  text, host;

    static const s3_str_t  plain = s3_string("http://");
    static const s3_str_t  tls = s3_string("https://");

    text = *url;

    if (text.len > tls.len && memcmp(text.data, tls.data, tls.len) == 0) {
        to->https = 1;
        text.data += tls.len;
        text.len -= tls.len;

    } else if (text.len > plain.len
               && memcmp(text.data, plain.data, plain.len) == 0)
    {
        to->https = 0;
        text.data += plain.len;
        text.len -= plain.len;

    } else {
        return S3_DECLINED;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '/' || text.data[i] == '?') {
            break;
        }
    }

    host.data = text.data;
    host.len = i;

    to->path.data = text.data + i;

    while (i < text.len && text.data[i] != '?' && text.data[i] != '#') {
        i++;
    }

    to->path.len = (size_t) (text.data + i - to->path.data);

    return s3_redirect_host(&host, to);
}


int
s3_redirect_endpoint(const s3_str_t *text, unsigned https, s3_redirect_t *to)
{
    to->https = https;
    to->path.len = 0;
    to->path.data = text->data;

    return s3_redirect_host(text, to);
}


static int
s3_redirect_host(const s3_str_t *text, s3_redirect_t *to)
{
    size_t    i;
    unsigned  usual;

    usual = to->https ? 443 : 80;

    to->host = *text;
    to->name = *text;
    to->port = usual;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] == ':') {
            to->name.len = i;
            break;
        }
    }

    if (i < text->len) {
        to->port = 0;

        for (i++; i < text->len; i++) {
            if (text->data[i] < '0' || text->data[i] > '9') {
                return S3_DECLINED;
            }

            to->port = to->port * 10 + (unsigned) (text->data[i] - '0');

            if (to->port > S3_REDIRECT_PORT_MAX) {
                return S3_DECLINED;
            }
        }

        if (to->port == 0) {
            return S3_DECLINED;
        }
    }

    if (to->port == usual) {
        to->host = to->name;
    }

    return s3_redirect_is_name(&to->name) ? S3_OK : S3_DECLINED;
}


/* the last label of a name begins with a letter, of an address never */

static int
s3_redirect_is_name(const s3_str_t *name)
{
    size_t         i, label;
    unsigned char  c;

    if (name->len == 0 || name->len > S3_REDIRECT_NAME_MAX) {
        return 0;
    }

    label = 0;

    for (i = 0; i < name->len; i++) {
        c = s3_redirect_lower(name->data[i]);

        if (c == '.') {
            if (i == label) {
                return 0;
            }

            label = i + 1;
            continue;
        }

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || c == '-' || c == '_'))
        {
            return 0;
        }
    }

    if (label == name->len) {
        return 0;
    }

    c = s3_redirect_lower(name->data[label]);

    return c >= 'a' && c <= 'z';
}


int
s3_redirect_is_near(const s3_str_t *endpoint, const s3_str_t *name)
{
    size_t           i;
    s3_str_t         parent;
    const s3_str_t  *service;

    if (!s3_redirect_is_name(endpoint)) {
        return s3_redirect_same(endpoint, name);
    }

    for (i = 0; i < 2; i++) {
        service = &s3_redirect_services[i];

        if (s3_redirect_ends(endpoint, service)) {
            return s3_redirect_ends(name, service)
                   && s3_redirect_has_s3(name);
        }
    }

    if (s3_redirect_same(endpoint, name)
        || s3_redirect_is_below(name, endpoint))
    {
        return 1;
    }

    if (endpoint->len < 4 || s3_redirect_lower(endpoint->data[0]) != 's'
        || endpoint->data[1] != '3' || endpoint->data[2] != '.')
    {
        return 0;
    }

    parent.data = endpoint->data + 3;
    parent.len = endpoint->len - 3;

    return memchr(parent.data, '.', parent.len) != NULL
           && s3_redirect_is_below(name, &parent);
}


static int
s3_redirect_is_below(const s3_str_t *name, const s3_str_t *parent)
{
    return name->len > parent->len + 1
           && name->data[name->len - parent->len - 1] == '.'
           && s3_redirect_ends(name, parent);
}


static int
s3_redirect_ends(const s3_str_t *name, const s3_str_t *end)
{
    s3_str_t  tail;

    if (name->len < end->len) {
        return 0;
    }

    tail.data = name->data + (name->len - end->len);
    tail.len = end->len;

    return s3_redirect_same(&tail, end);
}


/* "s3", "s3-fips", "s3-eu-west-1": a label of its own */

static int
s3_redirect_has_s3(const s3_str_t *name)
{
    size_t                i;
    const unsigned char  *p;

    for (i = 0; i + 2 < name->len; i++) {
        p = name->data + i;

        if ((i == 0 || p[-1] == '.')
            && s3_redirect_lower(p[0]) == 's' && p[1] == '3'
            && (p[2] == '.' || p[2] == '-'))
        {
            return 1;
        }
    }

    return 0;
}


int
s3_redirect_same(const s3_str_t *a, const s3_str_t *b)
{
    size_t  i;

    if (a->len != b->len) {
        return 0;
    }

    for (i = 0; i < a->len; i++) {
        if (s3_redirect_lower(a->data[i]) != s3_redirect_lower(b->data[i])) {
            return 0;
        }
    }

    return 1;
}


static unsigned char
s3_redirect_lower(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') ? (unsigned char) (c | 0x20) : c;
}
