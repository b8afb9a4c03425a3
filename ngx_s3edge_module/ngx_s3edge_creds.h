
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Origin credentials, from files in the form of AWS's shared credentials
 * file (AWS, "Configuration and credential file settings"): one optional
 * "[profile]" line, then aws_access_key_id, aws_secret_access_key and, for
 * temporary ones, aws_session_token.  Other names are passed over.
 *
 * A worker looks at each file once a second and reads it again when it has
 * changed: rotation takes no reload.  A file that is missing or broken then
 * leaves the credentials as they were and says so once.
 */

#ifndef _NGX_S3EDGE_CREDS_H_INCLUDED_
#define _NGX_S3EDGE_CREDS_H_INCLUDED_


#include "ngx_s3edge.h"


/* bytes of a credentials file */
#define NGX_S3EDGE_CREDS_FILE_MAX  (32 * 1024)


/*
 * Reads the file, and raises creds->version where it holds something else
 * than before.  On NGX_ERROR the credentials are unchanged and the reason
 * is in the log at "level", without a byte of the file.
 */
ngx_int_t ngx_s3edge_creds_read(ngx_s3edge_creds_t *creds, ngx_uint_t level,
    ngx_log_t *log);

/* worker: begins to watch the files; the timer does not hold up its exit */
void ngx_s3edge_creds_watch(ngx_cycle_t *cycle,
    ngx_s3edge_main_conf_t *smcf);


#endif /* _NGX_S3EDGE_CREDS_H_INCLUDED_ */
