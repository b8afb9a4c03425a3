
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory that processes share and that no path leads to: nobody can cut it
 * short, which would be SIGBUS in each of them, or write into it.
 */

#ifndef _NGX_S3EDGE_MEMFD_H_INCLUDED_
#define _NGX_S3EDGE_MEMFD_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Of zeroes; it never becomes smaller, and larger if "grows" is 1.
 * NGX_INVALID_FILE: said at EMERG.
 */
ngx_fd_t ngx_s3edge_memfd_new(const char *name, size_t size, ngx_uint_t grows,
    ngx_log_t *log);

/* for another cycle.  NGX_INVALID_FILE: said at EMERG */
ngx_fd_t ngx_s3edge_memfd_dup(ngx_fd_t fd, ngx_log_t *log);

/* for reading and writing, to munmap().  NULL: said at EMERG */
void *ngx_s3edge_memfd_map(ngx_fd_t fd, size_t size, ngx_log_t *log);

/*
 * The next one of that name that a process has open, from *i on, which is 0 at
 * first.  NGX_INVALID_FILE: there is no other.
 */
ngx_fd_t ngx_s3edge_memfd_next(ngx_pid_t pid, const char *name, ngx_uint_t *i);


#endif /* _NGX_S3EDGE_MEMFD_H_INCLUDED_ */
