
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Flights: one request fetches an object, the others for it wait until it is
 * stored (s3_flight.h).  They wait in the precontent phase, each authorised by
 * itself, and look it up anew when they go on, so that a purge meanwhile
 * holds for them.  What turns out not to be stored is marked, and requests
 * for it pass side by side, ranges and conditions with them.
 *
 * proxy_cache_lock stays behind it, for the moment in which a request of
 * another worker may slip through.
 */

#ifndef _NGX_S3EDGE_FLIGHT_H_INCLUDED_
#define _NGX_S3EDGE_FLIGHT_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Precontent phase, where memory has no copy.  NGX_OK: the request goes on,
 * maybe past the cache (ctx->copy.bypass); NGX_AGAIN: it waits, and the phase's
 * handler is called again; NGX_ERROR: no memory.
 */
ngx_int_t ngx_s3edge_flight_join(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/* as nginx makes the request to the origin; NGX_ERROR: no memory */
ngx_int_t ngx_s3edge_flight_lead(ngx_http_request_t *r,
    ngx_s3edge_ctx_t *ctx);

/*
 * Header filter, before the times of an answer are set: one that passed the
 * cache and is a whole that may be stored (fresh) is, and nobody else passes.
 */
void ngx_s3edge_flight_regain(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_uint_t fresh);

/*
 * Header filter: an answer, once both tiers know of it; fresh: it may be
 * stored.
 */
void ngx_s3edge_flight_answer(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    ngx_uint_t fresh);

/* body filter, after a copy into memory has got on */
void ngx_s3edge_flight_filled(ngx_s3edge_ctx_t *ctx);

/* whoever waits for this request is to look again; nothing if none can */
void ngx_s3edge_flight_done(ngx_s3edge_ctx_t *ctx);

/* the request is made once more, past the cache, as are others for the key */
void ngx_s3edge_flight_pass(ngx_s3edge_ctx_t *ctx);

/* the same, where the origin has failed, or what came is not stored */
void ngx_s3edge_flight_fail(ngx_s3edge_ctx_t *ctx);

/* one of the two: the request is served otherwise */
void ngx_s3edge_flight_quit(ngx_s3edge_ctx_t *ctx);

/* the request is made once more */
void ngx_s3edge_flight_again(ngx_s3edge_ctx_t *ctx);

#endif /* _NGX_S3EDGE_FLIGHT_H_INCLUDED_ */
