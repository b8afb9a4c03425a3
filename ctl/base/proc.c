
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"


#define PROC_POLL_MS  5
#define PROC_MAX      64             /* at once */


extern char  **environ;

/* spawn.h has it under _GNU_SOURCE alone */
int posix_spawn_file_actions_addclosefrom_np(
    posix_spawn_file_actions_t *actions, int from);


/* children that a proc_run() waits for: nobody else may */

static pthread_mutex_t  proc_lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t            proc_pids[PROC_MAX];   /* 0: free; "proc_lock" */


/* the place of a pid, or PROC_MAX.  Under "proc_lock" */

static size_t
proc_place(pid_t pid)
{
    size_t  i;

    for (i = 0; i < PROC_MAX && proc_pids[i] != pid; i++) { /* void */ }

    return i;
}


/* its place is taken before anybody may see it end */

static int
proc_begin(const char *const *argv,
    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
    pid_t *ret_pid, error_t *err)
{
    int     rc;
    size_t  i;

    (void) pthread_mutex_lock(&proc_lock);

    i = proc_place(0);

    if (i == PROC_MAX) {
        rc = error_set(err, ERR_LIMIT, "cannot run \"%s\": %d programs run "
                       "already", argv[0], PROC_MAX);
        goto done;
    }

    /* argv: not const in POSIX for historical reasons only */

    rc = posix_spawnp(ret_pid, argv[0], actions, attr,
                      (char *const *) (uintptr_t) argv, environ);

    if (rc != 0) {
        errno = rc;
        rc = error_errno(err, rc == ENOENT ? ERR_NOT_FOUND : ERR_IO,
                         "cannot run \"%s\"", argv[0]);

    } else {
        proc_pids[i] = *ret_pid;
    }

done:

    (void) pthread_mutex_unlock(&proc_lock);

    return rc;
}


/* true: it has ended, or is none of ours, and its place is free */

static bool
proc_ended(pid_t pid, int *ret_wstatus, int *ret_errno)
{
    pid_t  got;

    (void) pthread_mutex_lock(&proc_lock);

    got = waitpid(pid, ret_wstatus, WNOHANG);
    *ret_errno = got == -1 && errno != EINTR ? errno : 0;

    if (got == pid || *ret_errno != 0) {
        proc_pids[proc_place(pid)] = 0;
    }

    (void) pthread_mutex_unlock(&proc_lock);

    return got == pid || *ret_errno != 0;
}


void
proc_reap(void)
{
    bool       ours;
    siginfo_t  info;

    do {
        info.si_pid = 0;
        ours = false;

        (void) pthread_mutex_lock(&proc_lock);

        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0
            && info.si_pid != 0)
        {
            ours = proc_place(info.si_pid) != PROC_MAX;

            if (!ours) {
                (void) waitpid(info.si_pid, NULL, WNOHANG);
            }
        }

        (void) pthread_mutex_unlock(&proc_lock);

        /* one of ours is taken by its thread in a moment: then the others */

    } while (info.si_pid != 0 && !ours);
}


static int
proc_spawn(const proc_t *proc, int out, pid_t *ret_pid, error_t *err)
{
    int                          rc;
    sigset_t                     none, all;
    posix_spawnattr_t            attr;
    posix_spawn_file_actions_t   actions;

    if (posix_spawnattr_init(&attr) != 0) {
        return error_nomem(err);
    }

    if (posix_spawn_file_actions_init(&actions) != 0) {
        (void) posix_spawnattr_destroy(&attr);
        return error_nomem(err);
    }

    (void) sigemptyset(&none);
    (void) sigfillset(&all);

    /*
     * All other descriptors are closed: a library may have some that are not
     * O_CLOEXEC, and nginx would keep them for as long as it runs.
     */

    if (posix_spawnattr_setsigmask(&attr, &none) != 0
        || posix_spawnattr_setsigdefault(&attr, &all) != 0
        || posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK
                                           | POSIX_SPAWN_SETSIGDEF) != 0
        || posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
                                            "/dev/null", O_RDONLY, 0) != 0
        || posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) != 0
        || (!proc->inherit
            && posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO)
               != 0)
        || posix_spawn_file_actions_addclosefrom_np(&actions,
                                                    STDERR_FILENO + 1) != 0)
    {
        rc = error_nomem(err);
        goto done;
    }

    rc = proc_begin(proc->argv, &actions, &attr, ret_pid, err);

done:

    (void) posix_spawn_file_actions_destroy(&actions);
    (void) posix_spawnattr_destroy(&attr);

    return rc;
}


/* takes what is there; *ret_eof where the other side has closed */

static void
proc_drain(int fd, strbuf_t *out, bool *ret_eof)
{
    char     buf[4096];
    size_t   room;
    ssize_t  n;

    for ( ;; ) {
        n = read(fd, buf, sizeof(buf));

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            *ret_eof = n == 0;
            return;
        }

        room = out->max - out->len;
        strbuf_add(out, buf, (size_t) n < room ? (size_t) n : room);
    }
}


/*
 * There is no portable wait for "a child has ended or a pipe has data" that
 * a thread may use beside others, so the child is looked at between polls.
 */

static int
proc_wait(const proc_t *proc, pid_t pid, int fd, strbuf_t *out,
    int *ret_wstatus, error_t *err)
{
    int            rc, failed;
    bool           eof, ended;
    int64_t        deadline;
    struct pollfd  pfd;

    eof = false;
    ended = false;
    rc = 0;
    deadline = clock_ms() + proc->timeout_ms;

    for ( ;; ) {
        if (!ended) {
            ended = proc_ended(pid, ret_wstatus, &failed);

            if (failed != 0) {
                errno = failed;
                return error_errno(err, ERR_IO, "waitpid() failed");
            }
        }

        if (!eof) {
            proc_drain(fd, out, &eof);
        }

        if (ended && (eof || proc->daemon || rc != 0)) {
            return rc;
        }

        if (rc == 0 && clock_ms() >= deadline) {
            rc = error_set(err, ERR_TIMEOUT, "\"%s\" did not end in %u ms",
                           proc->argv[0], proc->timeout_ms);

            if (ended) {
                return rc;
            }

            (void) kill(pid, SIGKILL);
        }

        pfd.fd = eof ? -1 : fd;
        pfd.events = POLLIN;
        (void) poll(&pfd, 1, PROC_POLL_MS);
    }
}


int
proc_run(const proc_t *proc, strbuf_t *ret_output, int *ret_status,
    error_t *err)
{
    int    i, rc, wstatus;
    int    fds[2];
    pid_t  pid;

    if (pipe(fds) != 0) {
        return error_errno(err, ERR_IO, "pipe() failed");
    }

    for (i = 0; i < 2; i++) {
        if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) == -1
            || (i == 0 && fcntl(fds[i], F_SETFL, O_NONBLOCK) == -1))
        {
            rc = error_errno(err, ERR_IO, "fcntl() failed");
            (void) close(fds[1]);
            goto done;
        }
    }

    rc = proc_spawn(proc, fds[1], &pid, err);

    (void) close(fds[1]);

    if (rc != 0) {
        goto done;
    }

    rc = proc_wait(proc, pid, fds[0], ret_output, &wstatus, err);

    if (rc == 0 && strbuf_check(ret_output, NULL) == ERR_NOMEM) {
        rc = error_nomem(err);
    }

    if (rc == 0) {
        *ret_status = WIFEXITED(wstatus) ? WEXITSTATUS(wstatus)
                                         : 128 + WTERMSIG(wstatus);
    }

done:

    (void) close(fds[0]);

    return rc;
}
