
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is known of one upstream of a request while its answer comes:
 * ngx_s3edge_answer.c and its parts keep it here.
 */

#ifndef _NGX_S3EDGE_WIRE_H_INCLUDED_
#define _NGX_S3EDGE_WIRE_H_INCLUDED_


#include "ngx_s3edge.h"


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
    ngx_recv_pt                    original_recv;  /* NULL: not replaced */

    unsigned                       line:1;     /* the final status came */
    unsigned                       header:1;   /* that is parsed */
    unsigned                       waits:1;    /* for the body of an error */
    unsigned                       timed:1;    /* not for ever */
    unsigned                       ended:1;    /* with the connection */
    unsigned                       told:1;     /* a code would be in body */
    /* of all */

    ngx_atomic_uint_t              dirty;      /* connection not to be kept */
    unsigned                       fresh:1;    /* no kept one any more */
} ngx_s3edge_wire_t;


/* for r->upstream; NULL: no memory */
ngx_s3edge_wire_t *ngx_s3edge_wire_add(ngx_http_request_t *r);

/* NULL where r has no request to an origin of S3 */
ngx_s3edge_wire_t *ngx_s3edge_wire_find(ngx_http_request_t *r);

/* another attempt, or the header of a stored file */
void ngx_s3edge_wire_begin(ngx_s3edge_wire_t *wire);

/* the connection is not kept, whatever nginx reads of it from now on */
void ngx_s3edge_wire_distrust(ngx_s3edge_wire_t *wire);


#endif /* _NGX_S3EDGE_WIRE_H_INCLUDED_ */
