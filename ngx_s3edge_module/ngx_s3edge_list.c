
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_list.h"


#define NGX_S3EDGE_LIST_HEAD                                                  \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                            \
    "<ListAllMyBucketsResult"                                                 \
    " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"                     \
    "<Owner><ID>s3edge</ID><DisplayName>s3edge</DisplayName></Owner>"         \
    "<Buckets>"

#define NGX_S3EDGE_LIST_TAIL                                                  \
    "</Buckets></ListAllMyBucketsResult>"

#define NGX_S3EDGE_LIST_BUCKET                                                \
    "<Bucket><Name></Name>"                                                   \
    "<CreationDate>1970-01-01T00:00:00.000Z</CreationDate></Bucket>"


static ngx_buf_t *ngx_s3edge_list_body(ngx_http_request_t *r);


ngx_int_t
ngx_s3edge_list_send(ngx_http_request_t *r)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    b = ngx_s3edge_list_body(r);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;
    ngx_str_set(&r->headers_out.content_type, "application/xml");
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* names of buckets need no escape in XML */

static ngx_buf_t *
ngx_s3edge_list_body(ngx_http_request_t *r)
{
    size_t                    len;
    ngx_tm_t                  tm;
    ngx_buf_t                *b;
    ngx_uint_t                i;
    ngx_s3edge_bucket_t     **bucket;
    ngx_s3edge_main_conf_t   *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_s3edge_module);
    bucket = smcf->buckets.elts;

    len = sizeof(NGX_S3EDGE_LIST_HEAD) + sizeof(NGX_S3EDGE_LIST_TAIL);

    for (i = 0; i < smcf->buckets.nelts; i++) {
        len += sizeof(NGX_S3EDGE_LIST_BUCKET) + bucket[i]->node.str.len;
    }

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NULL;
    }

    ngx_gmtime(smcf->loaded, &tm);

    b->last = ngx_sprintf(b->last, NGX_S3EDGE_LIST_HEAD);

    for (i = 0; i < smcf->buckets.nelts; i++) {

        if (bucket[i]->allow == 0) {
            continue;
        }

        b->last = ngx_sprintf(b->last, "<Bucket><Name>%V</Name><CreationDate>"
                              "%4d-%02d-%02dT%02d:%02d:%02d.000Z"
                              "</CreationDate></Bucket>",
                              &bucket[i]->node.str, tm.ngx_tm_year,
                              tm.ngx_tm_mon, tm.ngx_tm_mday, tm.ngx_tm_hour,
                              tm.ngx_tm_min, tm.ngx_tm_sec);
    }

    b->last = ngx_sprintf(b->last, NGX_S3EDGE_LIST_TAIL);

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    return b;
}
