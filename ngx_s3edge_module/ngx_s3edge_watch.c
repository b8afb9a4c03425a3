
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_watch.h"


typedef struct {
    ngx_str_t          path;               /* ends with a zero */
    ngx_file_uniq_t    uniq;
    struct timespec    changed;
} ngx_s3edge_watch_dir_t;


static ngx_int_t ngx_s3edge_watch_add_dir(ngx_s3edge_watches_t *watches,
    ngx_s3edge_watch_t *watch);
static void ngx_s3edge_watch_timer(ngx_event_t *ev);
static void ngx_s3edge_watch_dirs(ngx_s3edge_watches_t *watches,
    ngx_log_t *log);
static void ngx_s3edge_watch_check(ngx_s3edge_watch_t *watch, ngx_log_t *log);
static ngx_uint_t ngx_s3edge_watch_changed(ngx_file_info_t *fi,
    ngx_file_uniq_t *uniq, struct timespec *changed);


ngx_int_t
ngx_s3edge_watch_init(ngx_s3edge_watches_t *watches, ngx_pool_t *pool)
{
    if (ngx_array_init(&watches->files, pool, 8, sizeof(ngx_s3edge_watch_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_array_init(&watches->dirs, pool, 2,
                          sizeof(ngx_s3edge_watch_dir_t));
}


ngx_int_t
ngx_s3edge_watch_add(ngx_s3edge_watches_t *watches, ngx_s3edge_watch_t *watch)
{
    ngx_s3edge_watch_t  **file;

    file = ngx_array_push(&watches->files);
    if (file == NULL) {
        return NGX_ERROR;
    }

    *file = watch;

    return ngx_s3edge_watch_add_dir(watches, watch);
}


static ngx_int_t
ngx_s3edge_watch_add_dir(ngx_s3edge_watches_t *watches,
    ngx_s3edge_watch_t *watch)
{
    size_t                   len;
    u_char                  *p;
    ngx_uint_t               i;
    ngx_s3edge_watch_dir_t  *dir;

    for (len = watch->file.len; len && watch->file.data[len - 1] != '/'; len--)
    {
        /* void */
    }

    dir = watches->dirs.elts;

    for (i = 0; i < watches->dirs.nelts; i++) {

        if (dir[i].path.len == len
            && ngx_memcmp(dir[i].path.data, watch->file.data, len) == 0)
        {
            break;
        }
    }

    watch->dir = i;

    if (i < watches->dirs.nelts || i == NGX_S3EDGE_WATCH_DIRS) {
        return NGX_OK;
    }

    p = ngx_pnalloc(watches->dirs.pool, len + 1);
    dir = ngx_array_push(&watches->dirs);

    if (p == NULL || dir == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(dir, sizeof(ngx_s3edge_watch_dir_t));

    dir->path.data = p;
    dir->path.len = len;

    p = ngx_cpymem(p, watch->file.data, len);
    *p = '\0';

    return NGX_OK;
}


ssize_t
ngx_s3edge_watch_load(ngx_s3edge_watch_t *watch, u_char *buf,
    ngx_uint_t level, ngx_log_t *log)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_file_info_t  fi;

    n = NGX_ERROR;

    /* not blocking: the name may be a FIFO */

    fd = ngx_open_file(watch->file.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(level, log, ngx_errno,
                      ngx_open_file_n " \"%V\" of %s \"%V\" failed",
                      &watch->file, watch->what, &watch->name);
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(level, log, ngx_errno, ngx_fd_info_n " \"%V\" failed",
                      &watch->file);
        goto done;
    }

    if (!ngx_is_file(&fi) || ngx_file_size(&fi) > (off_t) watch->max) {
        ngx_log_error(level, log, 0,
                      "%s \"%V\": \"%V\" must be a file of at most %uz bytes",
                      watch->what, &watch->name, &watch->file, watch->max);
        goto done;
    }

    n = ngx_read_fd(fd, buf, watch->max);

    if (n == -1) {
        ngx_log_error(level, log, ngx_errno, ngx_read_fd_n " \"%V\" failed",
                      &watch->file);
        n = NGX_ERROR;
        goto done;
    }

    watch->uniq = ngx_file_uniq(&fi);
    watch->changed = fi.st_ctim;

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &watch->file);
    }

    return n;
}


void
ngx_s3edge_watch_start(ngx_s3edge_watches_t *watches, ngx_cycle_t *cycle)
{
    if (watches->files.nelts == 0) {
        return;
    }

    watches->event.handler = ngx_s3edge_watch_timer;
    watches->event.data = watches;
    watches->event.log = cycle->log;
    watches->event.cancelable = 1;

    ngx_add_timer(&watches->event, NGX_S3EDGE_WATCH_TIME);
}


void
ngx_s3edge_watch_stop(ngx_s3edge_watches_t *watches)
{
    if (watches->event.timer_set) {
        ngx_del_timer(&watches->event);
    }
}


static void
ngx_s3edge_watch_timer(ngx_event_t *ev)
{
    ngx_uint_t             i;
    ngx_s3edge_watch_t   **file;
    ngx_s3edge_watches_t  *watches;

    watches = ev->data;
    file = watches->files.elts;

    if (watches->files.nelts > NGX_S3EDGE_WATCH_FILES) {
        ngx_s3edge_watch_dirs(watches, ev->log);
    }

    for (i = 0; i < NGX_S3EDGE_WATCH_FILES && i < watches->files.nelts; i++) {

        if (watches->next >= watches->files.nelts) {
            watches->next = 0;
        }

        ngx_s3edge_watch_check(file[watches->next++], ev->log);
    }

    ngx_add_timer(ev, NGX_S3EDGE_WATCH_TIME);
}


static void
ngx_s3edge_watch_dirs(ngx_s3edge_watches_t *watches, ngx_log_t *log)
{
    ngx_uint_t                i, n;
    ngx_file_info_t           fi;
    ngx_s3edge_watch_t      **file;
    ngx_s3edge_watch_dir_t   *dir;

    dir = watches->dirs.elts;
    file = watches->files.elts;

    for (n = 0; n < watches->dirs.nelts; n++) {

        if (ngx_file_info(dir[n].path.data, &fi) == NGX_FILE_ERROR
            || !ngx_s3edge_watch_changed(&fi, &dir[n].uniq, &dir[n].changed))
        {
            continue;
        }

        for (i = 0; i < watches->files.nelts; i++) {
            if (file[i]->dir == n) {
                ngx_s3edge_watch_check(file[i], log);
            }
        }
    }
}


static void
ngx_s3edge_watch_check(ngx_s3edge_watch_t *watch, ngx_log_t *log)
{
    ngx_file_info_t  fi;

    if (ngx_file_info(watch->file.data, &fi) == NGX_FILE_ERROR) {

        if (watch->uniq != 0) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          ngx_file_info_n " \"%V\" failed, %s \"%V\" stay as "
                          "they are", &watch->file, watch->what,
                          &watch->name);
            watch->uniq = 0;
        }

        return;
    }

    /* said once per change, even if it cannot be opened */

    if (ngx_s3edge_watch_changed(&fi, &watch->uniq, &watch->changed)
        && watch->read(watch, NGX_LOG_ERR, log) == NGX_OK)
    {
        ngx_log_error(NGX_LOG_INFO, log, 0, "s3edge %s \"%V\" read again",
                      watch->what, &watch->name);
    }
}


/* any write or rename changes the one or the other */

static ngx_uint_t
ngx_s3edge_watch_changed(ngx_file_info_t *fi, ngx_file_uniq_t *uniq,
    struct timespec *changed)
{
    if (ngx_file_uniq(fi) == *uniq
        && fi->st_ctim.tv_sec == changed->tv_sec
        && fi->st_ctim.tv_nsec == changed->tv_nsec)
    {
        return 0;
    }

    *uniq = ngx_file_uniq(fi);
    *changed = fi->st_ctim;

    return 1;
}
