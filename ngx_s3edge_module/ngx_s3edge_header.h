
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lists of headers, those of nginx: a walk, a header by its name, and what we
 * add to a response.
 */

#ifndef _NGX_S3EDGE_HEADER_H_INCLUDED_
#define _NGX_S3EDGE_HEADER_H_INCLUDED_


#include "ngx_s3edge.h"


/* set by ngx_s3edge_header_walk(), or to begin in the middle of a list */

typedef struct {
    ngx_list_part_t  *part;
    ngx_uint_t        i;                   /* the next one, in that part */
} ngx_s3edge_header_walk_t;


/* the first header of that name, in lower case; of a request or an upstream */
ngx_table_elt_t *ngx_s3edge_header_find(ngx_list_t *headers, ngx_str_t *name);

/* both strings must outlive the request; NGX_ERROR: no memory */
ngx_int_t ngx_s3edge_header_add(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value);

/*
 * Age of what came here on that date: the time since, and what it had then
 * (RFC 9111, 4.2.3 and 5.1).  NGX_ERROR: no memory.
 */
ngx_int_t ngx_s3edge_header_age(ngx_http_request_t *r, time_t date);


/* of all of them, also those with a hash of 0, which are not sent */

static ngx_inline void
ngx_s3edge_header_walk(ngx_s3edge_header_walk_t *walk, ngx_list_t *headers)
{
    walk->part = &headers->part;
    walk->i = 0;
}


/* NULL: that was the last one */

static ngx_inline ngx_table_elt_t *
ngx_s3edge_header_next(ngx_s3edge_header_walk_t *walk)
{
    while (walk->i >= walk->part->nelts) {
        if (walk->part->next == NULL) {
            return NULL;
        }

        walk->part = walk->part->next;
        walk->i = 0;
    }

    return (ngx_table_elt_t *) walk->part->elts + walk->i++;
}


/* by its name in lower case, which headers_out has not */

static ngx_inline ngx_uint_t
ngx_s3edge_header_is(ngx_table_elt_t *h, ngx_str_t *name)
{
    return h->key.len == name->len
           && ngx_memcmp(h->lowcase_key, name->data, name->len) == 0;
}


/* the same in any list, with a name in any case */

static ngx_inline ngx_uint_t
ngx_s3edge_header_named(ngx_table_elt_t *h, ngx_str_t *name)
{
    return h->key.len == name->len
           && ngx_strncasecmp(h->key.data, name->data, name->len) == 0;
}


#endif /* _NGX_S3EDGE_HEADER_H_INCLUDED_ */
