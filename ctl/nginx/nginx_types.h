
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an nginx_t is made with, and what it tells.
 */

#ifndef _NGINX_TYPES_H_INCLUDED_
#define _NGINX_TYPES_H_INCLUDED_


#include <stdbool.h>
#include <sys/types.h>


#define NGINX_USER_MAX  512


/* all are copied */

typedef struct {
    const char      *binary;
    const char      *conf;         /* the rendered file */
    const char      *prefix;       /* nginx -p */
    const char      *pid_file;
    const char      *socket;       /* of the control server */
    const char      *mark;         /* a file that all its processes map */
    const char      *log;          /* directory of its logs, or "stderr" */
    const char      *user;         /* of the workers, where we may choose */
} nginx_conf_t;


/* what nginx -V tells */

typedef struct {
    char             version[32];      /* "1.22.1" */
    unsigned         number;           /* 1022001 */
    bool             http2;
    bool             fastcgi;
    bool             uwsgi;
    bool             scgi;
} nginx_build_t;


/* who the workers are */

typedef struct {
    char             text[NGINX_USER_MAX];     /* "USER GROUP" for "user"; "":
                                                  who the master is */
    gid_t            gid;          /* theirs, or FILE_GID_KEEP */
} nginx_user_t;


#endif /* _NGINX_TYPES_H_INCLUDED_ */
