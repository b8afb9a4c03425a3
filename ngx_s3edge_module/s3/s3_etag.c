
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "s3_etag.h"
#include "s3_sink.h"


static size_t s3_etag_next(const s3_str_t *list, size_t i, s3_str_t *tag);
static int s3_etag_is_quoted(const s3_str_t *tag);
static void s3_etag_strip(s3_str_t *tag);


size_t
s3_etag_quote(const s3_str_t *list, unsigned char *dst)
{
    size_t     i;
    s3_str_t   tag;
    s3_sink_t  sink = { dst, 0 };

    for (i = 0; i < list->len; /* void */) {
        i = s3_etag_next(list, i, &tag);

        if (tag.len == 0) {
            continue;
        }

        if (sink.len) {
            s3_sink_bytes(&sink, ", ", 2);
        }

        if (s3_etag_is_quoted(&tag)) {
            s3_sink_str(&sink, &tag);
            continue;
        }

        s3_sink_byte(&sink, '"');
        s3_sink_str(&sink, &tag);
        s3_sink_byte(&sink, '"');
    }

    return sink.len;
}


/* a comma is not the end within quotes; blanks around a tag are not its own */

static size_t
s3_etag_next(const s3_str_t *list, size_t i, s3_str_t *tag)
{
    int             quoted;
    size_t          start, end;
    unsigned char  *p;

    p = list->data;

    while (i < list->len && (p[i] == ' ' || p[i] == '\t' || p[i] == ',')) {
        i++;
    }

    start = i;
    quoted = 0;

    for ( /* void */ ; i < list->len; i++) {

        if (p[i] == '"') {
            quoted = !quoted;

        } else if (p[i] == ',' && !quoted) {
            break;
        }
    }

    end = i;

    while (end > start && (p[end - 1] == ' ' || p[end - 1] == '\t')) {
        end--;
    }

    tag->data = p + start;
    tag->len = end - start;

    return i;
}


/* or has a quote that is out of place; or is no tag at all */

static int
s3_etag_is_quoted(const s3_str_t *tag)
{
    return (tag->len == 1 && tag->data[0] == '*')
           || memchr(tag->data, '"', tag->len) != NULL;
}


int
s3_etag_match(const s3_str_t *list, const s3_str_t *etag, int weak)
{
    size_t    i;
    s3_str_t  tag, ours;

    ours = *etag;

    if (weak) {
        s3_etag_strip(&ours);
    }

    for (i = 0; i < list->len; /* void */) {
        i = s3_etag_next(list, i, &tag);

        if (tag.len == 1 && tag.data[0] == '*') {
            return 1;
        }

        if (weak) {
            s3_etag_strip(&tag);
        }

        if (tag.len != 0 && tag.len == ours.len
            && memcmp(tag.data, ours.data, tag.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
s3_etag_strip(s3_str_t *tag)
{
    if (tag->len > 2 && tag->data[0] == 'W' && tag->data[1] == '/') {
        tag->data += 2;
        tag->len -= 2;
    }
}
