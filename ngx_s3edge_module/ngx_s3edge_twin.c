
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_twin.h"


/* a field of headers_in, by its offset */

#define ngx_s3edge_twin_header(r, offset)                                     \
    (*(ngx_table_elt_t **) ((u_char *) &(r)->headers_in + (offset)))


static ngx_int_t ngx_s3edge_twin_line(ngx_http_request_t *r,
    ngx_http_request_t *twin);
static ngx_int_t ngx_s3edge_twin_headers(ngx_http_request_t *r,
    ngx_http_request_t *twin);
static ngx_int_t ngx_s3edge_twin_list(ngx_http_request_t *r,
    ngx_http_request_t *twin);
static ngx_table_elt_t *ngx_s3edge_twin_of(ngx_http_request_t *r,
    ngx_http_request_t *twin, ngx_table_elt_t *header);
#if (nginx_version < 1023000)
static ngx_uint_t ngx_s3edge_twin_is_multi(ngx_http_header_t *header);
static ngx_int_t ngx_s3edge_twin_multi(ngx_http_request_t *r,
    ngx_http_request_t *twin, ngx_array_t *headers, ngx_array_t *copy);
#endif
#if (NGX_PCRE)
static ngx_int_t ngx_s3edge_twin_captures(ngx_http_request_t *r,
    ngx_http_request_t *twin);
#endif
static ngx_int_t ngx_s3edge_twin_variables(ngx_http_request_t *r,
    ngx_http_request_t *twin);
static ngx_uint_t ngx_s3edge_twin_is_fixed(ngx_str_t *name);
static ngx_int_t ngx_s3edge_twin_str(ngx_pool_t *pool, ngx_str_t *to,
    ngx_str_t *from);


/*
 * Variables whose value is the client's connection's, or chosen by chance: by
 * prefix, where that ends with an underscore.
 */

static ngx_str_t  ngx_s3edge_twin_fixed[] = {
    ngx_string("scheme"),
    ngx_string("https"),
    ngx_string("http2"),
    ngx_string("http3"),
    ngx_string("request_id"),
    ngx_string("ssl_"),
    ngx_string("proxy_protocol_"),
    ngx_string("realip_"),
    ngx_null_string
};


ngx_int_t
ngx_s3edge_twin(ngx_http_request_t *r, ngx_http_request_t *twin)
{
    twin->main_conf = r->main_conf;
    twin->srv_conf = r->srv_conf;
    twin->loc_conf = r->loc_conf;

    twin->method = r->method;
    twin->http_version = r->http_version;
    twin->http_major = r->http_major;
    twin->http_minor = r->http_minor;
    twin->request_length = r->request_length;
    twin->start_sec = r->start_sec;
    twin->start_msec = r->start_msec;
    twin->log_handler = r->log_handler;

    twin->phase_handler = r->phase_handler;
    twin->content_handler = r->content_handler;
    twin->valid_location = r->valid_location;
    twin->valid_unparsed_uri = r->valid_unparsed_uri;
    twin->internal = r->internal;
    twin->expect_tested = 1;

    if (ngx_s3edge_twin_line(r, twin) != NGX_OK
        || ngx_s3edge_twin_headers(r, twin) != NGX_OK)
    {
        return NGX_ERROR;
    }

#if (NGX_PCRE)

    if (ngx_s3edge_twin_captures(r, twin) != NGX_OK) {
        return NGX_ERROR;
    }

#endif

    return ngx_s3edge_twin_variables(r, twin);
}


static ngx_int_t
ngx_s3edge_twin_line(ngx_http_request_t *r, ngx_http_request_t *twin)
{
    ngx_uint_t  i;

    struct {
        ngx_str_t  *to;
        ngx_str_t  *from;
    } strings[] = {
        { &twin->request_line, &r->request_line },
        { &twin->uri, &r->uri },
        { &twin->args, &r->args },
        { &twin->exten, &r->exten },
        { &twin->unparsed_uri, &r->unparsed_uri },
        { &twin->method_name, &r->method_name },
        { &twin->http_protocol, &r->http_protocol },
        { &twin->schema, &r->schema },
    };

    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {

        if (ngx_s3edge_twin_str(twin->pool, strings[i].to, strings[i].from)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /* there are modules that look at what was read, and find this line */

    twin->header_in = ngx_calloc_buf(twin->pool);
    if (twin->header_in == NULL) {
        return NGX_ERROR;
    }

    twin->header_in->start = twin->request_line.data;
    twin->header_in->pos = twin->request_line.data + twin->request_line.len;
    twin->header_in->last = twin->header_in->pos;
    twin->header_in->end = twin->header_in->pos;
    twin->header_in->temporary = 1;

    twin->connection->buffer = twin->header_in;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_twin_headers(ngx_http_request_t *r, ngx_http_request_t *twin)
{
    ngx_http_header_t      *hh;
    ngx_http_headers_in_t  *in;

    in = &twin->headers_in;
    *in = r->headers_in;

    if (ngx_s3edge_twin_str(twin->pool, &in->server, &r->headers_in.server)
        != NGX_OK
        || ngx_s3edge_twin_str(twin->pool, &in->user, &r->headers_in.user)
           != NGX_OK
        || ngx_s3edge_twin_str(twin->pool, &in->passwd, &r->headers_in.passwd)
           != NGX_OK
        || ngx_s3edge_twin_list(r, twin) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (hh = ngx_http_headers_in; hh->name.len; hh++) {

        if (hh->offset == 0) {
            continue;
        }

#if (nginx_version < 1023000)

        if (ngx_s3edge_twin_is_multi(hh)) {

            if (ngx_s3edge_twin_multi(r, twin,
                      (ngx_array_t *) ((u_char *) &r->headers_in + hh->offset),
                      (ngx_array_t *) ((u_char *) in + hh->offset))
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            continue;
        }

#endif

        ngx_s3edge_twin_header(twin, hh->offset) =
            ngx_s3edge_twin_of(r, twin, ngx_s3edge_twin_header(r, hh->offset));
    }

    /* the twin has no body */

    in->content_length = NULL;
    in->content_length_n = -1;
    in->transfer_encoding = NULL;
    in->chunked = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_twin_list(ngx_http_request_t *r, ngx_http_request_t *twin)
{
    size_t            i, n;
    ngx_str_t         low;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *copy;

    n = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    if (ngx_list_init(&twin->headers_in.headers, twin->pool, n + 1,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            copy = ngx_list_push(&twin->headers_in.headers);
            if (copy == NULL) {
                return NGX_ERROR;
            }

            *copy = h[i];

            low.len = (h[i].lowcase_key != NULL) ? h[i].key.len : 0;
            low.data = h[i].lowcase_key;

            if (ngx_s3edge_twin_str(twin->pool, &copy->key, &h[i].key)
                != NGX_OK
                || ngx_s3edge_twin_str(twin->pool, &copy->value, &h[i].value)
                   != NGX_OK
                || ngx_s3edge_twin_str(twin->pool, &low, &low) != NGX_OK)
            {
                return NGX_ERROR;
            }

            copy->lowcase_key = low.data;
        }
    }

#if (nginx_version >= 1023000)

    part = &twin->headers_in.headers.part;
    copy = part->elts;

    for (i = 0; i < part->nelts; i++) {
        copy[i].next = ngx_s3edge_twin_of(r, twin, copy[i].next);
    }

#endif

    return NGX_OK;
}


/* the header of the twin that is in the same place of the list; NULL: none */

static ngx_table_elt_t *
ngx_s3edge_twin_of(ngx_http_request_t *r, ngx_http_request_t *twin,
    ngx_table_elt_t *header)
{
    size_t            n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *copies;

    if (header == NULL) {
        return NULL;
    }

    n = 0;
    copies = twin->headers_in.headers.part.elts;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        if (header >= h && header < h + part->nelts) {
            return &copies[n + (header - h)];
        }

        n += part->nelts;
    }

    return NULL;
}


#if (nginx_version < 1023000)

static ngx_uint_t
ngx_s3edge_twin_is_multi(ngx_http_header_t *header)
{
#if (NGX_HTTP_X_FORWARDED_FOR)
    if (header->offset == offsetof(ngx_http_headers_in_t, x_forwarded_for)) {
        return 1;
    }
#endif

    return header->offset == offsetof(ngx_http_headers_in_t, cookies);
}


static ngx_int_t
ngx_s3edge_twin_multi(ngx_http_request_t *r, ngx_http_request_t *twin,
    ngx_array_t *headers, ngx_array_t *copy)
{
    ngx_uint_t         i;
    ngx_table_elt_t  **h, **to, *header;

    ngx_memzero(copy, sizeof(ngx_array_t));

    if (headers->nelts == 0) {
        return NGX_OK;
    }

    if (ngx_array_init(copy, twin->pool, headers->nelts,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    h = headers->elts;

    for (i = 0; i < headers->nelts; i++) {

        header = ngx_s3edge_twin_of(r, twin, h[i]);

        if (header != NULL) {
            to = ngx_array_push(copy);
            *to = header;
        }
    }

    return NGX_OK;
}

#endif


#if (NGX_PCRE)

static ngx_int_t
ngx_s3edge_twin_captures(ngx_http_request_t *r, ngx_http_request_t *twin)
{
    int         end;
    ngx_str_t   text, copy;
    ngx_uint_t  i;

    /* an expression without any matches, too */

    if (r->ncaptures == 0 || r->captures == NULL) {
        return NGX_OK;
    }

    twin->captures = ngx_palloc(twin->pool, r->ncaptures * sizeof(int));
    if (twin->captures == NULL) {
        return NGX_ERROR;
    }

    end = 0;

    for (i = 0; i < r->ncaptures; i++) {
        twin->captures[i] = r->captures[i];
        end = ngx_max(end, r->captures[i]);
    }

    text.len = end;
    text.data = r->captures_data;

    if (ngx_s3edge_twin_str(twin->pool, &copy, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    twin->ncaptures = r->ncaptures;
    twin->captures_data = copy.data;

    return NGX_OK;
}

#endif


static ngx_int_t
ngx_s3edge_twin_variables(ngx_http_request_t *r, ngx_http_request_t *twin)
{
    ngx_str_t                   from, to;
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_variable_value_t  *value;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (ngx_s3edge_twin_is_fixed(&v[i].name)) {
            (void) ngx_http_get_indexed_variable(r, i);
        }

        value = &r->variables[i];

        if (!value->valid && !value->not_found) {
            continue;
        }

        from.len = value->valid ? value->len : 0;
        from.data = value->data;

        if (ngx_s3edge_twin_str(twin->pool, &to, &from) != NGX_OK) {
            return NGX_ERROR;
        }

        twin->variables[i] = *value;
        twin->variables[i].data = to.data;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_s3edge_twin_is_fixed(ngx_str_t *name)
{
    ngx_str_t  *fixed;

    for (fixed = ngx_s3edge_twin_fixed; fixed->len; fixed++) {

        if (name->len < fixed->len
            || ngx_strncmp(name->data, fixed->data, fixed->len) != 0)
        {
            continue;
        }

        if (name->len == fixed->len || fixed->data[fixed->len - 1] == '_') {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_s3edge_twin_str(ngx_pool_t *pool, ngx_str_t *to, ngx_str_t *from)
{
    u_char  *p;

    /* an empty one may say that there is none */

    if (from->len == 0) {
        to->len = 0;
        to->data = (from->data != NULL) ? (u_char *) "" : NULL;
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, from->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, from->data, from->len);

    to->len = from->len;
    to->data = p;

    return NGX_OK;
}
