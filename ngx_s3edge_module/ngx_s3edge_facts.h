
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What s3_answer() asks about: gathered from the request, its context, its
 * upstream and the copy on disk.
 */

#ifndef _NGX_S3EDGE_FACTS_H_INCLUDED_
#define _NGX_S3EDGE_FACTS_H_INCLUDED_


#include "ngx_s3edge.h"
#include "s3_answer.h"


/* header filter: all but what follows */
void ngx_s3edge_facts(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f);

/*
 * What s3_answer_keep() asks about, once nginx has been told whether disk is
 * to store it, and the predicates of proxy_no_cache have been looked at.
 */
void ngx_s3edge_facts_keep(ngx_http_request_t *r, ngx_s3edge_ctx_t *ctx,
    s3_answer_facts_t *f);


#endif /* _NGX_S3EDGE_FACTS_H_INCLUDED_ */
