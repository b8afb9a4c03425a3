
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A request that asks for what another one does, in memory of its own: it
 * outlives that one and its connection.
 */

#ifndef _NGX_S3EDGE_TWIN_H_INCLUDED_
#define _NGX_S3EDGE_TWIN_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Gives the twin, which nginx has just made for a connection of its own, the
 * location, phase, URI, headers, captures and variables of the request; of
 * variables those that have been looked at, and those that only the client's
 * connection knows.  Not the body, nor what modules remember of the request.
 * NGX_OK or NGX_ERROR: no memory.
 */
ngx_int_t ngx_s3edge_twin(ngx_http_request_t *r, ngx_http_request_t *twin);


#endif /* _NGX_S3EDGE_TWIN_H_INCLUDED_ */
