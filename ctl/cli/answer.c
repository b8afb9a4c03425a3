
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/message.h"


#define ANSWER_MAX  (1024 * 1024)


static int answer_take(const char *data, size_t len, const char *name,
    const char *bytes_name, strbuf_t *text, bool *has, error_t *err);
static bool answer_element(const char *data, size_t len, const char *name,
    s3_str_t *value);
static int answer_put_hex(const s3_str_t *hex, strbuf_t *text, error_t *err);
static int answer_put_text(const s3_str_t *xml, strbuf_t *text, error_t *err);
static size_t answer_put_entity(const s3_str_t *rest, strbuf_t *text);
static bool answer_put_char(unsigned long ch, strbuf_t *text);


int
answer_parse(answer_t *answer, const char *data, size_t len, error_t *err)
{
    int  rc;

    memset(answer, 0, sizeof(answer_t));
    strbuf_init(&answer->request, ANSWER_MAX);
    strbuf_init(&answer->text, ANSWER_MAX);

    rc = answer_take(data, len, "CanonicalRequest", "CanonicalRequestBytes",
                     &answer->request, &answer->has_request, err);

    if (rc == ERR_OK) {
        rc = answer_take(data, len, "StringToSign", "StringToSignBytes",
                         &answer->text, &answer->has_text, err);
    }

    if (rc == ERR_OK && !answer->has_request && !answer->has_text) {
        rc = error_set(err, ERR_NOT_FOUND, "the answer has neither "
                       "<CanonicalRequest> nor <StringToSign>");
    }

    return rc;
}


void
answer_release(answer_t *answer)
{
    strbuf_release(&answer->request);
    strbuf_release(&answer->text);
}


/* the bytes, where they are given, are not what XML made of them */

static int
answer_take(const char *data, size_t len, const char *name,
    const char *bytes_name, strbuf_t *text, bool *has, error_t *err)
{
    int       rc;
    s3_str_t  value;

    rc = ERR_OK;
    *has = true;

    if (answer_element(data, len, bytes_name, &value)) {
        rc = answer_put_hex(&value, text, err);

    } else if (answer_element(data, len, name, &value)) {
        rc = answer_put_text(&value, text, err);

    } else {
        *has = false;
    }

    if (rc == ERR_OK) {
        rc = strbuf_check(text, err);
    }

    if (rc != ERR_OK) {
        (void) error_prefix(err, "<%s> of the answer", name);
    }

    return rc;
}


static bool
answer_element(const char *data, size_t len, const char *name,
    s3_str_t *value)
{
    char            tag[64];
    s3_str_t        rest;
    unsigned char  *p;

    rest.data = (unsigned char *) data;
    rest.len = len;

    (void) snprintf(tag, sizeof(tag), "<%s>", name);
    p = message_search(&rest, tag);

    if (p == NULL) {
        return false;
    }

    p += strlen(tag);
    rest.len -= (size_t) (p - rest.data);
    rest.data = p;

    (void) snprintf(tag, sizeof(tag), "</%s>", name);
    p = message_search(&rest, tag);

    if (p == NULL) {
        return false;
    }

    value->data = rest.data;
    value->len = (size_t) (p - rest.data);

    return true;
}


/* "47 45 54 0a" */

static int
answer_put_hex(const s3_str_t *hex, strbuf_t *text, error_t *err)
{
    size_t        i;
    const char   *digit;
    unsigned int  n, value;

    static const char  digits[] = "0123456789abcdef";

    n = 0;
    value = 0;

    for (i = 0; i < hex->len; i++) {

        if (hex->data[i] != '\0' && strchr(" \t\r\n", hex->data[i]) != NULL
            && n == 0)
        {
            continue;
        }

        digit = memchr(digits, hex->data[i] | 0x20, sizeof(digits) - 1);

        if (digit == NULL) {
            return error_set(err, ERR_INVALID, "hex digits are expected");
        }

        value = value << 4 | (unsigned int) (digit - digits);
        n++;

        if (n == 2) {
            strbuf_putc(text, (char) value);
            n = 0;
            value = 0;
        }
    }

    if (n != 0) {
        return error_set(err, ERR_INVALID, "hex digits come in pairs");
    }

    return ERR_OK;
}


static int
answer_put_text(const s3_str_t *xml, strbuf_t *text, error_t *err)
{
    size_t    n;
    s3_str_t  rest;

    rest = *xml;

    while (rest.len != 0) {
        n = 1;

        if (rest.data[0] != '&') {
            strbuf_putc(text, (char) rest.data[0]);

        } else {
            n = answer_put_entity(&rest, text);

            if (n == 0) {
                return error_set(err, ERR_INVALID, "an unknown entity");
            }
        }

        rest.data += n;
        rest.len -= n;
    }

    return ERR_OK;
}


/* returns the length of the entity, 0 where it is none */

static size_t
answer_put_entity(const s3_str_t *rest, strbuf_t *text)
{
    char           name[16], *end;
    size_t         i, len;
    const char    *body;
    const void    *mark;
    unsigned long  ch;

    static const struct {
        const char  *name;
        char         ch;
    } entities[] = {
        { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
        { "apos", '\'' }
    };

    mark = memchr(rest->data, ';', rest->len);

    if (mark == NULL) {
        return 0;
    }

    len = (size_t) ((const unsigned char *) mark - rest->data) - 1;

    if (len == 0 || len >= sizeof(name)) {
        return 0;
    }

    memcpy(name, rest->data + 1, len);
    name[len] = '\0';

    if (name[0] == '#') {
        body = (name[1] == 'x') ? name + 2 : name + 1;

        if (strchr("+- \t", body[0]) != NULL) {
            return 0;
        }

        errno = 0;
        ch = strtoul(body, &end, (name[1] == 'x') ? 16 : 10);

        return (errno == 0 && *end == '\0' && answer_put_char(ch, text))
               ? len + 2 : 0;
    }

    for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (strcmp(name, entities[i].name) == 0) {
            strbuf_putc(text, entities[i].ch);
            return len + 2;
        }
    }

    return 0;
}


static bool
answer_put_char(unsigned long ch, strbuf_t *text)
{
    if (ch > 0x10ffff) {
        return false;
    }

    if (ch < 0x80) {
        strbuf_putc(text, (char) ch);
        return true;
    }

    if (ch < 0x800) {
        strbuf_putc(text, (char) (0xc0 | ch >> 6));

    } else {
        if (ch < 0x10000) {
            strbuf_putc(text, (char) (0xe0 | ch >> 12));

        } else {
            strbuf_putc(text, (char) (0xf0 | ch >> 18));
            strbuf_putc(text, (char) (0x80 | (ch >> 12 & 0x3f)));
        }

        strbuf_putc(text, (char) (0x80 | (ch >> 6 & 0x3f)));
    }

    strbuf_putc(text, (char) (0x80 | (ch & 0x3f)));

    return true;
}


bool
answer_diff(const s3_str_t *ours, const strbuf_t *server,
    answer_diff_t *ret_diff)
{
    bool       more, server_more;
    size_t     n;
    s3_str_t   a, b, line, server_line;

    a = *ours;
    b.data = (unsigned char *) server->data;
    b.len = server->len;

    for (n = 1; ; n++) {
        more = answer_next_line(&a, &line);
        server_more = answer_next_line(&b, &server_line);

        if (!more && !server_more) {
            return false;
        }

        if (!more || !server_more || line.len != server_line.len
            || memcmp(line.data, server_line.data, line.len) != 0)
        {
            ret_diff->line = n;
            ret_diff->ours = line;
            ret_diff->server = server_line;
            return true;
        }
    }
}


bool
answer_next_line(s3_str_t *rest, s3_str_t *line)
{
    size_t          n;
    unsigned char  *end;

    line->data = NULL;
    line->len = 0;

    if (rest->data == NULL) {
        return false;
    }

    end = (rest->len != 0) ? memchr(rest->data, '\n', rest->len) : NULL;
    n = (end != NULL) ? (size_t) (end - rest->data) : rest->len;

    line->data = rest->data;
    line->len = n;

    if (end != NULL) {
        rest->data += n + 1;
        rest->len -= n + 1;

    } else {
        rest->data = NULL;
        rest->len = 0;
    }

    return true;
}
