
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nginx/errlog.h"


#define ERRLOG_CHUNK     (64 * 1024)       /* longer than any line of nginx */
#define ERRLOG_DATE      (sizeof("2026/01/31 23:59:59 ") - 1)


void
errlog_init(errlog_t *log, const char *dir)
{
    struct stat  st;

    log->at = -1;

    if (strcmp(dir, "stderr") == 0
        || snprintf(log->path, sizeof(log->path), "%s/error.log", dir)
           >= (int) sizeof(log->path))
    {
        return;
    }

    log->at = stat(log->path, &st) == 0 ? (int64_t) st.st_size : 0;
}


/* "2026/01/31 23:59:59 [emerg] 123#123: bind() ..." */

static int
errlog_line(const char *line, size_t len, pid_t master, error_t *err)
{
    int   n;
    char  mark[64];

    n = snprintf(mark, sizeof(mark), "[emerg] %ld#%ld: ", (long) master,
                 (long) master);

    if (n < 0 || len < ERRLOG_DATE + (size_t) n
        || memcmp(line + ERRLOG_DATE, mark, (size_t) n) != 0)
    {
        return 0;
    }

    line += ERRLOG_DATE + (size_t) n;
    len -= ERRLOG_DATE + (size_t) n;

    return error_set(err, ERR_REFUSED, "nginx: %.*s", (int) len, line);
}


/* the whole lines of a chunk; returns how much of it they are */

static size_t
errlog_lines(const char *data, size_t len, pid_t master, int *ret_rc,
    error_t *err)
{
    size_t       used;
    const char  *end;

    used = 0;

    while (*ret_rc == 0) {

        end = memchr(data + used, '\n', len - used);
        if (end == NULL) {
            break;
        }

        *ret_rc = errlog_line(data + used, (size_t) (end - data) - used,
                              master, err);

        used = (size_t) (end - data) + 1;
    }

    return used;
}


int
errlog_check(errlog_t *log, pid_t master, error_t *err)
{
    int      fd, rc;
    char     data[ERRLOG_CHUNK];
    size_t   used;
    ssize_t  n;

    if (log->at < 0) {
        return 0;
    }

    fd = open(log->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd == -1) {
        return 0;
    }

    rc = 0;

    while (rc == 0) {

        n = pread(fd, data, sizeof(data), (off_t) log->at);
        if (n <= 0) {
            break;
        }

        used = errlog_lines(data, (size_t) n, master, &rc, err);

        if (used == 0 && n < (ssize_t) sizeof(data)) {
            break;
        }

        log->at += (int64_t) (used != 0 ? used : sizeof(data));
    }

    (void) close(fd);

    return rc;
}
