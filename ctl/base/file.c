
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"


#define FILE_PATH_MAX  4096


/* NAME_MAX of the file itself must not matter: the temporary name is short */

static _Atomic unsigned  file_serial;


int
file_read(const char *path, strbuf_t *ret_data, error_t *err)
{
    int          fd, rc;
    char         buf[16384];
    ssize_t      n;
    struct stat  st;

    /* O_NONBLOCK: a FIFO must not hold us */

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd == -1) {
        rc = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
        return error_errno(err, rc, "cannot open \"%s\"", path);
    }

    if (fstat(fd, &st) != 0) {
        rc = error_errno(err, ERR_IO, "cannot stat \"%s\"", path);
        goto done;
    }

    if (!S_ISREG(st.st_mode)) {
        rc = error_set(err, ERR_INVALID, "\"%s\" is not a regular file", path);
        goto done;
    }

    for ( ;; ) {
        n = read(fd, buf, sizeof(buf));

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            rc = error_errno(err, ERR_IO, "cannot read \"%s\"", path);
            goto done;
        }

        if (n == 0) {
            break;
        }

        strbuf_add(ret_data, buf, (size_t) n);

        if (ret_data->failed != 0) {
            break;
        }
    }

    rc = strbuf_check(ret_data, err);
    if (rc != 0) {
        (void) error_prefix(err, "\"%s\"", path);
    }

done:

    (void) close(fd);

    return rc;
}


/* the directory of path, "." where it has none */

static int
file_dir(const char *path, char dir[FILE_PATH_MAX], error_t *err)
{
    size_t       len;
    const char  *slash;

    slash = strrchr(path, '/');

    if (slash == NULL) {
        dir[0] = '.';
        dir[1] = '\0';
        return 0;
    }

    len = slash == path ? 1 : (size_t) (slash - path);

    if (len >= FILE_PATH_MAX) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    memcpy(dir, path, len);
    dir[len] = '\0';

    return 0;
}


static int
file_sync_dir(const char *dir, error_t *err)
{
    int  fd, rc;

    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1) {
        return error_errno(err, ERR_IO, "cannot open \"%s\"", dir);
    }

    rc = 0;

    /* EINVAL: a file system without it */

    if (fsync(fd) != 0 && errno != EINVAL) {
        rc = error_errno(err, ERR_IO, "cannot sync \"%s\"", dir);
    }

    (void) close(fd);

    return rc;
}


static int
file_write_all(int fd, const char *data, size_t len)
{
    ssize_t  n;

    while (len > 0) {
        n = write(fd, data, len);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            return -1;
        }

        data += n;
        len -= (size_t) n;
    }

    return 0;
}


static int
file_put(const char *path, const void *data, size_t len, mode_t mode,
    gid_t gid, bool sync, error_t *err)
{
    int   fd, n, rc;
    char  dir[FILE_PATH_MAX];
    char  temp[FILE_PATH_MAX];

    rc = file_dir(path, dir, err);
    if (rc != 0) {
        return rc;
    }

    n = snprintf(temp, sizeof(temp), "%s/.tmp.%ld.%u", dir, (long) getpid(),
                 file_serial++);
    if (n < 0 || (size_t) n >= sizeof(temp)) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    (void) unlink(temp);

    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1) {
        return error_errno(err, ERR_IO, "cannot create \"%s\"", temp);
    }

    if (file_write_all(fd, data, len) != 0) {
        rc = error_errno(err, ERR_IO, "cannot write \"%s\"", temp);
        goto done;
    }

    if (gid != FILE_GID_KEEP && fchown(fd, (uid_t) -1, gid) != 0) {
        rc = error_errno(err, ERR_IO, "cannot set the group of \"%s\"", path);
        goto done;
    }

    if (fchmod(fd, mode) != 0) {
        rc = error_errno(err, ERR_IO, "cannot set the mode of \"%s\"", path);
        goto done;
    }

    if (sync && fsync(fd) != 0) {
        rc = error_errno(err, ERR_IO, "cannot sync \"%s\"", temp);
        goto done;
    }

    if (rename(temp, path) != 0) {
        rc = error_errno(err, ERR_IO, "cannot rename to \"%s\"", path);
        goto done;
    }

    rc = sync ? file_sync_dir(dir, err) : 0;

done:

    if (rc != 0) {
        (void) unlink(temp);
    }

    (void) close(fd);

    return rc;
}


int
file_replace(const char *path, const void *data, size_t len, mode_t mode,
    gid_t gid, error_t *err)
{
    return file_put(path, data, len, mode, gid, true, err);
}


int
file_swap(const char *path, const void *data, size_t len, mode_t mode,
    error_t *err)
{
    return file_put(path, data, len, mode, FILE_GID_KEEP, false, err);
}


int
file_rename(const char *from, const char *to, error_t *err)
{
    int   rc;
    char  dir[FILE_PATH_MAX];

    rc = file_dir(to, dir, err);
    if (rc != 0) {
        return rc;
    }

    if (rename(from, to) != 0) {
        return error_errno(err, ERR_IO, "cannot rename \"%s\" to \"%s\"",
                           from, to);
    }

    return file_sync_dir(dir, err);
}


int
file_remove(const char *path, error_t *err)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        return error_errno(err, ERR_IO, "cannot remove \"%s\"", path);
    }

    return 0;
}


int
file_mkdir_parents(const char *path, error_t *err)
{
    char   *p;
    char    dir[FILE_PATH_MAX];
    size_t  len;

    len = strlen(path);

    if (len >= sizeof(dir)) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    memcpy(dir, path, len + 1);

    for (p = dir + 1; *p != '\0'; p++) {

        if (*p != '/') {
            continue;
        }

        *p = '\0';

        if (mkdir(dir, 0755) != 0 && errno != EEXIST) {
            return error_errno(err, ERR_IO, "cannot create \"%s\"", dir);
        }

        *p = '/';
    }

    return 0;
}


int
file_mkdir(const char *path, mode_t mode, gid_t gid, error_t *err)
{
    int          fd, rc;
    struct stat  st;

    rc = file_mkdir_parents(path, err);
    if (rc != 0) {
        return rc;
    }

    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return error_errno(err, ERR_IO, "cannot create \"%s\"", path);
    }

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1) {
        return error_errno(err, ERR_IO, "cannot open \"%s\"", path);
    }

    if (fstat(fd, &st) != 0) {
        rc = error_errno(err, ERR_IO, "cannot stat \"%s\"", path);
        goto done;
    }

    if (st.st_uid != geteuid()) {
        goto done;
    }

    if (gid != FILE_GID_KEEP && st.st_gid != gid
        && fchown(fd, (uid_t) -1, gid) != 0)
    {
        rc = error_errno(err, ERR_IO, "cannot set the group of \"%s\"", path);
        goto done;
    }

    if ((st.st_mode & 07777) != mode && fchmod(fd, mode) != 0) {
        rc = error_errno(err, ERR_IO, "cannot set the mode of \"%s\"", path);
    }

done:

    (void) close(fd);

    return rc;
}


int
file_lock(const char *path, int *ret_fd, error_t *err)
{
    int  fd, rc;

    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd == -1) {
        return error_errno(err, ERR_IO, "cannot open \"%s\"", path);
    }

    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        rc = errno == EWOULDBLOCK ? ERR_CONFLICT : ERR_IO;
        rc = error_errno(err, rc, "cannot lock \"%s\"", path);
        (void) close(fd);
        return rc;
    }

    *ret_fd = fd;

    return 0;
}


bool
file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}
