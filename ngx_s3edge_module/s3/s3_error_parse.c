
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "s3_error_parse.h"
#include "s3_uri.h"


static int s3_error_parse_text(const s3_str_t *body, const char *open,
    const char *close, s3_str_t *text);
static unsigned char *s3_error_parse_find(unsigned char *p, unsigned char *end,
    const char *text, size_t len);
static int s3_error_parse_host_region(const s3_str_t *host, s3_str_t *region);
static int s3_error_parse_ends_in(const s3_str_t *text, const char *tail);
static void s3_error_parse_last_label(s3_str_t *host, s3_str_t *label);


int
s3_error_parse_code(const s3_str_t *body, s3_str_t *code)
{
    size_t         i;
    s3_str_t       text;
    unsigned char  c;

    if (s3_error_parse_text(body, "<Code>", "</Code>", &text) != S3_OK) {
        return S3_DECLINED;
    }

    /* it goes into logs */

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')
            && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
        {
            return S3_DECLINED;
        }
    }

    *code = text;

    return S3_OK;
}


int
s3_error_parse_endpoint(const s3_str_t *body, s3_str_t *endpoint)
{
    return s3_error_parse_text(body, "<Endpoint>", "</Endpoint>", endpoint);
}


int
s3_error_parse_region(const s3_str_t *body, s3_str_t *region)
{
    s3_str_t  text, found;

    if (s3_error_parse_text(body, "<Region>", "</Region>", &text) == S3_OK
        && s3_region_check(&text) == S3_OK)
    {
        *region = text;
        return S3_OK;
    }

    if (s3_error_parse_text(body, "<Endpoint>", "</Endpoint>", &text) == S3_OK
        && s3_error_parse_host_region(&text, &found) == S3_OK)
    {
        *region = found;
        return S3_OK;
    }

    return S3_DECLINED;
}


static int
s3_error_parse_text(const s3_str_t *body, const char *open, const char *close,
    s3_str_t *text)
{
    unsigned char  *p, *last, *end;

    if (body->len == 0) {
        return S3_DECLINED;
    }

    end = body->data + body->len;

    p = s3_error_parse_find(body->data, end, open, strlen(open));
    if (p == NULL) {
        return S3_DECLINED;
    }

    p += strlen(open);

    last = s3_error_parse_find(p, end, close, strlen(close));
    if (last == NULL) {
        return S3_DECLINED;
    }

    text->data = p;
    text->len = (size_t) (last - p);

    return S3_OK;
}


static unsigned char *
s3_error_parse_find(unsigned char *p, unsigned char *end, const char *text,
    size_t len)
{
    while ((size_t) (end - p) >= len) {
        if (memcmp(p, text, len) == 0) {
            return p;
        }

        p++;
    }

    return NULL;
}


/*
 * [bucket.]s3[-fips][.dualstack].REGION.amazonaws.com, or the old form
 * [bucket.]s3-REGION.amazonaws.com.  A region of AWS's has two dashes at
 * least and ends in a digit, which "accelerate" and "external-1" do not.
 */

static int
s3_error_parse_host_region(const s3_str_t *host, s3_str_t *region)
{
    size_t    i, dashes;
    s3_str_t  rest = *host, label, before;

    if (s3_error_parse_ends_in(&rest, ".amazonaws.com")) {
        rest.len -= sizeof(".amazonaws.com") - 1;

    } else if (s3_error_parse_ends_in(&rest, ".amazonaws.com.cn")) {
        rest.len -= sizeof(".amazonaws.com.cn") - 1;

    } else {
        return S3_DECLINED;
    }

    s3_error_parse_last_label(&rest, &label);

    if (label.len > 3 && memcmp(label.data, "s3-", 3) == 0) {
        label.data += 3;
        label.len -= 3;

    } else {
        s3_error_parse_last_label(&rest, &before);

        if (before.len == 9 && s3_error_parse_ends_in(&before, "dualstack")) {
            s3_error_parse_last_label(&rest, &before);
        }

        if (!(before.len == 2 && s3_error_parse_ends_in(&before, "s3"))
            && !(before.len == 7 && s3_error_parse_ends_in(&before, "s3-fips")))
        {
            return S3_DECLINED;
        }
    }

    if (s3_region_check(&label) != S3_OK
        || label.data[label.len - 1] < '0' || label.data[label.len - 1] > '9')
    {
        return S3_DECLINED;
    }

    for (i = 0, dashes = 0; i < label.len; i++) {
        dashes += label.data[i] == '-';

        /* "s3-website-REGION" is another service: "eu" is no such word */

        if (dashes == 0 && i == 4) {
            return S3_DECLINED;
        }
    }

    if (dashes < 2) {
        return S3_DECLINED;
    }

    *region = label;

    return S3_OK;
}


static int
s3_error_parse_ends_in(const s3_str_t *text, const char *tail)
{
    size_t  len;

    len = strlen(tail);

    return text->len >= len
           && memcmp(text->data + text->len - len, tail, len) == 0;
}


/* takes what is behind the last dot off the host; all where there is none */

static void
s3_error_parse_last_label(s3_str_t *host, s3_str_t *label)
{
    size_t  i;

    for (i = host->len; i > 0 && host->data[i - 1] != '.'; i--) {
        /* void */
    }

    label->data = host->data + i;
    label->len = host->len - i;

    host->len = (i > 0) ? i - 1 : 0;
}
