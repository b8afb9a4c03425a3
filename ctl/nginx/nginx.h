
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The nginx that s3edged manages: a daemon of its own, which outlives
 * s3edged and is taken over by the next one.
 */

#ifndef _NGINX_H_INCLUDED_
#define _NGINX_H_INCLUDED_


#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"


typedef struct nginx_s  nginx_t;


typedef struct {
    const char      *binary;
    const char      *conf;         /* the rendered file */
    const char      *prefix;       /* nginx -p */
    const char      *pid_file;
    const char      *socket;       /* of the control server */
    const char      *mark;         /* a file that all its processes map */
    bool             inherit;      /* its log is our stderr */
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


int nginx_new(const nginx_conf_t *conf, nginx_t **ret_nginx, error_t *err);
void nginx_free(nginx_t *nginx);

/* nginx -t.  ERR_REFUSED: err has nginx's own first "emerg" or "error" */
int nginx_test(nginx_t *nginx, const char *conf, error_t *err);

/* ERR_UNAVAILABLE: there is no such program, or it is no nginx */
int nginx_build(nginx_t *nginx, nginx_build_t *ret_build, error_t *err);

/*
 * The pid of the master that runs our conf, by pid file and /proc; 0: none.
 * Any thread may call.
 */
pid_t nginx_pid(const nginx_t *nginx);

/*
 * Reaps what has ended: all children of this process, so that no other one
 * may be waited for meanwhile.  To be called now and then.
 */
void nginx_watch(nginx_t *nginx);

/*
 * Starts it, where its conf passes nginx -t; ends what a master that died has
 * left (its workers, which hold the ports, and a unix socket).  Returns when
 * the master has its pid file.
 * ERR_REFUSED: nginx's own message.  ERR_TIMEOUT.
 */
int nginx_start(nginx_t *nginx, error_t *err);

/*
 * Before a reload: notes which workers take requests.  nginx_settled() then
 * tells whether none of them does any more: a worker that shuts down has
 * closed its listening sockets.
 */
void nginx_mark(nginx_t *nginx);
bool nginx_settled(nginx_t *nginx);

/* ERR_UNAVAILABLE: none runs */
int nginx_signal(nginx_t *nginx, int signo, error_t *err);

/* QUIT, and TERM after timeout_ms; 0 also where none runs */
int nginx_stop(nginx_t *nginx, unsigned timeout_ms, error_t *err);


#endif /* _NGINX_H_INCLUDED_ */
