
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * ListBuckets, answered from the configuration.
 */

#ifndef _NGX_S3EDGE_LIST_H_INCLUDED_
#define _NGX_S3EDGE_LIST_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * Answers with all buckets, by name.  Their CreationDate is the time at which
 * the configuration was read.  Returns what a content handler returns.
 */
ngx_int_t ngx_s3edge_list_send(ngx_http_request_t *r);


#endif /* _NGX_S3EDGE_LIST_H_INCLUDED_ */
