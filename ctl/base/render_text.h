
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Text of nginx's configuration.
 */

#ifndef _RENDER_TEXT_H_INCLUDED_
#define _RENDER_TEXT_H_INCLUDED_


#include <stdint.h>

#include "base/strbuf.h"


/* a text in double quotes, which nginx reads back as it was */
void render_quote(strbuf_t *sb, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "64m" */
void render_size(strbuf_t *sb, int64_t size);

/* NAME "TEXT"; */
void render_line(strbuf_t *sb, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));


#endif /* _RENDER_TEXT_H_INCLUDED_ */
