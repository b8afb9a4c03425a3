
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_log.h"
#include "s3_op.h"


static u_char *ngx_s3edge_log_error(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static void ngx_s3edge_log_cut(ngx_str_t *text);
static void ngx_s3edge_log_clean(u_char *p, u_char *last);
static ngx_int_t ngx_s3edge_log_uri(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_s3edge_log_agent(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_s3edge_log_escape(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_str_t *text, ngx_uint_t uri);


/* nginx's own; the same for all requests */

static ngx_http_log_handler_pt  ngx_s3edge_log_original;


static const struct {
    ngx_str_t                    name;
    ngx_http_get_variable_pt     get;
} ngx_s3edge_log_variables[] = {
    { ngx_string("s3edge_log_uri"), ngx_s3edge_log_uri },
    { ngx_string("s3edge_log_agent"), ngx_s3edge_log_agent }
};


ngx_int_t
ngx_s3edge_log_handler(ngx_http_request_t *r)
{
    if (ngx_s3edge_log_original == NULL) {
        ngx_s3edge_log_original = r->log_handler;
    }

    /* another module's knows better what it wants there */

    if (r->log_handler == ngx_s3edge_log_original) {
        r->log_handler = ngx_s3edge_log_error;
    }

    return NGX_DECLINED;
}


/* it may be called for want of memory: nothing is allocated */

static u_char *
ngx_s3edge_log_error(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    u_char           *p;
    ngx_str_t         line, uri, referer;
    ngx_table_elt_t  *h;

    line = r->request_line;
    ngx_s3edge_log_cut(&r->request_line);

    ngx_str_null(&uri);

    if (sr->upstream != NULL) {
        uri = sr->upstream->uri;
        ngx_s3edge_log_cut(&sr->upstream->uri);
    }

    h = r->headers_in.referer;
    ngx_str_null(&referer);

    if (h != NULL) {
        referer = h->value;
        ngx_s3edge_log_cut(&h->value);
    }

    p = ngx_s3edge_log_original(r, sr, buf, len);

    ngx_s3edge_log_clean(buf, p);

    r->request_line = line;

    if (sr->upstream != NULL) {
        sr->upstream->uri = uri;
    }

    if (h != NULL) {
        h->value = referer;
    }

    return p;
}


/* "GET /b/k?X-Amz-Signature=... HTTP/1.1" to "GET /b/k" */

static void
ngx_s3edge_log_cut(ngx_str_t *text)
{
    u_char     *mark, *end;
    s3_str_t    query;

    if (text->len == 0) {
        return;
    }

    end = text->data + text->len;
    mark = ngx_strlchr(text->data, end, '?');

    if (mark == NULL) {
        return;
    }

    query.data = mark + 1;
    query.len = end - query.data;

    if (s3_op_is_signed(&query)) {
        text->len = mark - text->data;
    }
}


/*
 * A terminal obeys C1 controls, in UTF-8 and as bytes, and what turns the
 * direction of text; nginx refuses C0 and DEL in a request line, but not in
 * the headers that it shows.
 */

static void
ngx_s3edge_log_clean(u_char *p, u_char *last)
{
    u_char    *next;
    uint32_t   c;

    while (p < last) {
        next = p;
        c = (*p < 0x80) ? *next++ : ngx_utf8_decode(&next, last - p);

        if (c > 0x10ffff) {
            next = p + 1;
            c = (*p < 0xa0) ? *p : 0xa0;
        }

        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c
            || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e)
            || (c >= 0x2066 && c <= 0x2069))
        {
            ngx_memset(p, '?', next - p);
        }

        p = next;
    }
}


ngx_int_t
ngx_s3edge_log_add_variables(ngx_conf_t *cf)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    ngx_http_variable_t  *var;

    for (i = 0;
         i < sizeof(ngx_s3edge_log_variables)
             / sizeof(ngx_s3edge_log_variables[0]);
         i++)
    {
        name = ngx_s3edge_log_variables[i].name;

        var = ngx_http_add_variable(cf, &name, 0);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_s3edge_log_variables[i].get;
    }

    return NGX_OK;
}


/* as the client wrote it, without the query */

static ngx_int_t
ngx_s3edge_log_uri(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    u_char     *mark;
    ngx_str_t   uri;

    r = r->main;
    uri = r->unparsed_uri.len ? r->unparsed_uri : r->uri;

    if (uri.len) {
        mark = ngx_strlchr(uri.data, uri.data + uri.len, '?');

        if (mark != NULL && r->unparsed_uri.len) {
            uri.len = mark - uri.data;
        }
    }

    return ngx_s3edge_log_escape(r, v, &uri, 1);
}


static ngx_int_t
ngx_s3edge_log_agent(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t  agent;

    ngx_str_null(&agent);

    if (r->headers_in.user_agent != NULL) {
        agent = r->headers_in.user_agent->value;
    }

    return ngx_s3edge_log_escape(r, v, &agent, 0);
}


/*
 * Printable ASCII as it is, the rest as %NN in a URI and as \xNN elsewhere:
 * a log format escapes no byte above 0x7f, and they may be no UTF-8.
 */

static ngx_int_t
ngx_s3edge_log_escape(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_str_t *text, ngx_uint_t uri)
{
    u_char  *p;
    size_t   i, bad;

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->data = text->data;
    v->len = text->len;

    if (text->len == 0) {
        v->valid = 0;
        v->not_found = 1;
        return NGX_OK;
    }

#define ngx_s3edge_log_bad(c)                                                 \
    ((c) >= 0x7f || (c) < ' ' || (uri && ((c) == ' ' || (c) == '"'            \
                                          || (c) == '\\')))

    for (i = 0, bad = 0; i < text->len; i++) {
        bad += ngx_s3edge_log_bad(text->data[i]) ? 1 : 0;
    }

    if (bad == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, text->len + 3 * bad);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;

    for (i = 0; i < text->len; i++) {

        if (ngx_s3edge_log_bad(text->data[i])) {
            p = ngx_sprintf(p, uri ? "%%%02Xi" : "\\x%02xi",
                            (ngx_int_t) text->data[i]);

        } else {
            *p++ = text->data[i];
        }
    }

#undef ngx_s3edge_log_bad

    v->len = p - v->data;

    return NGX_OK;
}
