
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_cc.h"


typedef enum {
    S3_CC_OTHER = 0,
    S3_CC_MAX_AGE,
    S3_CC_S_MAXAGE,
    S3_CC_STALE_WHILE_REVALIDATE,
    S3_CC_STALE_IF_ERROR,
    S3_CC_NO_STORE,
    S3_CC_NO_CACHE,
    S3_CC_PRIVATE,
    S3_CC_MUST_REVALIDATE
} s3_cc_directive_e;


typedef struct {
    s3_str_t           name;               /* in lower case */
    s3_cc_directive_e  directive;
} s3_cc_name_t;


static s3_str_t s3_cc_next(const s3_str_t *line, size_t *pos, int *quotes);
static size_t s3_cc_quoted(const s3_str_t *line, size_t start);
static s3_str_t s3_cc_trim(s3_str_t str);
static void s3_cc_set(s3_cc_t *cc, const s3_str_t *directive);
static s3_cc_directive_e s3_cc_find(const s3_str_t *name);
static int s3_cc_same(const s3_str_t *name, const s3_str_t *lower);
static void s3_cc_smaller(int64_t *seconds, const s3_str_t *value);
static int64_t s3_cc_seconds(s3_str_t value);


static const s3_cc_name_t  s3_cc_names[] = {
    { s3_string("max-age"), S3_CC_MAX_AGE },
    { s3_string("s-maxage"), S3_CC_S_MAXAGE },
    { s3_string("stale-while-revalidate"), S3_CC_STALE_WHILE_REVALIDATE },
    { s3_string("stale-if-error"), S3_CC_STALE_IF_ERROR },
    { s3_string("no-store"), S3_CC_NO_STORE },
    { s3_string("no-cache"), S3_CC_NO_CACHE },
    { s3_string("private"), S3_CC_PRIVATE },
    { s3_string("must-revalidate"), S3_CC_MUST_REVALIDATE },
    { s3_string("proxy-revalidate"), S3_CC_MUST_REVALIDATE }
};


void
s3_cc_init(s3_cc_t *cc)
{
    cc->max_age = S3_CC_NONE;
    cc->s_maxage = S3_CC_NONE;
    cc->stale_while_revalidate = S3_CC_NONE;
    cc->stale_if_error = S3_CC_NONE;
    cc->no_store = 0;
    cc->no_cache = 0;
    cc->private = 0;
    cc->must_revalidate = 0;
}


void
s3_cc_add(s3_cc_t *cc, const s3_str_t *line)
{
    int       quotes;
    size_t    pos;
    s3_str_t  directive;

    pos = 0;
    quotes = 1;

    while (pos < line->len) {
        directive = s3_cc_next(line, &pos, &quotes);
        s3_cc_set(cc, &directive);
    }
}


/*
 * A quote that nobody closes quotes nothing, or it would hide a no-store
 * behind it; none after it is looked at, so that the line is read in one go.
 */

static s3_str_t
s3_cc_next(const s3_str_t *line, size_t *pos, int *quotes)
{
    size_t    i, end;
    s3_str_t  directive;

    i = *pos;

    while (i < line->len && line->data[i] != ',') {

        if (line->data[i] == '"' && *quotes) {
            end = s3_cc_quoted(line, i);

            if (end != 0) {
                i = end;
                continue;
            }

            *quotes = 0;
        }

        i++;
    }

    directive.data = line->data + *pos;
    directive.len = i - *pos;

    *pos = i + 1;

    return directive;
}


/* behind the quote that closes the one at start; 0: there is none */

static size_t
s3_cc_quoted(const s3_str_t *line, size_t start)
{
    size_t  i;

    for (i = start + 1; i < line->len; i++) {

        if (line->data[i] == '"') {
            return i + 1;
        }

        if (line->data[i] == '\\') {
            i++;
        }
    }

    return 0;
}


static s3_str_t
s3_cc_trim(s3_str_t str)
{
    while (str.len != 0 && (str.data[0] == ' ' || str.data[0] == '\t')) {
        str.data++;
        str.len--;
    }

    while (str.len != 0
           && (str.data[str.len - 1] == ' ' || str.data[str.len - 1] == '\t'))
    {
        str.len--;
    }

    return str;
}


static void
s3_cc_set(s3_cc_t *cc, const s3_str_t *directive)
{
    size_t    i;
    s3_str_t  name, value;

    for (i = 0; i < directive->len && directive->data[i] != '='; i++) {
        /* void */
    }

    name.data = directive->data;
    name.len = i;
    name = s3_cc_trim(name);

    i = (i < directive->len) ? i + 1 : i;

    value.data = directive->data + i;
    value.len = directive->len - i;
    value = s3_cc_trim(value);

    switch (s3_cc_find(&name)) {

    case S3_CC_MAX_AGE:
        s3_cc_smaller(&cc->max_age, &value);
        break;

    case S3_CC_S_MAXAGE:
        s3_cc_smaller(&cc->s_maxage, &value);
        break;

    case S3_CC_STALE_WHILE_REVALIDATE:
        s3_cc_smaller(&cc->stale_while_revalidate, &value);
        break;

    case S3_CC_STALE_IF_ERROR:
        s3_cc_smaller(&cc->stale_if_error, &value);
        break;

    case S3_CC_NO_STORE:
        cc->no_store = 1;
        break;

    case S3_CC_NO_CACHE:
        cc->no_cache = 1;
        break;

    case S3_CC_PRIVATE:
        cc->private = 1;
        break;

    case S3_CC_MUST_REVALIDATE:
        cc->must_revalidate = 1;
        break;

    case S3_CC_OTHER:
        break;
    }
}


static s3_cc_directive_e
s3_cc_find(const s3_str_t *name)
{
    size_t  i;

    for (i = 0; i < sizeof(s3_cc_names) / sizeof(s3_cc_names[0]); i++) {
        if (s3_cc_same(name, &s3_cc_names[i].name)) {
            return s3_cc_names[i].directive;
        }
    }

    return S3_CC_OTHER;
}


static int
s3_cc_same(const s3_str_t *name, const s3_str_t *lower)
{
    size_t         i;
    unsigned char  c;

    if (name->len != lower->len) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c >= 'A' && c <= 'Z') {
            c = (unsigned char) (c | 0x20);
        }

        if (c != lower->data[i]) {
            return 0;
        }
    }

    return 1;
}


static void
s3_cc_smaller(int64_t *seconds, const s3_str_t *value)
{
    int64_t  n;

    n = s3_cc_seconds(*value);

    if (*seconds == S3_CC_NONE || n < *seconds) {
        *seconds = n;
    }
}


static int64_t
s3_cc_seconds(s3_str_t value)
{
    size_t   i;
    int64_t  n;

    if (value.len >= 2 && value.data[0] == '"'
        && value.data[value.len - 1] == '"')
    {
        value.data++;
        value.len -= 2;
    }

    n = 0;

    for (i = 0; i < value.len; i++) {

        if (value.data[i] < '0' || value.data[i] > '9') {
            return 0;
        }

        n = n * 10 + (value.data[i] - '0');

        if (n > S3_CC_MAX) {
            n = S3_CC_MAX;
        }
    }

    return n;
}
