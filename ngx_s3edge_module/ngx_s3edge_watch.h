
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files that each worker reads again when they change, without a reload.
 *
 * Once a second a worker looks at NGX_S3EDGE_WATCH_FILES of them, in turn,
 * and, if there are more, at their directories: a file that is replaced by
 * rename is noticed within a second however many there are, one that is
 * written in place when its turn comes.
 */

#ifndef _NGX_S3EDGE_WATCH_H_INCLUDED_
#define _NGX_S3EDGE_WATCH_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


#define NGX_S3EDGE_WATCH_TIME   1000       /* ms */
#define NGX_S3EDGE_WATCH_FILES  64         /* looked at each time */
#define NGX_S3EDGE_WATCH_DIRS   16


typedef struct ngx_s3edge_watch_s  ngx_s3edge_watch_t;


/* what was there stays on NGX_ERROR, and the log at "level" says why */
typedef ngx_int_t (*ngx_s3edge_watch_read_pt)(ngx_s3edge_watch_t *watch,
    ngx_uint_t level, ngx_log_t *log);


struct ngx_s3edge_watch_s {
    char                      *what;       /* for the log: "credentials" */
    ngx_str_t                  name;
    ngx_str_t                  file;       /* ends with a zero */
    size_t                     max;        /* bytes that it may have */
    ngx_s3edge_watch_read_pt   read;
    void                      *data;

    /* of the file as it was read; uniq 0: it was not there */

    ngx_file_uniq_t            uniq;
    struct timespec            changed;

    ngx_uint_t                 dir;        /* index, or NGX_S3EDGE_WATCH_DIRS */
};


typedef struct {
    ngx_array_t                files;      /* of ngx_s3edge_watch_t * */
    ngx_array_t                dirs;
    ngx_uint_t                 next;       /* file whose turn it is */
    ngx_event_t                event;
} ngx_s3edge_watches_t;


ngx_int_t ngx_s3edge_watch_init(ngx_s3edge_watches_t *watches,
    ngx_pool_t *pool);

/* what, name, file, max, read and data are set; NGX_ERROR: no memory */
ngx_int_t ngx_s3edge_watch_add(ngx_s3edge_watches_t *watches,
    ngx_s3edge_watch_t *watch);

/*
 * The bytes of the file, up to watch->max, in buf; returns how many, or
 * NGX_ERROR, and the reason is in the log without a byte of the file.
 */
ssize_t ngx_s3edge_watch_load(ngx_s3edge_watch_t *watch, u_char *buf,
    ngx_uint_t level, ngx_log_t *log);

/* worker: begins to look; the timer does not hold up its exit */
void ngx_s3edge_watch_start(ngx_s3edge_watches_t *watches,
    ngx_cycle_t *cycle);

void ngx_s3edge_watch_stop(ngx_s3edge_watches_t *watches);


#endif /* _NGX_S3EDGE_WATCH_H_INCLUDED_ */
