
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <inttypes.h>
#include <stdarg.h>

#include "base/render_text.h"


#define RENDER_TEXT_MAX  8192


static void render_vquote(strbuf_t *sb, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));


static void
render_vquote(strbuf_t *sb, const char *fmt, va_list args)
{
    size_t    i;
    strbuf_t  text;

    strbuf_init(&text, RENDER_TEXT_MAX);
    strbuf_vprintf(&text, fmt, args);

    if (text.failed != 0) {
        sb->failed = text.failed;
    }

    strbuf_putc(sb, '"');

    for (i = 0; i < text.len; i++) {

        if (text.data[i] == '"' || text.data[i] == '\\') {
            strbuf_putc(sb, '\\');
        }

        strbuf_putc(sb, text.data[i]);
    }

    strbuf_putc(sb, '"');

    strbuf_release(&text);
}


void
render_quote(strbuf_t *sb, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    render_vquote(sb, fmt, args);
    va_end(args);
}


void
render_size(strbuf_t *sb, int64_t size)
{
    const char  *unit;

    unit = "";

    if (size % (1024 * 1024) == 0) {
        size /= 1024 * 1024;
        unit = "m";

    } else if (size % 1024 == 0) {
        size /= 1024;
        unit = "k";
    }

    strbuf_printf(sb, "%" PRId64 "%s", size, unit);
}


void
render_line(strbuf_t *sb, const char *name, const char *fmt, ...)
{
    va_list  args;

    strbuf_printf(sb, "%s ", name);

    va_start(args, fmt);
    render_vquote(sb, fmt, args);
    va_end(args);

    strbuf_puts(sb, ";\n");
}
