
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_header.h"


static ngx_str_t  ngx_s3edge_header_age_name = ngx_string("Age");


ngx_table_elt_t *
ngx_s3edge_header_find(ngx_list_t *headers, ngx_str_t *name)
{
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    ngx_s3edge_header_walk(&walk, headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (ngx_s3edge_header_is(h, name)) {
            return h;
        }
    }

    return NULL;
}


ngx_int_t
ngx_s3edge_header_add(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key = *name;
    h->value = *value;

    /* since 1.23 headers of one name are a list */

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


ngx_int_t
ngx_s3edge_header_age(ngx_http_request_t *r, time_t date)
{
    time_t                     age, before;
    ngx_str_t                  value;
    ngx_table_elt_t           *h;
    ngx_s3edge_header_walk_t   walk;

    age = ngx_time() - date;

    if (age < 0) {
        age = 0;
    }

    ngx_s3edge_header_walk(&walk, &r->headers_out.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->hash != 0
            && ngx_s3edge_header_named(h, &ngx_s3edge_header_age_name))
        {
            before = ngx_atotm(h->value.data, h->value.len);

            if (before != NGX_ERROR && before <= NGX_MAX_INT32_VALUE) {
                age += before;
            }

            h->hash = 0;
        }
    }

    value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%T", age) - value.data;

    return ngx_s3edge_header_add(r, &ngx_s3edge_header_age_name, &value);
}
