
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Origin credentials, from files in the form of AWS's shared credentials
 * file (AWS, "Configuration and credential file settings"): one optional
 * "[profile]" line, then aws_access_key_id, aws_secret_access_key and, for
 * temporary ones, aws_session_token.  Other names are passed over.
 *
 * Rotation takes no reload (ngx_s3edge_watch.h).  A file that is missing or
 * broken then leaves the credentials as they were and says so once.
 */

#ifndef _NGX_S3EDGE_CREDS_H_INCLUDED_
#define _NGX_S3EDGE_CREDS_H_INCLUDED_


#include "ngx_s3edge.h"


/* bytes of a credentials file */
#define NGX_S3EDGE_CREDS_FILE_MAX  (32 * 1024)


/*
 * Reads the file of watch->data, an ngx_s3edge_creds_t, and raises its version
 * if it holds something else than before.  On NGX_ERROR the credentials are
 * unchanged and the reason is in the log at "level", without a byte of the
 * file.
 */
ngx_int_t ngx_s3edge_creds_read(ngx_s3edge_watch_t *watch, ngx_uint_t level,
    ngx_log_t *log);


#endif /* _NGX_S3EDGE_CREDS_H_INCLUDED_ */
