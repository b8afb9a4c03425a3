
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/reply.h"
#include "base/field.h"
#include "base/json.h"
#include "base/strbuf.h"


#define REPLY_TYPE_JSON    "application/json"
#define REPLY_MESSAGE_MAX  2048
#define REPLY_HEADER_MAX   4096


static const char  reply_nomem[] =
    "{\"error\":\"no_memory\",\"message\":\"out of memory\"}\n";


static void reply_ascii(char *text);
static void reply_clear(reply_t *reply);


void
reply_json(reply_t *reply, unsigned status, json_t *body)
{
    char    *text, *line;
    size_t   len;

    text = NULL;
    line = NULL;

    if (body != NULL) {
        text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(6));
        json_decref(body);
    }

    if (text != NULL) {
        len = strlen(text);
        line = realloc(text, len + 2);
    }

    if (line == NULL) {
        free(text);
        reply_clear(reply);
        reply->status = 500;
        reply->type = REPLY_TYPE_JSON;
        reply->error = error_name(ERR_NOMEM);
        reply->fixed = reply_nomem;
        reply->len = sizeof(reply_nomem) - 1;
        return;
    }

    line[len] = '\n';
    line[len + 1] = '\0';

    reply_text(reply, status, REPLY_TYPE_JSON, line, len + 1);
}


void
reply_text(reply_t *reply, unsigned status, const char *type, char *text,
    size_t len)
{
    reply_clear(reply);

    reply->status = status;
    reply->type = type;
    reply->text = text;
    reply->len = len;
}


void
reply_empty(reply_t *reply, unsigned status)
{
    reply_clear(reply);

    reply->status = status;
}


void
reply_error(reply_t *reply, unsigned status, const char *code,
    json_t *details, const char *fmt, ...)
{
    char     message[REPLY_MESSAGE_MAX];
    json_t  *text;
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);

    text = json_string(message);

    if (text == NULL) {
        reply_ascii(message);
        text = json_string(message);
    }

    reply_json(reply, status, json_pack("{s:s, s:o, s:o*}", "error", code,
                                        "message", text,
                                        "details", details));

    reply->error = code;
}


/* nginx's words, and a message that was cut, need not be UTF-8 */

static void
reply_ascii(char *text)
{
    for ( /* void */ ; *text != '\0'; text++) {
        if ((unsigned char) *text >= 0x80) {
            *text = '?';
        }
    }
}


void
reply_failure(reply_t *reply, const error_t *err)
{
    reply_error(reply, (unsigned) error_status(err->code),
                error_name(err->code), NULL, "%s", err->message);
}


void
reply_accepted(reply_t *reply, const order_t *order)
{
    reply_json(reply, 202, json_pack("{s:I, s:s}", "generation",
                                     (json_int_t) order->revision, "state",
                                     REVISION_PENDING));
    reply_header(reply, "Location", "/api/generations/%lld",
                 (long long) order->revision);
    reply_header(reply, "Preference-Applied", "respond-async");
}


void
reply_header(reply_t *reply, const char *name, const char *fmt, ...)
{
    char      *value;
    va_list    args;
    strbuf_t   text;

    if (reply->headers_n == REPLY_HEADERS_MAX) {
        return;
    }

    strbuf_init(&text, REPLY_HEADER_MAX);

    va_start(args, fmt);
    strbuf_vprintf(&text, fmt, args);
    va_end(args);

    value = strbuf_steal(&text);

    if (value == NULL) {
        strbuf_release(&text);
        return;
    }

    reply->headers[reply->headers_n].name = name;
    reply->headers[reply->headers_n].value = value;
    reply->headers_n++;
}


void
reply_release(reply_t *reply)
{
    unsigned  i;

    reply_clear(reply);
    json_decref(reply->audit);

    for (i = 0; i < reply->headers_n; i++) {
        free(reply->headers[i].value);
    }

    memset(reply, 0, sizeof(reply_t));
}


static void
reply_clear(reply_t *reply)
{
    free(reply->text);

    if (reply->has_fd) {
        (void) close(reply->fd);
    }

    reply->status = 0;
    reply->type = NULL;
    reply->error = NULL;
    reply->text = NULL;
    reply->fixed = NULL;
    reply->len = 0;
    reply->fd = -1;
    reply->has_fd = 0;
}


void
reply_audit(reply_t *reply, json_t *arguments)
{
    json_decref(reply->audit);
    reply->audit = arguments;
}


json_t *
reply_members(const char *name, const json_t *json)
{
    json_t      *list, *value;
    const char  *key;

    list = json_array();

    /* the cast: jansson's iterators are not const, but change nothing */

    json_object_foreach((json_t *) (uintptr_t) json, key, value) {
        (void) json_array_append_new(list, json_string(key));
    }

    return json_pack("{s:s, s:o}", "name", name, "members", list);
}


json_t *
reply_time(int64_t seconds)
{
    return field_stamp(seconds);
}


int
request_json(const request_t *request, bool optional, json_t **ret_json,
    reply_t *reply)
{
    int      rc;
    json_t  *json;
    error_t  err;

    if (request->body_len == 0) {

        if (!optional) {
            reply_error(reply, 400, error_name(ERR_INVALID), NULL,
                        "a JSON object is expected as the body");
            return ERR_INVALID;
        }

        json = json_object();

        if (json == NULL) {
            reply_json(reply, 500, NULL);
            return ERR_NOMEM;
        }

        *ret_json = json;
        return ERR_OK;
    }

    rc = json_parse(request->body, request->body_len, ret_json, &err);

    if (rc != ERR_OK) {
        reply_failure(reply, &err);
    }

    return rc;
}
