
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The inside of nginx_t, and what a kind of nginx has to know how to do.  For
 * nginx/nginx.c and the kinds alone: all others call nginx/nginx.h, where the
 * contract of each operation is.
 */

#ifndef _NGINX_OPS_H_INCLUDED_
#define _NGINX_OPS_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "nginx/errlog.h"
#include "nginx/nginx_types.h"


#define NGINX_WORKERS_MAX  1024


typedef struct nginx_s  nginx_t;


typedef struct {
    int            (*test)(const nginx_t *nginx, const char *conf,
                           error_t *err);
    int            (*build)(const nginx_t *nginx, nginx_build_t *ret_build,
                            error_t *err);
    int            (*user)(const nginx_t *nginx, nginx_user_t *ret_user,
                           error_t *err);
    pid_t          (*pid)(const nginx_t *nginx);
    int            (*reload)(nginx_t *nginx, pid_t master, error_t *err);

    /* NULL: its start and end are not ours */

    int            (*start)(nginx_t *nginx, error_t *err);
    int            (*stop)(nginx_t *nginx, pid_t master, unsigned timeout_ms,
                           error_t *err);
} nginx_ops_t;


struct nginx_s {
    const nginx_ops_t   *ops;

    char                *binary;
    char                *conf;
    char                *prefix;
    char                *pid_file;
    char                *socket;
    char                *mark;
    char                *log;
    char                *user;

    /* as of the last reload */

    pid_t                master;
    pid_t                old[NGINX_WORKERS_MAX];   /* that took requests */
    size_t               nold;
    errlog_t             errlog;

    /* of nginx_supervise() */

    int64_t              started;      /* ms; 0: not by it */
    int64_t              backoff;      /* ms; 0: none */
};


#endif /* _NGINX_OPS_H_INCLUDED_ */
