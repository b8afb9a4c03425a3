
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3_crypto.h"

#include "base/strbuf.h"


#define STRBUF_MIN  64


/* what data points to while nothing is allocated; never written to */
static char  strbuf_empty[1];


void
strbuf_init(strbuf_t *sb, size_t max)
{
    sb->data = strbuf_empty;
    sb->len = 0;
    sb->size = 0;
    sb->max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4;
    sb->failed = 0;
}


void
strbuf_release(strbuf_t *sb)
{
    if (sb->size != 0) {
        free(sb->data);
    }

    strbuf_init(sb, sb->max);
}


void
strbuf_wipe(strbuf_t *sb)
{
    if (sb->size != 0) {
        s3_wipe(sb->data, sb->size);
    }

    strbuf_release(sb);
}


void
strbuf_clear(strbuf_t *sb)
{
    if (sb->size != 0) {
        sb->data[0] = '\0';
    }

    sb->len = 0;
    sb->failed = 0;
}


/* room for len more bytes and a NUL */

static bool
strbuf_grow(strbuf_t *sb, size_t len)
{
    char    *p;
    size_t   size;

    if (sb->failed != 0) {
        return false;
    }

    if (len > sb->max - sb->len) {
        sb->failed = ERR_LIMIT;
        return false;
    }

    if (sb->len + len < sb->size) {
        return true;
    }

    size = sb->size != 0 ? sb->size : STRBUF_MIN;

    while (size <= sb->len + len) {
        size *= 2;
    }

    /* not realloc(): what is left behind may have to be wiped */

    p = malloc(size);
    if (p == NULL) {
        sb->failed = ERR_NOMEM;
        return false;
    }

    memcpy(p, sb->data, sb->len + 1);

    if (sb->size != 0) {
        s3_wipe(sb->data, sb->size);
        free(sb->data);
    }

    sb->data = p;
    sb->size = size;

    return true;
}


void
strbuf_add(strbuf_t *sb, const void *data, size_t len)
{
    if (len == 0 || !strbuf_grow(sb, len)) {
        return;
    }

    memcpy(sb->data + sb->len, data, len);
    sb->len += len;
    sb->data[sb->len] = '\0';
}


void
strbuf_puts(strbuf_t *sb, const char *text)
{
    strbuf_add(sb, text, strlen(text));
}


void
strbuf_putc(strbuf_t *sb, char ch)
{
    strbuf_add(sb, &ch, 1);
}


void
strbuf_printf(strbuf_t *sb, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    strbuf_vprintf(sb, fmt, args);
    va_end(args);
}


void
strbuf_vprintf(strbuf_t *sb, const char *fmt, va_list args)
{
    int      n;
    va_list  copy;

    va_copy(copy, args);
    n = vsnprintf(NULL, 0, fmt, copy);
    va_end(copy);

    if (n < 0) {
        sb->failed = ERR_LIMIT;
        return;
    }

    if (n == 0 || !strbuf_grow(sb, (size_t) n)) {
        return;
    }

    (void) vsnprintf(sb->data + sb->len, sb->size - sb->len, fmt, args);
    sb->len += (size_t) n;
}


int
strbuf_check(const strbuf_t *sb, error_t *err)
{
    switch (sb->failed) {

    case 0:
        return 0;

    case ERR_LIMIT:
        return error_set(err, ERR_LIMIT, "more than %zu bytes", sb->max);

    default:
        return error_nomem(err);
    }
}


char *
strbuf_steal(strbuf_t *sb)
{
    char  *p;

    if (sb->failed != 0) {
        return NULL;
    }

    if (sb->size == 0) {
        return calloc(1, 1);
    }

    p = sb->data;
    strbuf_init(sb, sb->max);

    return p;
}
