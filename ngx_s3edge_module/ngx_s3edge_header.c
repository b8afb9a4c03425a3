
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_header.h"


static ngx_str_t  ngx_s3edge_header_age_name = ngx_string("Age");


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
    time_t            age, before;
    ngx_str_t         value;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    age = ngx_time() - date;

    if (age < 0) {
        age = 0;
    }

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash != 0
            && h[i].key.len == ngx_s3edge_header_age_name.len
            && ngx_strncasecmp(h[i].key.data, (u_char *) "Age", 3) == 0)
        {
            before = ngx_atotm(h[i].value.data, h[i].value.len);

            if (before != NGX_ERROR && before <= NGX_MAX_INT32_VALUE) {
                age += before;
            }

            h[i].hash = 0;
        }
    }

    value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%T", age) - value.data;

    return ngx_s3edge_header_add(r, &ngx_s3edge_header_age_name, &value);
}
