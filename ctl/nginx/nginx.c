
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "nginx/managed.h"
#include "nginx/nginx.h"
#include "nginx/nginx_ops.h"
#include "nginx/process.h"


#define NGINX_BACKOFF_MS      1000     /* between two starts: the first */
#define NGINX_BACKOFF_MAX_MS  32000
#define NGINX_STEADY_MS       600000   /* what has run for so long is fine */


static int
nginx_init(nginx_t *nginx, const nginx_conf_t *conf, error_t *err)
{
    size_t  i;

    const struct {
        const char   *from;
        char        **to;
    } texts[] = {
        { conf->binary, &nginx->binary },
        { conf->conf, &nginx->conf },
        { conf->prefix, &nginx->prefix },
        { conf->pid_file, &nginx->pid_file },
        { conf->socket, &nginx->socket },
        { conf->mark, &nginx->mark },
        { conf->log, &nginx->log },
        { conf->user, &nginx->user }
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        *texts[i].to = strdup(texts[i].from);

        if (*texts[i].to == NULL) {
            return error_nomem(err);
        }
    }

    return 0;
}


int
nginx_new(const nginx_conf_t *conf, nginx_t **ret_nginx, error_t *err)
{
    int       rc;
    nginx_t  *nginx;

    nginx = calloc(1, sizeof(nginx_t));
    if (nginx == NULL) {
        return error_nomem(err);
    }

    nginx->ops = &managed_ops;

    rc = nginx_init(nginx, conf, err);
    if (rc != 0) {
        nginx_free(nginx);
        return rc;
    }

    *ret_nginx = nginx;

    return 0;
}


void
nginx_free(nginx_t *nginx)
{
    if (nginx == NULL) {
        return;
    }

    free(nginx->binary);
    free(nginx->conf);
    free(nginx->prefix);
    free(nginx->pid_file);
    free(nginx->socket);
    free(nginx->mark);
    free(nginx->log);
    free(nginx->user);
    free(nginx);
}


int
nginx_build(const nginx_t *nginx, nginx_build_t *ret_build, error_t *err)
{
    return nginx->ops->build(nginx, ret_build, err);
}


int
nginx_user(const nginx_t *nginx, nginx_user_t *ret_user, error_t *err)
{
    return nginx->ops->user(nginx, ret_user, err);
}


int
nginx_test(const nginx_t *nginx, const char *conf, error_t *err)
{
    return nginx->ops->test(nginx, conf, err);
}


pid_t
nginx_pid(const nginx_t *nginx)
{
    return nginx->ops->pid(nginx);
}


/* which workers take requests, and where the error log ends */

static void
nginx_mark(nginx_t *nginx, pid_t master)
{
    size_t  i, n;

    nginx->master = master;
    nginx->nold = 0;

    errlog_init(&nginx->errlog, nginx->log);

    n = process_children(master, nginx->old, NGINX_WORKERS_MAX);

    for (i = 0; i < n; i++) {
        if (process_serves(nginx->old[i])) {
            nginx->old[nginx->nold++] = nginx->old[i];
        }
    }
}


int
nginx_reload(nginx_t *nginx, error_t *err)
{
    pid_t  master;

    master = nginx->ops->pid(nginx);

    if (master == 0) {
        return error_set(err, ERR_UNAVAILABLE, "nginx does not run");
    }

    nginx->backoff = 0;
    nginx_mark(nginx, master);

    return nginx->ops->reload(nginx, master, err);
}


bool
nginx_settled(nginx_t *nginx)
{
    while (nginx->nold > 0 && !process_serves(nginx->old[nginx->nold - 1])) {
        nginx->nold--;
    }

    return nginx->nold == 0;
}


int
nginx_complaint(nginx_t *nginx, error_t *err)
{
    return errlog_check(&nginx->errlog, nginx->master, err);
}


int
nginx_start(nginx_t *nginx, error_t *err)
{
    if (nginx->ops->pid(nginx) != 0) {
        return 0;
    }

    if (nginx->ops->start == NULL) {
        return error_set(err, ERR_UNAVAILABLE, "nginx does not run, and is "
                         "not s3edged's to start");
    }

    nginx->backoff = 0;
    nginx->nold = 0;

    return nginx->ops->start(nginx, err);
}


int
nginx_supervise(nginx_t *nginx, bool *ret_event, error_t *err)
{
    int64_t  now;

    *ret_event = false;

    if (nginx->ops->start == NULL || nginx->ops->pid(nginx) != 0) {
        return 0;
    }

    now = clock_ms();

    if (nginx->backoff != 0 && now < nginx->started + nginx->backoff) {
        return 0;
    }

    if (now >= nginx->started + NGINX_STEADY_MS) {
        nginx->backoff = 0;
    }

    nginx->started = now;
    nginx->backoff = nginx->backoff == 0 ? NGINX_BACKOFF_MS
                                         : nginx->backoff * 2;

    if (nginx->backoff > NGINX_BACKOFF_MAX_MS) {
        nginx->backoff = NGINX_BACKOFF_MAX_MS;
    }

    *ret_event = true;
    nginx->nold = 0;

    return nginx->ops->start(nginx, err);
}


int
nginx_stop(nginx_t *nginx, unsigned timeout_ms, error_t *err)
{
    pid_t  master;

    master = nginx->ops->pid(nginx);

    if (master == 0 || nginx->ops->stop == NULL) {
        return 0;
    }

    return nginx->ops->stop(nginx, master, timeout_ms, err);
}
