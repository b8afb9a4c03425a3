
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_fields.h"
#include "ngx_s3edge_checksum.h"
#include "ngx_s3edge_header.h"
#include "ngx_s3edge_hop.h"
#include "s3_cc.h"


#define NGX_S3EDGE_FIELDS_NO_TYPE   65535      /* as type_len */


typedef enum {
    NGX_S3EDGE_FIELDS_OTHER = 0,
    NGX_S3EDGE_FIELDS_CACHE_CONTROL,
    NGX_S3EDGE_FIELDS_CHECKSUM,            /* for who asks */
    NGX_S3EDGE_FIELDS_CONTENT_ENCODING,
    NGX_S3EDGE_FIELDS_DATE,
    NGX_S3EDGE_FIELDS_ETAG,
    NGX_S3EDGE_FIELDS_EXPIRES,
    NGX_S3EDGE_FIELDS_LAST_MODIFIED,
    NGX_S3EDGE_FIELDS_SERVER,
    NGX_S3EDGE_FIELDS_VARY,
    NGX_S3EDGE_FIELDS_SKIP,                /* not for hits, or made anew */
    NGX_S3EDGE_FIELDS_REFUSE               /* not for everybody */
} ngx_s3edge_fields_id_e;


typedef struct {
    ngx_str_t                 name;
    ngx_s3edge_fields_id_e    id;
} ngx_s3edge_fields_name_t;


/* then the content type, then the fields; all without alignment */

typedef struct {
    time_t                    last_modified;   /* -1: none */
    uint16_t                  nfields;
    uint16_t                  type_len;
    uint16_t                  type_bare;   /* without parameters */
    uint16_t                  charset;     /* in the type */
    uint16_t                  charset_len;
} ngx_s3edge_fields_head_t;


/* then name and value */

typedef struct {
    uint16_t                  name_len;
    uint16_t                  value_len;
    uint16_t                  id;
} ngx_s3edge_fields_field_t;


static ngx_int_t ngx_s3edge_fields_origin(ngx_http_request_t *r,
    ngx_http_headers_out_t *out);
static ngx_int_t ngx_s3edge_fields_copy(ngx_http_request_t *r);
static ngx_int_t ngx_s3edge_fields_measure(ngx_http_headers_out_t *out,
    ngx_uint_t *nfields, size_t *len);
static ngx_s3edge_fields_id_e ngx_s3edge_fields_find(ngx_table_elt_t *h);
static ngx_uint_t ngx_s3edge_fields_varies(ngx_str_t *value);
static void ngx_s3edge_fields_type(ngx_http_headers_out_t *out,
    ngx_s3edge_fields_head_t *head);
static u_char *ngx_s3edge_fields_one(u_char *p, ngx_table_elt_t *h);
static ngx_int_t ngx_s3edge_fields_known(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_uint_t id);
static ngx_int_t ngx_s3edge_fields_cache_control(ngx_http_request_t *r,
    ngx_table_elt_t *h);


static ngx_s3edge_fields_name_t  ngx_s3edge_fields_names[] = {
    { ngx_string("accept-ranges"), NGX_S3EDGE_FIELDS_SKIP },
    { ngx_string("cache-control"), NGX_S3EDGE_FIELDS_CACHE_CONTROL },
    { ngx_string("content-encoding"), NGX_S3EDGE_FIELDS_CONTENT_ENCODING },
    { ngx_string("content-length"), NGX_S3EDGE_FIELDS_SKIP },
    { ngx_string("date"), NGX_S3EDGE_FIELDS_DATE },
    { ngx_string("etag"), NGX_S3EDGE_FIELDS_ETAG },
    { ngx_string("expires"), NGX_S3EDGE_FIELDS_EXPIRES },
    { ngx_string("last-modified"), NGX_S3EDGE_FIELDS_LAST_MODIFIED },
    { ngx_string("server"), NGX_S3EDGE_FIELDS_SERVER },
    { ngx_string("set-cookie"), NGX_S3EDGE_FIELDS_REFUSE },
    { ngx_string("vary"), NGX_S3EDGE_FIELDS_VARY },
    { ngx_string("x-amz-server-side-encryption-customer-algorithm"),
      NGX_S3EDGE_FIELDS_REFUSE },
    { ngx_null_string, NGX_S3EDGE_FIELDS_OTHER }
};


/* what the origin is never sent, or always alike: nothing varies by it */

static ngx_str_t  ngx_s3edge_fields_fixed[] = {
    ngx_string("Accept-Encoding"),
    ngx_string("Access-Control-Request-Headers"),
    ngx_string("Access-Control-Request-Method"),
    ngx_string("Origin"),
    ngx_null_string
};


ngx_int_t
ngx_s3edge_fields_write(ngx_http_request_t *r, ngx_str_t *head)
{
    u_char                    *p;
    size_t                     len;
    ngx_int_t                  rc;
    ngx_uint_t                 n;
    ngx_table_elt_t           *h;
    ngx_http_headers_out_t     out;
    ngx_s3edge_fields_head_t   first;
    ngx_s3edge_header_walk_t   walk;

    if (ngx_s3edge_fields_origin(r, &out) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_s3edge_fields_measure(&out, &n, &len);
    if (rc != NGX_OK) {
        return rc;
    }

    head->data = ngx_pnalloc(r->pool, len);
    if (head->data == NULL) {
        return NGX_ERROR;
    }

    head->len = len;

    ngx_memzero(&first, sizeof(ngx_s3edge_fields_head_t));

    first.last_modified = out.last_modified_time;
    first.nfields = n;
    ngx_s3edge_fields_type(&out, &first);

    p = ngx_cpymem(head->data, &first, sizeof(ngx_s3edge_fields_head_t));

    if (out.content_type.len) {
        p = ngx_cpymem(p, out.content_type.data, out.content_type.len);
    }

    ngx_s3edge_header_walk(&walk, &out.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->hash != 0) {
            p = ngx_s3edge_fields_one(p, h);
        }
    }

    return NGX_OK;
}


/*
 * What nginx makes of the origin's headers, as if nobody had put any there
 * before and none had been changed since.
 */

static ngx_int_t
ngx_s3edge_fields_origin(ngx_http_request_t *r, ngx_http_headers_out_t *out)
{
    unsigned                allow_ranges, single_range;
    ngx_int_t               rc;
    ngx_http_headers_out_t  all;

    allow_ranges = r->allow_ranges;
    single_range = r->single_range;
    all = r->headers_out;

    /* a list that is empty points into itself */

    ngx_memzero(&r->headers_out, sizeof(ngx_http_headers_out_t));

    r->headers_out.last_modified_time = -1;

    rc = ngx_list_init(&r->headers_out.headers, r->pool, 16,
                       sizeof(ngx_table_elt_t));

    if (rc == NGX_OK) {
        rc = ngx_s3edge_fields_copy(r);
    }

    if (rc == NGX_OK) {
        ngx_s3edge_hop_connection(r, NULL);
    }

    *out = r->headers_out;

    r->headers_out = all;
    r->allow_ranges = allow_ranges;
    r->single_range = single_range;

    return rc;
}


static ngx_int_t
ngx_s3edge_fields_copy(ngx_http_request_t *r)
{
    ngx_table_elt_t                *h, *ho;
    ngx_http_upstream_t            *u;
    ngx_s3edge_header_walk_t        walk;
    ngx_http_upstream_header_t     *known;
    ngx_http_upstream_main_conf_t  *umcf;

    u = r->upstream;
    umcf = ngx_http_get_module_main_conf(r, ngx_http_upstream_module);

    ngx_s3edge_header_walk(&walk, &u->headers_in.headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->hash == 0
            || ngx_hash_find(&u->conf->hide_headers_hash, h->hash,
                             h->lowcase_key, h->key.len))
        {
            continue;
        }

        known = ngx_hash_find(&umcf->headers_in_hash, h->hash,
                              h->lowcase_key, h->key.len);

        if (known != NULL) {

            if (known->copy_handler(r, h, known->conf) != NGX_OK) {
                return NGX_ERROR;
            }

            continue;
        }

        ho = ngx_list_push(&r->headers_out.headers);
        if (ho == NULL) {
            return NGX_ERROR;
        }

        *ho = *h;
    }

    return NGX_OK;
}


/*
 * The list is ours alone, so that what a header is can be kept where its hash
 * was: 0 for one that is left out.
 */

static ngx_int_t
ngx_s3edge_fields_measure(ngx_http_headers_out_t *out, ngx_uint_t *nfields,
    size_t *len)
{
    ngx_table_elt_t           *h;
    ngx_s3edge_fields_id_e     id;
    ngx_s3edge_header_walk_t   walk;

    *nfields = 0;
    *len = sizeof(ngx_s3edge_fields_head_t) + out->content_type.len;

    ngx_s3edge_header_walk(&walk, &out->headers);

    while ((h = ngx_s3edge_header_next(&walk)) != NULL) {
        if (h->hash == 0) {
            continue;
        }

        id = ngx_s3edge_fields_find(h);

        if (id == NGX_S3EDGE_FIELDS_REFUSE) {
            return NGX_DECLINED;
        }

        if (id == NGX_S3EDGE_FIELDS_SKIP) {
            h->hash = 0;
            continue;
        }

        h->hash = 1 + id;

        *len += sizeof(ngx_s3edge_fields_field_t) + h->key.len
                + h->value.len;
        (*nfields)++;
    }

    /* so that every length fits, too */

    return *len <= 65535 ? NGX_OK : NGX_DECLINED;
}


static ngx_s3edge_fields_id_e
ngx_s3edge_fields_find(ngx_table_elt_t *h)
{
    s3_cc_t                    cc;
    ngx_s3edge_fields_name_t  *name;

    if (ngx_s3edge_checksum_is(&h->key)) {
        return NGX_S3EDGE_FIELDS_CHECKSUM;
    }

    for (name = ngx_s3edge_fields_names; name->name.len; name++) {
        if (h->key.len == name->name.len
            && ngx_tolower(h->key.data[0]) == name->name.data[0]
            && ngx_strncasecmp(h->key.data, name->name.data, h->key.len) == 0)
        {
            break;
        }
    }

    if (name->id == NGX_S3EDGE_FIELDS_VARY
        && ngx_s3edge_fields_varies(&h->value))
    {
        return NGX_S3EDGE_FIELDS_REFUSE;
    }

    if (name->id == NGX_S3EDGE_FIELDS_CACHE_CONTROL) {
        s3_cc_init(&cc);
        s3_cc_add(&cc, ngx_s3edge_str(&h->value));

        if (cc.private) {
            return NGX_S3EDGE_FIELDS_REFUSE;
        }
    }

    return name->id;
}


/* RFC 9110, 5.6.1 and 12.5.5: names between commas, or "*" */

static ngx_uint_t
ngx_s3edge_fields_varies(ngx_str_t *value)
{
    u_char     *p, *end;
    ngx_str_t   one, *fixed;

    p = value->data;
    end = value->data + value->len;

    while (p < end) {

        if (*p == ',' || *p == ' ' || *p == '\t') {
            p++;
            continue;
        }

        one.data = p;

        while (p < end && *p != ',' && *p != ' ' && *p != '\t') {
            p++;
        }

        one.len = p - one.data;

        for (fixed = ngx_s3edge_fields_fixed; fixed->len; fixed++) {
            if (one.len == fixed->len
                && ngx_strncasecmp(one.data, fixed->data, one.len) == 0)
            {
                break;
            }
        }

        if (fixed->len == 0) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_s3edge_fields_type(ngx_http_headers_out_t *out,
    ngx_s3edge_fields_head_t *head)
{
    ngx_str_t  *type, *charset;

    type = &out->content_type;
    charset = &out->charset;

    if (type->data == NULL) {
        head->type_len = NGX_S3EDGE_FIELDS_NO_TYPE;
        return;
    }

    head->type_len = type->len;
    head->type_bare = out->content_type_len;

    if (charset->len != 0) {
        head->charset = charset->data - type->data;
        head->charset_len = charset->len;
    }
}


static u_char *
ngx_s3edge_fields_one(u_char *p, ngx_table_elt_t *h)
{
    ngx_s3edge_fields_field_t  field;

    field.name_len = h->key.len;
    field.value_len = h->value.len;
    field.id = h->hash - 1;

    p = ngx_cpymem(p, &field, sizeof(ngx_s3edge_fields_field_t));
    p = ngx_cpymem(p, h->key.data, h->key.len);

    return ngx_cpymem(p, h->value.data, h->value.len);
}


ngx_int_t
ngx_s3edge_fields_read(ngx_http_request_t *r, ngx_str_t *head)
{
    u_char                     *p;
    ngx_int_t                   wanted;
    ngx_table_elt_t            *h;
    ngx_http_headers_out_t     *out;
    ngx_s3edge_fields_head_t    first;
    ngx_s3edge_fields_field_t   field;

    wanted = -1;
    p = head->data;
    out = &r->headers_out;

    ngx_memcpy(&first, p, sizeof(ngx_s3edge_fields_head_t));
    p += sizeof(ngx_s3edge_fields_head_t);

    if (first.last_modified != -1) {
        out->last_modified_time = first.last_modified;
    }

    if (first.type_len != NGX_S3EDGE_FIELDS_NO_TYPE) {
        out->content_type.data = p;
        out->content_type.len = first.type_len;
        out->content_type_len = first.type_bare;
        out->content_type_lowcase = NULL;

        p += first.type_len;
    }

    if (first.charset_len != 0) {
        out->charset.data = out->content_type.data + first.charset;
        out->charset.len = first.charset_len;
    }

    while (first.nfields-- != 0) {
        ngx_memcpy(&field, p, sizeof(ngx_s3edge_fields_field_t));
        p += sizeof(ngx_s3edge_fields_field_t);

        if (field.id == NGX_S3EDGE_FIELDS_CHECKSUM) {

            if (wanted == -1) {
                wanted = ngx_s3edge_checksum_is_wanted(r);
            }

            if (!wanted) {
                p += field.name_len + field.value_len;
                continue;
            }
        }

        h = ngx_list_push(&out->headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        h->hash = 1;
        h->key.data = p;
        h->key.len = field.name_len;
        h->value.data = p + field.name_len;
        h->value.len = field.value_len;
        h->lowcase_key = NULL;

#if (nginx_version >= 1023000)
        h->next = NULL;
#endif

        p += field.name_len + field.value_len;

        if (field.id != NGX_S3EDGE_FIELDS_OTHER
            && ngx_s3edge_fields_known(r, h, field.id) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* what filters look for by name */

static ngx_int_t
ngx_s3edge_fields_known(ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_uint_t id)
{
    switch (id) {

    case NGX_S3EDGE_FIELDS_CACHE_CONTROL:
        return ngx_s3edge_fields_cache_control(r, h);

    case NGX_S3EDGE_FIELDS_CONTENT_ENCODING:
        r->headers_out.content_encoding = h;
        break;

    case NGX_S3EDGE_FIELDS_DATE:
        r->headers_out.date = h;
        break;

    case NGX_S3EDGE_FIELDS_SERVER:
        r->headers_out.server = h;
        break;

    case NGX_S3EDGE_FIELDS_ETAG:
        r->headers_out.etag = h;
        break;

    case NGX_S3EDGE_FIELDS_EXPIRES:
        r->headers_out.expires = h;
        break;

    case NGX_S3EDGE_FIELDS_LAST_MODIFIED:
        r->headers_out.last_modified = h;
        break;

    default:
        break;
    }

    return NGX_OK;
}


/* an array up to nginx 1.22, a list since */

static ngx_int_t
ngx_s3edge_fields_cache_control(ngx_http_request_t *r, ngx_table_elt_t *h)
{
#if (nginx_version >= 1023000)

    ngx_table_elt_t  **last;

    for (last = &r->headers_out.cache_control;
         *last != NULL;
         last = &(*last)->next)
    {
        /* void */
    }

    *last = h;

#else

    ngx_array_t       *list;
    ngx_table_elt_t  **one;

    list = &r->headers_out.cache_control;

    if (list->elts == NULL
        && ngx_array_init(list, r->pool, 1, sizeof(ngx_table_elt_t *))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    one = ngx_array_push(list);
    if (one == NULL) {
        return NGX_ERROR;
    }

    *one = h;

#endif

    return NGX_OK;
}
