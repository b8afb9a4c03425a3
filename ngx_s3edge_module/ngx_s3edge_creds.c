
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_creds.h"


/* slices of the file's text while it is read */

typedef struct {
    ngx_str_t   access_key;
    ngx_str_t   secret_key;
    ngx_str_t   token;
} ngx_s3edge_creds_text_t;


typedef struct {
    ngx_str_t   name;
    size_t      offset;                    /* in ngx_s3edge_creds_text_t */
    size_t      max;
} ngx_s3edge_creds_field_t;


static ngx_int_t ngx_s3edge_creds_parse(ngx_s3edge_creds_t *creds,
    u_char *p, u_char *last, ngx_s3edge_creds_text_t *text, ngx_uint_t level,
    ngx_log_t *log);
static char *ngx_s3edge_creds_line(ngx_str_t *line,
    ngx_s3edge_creds_text_t *text, ngx_uint_t *profiles);
static void ngx_s3edge_creds_trim(ngx_str_t *s);
static void ngx_s3edge_creds_set(ngx_s3edge_creds_t *creds,
    ngx_s3edge_creds_text_t *text);
static ngx_int_t ngx_s3edge_creds_copy(ngx_str_t *dst, u_char *buf,
    ngx_str_t *src);


static const ngx_s3edge_creds_field_t  ngx_s3edge_creds_fields[] = {

    { ngx_string("aws_access_key_id"),
      offsetof(ngx_s3edge_creds_text_t, access_key), S3_ACCESS_KEY_MAX },

    { ngx_string("aws_secret_access_key"),
      offsetof(ngx_s3edge_creds_text_t, secret_key), S3_SECRET_KEY_MAX },

    { ngx_string("aws_session_token"),
      offsetof(ngx_s3edge_creds_text_t, token), S3_TOKEN_MAX },

    { ngx_null_string, 0, 0 }
};


ngx_int_t
ngx_s3edge_creds_read(ngx_s3edge_watch_t *watch, ngx_uint_t level,
    ngx_log_t *log)
{
    ssize_t                  n;
    ngx_int_t                rc;
    ngx_s3edge_creds_t      *creds;
    ngx_s3edge_creds_text_t  text;
    u_char                   buf[NGX_S3EDGE_CREDS_FILE_MAX];

    n = ngx_s3edge_watch_load(watch, buf, level, log);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    creds = watch->data;

    rc = ngx_s3edge_creds_parse(creds, buf, buf + n, &text, level, log);

    if (rc == NGX_OK) {
        ngx_s3edge_creds_set(creds, &text);
    }

    s3_wipe(buf, (size_t) n);

    return rc;
}


static ngx_int_t
ngx_s3edge_creds_parse(ngx_s3edge_creds_t *creds, u_char *p, u_char *last,
    ngx_s3edge_creds_text_t *text, ngx_uint_t level, ngx_log_t *log)
{
    char        *err;
    u_char      *end;
    ngx_str_t    line;
    ngx_uint_t   n, profiles;

    ngx_memzero(text, sizeof(ngx_s3edge_creds_text_t));

    profiles = 0;

    for (n = 1; p < last; n++) {

        end = ngx_strlchr(p, last, LF);
        if (end == NULL) {
            end = last;
        }

        line.data = p;
        line.len = end - p;

        err = ngx_s3edge_creds_line(&line, text, &profiles);

        if (err != NULL) {
            ngx_log_error(level, log, 0, "credentials \"%V\": %s in %V:%ui",
                          &creds->watch.name, err, &creds->watch.file, n);
            return NGX_ERROR;
        }

        p = end + 1;
    }

    if (text->access_key.len == 0 || text->secret_key.len == 0) {
        ngx_log_error(level, log, 0,
                      "credentials \"%V\": no \"%s\" in \"%V\"",
                      &creds->watch.name,
                      text->access_key.len ? "aws_secret_access_key"
                                           : "aws_access_key_id",
                      &creds->watch.file);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static char *
ngx_s3edge_creds_line(ngx_str_t *line, ngx_s3edge_creds_text_t *text,
    ngx_uint_t *profiles)
{
    u_char                          *p;
    size_t                           i;
    ngx_str_t                        name, value, *dst;
    const ngx_s3edge_creds_field_t  *field;

    ngx_s3edge_creds_trim(line);

    if (line->len == 0 || line->data[0] == '#' || line->data[0] == ';') {
        return NULL;
    }

    if (line->data[0] == '[') {
        return (*profiles)++ ? "more than one profile" : NULL;
    }

    p = ngx_strlchr(line->data, line->data + line->len, '=');
    if (p == NULL) {
        return "no \"=\"";
    }

    name.data = line->data;
    name.len = p - line->data;
    value.data = p + 1;
    value.len = line->data + line->len - value.data;

    ngx_s3edge_creds_trim(&name);
    ngx_s3edge_creds_trim(&value);

    for (field = ngx_s3edge_creds_fields; field->name.len; field++) {

        if (field->name.len != name.len
            || ngx_strncmp(field->name.data, name.data, name.len) != 0)
        {
            continue;
        }

        dst = (ngx_str_t *) ((char *) text + field->offset);

        if (dst->data != NULL) {
            return "a duplicate name";
        }

        if (value.len > field->max) {
            return "a value that is too long";
        }

        for (i = 0; i < value.len; i++) {
            if (value.data[i] <= ' ' || value.data[i] >= 0x7f) {
                return "a value with a blank, control or non-ASCII character";
            }
        }

        *dst = value;
        break;
    }

    return NULL;
}


static void
ngx_s3edge_creds_trim(ngx_str_t *s)
{
    while (s->len
           && (s->data[0] == ' ' || s->data[0] == '\t' || s->data[0] == CR))
    {
        s->data++;
        s->len--;
    }

    while (s->len
           && (s->data[s->len - 1] == ' ' || s->data[s->len - 1] == '\t'
               || s->data[s->len - 1] == CR))
    {
        s->len--;
    }
}


static void
ngx_s3edge_creds_set(ngx_s3edge_creds_t *creds, ngx_s3edge_creds_text_t *text)
{
    ngx_int_t  changed;

    changed = ngx_s3edge_creds_copy(&creds->access_key, creds->access_key_buf,
                                    &text->access_key);
    changed |= ngx_s3edge_creds_copy(&creds->secret_key, creds->secret_key_buf,
                                     &text->secret_key);
    changed |= ngx_s3edge_creds_copy(&creds->token, creds->token_buf,
                                     &text->token);

    if (changed) {
        creds->version++;
    }
}


/* returns 1 where the value is another one */

static ngx_int_t
ngx_s3edge_creds_copy(ngx_str_t *dst, u_char *buf, ngx_str_t *src)
{
    if (dst->len == src->len
        && ngx_memcmp(dst->data, src->data, src->len) == 0)
    {
        return 0;
    }

    ngx_memcpy(buf, src->data, src->len);

    dst->data = buf;
    dst->len = src->len;

    return 1;
}
