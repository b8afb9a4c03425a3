
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How long nginx keeps a response: s3_ttl.h's policy, put to r->cache.
 */

#ifndef _NGX_S3EDGE_TTL_H_INCLUDED_
#define _NGX_S3EDGE_TTL_H_INCLUDED_


#include "ngx_s3edge.h"
#include "s3_answer.h"


/*
 * Header filter, on a response that has just come from the origin, or that
 * the origin has just confirmed: how long it is fresh and what stale windows
 * it has.  Sets f->for_one.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_s3edge_ttl(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f, s3_ttl_t *ttl);

#if (NGX_HTTP_CACHE)

/* tells nginx of it, or forbids to store */
void ngx_s3edge_ttl_set(ngx_http_request_t *r, s3_answer_disk_e disk,
    s3_ttl_t *ttl);

#endif

/*
 * 1 where a rule says that an object of this key is not stored: asking the
 * cache would only make such requests wait for one another.
 */
ngx_int_t ngx_s3edge_ttl_is_zero(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/* policy->regex */
int ngx_s3edge_ttl_regex(void *regex, const s3_str_t *key);


#endif /* _NGX_S3EDGE_TTL_H_INCLUDED_ */
