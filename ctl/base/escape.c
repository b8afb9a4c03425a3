
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"


/* code points that a terminal obeys, sorted */

static const struct {
    uint32_t         first;
    uint32_t         last;
} escape_ranges[] = {
    { 0x0000, 0x001f },            /* C0 */
    { 0x007f, 0x009f },            /* DEL, C1 */
    { 0x061c, 0x061c },            /* direction of text */
    { 0x200e, 0x200f },
    { 0x2028, 0x202e },            /* lines; direction */
    { 0x2060, 0x206f },            /* isolates, and what nobody sees */
    { 0xfeff, 0xfeff },
    { 0xfff9, 0xfffb },
    { 0xe0000, 0xe007f }           /* tags */
};


static size_t escape_decode(const unsigned char *p, size_t len,
    uint32_t *ret_code);
static bool escape_obeyed(uint32_t code);
static void escape_code(escape_how_t how, uint32_t code,
    char unit[ESCAPE_UNIT_MAX]);


size_t
escape_unit(escape_how_t how, const char *text, size_t len,
    char unit[ESCAPE_UNIT_MAX])
{
    size_t          n;
    uint32_t        code;
    unsigned char   ch;

    ch = (unsigned char) text[0];

    if (how == ESCAPE_BYTES) {

        (void) snprintf(unit, ESCAPE_UNIT_MAX,
                        ch == '\\' ? "\\\\"
                        : (ch >= ' ' && ch < 0x7f) || ch == '\n' ? "%c"
                                                                 : "\\x%02x",
                        ch);
        return 1;
    }

    n = escape_decode((const unsigned char *) text, len, &code);

    if (n == 0) {
        (void) snprintf(unit, ESCAPE_UNIT_MAX, how == ESCAPE_JSON
                        ? "\\u%04x" : "\\x%02x", ch);
        return 1;
    }

    if (escape_obeyed(code) && (how != ESCAPE_JSON || code != '\n')) {
        escape_code(how, code, unit);

    } else {
        memcpy(unit, text, n);
        unit[n] = '\0';
    }

    return n;
}


size_t
escape_text(escape_how_t how, const char *text, size_t len, char *dst,
    size_t size)
{
    char    unit[ESCAPE_UNIT_MAX];
    size_t  i, n, used;

    used = 0;

    for (i = 0; i < len; /* void */ ) {

        i += escape_unit(how, text + i, len - i, unit);
        n = strlen(unit);

        if (n >= size - used) {
            break;
        }

        memcpy(dst + used, unit, n);
        used += n;
    }

    dst[used] = '\0';

    return used;
}


size_t
escape_width(escape_how_t how, const char *text, size_t len)
{
    char         unit[ESCAPE_UNIT_MAX];
    size_t       i, width;
    const char  *p;

    width = 0;

    for (i = 0; i < len; /* void */ ) {

        i += escape_unit(how, text + i, len - i, unit);

        for (p = unit; *p != '\0'; p++) {
            width += ((unsigned char) *p & 0xc0) != 0x80;
        }
    }

    return width;
}


/* the bytes of one character of UTF-8; 0: it is none */

static size_t
escape_decode(const unsigned char *p, size_t len, uint32_t *ret_code)
{
    size_t    i, n;
    uint32_t  code;

    static const uint32_t  lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };

    if (p[0] < 0x80) {
        *ret_code = p[0];
        return 1;
    }

    n = p[0] >= 0xf0 && p[0] < 0xf8 ? 4 : p[0] >= 0xe0 ? 3 : 2;

    if (p[0] < 0xc0 || p[0] >= 0xf8 || n > len) {
        return 0;
    }

    code = p[0] & (0x7fu >> n);

    for (i = 1; i < n; i++) {

        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        code = code << 6 | (p[i] & 0x3fu);
    }

    if (code < lowest[n] || code > 0x10ffff
        || (code >= 0xd800 && code <= 0xdfff))
    {
        return 0;
    }

    *ret_code = code;

    return n;
}


static bool
escape_obeyed(uint32_t code)
{
    size_t  i;

    for (i = 0; i < sizeof(escape_ranges) / sizeof(escape_ranges[0]); i++) {
        if (code <= escape_ranges[i].last) {
            return code >= escape_ranges[i].first;
        }
    }

    return false;
}


static void
escape_code(escape_how_t how, uint32_t code, char unit[ESCAPE_UNIT_MAX])
{
    if (how == ESCAPE_TEXT && code < 0x80) {
        (void) snprintf(unit, ESCAPE_UNIT_MAX, "\\x%02x", (unsigned) code);

    } else if (code < 0x10000) {
        (void) snprintf(unit, ESCAPE_UNIT_MAX, "\\u%04x", (unsigned) code);

    } else if (how == ESCAPE_JSON) {
        code -= 0x10000;
        (void) snprintf(unit, ESCAPE_UNIT_MAX, "\\u%04x\\u%04x",
                        (unsigned) (0xd800 | code >> 10),
                        (unsigned) (0xdc00 | (code & 0x3ff)));

    } else {
        (void) snprintf(unit, ESCAPE_UNIT_MAX, "\\U%08x", (unsigned) code);
    }
}
