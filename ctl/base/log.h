
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One line per event on stderr, as text or JSON.  Only api/, cli/ and the
 * mains log; what is below them returns an error_t.  Any thread may call.
 */

#ifndef _LOG_H_INCLUDED_
#define _LOG_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>


typedef enum {
    LOG_ERROR = 0,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG
} log_level_t;


typedef enum {
    LOG_TEXT = 0,
    LOG_JSON
} log_format_t;


/* before it is called: LOG_INFO, LOG_TEXT; may be called again */
void log_init(log_level_t level, log_format_t format);

bool log_enabled(log_level_t level);

/*
 * One event.  The message is lower case without a dot; control bytes become
 * "?" so that an event stays one line; a line is cut at 4096 bytes.
 */
void log_write(log_level_t level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "error", "warn", "info", "debug"; false: no such level */
bool log_level_parse(const char *text, log_level_t *ret_level);


#endif /* _LOG_H_INCLUDED_ */
