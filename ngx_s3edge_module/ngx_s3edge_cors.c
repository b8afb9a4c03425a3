
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_cors.h"
#include "ngx_s3edge_header.h"
#include "s3_cors.h"


#define NGX_S3EDGE_CORS_RULES_MAX  100     /* as on S3 */
#define NGX_S3EDGE_CORS_PREFIX     "Access-Control-"


/* a rule, and what is said where it holds */

typedef struct {
    s3_cors_rule_t   rule;
    ngx_str_t        methods;
    ngx_str_t        expose;
    ngx_str_t        max_age;
} ngx_s3edge_cors_t;


typedef struct {
    ngx_str_t        name;
    char            *(*set)(ngx_conf_t *cf, ngx_s3edge_cors_t *cors,
                            ngx_str_t *value);
} ngx_s3edge_cors_option_t;


static char *ngx_s3edge_cors_option(ngx_conf_t *cf, ngx_s3edge_cors_t *cors,
    ngx_str_t *value);
static char *ngx_s3edge_cors_origin(ngx_conf_t *cf, ngx_array_t *origins,
    ngx_str_t *value);
static char *ngx_s3edge_cors_set_methods(ngx_conf_t *cf,
    ngx_s3edge_cors_t *cors, ngx_str_t *value);
static char *ngx_s3edge_cors_set_headers(ngx_conf_t *cf,
    ngx_s3edge_cors_t *cors, ngx_str_t *value);
static char *ngx_s3edge_cors_set_expose(ngx_conf_t *cf,
    ngx_s3edge_cors_t *cors, ngx_str_t *value);
static char *ngx_s3edge_cors_set_max_age(ngx_conf_t *cf,
    ngx_s3edge_cors_t *cors, ngx_str_t *value);
static ngx_array_t *ngx_s3edge_cors_list(ngx_conf_t *cf, ngx_str_t *value);
static ngx_uint_t ngx_s3edge_cors_are_headers(ngx_array_t *list);
static char *ngx_s3edge_cors_defaults(ngx_conf_t *cf,
    ngx_s3edge_cors_t *cors);
static ngx_str_t *ngx_s3edge_cors_sent(ngx_http_request_t *r, char *name,
    size_t len);
static ngx_s3edge_cors_t *ngx_s3edge_cors_find(ngx_s3edge_bucket_t *bucket,
    ngx_str_t *origin, ngx_uint_t method, ngx_str_t *headers,
    ngx_int_t *ret_any);
static void ngx_s3edge_cors_clear(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_cors_headers(ngx_http_request_t *r,
    ngx_str_t *asked, ngx_str_t *value);
static ngx_int_t ngx_s3edge_cors_add(ngx_http_request_t *r, char *name,
    ngx_str_t *value);


#define ngx_s3edge_cors_header_sent(r, name)                                  \
    ngx_s3edge_cors_sent(r, (char *) name, sizeof(name) - 1)


static ngx_s3edge_cors_option_t  ngx_s3edge_cors_options[] = {
    { ngx_string("methods="), ngx_s3edge_cors_set_methods },
    { ngx_string("headers="), ngx_s3edge_cors_set_headers },
    { ngx_string("expose="), ngx_s3edge_cors_set_expose },
    { ngx_string("max_age="), ngx_s3edge_cors_set_max_age },
    { ngx_null_string, NULL }
};


static char  ngx_s3edge_cors_expected[] =
    "ORIGIN ... [methods=GET,HEAD] [headers=NAME,...] [expose=NAME,...] "
    "[max_age=TIME], where an ORIGIN such as https://app.example or a NAME "
    "has at most one \"*\"";


char *
ngx_s3edge_cors_set(ngx_conf_t *cf, ngx_s3edge_bucket_t *bucket,
    ngx_str_t *value, ngx_uint_t n)
{
    char               *err;
    ngx_uint_t          i;
    ngx_array_t        *origins;
    ngx_s3edge_cors_t  *cors;

    if (bucket->cors == NULL) {
        bucket->cors = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_s3edge_cors_t));
        if (bucket->cors == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (bucket->cors->nelts == NGX_S3EDGE_CORS_RULES_MAX) {
        return "at most 100 rules";
    }

    cors = ngx_array_push(bucket->cors);
    origins = ngx_array_create(cf->pool, n, sizeof(ngx_str_t));

    if (cors == NULL || origins == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(cors, sizeof(ngx_s3edge_cors_t));

    for (i = 0; i < n; i++) {
        err = ngx_s3edge_cors_option(cf, cors, &value[i]);

        if (err == ngx_s3edge_cors_expected) {
            err = ngx_s3edge_cors_origin(cf, origins, &value[i]);
        }

        if (err == NGX_CONF_ERROR) {
            return err;
        }

        if (err != NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"cors\": expected "
                               "%s", &value[i], err);
            return NGX_CONF_ERROR;
        }
    }

    if (origins->nelts == 0) {
        return ngx_s3edge_cors_expected;
    }

    cors->rule.origins = origins->elts;
    cors->rule.norigins = origins->nelts;

    return ngx_s3edge_cors_defaults(cf, cors);
}


/* ngx_s3edge_cors_expected itself: it is none */

static char *
ngx_s3edge_cors_option(ngx_conf_t *cf, ngx_s3edge_cors_t *cors,
    ngx_str_t *value)
{
    ngx_str_t                 *rest;
    ngx_s3edge_cors_option_t  *option;

    for (option = ngx_s3edge_cors_options; option->name.len; option++) {

        if (value->len < option->name.len
            || ngx_memcmp(value->data, option->name.data, option->name.len)
               != 0)
        {
            continue;
        }

        rest = ngx_palloc(cf->temp_pool, sizeof(ngx_str_t));
        if (rest == NULL) {
            return NGX_CONF_ERROR;
        }

        rest->data = value->data + option->name.len;
        rest->len = value->len - option->name.len;

        return option->set(cf, cors, rest);
    }

    return ngx_s3edge_cors_expected;
}


static char *
ngx_s3edge_cors_origin(ngx_conf_t *cf, ngx_array_t *origins,
    ngx_str_t *value)
{
    ngx_str_t  *origin;

    if (s3_cors_check_origin(ngx_s3edge_str(value)) != S3_OK) {
        return ngx_s3edge_cors_expected;
    }

    origin = ngx_array_push(origins);
    if (origin == NULL) {
        return NGX_CONF_ERROR;
    }

    *origin = *value;

    return NULL;
}


static char *
ngx_s3edge_cors_set_methods(ngx_conf_t *cf, ngx_s3edge_cors_t *cors,
    ngx_str_t *value)
{
    ngx_str_t    *name;
    ngx_uint_t    i, method;
    ngx_array_t  *list;

    list = ngx_s3edge_cors_list(cf, value);
    if (list == NULL) {
        return NGX_CONF_ERROR;
    }

    if (cors->rule.methods || list->nelts == 0) {
        return "methods= once, with GET, HEAD, PUT, POST or DELETE";
    }

    name = list->elts;

    for (i = 0; i < list->nelts; i++) {
        method = s3_cors_method(ngx_s3edge_str(&name[i]));

        if (method == 0) {
            return "methods= of GET, HEAD, PUT, POST and DELETE";
        }

        cors->rule.methods |= method;
    }

    return NULL;
}


static char *
ngx_s3edge_cors_set_headers(ngx_conf_t *cf, ngx_s3edge_cors_t *cors,
    ngx_str_t *value)
{
    ngx_array_t  *list;

    list = ngx_s3edge_cors_list(cf, value);
    if (list == NULL) {
        return NGX_CONF_ERROR;
    }

    if (cors->rule.headers != NULL) {
        return "headers= once";
    }

    if (!ngx_s3edge_cors_are_headers(list)) {
        return "headers= with names of headers, each with at most one \"*\"";
    }

    cors->rule.headers = list->elts;
    cors->rule.nheaders = list->nelts;

    return NULL;
}


static char *
ngx_s3edge_cors_set_expose(ngx_conf_t *cf, ngx_s3edge_cors_t *cors,
    ngx_str_t *value)
{
    u_char       *p;
    ngx_str_t    *name;
    ngx_uint_t    i;
    ngx_array_t  *list;

    list = ngx_s3edge_cors_list(cf, value);
    if (list == NULL) {
        return NGX_CONF_ERROR;
    }

    if (cors->expose.len
        || list->nelts == 0
        || !ngx_s3edge_cors_are_headers(list))
    {
        return "expose= once, with names of headers";
    }

    name = list->elts;

    /* a name and a comma each, which becomes two bytes */

    p = ngx_pnalloc(cf->pool, value->len + list->nelts);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    cors->expose.data = p;

    for (i = 0; i < list->nelts; i++) {
        if (i) {
            p = ngx_cpymem(p, ", ", 2);
        }

        p = ngx_cpymem(p, name[i].data, name[i].len);
    }

    cors->expose.len = p - cors->expose.data;

    return NULL;
}


static char *
ngx_s3edge_cors_set_max_age(ngx_conf_t *cf, ngx_s3edge_cors_t *cors,
    ngx_str_t *value)
{
    int64_t  seconds;

    seconds = s3_ttl_parse(ngx_s3edge_str(value));

    if (cors->max_age.len || seconds < 0) {
        return "max_age= once, with a time of at most 10 years, such as 1h";
    }

    cors->max_age.data = ngx_pnalloc(cf->pool, NGX_INT64_LEN);
    if (cors->max_age.data == NULL) {
        return NGX_CONF_ERROR;
    }

    cors->max_age.len = ngx_sprintf(cors->max_age.data, "%L", seconds)
                        - cors->max_age.data;
    return NULL;
}


/* the parts between commas, those of no bytes too */

static ngx_array_t *
ngx_s3edge_cors_list(ngx_conf_t *cf, ngx_str_t *value)
{
    u_char       *p, *last, *comma;
    ngx_str_t    *part;
    ngx_array_t  *list;

    list = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
    if (list == NULL || value->len == 0) {
        return list;
    }

    p = value->data;
    last = p + value->len;

    for ( ;; ) {
        part = ngx_array_push(list);
        if (part == NULL) {
            return NULL;
        }

        comma = ngx_strlchr(p, last, ',');

        part->data = p;
        part->len = (comma ? comma : last) - p;

        if (comma == NULL) {
            return list;
        }

        p = comma + 1;
    }
}


static ngx_uint_t
ngx_s3edge_cors_are_headers(ngx_array_t *list)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    name = list->elts;

    for (i = 0; i < list->nelts; i++) {
        if (s3_cors_check_header(ngx_s3edge_str(&name[i])) != S3_OK) {
            return 0;
        }
    }

    return 1;
}


/* what is read, with any header: a page can do no more with it */

static char *
ngx_s3edge_cors_defaults(ngx_conf_t *cf, ngx_s3edge_cors_t *cors)
{
    u_char            *p;
    static ngx_str_t   any = ngx_string("*");

    if (cors->rule.methods == 0) {
        cors->rule.methods = S3_CORS_GET|S3_CORS_HEAD;
    }

    if (cors->rule.headers == NULL) {
        cors->rule.headers = ngx_s3edge_str(&any);
        cors->rule.nheaders = 1;
    }

    p = ngx_pnalloc(cf->pool, S3_CORS_METHODS_MAX);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    cors->methods.data = p;
    cors->methods.len = s3_cors_methods(cors->rule.methods, p);

    return NULL;
}


ngx_int_t
ngx_s3edge_cors_preflight(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t    any;
    ngx_str_t   *origin, *method, *headers;
    ngx_uint_t   bit;

    origin = ngx_s3edge_cors_header_sent(r, "origin");
    method = ngx_s3edge_cors_header_sent(r, "access-control-request-method");
    headers = ngx_s3edge_cors_header_sent(r,
                                          "access-control-request-headers");

    if (origin == NULL || method == NULL) {
        return S3_ERR_BAD_REQUEST;
    }

    bit = s3_cors_method(ngx_s3edge_str(method));

    if (bit == 0
        || ngx_s3edge_cors_find(ctx->req.bucket, origin, bit, headers, &any)
           == NULL)
    {
        return S3_ERR_ACCESS_FORBIDDEN;
    }

    return NGX_OK;
}


ngx_int_t
ngx_s3edge_cors_send(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


ngx_int_t
ngx_s3edge_cors_header(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx)
{
    ngx_int_t           any;
    ngx_str_t          *origin, *asked, *method, headers;
    ngx_s3edge_cors_t  *cors;

    static ngx_str_t  vary = ngx_string("Origin, "
        "Access-Control-Request-Headers, Access-Control-Request-Method");
    static ngx_str_t  star = ngx_string("*");
    static ngx_str_t  yes = ngx_string("true");

    /* whom the access phase keeps out is not told that there are rules */

    if (ctx->req.bucket == NULL
        || ctx->req.bucket->cors == NULL
        || !(ctx->req.settled || r->filter_finalize))
    {
        return NGX_OK;
    }

    ngx_s3edge_cors_clear(r);

    if (ngx_s3edge_cors_add(r, "Vary", &vary) != NGX_OK) {
        return NGX_ERROR;
    }

    origin = ngx_s3edge_cors_header_sent(r, "origin");

    if (origin == NULL) {
        return NGX_OK;
    }

    asked = NULL;
    method = &r->method_name;

    if (r->method == NGX_HTTP_OPTIONS) {
        asked = ngx_s3edge_cors_header_sent(r,
                                            "access-control-request-headers");
        method = ngx_s3edge_cors_header_sent(r,
                                             "access-control-request-method");
    }

    if (method == NULL || ctx->req.error == S3_ERR_ACCESS_FORBIDDEN) {
        return NGX_OK;
    }

    cors = ngx_s3edge_cors_find(ctx->req.bucket, origin,
                                s3_cors_method(ngx_s3edge_str(method)), asked,
                                &any);

    if (cors == NULL) {
        return NGX_OK;
    }

    if (ngx_s3edge_cors_add(r, "Access-Control-Allow-Origin",
                            any ? &star : origin)
        != NGX_OK
        || ngx_s3edge_cors_add(r, "Access-Control-Allow-Methods",
                               &cors->methods)
           != NGX_OK
        || ngx_s3edge_cors_add(r, "Access-Control-Expose-Headers",
                               &cors->expose)
           != NGX_OK
        || ngx_s3edge_cors_add(r, "Access-Control-Max-Age", &cors->max_age)
           != NGX_OK
        || (!any && ngx_s3edge_cors_add(r, "Access-Control-Allow-Credentials",
                                        &yes)
                    != NGX_OK))
    {
        return NGX_ERROR;
    }

    if (asked == NULL) {
        return NGX_OK;
    }

    if (ngx_s3edge_cors_headers(r, asked, &headers) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_s3edge_cors_add(r, "Access-Control-Allow-Headers", &headers);
}


static ngx_str_t *
ngx_s3edge_cors_sent(ngx_http_request_t *r, char *name, size_t len)
{
    ngx_str_t         key;
    ngx_table_elt_t  *h;

    key.data = (u_char *) name;
    key.len = len;

    h = ngx_s3edge_header_find(&r->headers_in.headers, &key);

    return h != NULL && h->value.len ? &h->value : NULL;
}


static ngx_s3edge_cors_t *
ngx_s3edge_cors_find(ngx_s3edge_bucket_t *bucket, ngx_str_t *origin,
    ngx_uint_t method, ngx_str_t *headers, ngx_int_t *ret_any)
{
    int                 any;
    ngx_uint_t          i;
    ngx_s3edge_cors_t  *cors;

    static ngx_str_t  none = ngx_null_string;

    cors = bucket->cors->elts;

    for (i = 0; i < bucket->cors->nelts; i++) {

        if (s3_cors_match(&cors[i].rule, ngx_s3edge_str(origin),
                          (unsigned) method,
                          ngx_s3edge_str(headers ? headers : &none), &any)
            == S3_OK)
        {
            *ret_any = any;
            return &cors[i];
        }
    }

    return NULL;
}


/* the origin speaks of the edge's request, which has no Origin */

static void
ngx_s3edge_cors_clear(ngx_http_request_t *r)
{
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    ngx_s3edge_header_walk(&walk, &r->headers_out.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->key.len > sizeof(NGX_S3EDGE_CORS_PREFIX) - 1
            && ngx_strncasecmp(h->key.data,
                               (u_char *) NGX_S3EDGE_CORS_PREFIX,
                               sizeof(NGX_S3EDGE_CORS_PREFIX) - 1)
               == 0)
        {
            h->hash = 0;
        }
    }
}


static ngx_int_t
ngx_s3edge_cors_headers(ngx_http_request_t *r, ngx_str_t *asked,
    ngx_str_t *value)
{
    value->data = ngx_pnalloc(r->pool, 2 * asked->len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = s3_cors_headers(ngx_s3edge_str(asked), value->data);

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_cors_add(ngx_http_request_t *r, char *name, ngx_str_t *value)
{
    ngx_str_t  key;

    if (value->len == 0) {
        return NGX_OK;
    }

    key.data = (u_char *) name;
    key.len = ngx_strlen(name);

    return ngx_s3edge_header_add(r, &key, value);
}
