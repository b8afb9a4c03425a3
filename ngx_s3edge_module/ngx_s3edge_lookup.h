
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where in shared memory an object would be.  It is worked out early, and
 * the processor asked for what lies there: a look at memory that no cache of
 * its own has takes as long as hundreds of instructions, of which there are
 * enough to do before the answer is wanted.
 */

#ifndef _NGX_S3EDGE_LOOKUP_H_INCLUDED_
#define _NGX_S3EDGE_LOOKUP_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * ctx->copy.key, hash and shard, of a request with a bucket; NULL where
 * there is no memory for it.  NGX_ERROR: no memory for the key.  It is good
 * until the request has to wait, for there may be a purge then.
 */
ngx_int_t ngx_s3edge_lookup(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/*
 * The same, at the latest that it can be: what was worked out before is used
 * once, if the request has not waited since (auth_request, limit_req, mirror).
 */
ngx_int_t ngx_s3edge_lookup_settle(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/* some time after it */
void ngx_s3edge_lookup_ahead(ngx_s3edge_ctx_t *ctx);


#endif /* _NGX_S3EDGE_LOOKUP_H_INCLUDED_ */
