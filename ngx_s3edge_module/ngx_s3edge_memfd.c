
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_memfd.h"

#include <sys/mman.h>


#define NGX_S3EDGE_MEMFD_NOEXEC  0x0008U   /* MFD_NOEXEC_SEAL, Linux 6.3 */
#define NGX_S3EDGE_MEMFD_FDS     1024


ngx_fd_t
ngx_s3edge_memfd_new(const char *name, size_t size, ngx_uint_t grows,
    ngx_log_t *log)
{
    int       seals;
    ngx_fd_t  fd;

    /* a kernel may insist on the third, and an older one does not know it */

    fd = memfd_create(name, MFD_CLOEXEC|MFD_ALLOW_SEALING
                            |NGX_S3EDGE_MEMFD_NOEXEC);

    if (fd == NGX_INVALID_FILE && ngx_errno == NGX_EINVAL) {
        fd = memfd_create(name, MFD_CLOEXEC|MFD_ALLOW_SEALING);
    }

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "memfd_create() failed");
        return NGX_INVALID_FILE;
    }

    seals = F_SEAL_SHRINK|F_SEAL_SEAL|(grows ? 0 : F_SEAL_GROW);

    if (ftruncate(fd, (off_t) size) == -1
        || fcntl(fd, F_ADD_SEALS, seals) == -1)
    {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "ftruncate() or fcntl(F_ADD_SEALS) failed");
        (void) ngx_close_file(fd);
        return NGX_INVALID_FILE;
    }

    return fd;
}


ngx_fd_t
ngx_s3edge_memfd_dup(ngx_fd_t fd, ngx_log_t *log)
{
    ngx_fd_t  other;

    other = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (other == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "fcntl(F_DUPFD_CLOEXEC) failed");
    }

    return other;
}


void *
ngx_s3edge_memfd_map(ngx_fd_t fd, size_t size, ngx_log_t *log)
{
    void  *p;

    p = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);

    if (p == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "mmap(%uz) failed",
                      size);
        return NULL;
    }

    return p;
}


ngx_fd_t
ngx_s3edge_memfd_next(ngx_pid_t pid, const char *name, ngx_uint_t *i)
{
    u_char    path[NGX_INT64_LEN * 2 + sizeof("/proc//fd/")];
    u_char    link[NGX_MAX_PATH], want[NGX_MAX_PATH], *last;
    size_t    len;
    ssize_t   n;
    ngx_fd_t  fd;

    last = ngx_snprintf(want, NGX_MAX_PATH, "/memfd:%s", name);
    len = last - want;

    while (*i < NGX_S3EDGE_MEMFD_FDS) {

        *ngx_sprintf(path, "/proc/%P/fd/%ui", pid, (*i)++) = '\0';

        n = readlink((char *) path, (char *) link, sizeof(link));

        if (n < (ssize_t) len || ngx_memcmp(link, want, len) != 0) {
            continue;
        }

        fd = ngx_open_file(path, NGX_FILE_RDWR, NGX_FILE_OPEN, 0);

        if (fd != NGX_INVALID_FILE) {
            (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
            return fd;
        }
    }

    return NGX_INVALID_FILE;
}
