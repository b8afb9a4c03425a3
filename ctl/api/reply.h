
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a handler is given and what it gives back.
 */

#ifndef _API_REPLY_H_INCLUDED_
#define _API_REPLY_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "api/query.h"
#include "base/error.h"
#include "core/control.h"


#define REPLY_HEADERS_MAX   6

#define REQUEST_BODY_MAX    (1024 * 1024)    /* bytes */


typedef struct {
    control_t       *control;
    const char      *arg;          /* "{name}" of the path, decoded; or "" */
    const char      *body;         /* NUL-terminated; NULL where len is 0 */
    size_t           body_len;
    const query_t   *query;        /* decoded */
    const char      *if_match;     /* the headers; NULL: not sent */
    const char      *if_none_match;
    order_t         *order;        /* who asks, and how, for a change */
} request_t;


typedef struct {
    const char      *name;         /* static */
    char            *value;
} reply_header_t;


/*
 * The body is one of: "text" (owned, from malloc), "fixed" (static, not
 * owned), "fd" (owned, where has_fd), or none.
 */

typedef struct {
    unsigned         status;
    const char      *type;         /* Content-Type, static */
    const char      *error;        /* the word of an error, static; or NULL */
    json_t          *audit;        /* what was asked for, without a secret:
                                      owned; or NULL */

    char            *text;
    const void      *fixed;
    size_t           len;          /* of text, fixed or the file */
    int              fd;
    unsigned         has_fd:1;

    unsigned         headers_n;
    reply_header_t   headers[REPLY_HEADERS_MAX];
} reply_t;


/*
 * Each sets status and body, and takes what was there before away.  Where
 * memory runs out the reply becomes a fixed 500.
 */

/* takes over body; NULL means out of memory */
void reply_json(reply_t *reply, unsigned status, json_t *body);

/* takes over text (from malloc), "type" is static */
void reply_text(reply_t *reply, unsigned status, const char *type,
    char *text, size_t len);

/* status alone: 204 */
void reply_empty(reply_t *reply, unsigned status);

/*
 * {"error":code,"message":...}; code is static, "details" is taken over and
 * may be NULL.
 */
void reply_error(reply_t *reply, unsigned status, const char *code,
    json_t *details, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* the same from an error of a lower layer, whose code decides the status */
void reply_failure(reply_t *reply, const error_t *err);

/* 202 for a change that is stored, and not waited for */
void reply_accepted(reply_t *reply, const order_t *order);

/* "name" is static; a header over the maximum is a programming error */
void reply_header(reply_t *reply, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* what the audit keeps of the request; takes over arguments */
void reply_audit(reply_t *reply, json_t *arguments);

/*
 * For reply_audit(): the names of what a document changes of that one, and no
 * value, which may be a secret.
 */
json_t *reply_members(const char *name, const json_t *json);

/* "2026-01-02T03:04:05Z"; 0 is null.  NULL: no memory */
json_t *reply_time(int64_t seconds);

/* wipes nothing: an answer has no secret in it */
void reply_release(reply_t *reply);


/*
 * The request's body as JSON, to json_decref().  An empty one is an error,
 * or with "optional" an empty object.  On failure the reply says what is
 * wrong.
 */
int request_json(const request_t *request, bool optional, json_t **ret_json,
    reply_t *reply);


#endif /* _API_REPLY_H_INCLUDED_ */
