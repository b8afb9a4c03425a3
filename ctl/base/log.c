
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/log.h"


#define LOG_LINE_MAX     8192
#define LOG_MESSAGE_MAX  1024
#define LOG_SHOWN_MAX    3072      /* the message, escaped */


static const char *const  log_names[] = { "error", "warn", "info", "debug" };

static _Atomic log_level_t   log_level = LOG_INFO;
static _Atomic log_format_t  log_format = LOG_TEXT;


void
log_init(log_level_t level, log_format_t format)
{
    log_level = level;
    log_format = format;
}


bool
log_enabled(log_level_t level)
{
    return level <= log_level;
}


bool
log_level_parse(const char *text, log_level_t *ret_level)
{
    size_t  i;

    for (i = 0; i < sizeof(log_names) / sizeof(log_names[0]); i++) {
        if (strcmp(text, log_names[i]) == 0) {
            *ret_level = (log_level_t) i;
            return true;
        }
    }

    return false;
}


/* what is inside the quotes of a JSON string; dst has twice the room */

static void
log_quote(const char *text, char *dst)
{
    for ( /* void */ ; *text != '\0'; text++) {

        if (*text == '"' || *text == '\\') {
            *dst++ = '\\';
        }

        *dst++ = *text;
    }

    *dst = '\0';
}


void
log_write(log_level_t level, const char *fmt, ...)
{
    int              n;
    ssize_t          written;
    va_list          args;
    struct tm        tm;
    struct timespec  now;
    char             stamp[32];
    char             line[LOG_LINE_MAX];
    char             message[LOG_MESSAGE_MAX];
    char             shown[LOG_SHOWN_MAX];
    char             quoted[2 * LOG_SHOWN_MAX];

    if (!log_enabled(level)) {
        return;
    }

    va_start(args, fmt);
    (void) vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);

    (void) escape_text(ESCAPE_TEXT, message, strlen(message), shown,
                       sizeof(shown));
    log_quote(shown, quoted);

    (void) clock_gettime(CLOCK_REALTIME, &now);

    if (gmtime_r(&now.tv_sec, &tm) == NULL
        || strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
    {
        stamp[0] = '\0';
    }

    n = snprintf(line, sizeof(line),
                 log_format == LOG_JSON
                 ? "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\","
                   "\"message\":\"%s\"}\n"
                 : "%s.%03ldZ %s: %s\n",
                 stamp, now.tv_nsec / 1000000, log_names[level],
                 log_format == LOG_JSON ? quoted : shown);

    /* one write: lines of threads and processes do not mix */

    written = write(STDERR_FILENO, line, (size_t) n);
    (void) written;
}
