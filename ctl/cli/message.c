
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "cli/message.h"
#include "s3_uri.h"


static int message_request_line(message_t *message, s3_str_t line,
    error_t *err);
static bool message_line(s3_str_t *rest, s3_str_t *line);
static bool message_token(const s3_str_t *text);
static bool message_begins(const s3_str_t *text, const char *prefix);
static void message_trim(s3_str_t *text);
static void message_skip(s3_str_t *text, size_t n);


int
message_url(message_t *message, const s3_str_t *url, error_t *err)
{
    size_t       n;
    s3_str_t     rest;
    const char  *port;

    rest = *url;

    if (message_begins(&rest, "http://")) {
        message_skip(&rest, sizeof("http://") - 1);
        port = ":80";

    } else if (message_begins(&rest, "https://")) {
        message_skip(&rest, sizeof("https://") - 1);
        port = ":443";

    } else {
        return error_set(err, ERR_INVALID, "\"%.*s\": an http:// or https:// "
                         "URL is expected", (int) url->len,
                         (char *) url->data);
    }

    for (n = 0; n < rest.len && strchr("/?", rest.data[n]) == NULL; n++) {
        /* void */
    }

    message->host.data = rest.data;
    message->host.len = n;

    if (n == 0 || memchr(rest.data, '@', n) != NULL) {
        return error_set(err, ERR_INVALID, "\"%.*s\": a host is expected, "
                         "without user and password", (int) url->len,
                         (char *) url->data);
    }

    /* clients leave out the scheme's own port, and sign that */

    if (n > strlen(port)
        && memcmp(rest.data + n - strlen(port), port, strlen(port)) == 0)
    {
        message->host.len -= strlen(port);
    }

    message_skip(&rest, n);

    s3_uri_split(&rest, &message->path, &message->query);

    if (rest.len != 0 && rest.data[0] == '?') {
        message->query.data = rest.data + 1;
        message->query.len = rest.len - 1;
    }

    return ERR_OK;
}


int
message_wire(message_t *message, const s3_str_t *text, error_t *err)
{
    int         rc;
    unsigned    n;
    s3_str_t    rest, line;
    s3_pair_t  *last;

    rest = *text;

    if (!message_line(&rest, &line)) {
        return error_set(err, ERR_INVALID, "the request is empty");
    }

    rc = message_request_line(message, line, err);

    for (n = 2; rc == ERR_OK && message_line(&rest, &line); n++) {

        if (line.len == 0) {
            break;
        }

        if ((line.data[0] == ' ' || line.data[0] == '\t')
            && message->nheaders != 0)
        {
            last = &message->headers[message->nheaders - 1];
            last->value.len = (size_t) (line.data + line.len
                                        - last->value.data);
            continue;
        }

        rc = message_header(message, &line, err);

        if (rc != ERR_OK) {
            return error_prefix(err, "line %u of the request", n);
        }
    }

    return rc;
}


/* METHOD SP target [SP version]; the target may be a URL */

static int
message_request_line(message_t *message, s3_str_t line, error_t *err)
{
    size_t          n;
    s3_str_t        target;
    unsigned char  *space;

    space = memchr(line.data, ' ', line.len);

    message->method.data = line.data;
    message->method.len = (space != NULL) ? (size_t) (space - line.data) : 0;

    if (!message_token(&message->method)) {
        return error_set(err, ERR_INVALID, "line 1 of the request: \"METHOD "
                         "/path HTTP/1.1\" is expected");
    }

    target = line;
    message_skip(&target, message->method.len + 1);

    /* a target may have blanks where the client did not encode them */

    for (n = target.len; n > 6; n--) {
        if (memcmp(target.data + n - 6, " HTTP/", 6) == 0) {
            target.len = n - 6;
            break;
        }
    }

    if (target.len != 0 && target.data[0] == '/') {
        s3_uri_split(&target, &message->path, &message->query);
        return ERR_OK;
    }

    return message_url(message, &target, err);
}


int
message_header(message_t *message, const s3_str_t *line, error_t *err)
{
    s3_str_t        name, value;
    unsigned char  *colon;

    colon = memchr(line->data, ':', line->len);

    name.data = line->data;
    name.len = (colon != NULL) ? (size_t) (colon - line->data) : 0;

    if (!message_token(&name)) {
        return error_set(err, ERR_INVALID, "\"%.*s\": \"Name: value\" is "
                         "expected", (int) line->len, (char *) line->data);
    }

    value.data = colon + 1;
    value.len = line->len - name.len - 1;

    return message_add(message, &name, &value, err);
}


int
message_add(message_t *message, const s3_str_t *name, const s3_str_t *value,
    error_t *err)
{
    s3_pair_t  *header;

    if (message->nheaders == S3_HEADERS_MAX) {
        return error_set(err, ERR_LIMIT, "more than %d headers",
                         S3_HEADERS_MAX);
    }

    header = &message->headers[message->nheaders++];
    header->name = *name;
    header->value = *value;
    message_trim(&header->value);

    return ERR_OK;
}


s3_pair_t *
message_find(message_t *message, const s3_str_t *name)
{
    size_t      i;
    s3_pair_t  *header;

    for (i = 0; i < message->nheaders; i++) {
        header = &message->headers[i];

        if (header->name.len == name->len
            && strncasecmp((char *) header->name.data, (char *) name->data,
                           name->len)
               == 0)
        {
            return header;
        }
    }

    return NULL;
}


unsigned char *
message_search(const s3_str_t *text, const char *what)
{
    size_t  i, len;

    len = strlen(what);

    for (i = 0; i + len <= text->len; i++) {
        if (memcmp(text->data + i, what, len) == 0) {
            return text->data + i;
        }
    }

    return NULL;
}


/* the next line without its end */

static bool
message_line(s3_str_t *rest, s3_str_t *line)
{
    unsigned char  *end;

    if (rest->len == 0) {
        return false;
    }

    end = memchr(rest->data, '\n', rest->len);

    line->data = rest->data;
    line->len = (end != NULL) ? (size_t) (end - rest->data) : rest->len;

    message_skip(rest, line->len + (end != NULL));

    if (line->len != 0 && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    return true;
}


/* RFC 9110, 5.6.2 */

static bool
message_token(const s3_str_t *text)
{
    size_t         i;
    unsigned char  ch;

    for (i = 0; i < text->len; i++) {
        ch = text->data[i];

        if (ch <= ' ' || ch >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", ch)) {
            return false;
        }
    }

    return text->len != 0;
}


static bool
message_begins(const s3_str_t *text, const char *prefix)
{
    return text->len >= strlen(prefix)
           && strncasecmp((char *) text->data, prefix, strlen(prefix)) == 0;
}


static void
message_trim(s3_str_t *text)
{
    while (text->len != 0 && strchr(" \t", text->data[0]) != NULL
           && text->data[0] != '\0')
    {
        message_skip(text, 1);
    }

    while (text->len != 0 && text->data[text->len - 1] != '\0'
           && strchr(" \t", text->data[text->len - 1]) != NULL)
    {
        text->len--;
    }
}


static void
message_skip(s3_str_t *text, size_t n)
{
    text->data += n;
    text->len -= n;
}
