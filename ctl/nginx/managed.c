
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "nginx/managed.h"
#include "nginx/process.h"
#include "nginx/program.h"


#define MANAGED_START_MS    10000
#define MANAGED_ORPHANS_MS  5000
#define MANAGED_STOP_MS     5000       /* after TERM */
#define MANAGED_POLL_MS     10


static int
managed_test(const nginx_t *nginx, const char *conf, error_t *err)
{
    return program_test(nginx->binary, nginx->prefix, conf, err);
}


static int
managed_build(const nginx_t *nginx, nginx_build_t *ret_build, error_t *err)
{
    return program_build(nginx->binary, ret_build, err);
}


/* only root can choose */

static int
managed_user(const nginx_t *nginx, nginx_user_t *ret_user, error_t *err)
{
    int             n;
    struct group   *gr;
    struct passwd  *pw;

    if (geteuid() != 0) {
        ret_user->gid = FILE_GID_KEEP;
        ret_user->text[0] = '\0';
        return 0;
    }

    pw = getpwnam(nginx->user);

    if (pw == NULL) {
        return error_set(err, ERR_INVALID, "nginx.user: there is no user "
                         "\"%s\"", nginx->user);
    }

    ret_user->gid = pw->pw_gid;

    gr = getgrgid(pw->pw_gid);

    n = snprintf(ret_user->text, sizeof(ret_user->text), "%s %s", nginx->user,
                 gr != NULL ? gr->gr_name : "nogroup");

    if (n < 0 || (size_t) n >= sizeof(ret_user->text)) {
        return error_set(err, ERR_LIMIT, "nginx.user: it is too long");
    }

    return 0;
}


static pid_t
managed_pid(const nginx_t *nginx)
{
    pid_t  pid;

    pid = process_pid_file(nginx->pid_file);

    return pid != 0 && process_is_master(pid, nginx->conf) ? pid : 0;
}


static int
managed_reload(nginx_t *nginx, pid_t master, error_t *err)
{
    (void) nginx;

    if (kill(master, SIGHUP) != 0) {
        return error_errno(err, ERR_IO, "cannot signal nginx (pid %ld)",
                           (long) master);
    }

    return 0;
}


/*
 * Workers go on serving when their master is killed, and hold the ports: they
 * are told to finish, and waited for until they take no new requests.
 */

static void
managed_end_orphans(const nginx_t *nginx)
{
    int64_t  deadline;

    deadline = clock_ms() + MANAGED_ORPHANS_MS;

    while (process_quit(nginx->mark) && clock_ms() < deadline) {
        clock_pause(MANAGED_POLL_MS);
    }
}


static int
managed_start(nginx_t *nginx, error_t *err)
{
    int      rc;
    int64_t  deadline;

    /* orphans that serve are better than an nginx that does not start */

    rc = managed_test(nginx, nginx->conf, err);
    if (rc != 0) {
        return rc;
    }

    managed_end_orphans(nginx);

    rc = file_remove(nginx->socket, err);
    if (rc != 0) {
        return rc;
    }

    rc = program_start(nginx->binary, nginx->prefix, nginx->conf,
                       strcmp(nginx->log, "stderr") == 0, err);
    if (rc != 0) {
        return rc;
    }

    deadline = clock_ms() + MANAGED_START_MS;

    while (managed_pid(nginx) == 0) {

        if (clock_ms() >= deadline) {
            return error_set(err, ERR_TIMEOUT, "nginx has not started in "
                             "%d ms", MANAGED_START_MS);
        }

        clock_pause(MANAGED_POLL_MS);
    }

    return 0;
}


/* its pid file goes first, its ports when it has ended */

static bool
managed_wait_gone(const nginx_t *nginx, pid_t master, unsigned timeout_ms)
{
    int64_t  deadline;

    deadline = clock_ms() + timeout_ms;

    while (process_is_master(master, nginx->conf)) {

        if (clock_ms() >= deadline) {
            return false;
        }

        clock_pause(MANAGED_POLL_MS);
    }

    return true;
}


static int
managed_stop(nginx_t *nginx, pid_t master, unsigned timeout_ms, error_t *err)
{
    if (kill(master, SIGQUIT) != 0 && errno != ESRCH) {
        return error_errno(err, ERR_IO, "cannot signal nginx (pid %ld)",
                           (long) master);
    }

    if (managed_wait_gone(nginx, master, timeout_ms)) {
        return 0;
    }

    if (kill(master, SIGTERM) != 0
        || managed_wait_gone(nginx, master, MANAGED_STOP_MS))
    {
        return 0;
    }

    return error_set(err, ERR_TIMEOUT, "nginx does not stop");
}


const nginx_ops_t  managed_ops = {
    .test = managed_test,
    .build = managed_build,
    .user = managed_user,
    .pid = managed_pid,
    .reload = managed_reload,
    .start = managed_start,
    .stop = managed_stop
};
