
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What others have put into a response before the origin's headers come:
 * an application with X-Accel-Redirect, Lua, njs.  It belongs to this
 * response alone, and stays where the origin's are taken back.
 */

#ifndef _NGX_S3EDGE_PRIOR_H_INCLUDED_
#define _NGX_S3EDGE_PRIOR_H_INCLUDED_


#include "ngx_s3edge.h"


/* 1 for a header that stays, whoever it is from */
typedef ngx_uint_t (*ngx_s3edge_prior_stays_pt)(ngx_table_elt_t *h);


/* precontent phase: sets ctx->answer.prior; NGX_ERROR: no memory */
ngx_int_t ngx_s3edge_prior_keep(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/*
 * Makes r->headers_out what it was then.  Nothing is changed in a request
 * that did not come so far; stays may be NULL.
 */
void ngx_s3edge_prior_restore(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_s3edge_prior_stays_pt stays);

/* takes headers of that name away that came since; NULL: all of them */
void ngx_s3edge_prior_clear(ngx_http_request_t *r, ngx_s3edge_prior_t *prior,
    ngx_str_t *name);

/* takes Cache-Control and Expires back that came since */
void ngx_s3edge_prior_restore_caching(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_PRIOR_H_INCLUDED_ */
