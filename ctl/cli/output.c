
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/output.h"


#define OUTPUT_LINE_MAX  4096
#define OUTPUT_PAIR      14        /* columns of a name */
#define OUTPUT_GAP       2         /* columns between two of a table */


static void output_clean(FILE *file, const char *text);
static bool output_escaped(escape_how_t how, FILE *file, const char *text);
static void output_vpair(size_t width, const char *name, const char *fmt,
    va_list args) __attribute__((format(printf, 3, 0)));
static size_t output_width(const char *text);
static const char *output_cell(const json_t *rows, size_t row, size_t column);
static void output_row(const size_t *widths, const char *const *cells,
    size_t n);


int
output_json(json_t *json)
{
    bool   written;
    char  *text;

    text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    json_decref(json);

    if (text == NULL) {
        return output_error(EXIT_REFUSED, "out of memory");
    }

    written = output_escaped(ESCAPE_JSON, stdout, text);
    free(text);

    if (!written) {
        return output_error(EXIT_REFUSED, "cannot write the answer");
    }

    (void) fputc('\n', stdout);

    return EXIT_DONE;
}


void
output_line(const char *fmt, ...)
{
    char     text[OUTPUT_LINE_MAX];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    output_clean(stdout, text);
    (void) fputc('\n', stdout);
}


int
output_error(int code, const char *fmt, ...)
{
    char     text[OUTPUT_LINE_MAX];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    (void) fputs("s3edgectl: ", stderr);
    output_clean(stderr, text);
    (void) fputc('\n', stderr);

    return code;
}


void
output_table(const char *const *heads, size_t n, const json_t *rows)
{
    size_t       i, k, width, widths[OUTPUT_COLUMNS_MAX];
    const char  *cells[OUTPUT_COLUMNS_MAX];

    for (i = 0; i < n; i++) {
        widths[i] = output_width(heads[i]);

        for (k = 0; k < json_array_size(rows); k++) {
            width = output_width(output_cell(rows, k, i));
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }

    output_row(widths, heads, n);

    for (k = 0; k < json_array_size(rows); k++) {

        for (i = 0; i < n; i++) {
            cells[i] = output_cell(rows, k, i);
        }

        output_row(widths, cells, n);
    }
}


static void
output_row(const size_t *widths, const char *const *cells, size_t n)
{
    size_t  i, k;

    for (i = 0; i < n; i++) {
        output_clean(stdout, cells[i]);

        if (i == n - 1) {
            break;
        }

        for (k = output_width(cells[i]); k < widths[i] + OUTPUT_GAP; k++) {
            (void) fputc(' ', stdout);
        }
    }

    (void) fputc('\n', stdout);
}


static const char *
output_cell(const json_t *rows, size_t row, size_t column)
{
    const char  *text;

    text = json_string_value(json_array_get(json_array_get(rows, row),
                                            column));

    return text != NULL && text[0] != '\0' ? text : "-";
}


static size_t
output_width(const char *text)
{
    return escape_width(ESCAPE_TEXT, text, strlen(text));
}


static void
output_clean(FILE *file, const char *text)
{
    (void) output_escaped(ESCAPE_TEXT, file, text);
}


/* false: it could not be written */

static bool
output_escaped(escape_how_t how, FILE *file, const char *text)
{
    char    unit[ESCAPE_UNIT_MAX];
    size_t  n, len;

    for (len = strlen(text); len != 0; /* void */ ) {

        n = escape_unit(how, text, len, unit);
        text += n;
        len -= n;

        if (fputs(unit, file) == EOF) {
            return false;
        }
    }

    return true;
}


void
output_pair(const char *name, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    output_vpair(OUTPUT_PAIR, name, fmt, args);
    va_end(args);
}


void
output_pair_at(size_t width, const char *name, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    output_vpair(width, name, fmt, args);
    va_end(args);
}


static void
output_vpair(size_t width, const char *name, const char *fmt, va_list args)
{
    char  text[OUTPUT_LINE_MAX];

    (void) vsnprintf(text, sizeof(text), fmt, args);

    /* a gap in any case */

    (void) printf("%-*s%*s", (int) width - OUTPUT_GAP, name, OUTPUT_GAP, "");
    output_clean(stdout, text);
    (void) fputc('\n', stdout);
}


/* to the first column, and what is left of a longer line is cleared */

void
output_draw(const char *text)
{
    (void) fputc('\r', stderr);
    output_clean(stderr, text);
    (void) fputs("\033[K", stderr);
    (void) fflush(stderr);
}


const char *
output_duration(int64_t seconds, char text[OUTPUT_TEXT_MAX])
{
    int     n;
    size_t  i, len;

    static const struct {
        int64_t  seconds;
        char     unit;
    } units[] = {
        { 604800, 'w' }, { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' },
        { 1, 's' }
    };

    len = 0;
    text[0] = '\0';

    if (seconds <= 0) {
        (void) snprintf(text, OUTPUT_TEXT_MAX, "0");
    }

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {

        if (seconds < units[i].seconds) {
            continue;
        }

        n = snprintf(text + len, OUTPUT_TEXT_MAX - len, "%" PRId64 "%c",
                     seconds / units[i].seconds, units[i].unit);

        if (n < 0 || (size_t) n >= OUTPUT_TEXT_MAX - len) {
            break;
        }

        len += (size_t) n;
        seconds %= units[i].seconds;
    }

    return text;
}


const char *
output_size(int64_t bytes, char text[OUTPUT_TEXT_MAX])
{
    double  value;
    size_t  i;

    static const char *const  units[] = {
        "B", "KiB", "MiB", "GiB", "TiB", "PiB"
    };

    value = (double) bytes;

    for (i = 0; value >= 1024 && i < sizeof(units) / sizeof(units[0]) - 1;
         i++)
    {
        value /= 1024;
    }

    (void) snprintf(text, OUTPUT_TEXT_MAX, i == 0 ? "%.0f %s" : "%.1f %s",
                    value, units[i]);

    return text;
}


const char *
output_text(const json_t *object, const char *key)
{
    const char  *text;

    text = json_string_value(json_object_get(object, key));

    return text != NULL && text[0] != '\0' ? text : "-";
}


const char *
output_words(const json_t *object, const char *key,
    char text[OUTPUT_WORDS_MAX])
{
    int      n;
    size_t   i, len;
    json_t  *word;

    len = 0;

    json_array_foreach(json_object_get(object, key), i, word) {

        n = snprintf(text + len, OUTPUT_WORDS_MAX - len, "%s%s",
                     i != 0 ? "," : "",
                     json_is_string(word) ? json_string_value(word) : "");

        if (n < 0 || (size_t) n >= OUTPUT_WORDS_MAX - len) {
            break;
        }

        len += (size_t) n;
    }

    return len != 0 ? text : "none";
}
