
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The result codes of all of ctl, and the human half of a failure.
 *
 * A function that can fail returns 0 or one of these codes, and takes an
 * "error_t *err" last, which it sets on failure only and which may be NULL.
 */

#ifndef _ERROR_H_INCLUDED_
#define _ERROR_H_INCLUDED_


#include <stdarg.h>


enum {
    ERR_OK = 0,
    ERR_INVALID = -1,              /* the input is wrong */
    ERR_NOT_FOUND = -2,
    ERR_CONFLICT = -3,             /* it is there already, or in use */
    ERR_LIMIT = -4,                /* too long, too many, too large */
    ERR_IO = -5,                   /* a file, a socket, SQLite */
    ERR_NOMEM = -6,
    ERR_DENIED = -7,               /* no or wrong token */
    ERR_READ_ONLY = -8,            /* declared in the YAML */
    ERR_TIMEOUT = -9,
    ERR_UNAVAILABLE = -10,         /* nginx or the daemon does not answer */
    ERR_REFUSED = -11,             /* nginx -t said no; its words are in err */
    ERR_INTERNAL = -12,
    ERR_PRECONDITION = -13,        /* it has changed: If-Match, If-None-Match */
    ERR_MAX = 14
};


#define ERROR_MESSAGE_MAX    1024


typedef struct {
    int              code;
    char             message[ERROR_MESSAGE_MAX];
} error_t;


/*
 * Both set err (cut at ERROR_MESSAGE_MAX) and return code, so that a caller
 * may write "return error_set(err, ERR_INVALID, ...)".  Messages are lower
 * case, one line where the source allows it, without a secret.
 */
int error_set(error_t *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* as error_set(), with ": <strerror(errno)>" behind */
int error_errno(error_t *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* puts "<text>: " before the message; returns err->code, or 0 for NULL */
int error_prefix(error_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* puts "; <text>" behind the message, cut if need be; err may be NULL */
void error_append(error_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

int error_nomem(error_t *err);

/* "not_found"; never NULL */
const char *error_name(int code);

/* 404 */
int error_status(int code);


#endif /* _ERROR_H_INCLUDED_ */
