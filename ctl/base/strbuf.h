
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A growable, always NUL-terminated string with a hard cap.  A failure (no
 * memory, or the cap) sticks: what follows does nothing, and strbuf_check()
 * reports it once at the end.
 */

#ifndef _STRBUF_H_INCLUDED_
#define _STRBUF_H_INCLUDED_


#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"


typedef struct {
    char            *data;         /* never NULL after strbuf_init() */
    size_t           len;
    size_t           size;         /* allocated */
    size_t           max;          /* of len */
    int              failed;       /* 0, ERR_NOMEM or ERR_LIMIT */
} strbuf_t;


/* allocates nothing */
void strbuf_init(strbuf_t *sb, size_t max);

/* leaves it as strbuf_init() did; sb may be zeroed */
void strbuf_release(strbuf_t *sb);

/* as strbuf_release(), and the bytes are cleared first */
void strbuf_wipe(strbuf_t *sb);

void strbuf_clear(strbuf_t *sb);

void strbuf_add(strbuf_t *sb, const void *data, size_t len);
void strbuf_puts(strbuf_t *sb, const char *text);
void strbuf_putc(strbuf_t *sb, char ch);
void strbuf_printf(strbuf_t *sb, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(strbuf_t *sb, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

/* 0, ERR_NOMEM or ERR_LIMIT */
int strbuf_check(const strbuf_t *sb, error_t *err);

/* the string, to free(); sb is empty then.  NULL: it had failed */
char *strbuf_steal(strbuf_t *sb);


#endif /* _STRBUF_H_INCLUDED_ */
