
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_keep.h"
#include "ngx_s3edge_memfd.h"

#include <sys/mman.h>


static ngx_fd_t ngx_s3edge_keep_open(ngx_str_t *path, ngx_log_t *log);
static ngx_int_t ngx_s3edge_keep_look(ngx_fd_t fd, ngx_str_t *path,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_keep_allocate(ngx_fd_t fd, ngx_str_t *path,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_keep_memory(ngx_s3edge_keep_t *keep,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_keep_map(ngx_s3edge_keep_t *keep,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_keep_read(ngx_s3edge_keep_t *keep,
    ngx_str_t *path, ngx_log_t *log);
static ngx_uint_t ngx_s3edge_keep_same(ngx_s3edge_keep_t *keep,
    ngx_str_t *path);
static ngx_fd_t ngx_s3edge_keep_renew(ngx_s3edge_keep_t *keep,
    ngx_str_t *path, ngx_uint_t complete, ngx_log_t *log);
static void ngx_s3edge_keep_mark(ngx_s3edge_keep_t *keep);
static void ngx_s3edge_keep_close_fd(ngx_fd_t *fd);


#define NGX_S3EDGE_KEEP_NAME   "s3edge_state"
#define NGX_S3EDGE_KEEP_CHUNK  65536


/* the words of s3_state_t before its counters */
#define NGX_S3EDGE_KEEP_HEAD   offsetof(s3_state_t, all)


ngx_int_t
ngx_s3edge_keep_check(ngx_str_t *path, ngx_log_t *log)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {

        if (ngx_errno == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      ngx_open_file_n " \"%V\" failed", path);
        return NGX_ERROR;
    }

    rc = ngx_s3edge_keep_look(fd, path, log);

    ngx_s3edge_keep_close_fd(&fd);

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


/*
 * NGX_OK: it is of our layout, or all zeroes; NGX_AGAIN: it is empty;
 * NGX_DECLINED: it is of another layout.
 */

static ngx_int_t
ngx_s3edge_keep_look(ngx_fd_t fd, ngx_str_t *path, ngx_log_t *log)
{
    off_t            size;
    uint64_t         magic;
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      ngx_fd_info_n " \"%V\" failed", path);
        return NGX_ERROR;
    }

    size = ngx_file_size(&fi);

    if (ngx_is_file(&fi)) {

        if (size == 0) {
            return NGX_AGAIN;
        }

        if (pread(fd, &magic, sizeof(magic), 0) == (ssize_t) sizeof(magic)
            && (magic == S3_STATE_MAGIC
                || (magic == 0 && size == (off_t) sizeof(s3_state_t))))
        {
            return size == (off_t) sizeof(s3_state_t) ? NGX_OK
                                                      : NGX_DECLINED;
        }
    }

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "\"%V\" is not an s3edge state file: remove it, and the "
                  "cache starts empty", path);

    return NGX_ERROR;
}


/*
 * A file of another layout is left to the processes that still have it, and
 * another one takes its name.
 */

static ngx_fd_t
ngx_s3edge_keep_open(ngx_str_t *path, ngx_log_t *log)
{
    ngx_fd_t    fd;
    ngx_int_t   rc;
    ngx_uint_t  again;

    for (again = 0; again < 2; again++) {

        /* of a FIFO, O_NONBLOCK does not wait for the other end */

        fd = ngx_open_file(path->data, NGX_FILE_RDWR|NGX_FILE_NONBLOCK,
                           NGX_FILE_CREATE_OR_OPEN, NGX_FILE_OWNER_ACCESS);
        if (fd == NGX_INVALID_FILE) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          ngx_open_file_n " \"%V\" failed", path);
            return NGX_INVALID_FILE;
        }

        rc = ngx_s3edge_keep_look(fd, path, log);

        if (rc == NGX_AGAIN) {
            rc = ngx_s3edge_keep_allocate(fd, path, log);
        }

        if (rc == NGX_OK) {
            (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
            return fd;
        }

        ngx_s3edge_keep_close_fd(&fd);

        if (rc == NGX_ERROR) {
            return NGX_INVALID_FILE;
        }

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" is of another version: the cache starts empty",
                      path);

        if (ngx_delete_file(path->data) == NGX_FILE_ERROR) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          ngx_delete_file_n " \"%V\" failed", path);
            return NGX_INVALID_FILE;
        }
    }

    return NGX_INVALID_FILE;
}


/* a purge must not fail for want of room */

static ngx_int_t
ngx_s3edge_keep_allocate(ngx_fd_t fd, ngx_str_t *path, ngx_log_t *log)
{
    ngx_err_t  err;

    err = posix_fallocate(fd, 0, sizeof(s3_state_t));

    if (err == 0) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, log, err,
                  "posix_fallocate(\"%V\", %uz) failed",
                  path, sizeof(s3_state_t));

    /* leave no odd size behind */

    if (ftruncate(fd, 0) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "ftruncate(\"%V\") failed", path);
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_s3edge_keep_load(ngx_s3edge_keep_t *keep, ngx_str_t *path,
    ngx_log_t *log)
{
    keep->fd = ngx_s3edge_keep_open(path, log);
    keep->mem = NGX_INVALID_FILE;
    keep->state = NULL;
    keep->mark = NULL;

    if (keep->fd == NGX_INVALID_FILE
        || ngx_s3edge_keep_memory(keep, log) != NGX_OK
        || ngx_s3edge_keep_read(keep, path, log) != NGX_OK)
    {
        ngx_s3edge_keep_release(keep);
        return NGX_ERROR;
    }

    ngx_s3edge_keep_mark(keep);

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_keep_memory(ngx_s3edge_keep_t *keep, ngx_log_t *log)
{
    keep->mem = ngx_s3edge_memfd_new(NGX_S3EDGE_KEEP_NAME, sizeof(s3_state_t),
                                     0, log);

    if (keep->mem == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    return ngx_s3edge_keep_map(keep, log);
}


static ngx_int_t
ngx_s3edge_keep_map(ngx_s3edge_keep_t *keep, ngx_log_t *log)
{
    keep->state = ngx_s3edge_memfd_map(keep->mem, sizeof(s3_state_t), log);

    return keep->state != NULL ? NGX_OK : NGX_ERROR;
}


/* pages of zeroes, which is most of them, take no memory */

static ngx_int_t
ngx_s3edge_keep_read(ngx_s3edge_keep_t *keep, ngx_str_t *path,
    ngx_log_t *log)
{
    u_char   *buf, *p;
    off_t     offset;
    size_t    i, size;
    ssize_t   n;

    buf = ngx_alloc(NGX_S3EDGE_KEEP_CHUNK, log);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    for (offset = 0; offset < (off_t) sizeof(s3_state_t); offset += n) {

        size = ngx_min(NGX_S3EDGE_KEEP_CHUNK,
                       sizeof(s3_state_t) - (size_t) offset);

        n = pread(keep->fd, buf, size, offset);

        if (n <= 0) {
            ngx_log_error(NGX_LOG_EMERG, log, n == 0 ? 0 : ngx_errno,
                          "pread(\"%V\") failed", path);
            ngx_free(buf);
            return NGX_ERROR;
        }

        p = (u_char *) keep->state + offset;

        for (i = 0; i < (size_t) n; i += ngx_pagesize) {

            size = ngx_min(ngx_pagesize, (size_t) n - i);

            if (buf[i] != 0 || ngx_memcmp(buf + i, buf + i + 1, size - 1)) {
                ngx_memcpy(p + i, buf + i, size);
            }
        }
    }

    ngx_free(buf);

    return NGX_OK;
}


ngx_int_t
ngx_s3edge_keep_inherit(ngx_s3edge_keep_t *keep, ngx_s3edge_keep_t *old,
    ngx_str_t *path, ngx_log_t *log)
{
    keep->fd = NGX_INVALID_FILE;
    keep->mark = NULL;
    keep->state = NULL;
    keep->mem = ngx_s3edge_memfd_dup(old->mem, log);

    if (keep->mem == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    if (ngx_s3edge_keep_map(keep, log) != NGX_OK) {
        goto failed;
    }

    if (!ngx_s3edge_keep_same(old, path)) {

        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "\"%V\" was removed, replaced or cut while nginx ran: "
                      "it is written anew, and nothing is lost", path);

        keep->fd = ngx_s3edge_keep_renew(keep, path, 0, log);
    }

    /* where it fails, what workers write goes where it went before */

    if (keep->fd == NGX_INVALID_FILE) {
        keep->fd = ngx_s3edge_memfd_dup(old->fd, log);
    }

    if (keep->fd == NGX_INVALID_FILE) {
        goto failed;
    }

    ngx_s3edge_keep_mark(keep);

    return NGX_OK;

failed:

    ngx_s3edge_keep_release(keep);

    return NGX_ERROR;
}


/* has the file that was opened its name still, and the form of one? */

static ngx_uint_t
ngx_s3edge_keep_same(ngx_s3edge_keep_t *keep, ngx_str_t *path)
{
    uint64_t         magic;
    ngx_file_info_t  fi, named;

    return ngx_fd_info(keep->fd, &fi) != NGX_FILE_ERROR
           && ngx_file_info(path->data, &named) != NGX_FILE_ERROR
           && ngx_file_uniq(&fi) == ngx_file_uniq(&named)
           && fi.st_dev == named.st_dev
           && ngx_file_size(&fi) == (off_t) sizeof(s3_state_t)
           && pread(keep->fd, &magic, sizeof(magic), 0)
              == (ssize_t) sizeof(magic)
           && magic == S3_STATE_MAGIC;
}


/*
 * Workers that were there before write to the file that was there before: one
 * that is not complete is good for no start but that after an end in order.
 */

static ngx_fd_t
ngx_s3edge_keep_renew(ngx_s3edge_keep_t *keep, ngx_str_t *path,
    ngx_uint_t complete, ngx_log_t *log)
{
    u_char    *name;
    ngx_fd_t   fd;
    uint32_t   clean;
    u_char     head[NGX_S3EDGE_KEEP_HEAD];

    static const u_char  ext[] = ".new";

    name = ngx_alloc(path->len + sizeof(ext), log);
    if (name == NULL) {
        return NGX_INVALID_FILE;
    }

    (void) ngx_cpystrn(ngx_cpymem(name, path->data, path->len),
                       (u_char *) ext, sizeof(ext));

    fd = ngx_open_file(name, NGX_FILE_RDWR, NGX_FILE_TRUNCATE,
                       NGX_FILE_OWNER_ACCESS);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_open_file_n " \"%s\" failed", name);
        goto done;
    }

    (void) fcntl(fd, F_SETFD, FD_CLOEXEC);

    clean = complete ? 1 : 0;

    ngx_memcpy(head, keep->state, NGX_S3EDGE_KEEP_HEAD);
    ngx_memcpy(head + offsetof(s3_state_t, clean), &clean, sizeof(clean));

    if (!complete) {
        ngx_memzero(head + offsetof(s3_state_t, boot), S3_STATE_BOOT_LEN);
    }

    if (posix_fallocate(fd, 0, sizeof(s3_state_t)) != 0
        || pwrite(fd, keep->state, sizeof(s3_state_t), 0)
           != (ssize_t) sizeof(s3_state_t)
        || pwrite(fd, head, NGX_S3EDGE_KEEP_HEAD, 0)
           != (ssize_t) NGX_S3EDGE_KEEP_HEAD
        || fsync(fd) == -1
        || ngx_rename_file(name, path->data) == NGX_FILE_ERROR)
    {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "\"%V\" could not be written anew: after a restart the "
                      "cache starts empty", path);
        (void) ngx_delete_file(name);
        ngx_s3edge_keep_close_fd(&fd);
    }

done:

    ngx_free(name);

    return fd;
}


/*
 * The process that has started us has its memory open: by its name, and by
 * its epoch, which no other nginx has.
 */

ngx_int_t
ngx_s3edge_keep_parent(ngx_s3edge_keep_t *keep, ngx_log_t *log)
{
    ngx_uint_t         i;
    ngx_file_info_t    fi;
    ngx_s3edge_keep_t  parent;

    i = 0;

    for ( ;; ) {
        parent.mem = ngx_s3edge_memfd_next(getppid(), NGX_S3EDGE_KEEP_NAME,
                                           &i);

        if (parent.mem == NGX_INVALID_FILE) {
            return NGX_DECLINED;
        }

        if (ngx_fd_info(parent.mem, &fi) != NGX_FILE_ERROR
            && ngx_file_size(&fi) == (off_t) sizeof(s3_state_t)
            && ngx_s3edge_keep_map(&parent, log) == NGX_OK)
        {
            if (s3_state_check(parent.state)
                && parent.state->epoch == keep->state->epoch)
            {
                (void) munmap(keep->state, sizeof(s3_state_t));
                ngx_s3edge_keep_close_fd(&keep->mem);

                keep->state = parent.state;
                keep->mem = parent.mem;

                return NGX_OK;
            }

            (void) munmap(parent.state, sizeof(s3_state_t));
        }

        ngx_s3edge_keep_close_fd(&parent.mem);
    }
}


/*
 * The kernel copies from what all workers see, one write after the other: the
 * file can be behind it for a moment, and never goes back.
 */

ngx_int_t
ngx_s3edge_keep_write(ngx_s3edge_keep_t *keep, void *part, size_t len,
    ngx_str_t *path, ngx_log_t *log)
{
    off_t  offset;

    offset = (u_char *) part - (u_char *) keep->state;

    if (pwrite(keep->fd, part, len, offset) == (ssize_t) len) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                  "pwrite(\"%V\") failed: a purge is in force, and may not be "
                  "after a crash", path);

    return NGX_ERROR;
}


void
ngx_s3edge_keep_close(ngx_s3edge_keep_t *keep, ngx_str_t *path,
    ngx_log_t *log)
{
    ngx_fd_t     fd;
    s3_state_t  *state;

    state = keep->state;

    if (!ngx_s3edge_keep_same(keep, path)) {
        fd = ngx_s3edge_keep_renew(keep, path, 1, log);
        ngx_s3edge_keep_close_fd(&fd);
        return;
    }

    state->clean = 0;

    if (ngx_s3edge_keep_write(keep, state, sizeof(s3_state_t), path, log)
        != NGX_OK
        || fsync(keep->fd) == -1)
    {
        return;
    }

    state->clean = 1;

    if (ngx_s3edge_keep_write(keep, state, NGX_S3EDGE_KEEP_HEAD, path, log)
        == NGX_OK)
    {
        (void) fsync(keep->fd);
    }
}


/*
 * Never read: s3edged finds the workers of a master that died by what they
 * have mapped.
 */

static void
ngx_s3edge_keep_mark(ngx_s3edge_keep_t *keep)
{
    keep->mark = mmap(NULL, ngx_pagesize, PROT_NONE, MAP_SHARED, keep->fd, 0);

    if (keep->mark == MAP_FAILED) {
        keep->mark = NULL;
    }
}


void
ngx_s3edge_keep_release(ngx_s3edge_keep_t *keep)
{
    if (keep->state != NULL) {
        (void) munmap(keep->state, sizeof(s3_state_t));
    }

    if (keep->mark != NULL) {
        (void) munmap(keep->mark, ngx_pagesize);
    }

    keep->state = NULL;
    keep->mark = NULL;

    ngx_s3edge_keep_close_fd(&keep->fd);
    ngx_s3edge_keep_close_fd(&keep->mem);
}


static void
ngx_s3edge_keep_close_fd(ngx_fd_t *fd)
{
    if (*fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(*fd);
        *fd = NGX_INVALID_FILE;
    }
}
