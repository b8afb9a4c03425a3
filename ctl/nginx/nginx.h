
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The nginx that serves, of whatever kind: "managed" is a daemon of our own
 * (nginx/managed.h).  Whoever calls does not know the kind.
 *
 * Any thread may call nginx_pid(); the others are one thread's at a time.
 */

#ifndef _NGINX_H_INCLUDED_
#define _NGINX_H_INCLUDED_


#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "nginx/nginx_types.h"


typedef struct nginx_s  nginx_t;


/* a managed one */
int nginx_new(const nginx_conf_t *conf, nginx_t **ret_nginx, error_t *err);
void nginx_free(nginx_t *nginx);

/* ERR_UNAVAILABLE: there is no such program, or it is no nginx */
int nginx_build(const nginx_t *nginx, nginx_build_t *ret_build, error_t *err);

/* who its workers are, and whose group may read what is theirs */
int nginx_user(const nginx_t *nginx, nginx_user_t *ret_user, error_t *err);

/* nginx -t.  ERR_REFUSED: err has nginx's own first "emerg" or "error" */
int nginx_test(const nginx_t *nginx, const char *conf, error_t *err);

/* the pid of the master that runs our conf; 0: none */
pid_t nginx_pid(const nginx_t *nginx);

/*
 * Has the nginx that runs take its configuration anew.  Which workers take
 * requests until then, and where its error log ends, is noted before.
 * ERR_UNAVAILABLE: none runs.
 */
int nginx_reload(nginx_t *nginx, error_t *err);

/*
 * After nginx_reload() or nginx_start(): does no worker of before take
 * requests any more?  One that shuts down has closed its listening sockets.
 */
bool nginx_settled(nginx_t *nginx);

/*
 * After nginx_reload(): ERR_REFUSED with nginx's words where the master has
 * said since that it cannot take the configuration; 0 also where its log
 * cannot be read.
 */
int nginx_complaint(nginx_t *nginx, error_t *err);

/*
 * Where none runs, starts it, and returns when it has.
 * ERR_UNAVAILABLE: none runs, and it is not ours to start.
 * ERR_REFUSED: nginx's own message.  ERR_TIMEOUT.
 */
int nginx_start(nginx_t *nginx, error_t *err);

/*
 * To be called now and then.  Where one that is ours has ended, *ret_event,
 * and it is started, at growing intervals if that does not last.
 */
int nginx_supervise(nginx_t *nginx, bool *ret_event, error_t *err);

/*
 * Lets requests end for timeout_ms, and stops it then; 0 also where none
 * runs.  One that is not ours goes on.
 */
int nginx_stop(nginx_t *nginx, unsigned timeout_ms, error_t *err);


#endif /* _NGINX_H_INCLUDED_ */
