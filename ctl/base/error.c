
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"


typedef struct {
    const char      *name;
    int              status;
} error_info_t;


/* by -code */

static const error_info_t  error_table[ERR_MAX] = {
    { "ok",            200 },
    { "invalid",       400 },
    { "not_found",     404 },
    { "conflict",      409 },
    { "limit",         400 },
    { "io",            500 },
    { "no_memory",     500 },
    { "denied",        401 },
    { "read_only",     409 },
    { "timeout",       504 },
    { "unavailable",   503 },
    { "refused",       422 },
    { "internal",      500 },
    { "precondition",  412 }
};


static const error_info_t *
error_info(int code)
{
    if (code > 0 || code <= -ERR_MAX) {
        code = ERR_INTERNAL;
    }

    return &error_table[-code];
}


int
error_set(error_t *err, int code, const char *fmt, ...)
{
    va_list  args;

    if (err != NULL) {
        err->code = code;

        va_start(args, fmt);
        (void) vsnprintf(err->message, sizeof(err->message), fmt, args);
        va_end(args);
    }

    return code;
}


int
error_errno(error_t *err, int code, const char *fmt, ...)
{
    int      saved;
    char     reason[128];
    size_t   len;
    va_list  args;

    saved = errno;

    if (err == NULL) {
        return code;
    }

    err->code = code;

    va_start(args, fmt);
    (void) vsnprintf(err->message, sizeof(err->message), fmt, args);
    va_end(args);

    if (strerror_r(saved, reason, sizeof(reason)) != 0) {
        (void) snprintf(reason, sizeof(reason), "error %d", saved);
    }

    len = strlen(err->message);
    (void) snprintf(err->message + len, sizeof(err->message) - len, ": %s",
                    reason);

    return code;
}


int
error_prefix(error_t *err, const char *fmt, ...)
{
    char     text[ERROR_MESSAGE_MAX];
    size_t   len;
    va_list  args;

    if (err == NULL) {
        return 0;
    }

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    len = strlen(text);

    if (len > sizeof(text) - 3) {
        len = sizeof(text) - 3;
    }

    memmove(err->message + len + 2, err->message,
            sizeof(err->message) - len - 2);
    memcpy(err->message, text, len);
    memcpy(err->message + len, ": ", 2);
    err->message[sizeof(err->message) - 1] = '\0';

    return err->code;
}


void
error_append(error_t *err, const char *fmt, ...)
{
    char     text[ERROR_MESSAGE_MAX / 2];
    size_t   len, max;
    va_list  args;

    if (err == NULL) {
        return;
    }

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    len = strlen(err->message);
    max = sizeof(err->message) - sizeof("; ") - strlen(text);

    if (len > max) {
        len = max;
    }

    memcpy(err->message + len, "; ", 2);
    memcpy(err->message + len + 2, text, strlen(text) + 1);
}


int
error_nomem(error_t *err)
{
    return error_set(err, ERR_NOMEM, "out of memory");
}


const char *
error_name(int code)
{
    return error_info(code)->name;
}


int
error_status(int code)
{
    return error_info(code)->status;
}
