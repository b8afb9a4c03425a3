
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The update of a stale copy, behind the answer that a client gets.
 *
 * nginx's own is a background subrequest of the client's request, which does
 * not end before it, nor does its connection take the next request.  Here it
 * is one of a twin of that request, whose connection has nobody at its other
 * end: the client may ask for more, or leave.  To nginx the twin is a request
 * that has been answered, whose client has gone and whose subrequest still
 * runs; it closes it as such.
 *
 * Where worker_connections are scarce it stays nginx's own.
 */

#ifndef _NGX_S3EDGE_UPDATE_H_INCLUDED_
#define _NGX_S3EDGE_UPDATE_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Precontent phase, on a stale copy in memory: the request once more from
 * here on, whose answer nobody waits for.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_s3edge_update(ngx_http_request_t *r);

#if (NGX_HTTP_CACHE)

/*
 * Header filter, on a copy from the cache on disk: if nginx is about to update
 * it, that is taken over, with the mark that keeps others from doing so.
 */
void ngx_s3edge_update_detach(ngx_http_request_t *r);

#endif


#endif /* _NGX_S3EDGE_UPDATE_H_INCLUDED_ */
