
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What comes from the origin, looked at before nginx takes it for the answer.
 *
 * nginx takes bytes that are no HTTP for a body (HTTP/0.9), an interim
 * response for the final one, and keeps connections on which an origin has
 * written more than it said: whoever is next reads the rest.  So the parser
 * of proxy_pass is called from here: see ngx_s3edge_wire.c for the steps.  It
 * is put back by proxy_pass with each attempt, and replaced after the status
 * line, so that is watched, too.
 */

#ifndef _NGX_S3EDGE_WIRE_H_INCLUDED_
#define _NGX_S3EDGE_WIRE_H_INCLUDED_


#include "ngx_s3edge.h"


/* of one upstream of a request, in its pool */

typedef struct {
    ngx_http_upstream_t           *upstream;

    ngx_int_t                    (*original_process)(ngx_http_request_t *r);
    ngx_int_t                    (*original_reinit)(ngx_http_request_t *r);

    /* of the connection, by ngx_s3edge_peer.c */

    void                          *peer_data;
    ngx_event_get_peer_pt          original_get;
    ngx_event_free_peer_pt         original_free;
#if (NGX_SSL || NGX_COMPAT)
    ngx_event_set_peer_session_pt  original_set_session;
    ngx_event_save_peer_session_pt original_save_session;
#endif

    /* of this attempt */

    ngx_uint_t                     interim;    /* passed over */
    ngx_str_t                      body;       /* its first bytes */
    u_char                        *unframed;   /* room for them, or NULL */

    unsigned                       line:1;     /* the final status came */
    unsigned                       header:1;   /* that is parsed */
    unsigned                       waits:1;    /* for the body of an error */
    unsigned                       timed:1;    /* not for ever */
    unsigned                       told:1;     /* a code would be in body */
    /* of all */

    ngx_atomic_uint_t              dirty;      /* connection not to be kept */
    unsigned                       fresh:1;    /* no kept one any more */
} ngx_s3edge_wire_t;


/*
 * While the request to the origin is made: has its answer come through here.
 * May be called more than once.
 */
ngx_int_t ngx_s3edge_wire_guard(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx);

/* NULL where r has no request to an origin of S3 */
ngx_s3edge_wire_t *ngx_s3edge_wire_find(ngx_http_request_t *r);

/*
 * Header filter, on a response of the origin: the first bytes of an error's
 * body, without the framing of chunks.  1: a code of S3's would be in them; 0:
 * they came too late, or there is no telling.
 */
ngx_uint_t ngx_s3edge_wire_body(ngx_http_request_t *r, ngx_str_t *body);


#endif /* _NGX_S3EDGE_WIRE_H_INCLUDED_ */
