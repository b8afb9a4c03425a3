
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The purge counters in memory, and their file.
 *
 * What workers read is memory that has no name, so that nobody can cut it
 * short (that would be SIGBUS in each of them) or write into it.  The file has
 * what they have raised: it is read when nginx starts, and each purge writes
 * its counters to it, straight from that memory.
 */

#ifndef _NGX_S3EDGE_KEEP_H_INCLUDED_
#define _NGX_S3EDGE_KEEP_H_INCLUDED_


#include "ngx_s3edge.h"


/*
 * NGX_DECLINED: there is no such file.  NGX_ERROR, said at EMERG: it is none
 * that can be kept.  Changes nothing.
 */
ngx_int_t ngx_s3edge_keep_check(ngx_str_t *path, ngx_log_t *log);

/*
 * Opens or makes the file, and memory with what it holds: keep->fd, ->mem and
 * ->state, to ngx_s3edge_keep_release().  NGX_ERROR: said at EMERG.
 */
ngx_int_t ngx_s3edge_keep_load(ngx_s3edge_keep_t *keep, ngx_str_t *path,
    ngx_log_t *log);

/*
 * The memory that another cycle of this master has, and the file, which is
 * written anew if it is not what that cycle has opened.
 */
ngx_int_t ngx_s3edge_keep_inherit(ngx_s3edge_keep_t *keep,
    ngx_s3edge_keep_t *old, ngx_str_t *path, ngx_log_t *log);

/*
 * The memory of the nginx whose binary is being replaced by us, instead of
 * that of keep.  NGX_DECLINED: it has none.
 */
ngx_int_t ngx_s3edge_keep_parent(ngx_s3edge_keep_t *keep, ngx_log_t *log);

/* a part of keep->state, to the file; said at ALERT where it fails */
ngx_int_t ngx_s3edge_keep_write(ngx_s3edge_keep_t *keep, void *part,
    size_t len, ngx_str_t *path, ngx_log_t *log);

/*
 * At the end of the master: all of it, and that it is complete, under its
 * name again where that is another file by now.
 */
void ngx_s3edge_keep_close(ngx_s3edge_keep_t *keep, ngx_str_t *path,
    ngx_log_t *log);

void ngx_s3edge_keep_release(ngx_s3edge_keep_t *keep);


#endif /* _NGX_S3EDGE_KEEP_H_INCLUDED_ */
