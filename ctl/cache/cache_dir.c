
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cache/cache_dir.h"


#define CACHE_DIR_HASH     32          /* digits of the name of a cache file */
#define CACHE_DIR_TEMP     11          /* ".0000000001" behind it */
#define CACHE_DIR_NAME     256


static const char  cache_dir_text[] =
    "This directory is a cache of s3edge: nginx deletes whatever else is put "
    "here.\n";


/*
 * levels=1:2, as nginx/render writes it: a file is in C/AB/ where its name
 * ends in ABC.
 */

static const size_t  cache_dir_levels[] = { 1, 2 };

#define CACHE_DIR_LEVELS                                                      \
    (sizeof(cache_dir_levels) / sizeof(cache_dir_levels[0]))


typedef struct {
    size_t           depth;
    char             tail[4];      /* that names below have */
    char             foreign[CACHE_DIR_NAME];
} cache_dir_look_t;


static bool
cache_dir_hex(const char *text, size_t len)
{
    return strspn(text, "0123456789abcdef") >= len;
}


/* a name that nginx makes at this depth */

static bool
cache_dir_ours(const cache_dir_look_t *look, const char *name, bool dir)
{
    size_t  len, tail;

    /* what cache/diskwatch leaves where it is killed */

    if (look->depth == 0 && !dir && strncmp(name, ".s3edge.", 8) == 0) {
        return true;
    }

    len = strlen(name);

    if (look->depth < CACHE_DIR_LEVELS) {
        return dir && len == cache_dir_levels[look->depth]
               && cache_dir_hex(name, len);
    }

    tail = strlen(look->tail);

    return !dir
           && (len == CACHE_DIR_HASH
               || (len == CACHE_DIR_HASH + CACHE_DIR_TEMP
                   && name[CACHE_DIR_HASH] == '.'))
           && cache_dir_hex(name, CACHE_DIR_HASH)
           && memcmp(name + CACHE_DIR_HASH - tail, look->tail, tail) == 0;
}


/* a file system's own, at the root of a disk; it has to be empty */

static bool
cache_dir_lost_found(const cache_dir_look_t *look, const char *name, int fd)
{
    DIR            *dir;
    bool            empty;
    struct dirent  *entry;

    if (look->depth != 0 || strcmp(name, "lost+found") != 0) {
        return false;
    }

    fd = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    dir = fd != -1 ? fdopendir(fd) : NULL;

    if (dir == NULL) {
        return fd == -1 || close(fd) != 0;
    }

    empty = true;

    while (empty && (entry = readdir(dir)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0
                || strcmp(entry->d_name, "..") == 0;
    }

    (void) closedir(dir);

    return empty;
}


/*
 * Takes fd over.  0; ERR_CONFLICT: look->foreign is there; ERR_IO, errno: it
 * cannot be read.
 */

static int
cache_dir_look(cache_dir_look_t *look, int fd)
{
    int                rc, child;
    DIR               *dir;
    size_t             n;
    struct stat        st;
    struct dirent     *entry;
    cache_dir_look_t   below;

    dir = fdopendir(fd);
    if (dir == NULL) {
        (void) close(fd);
        return ERR_IO;
    }

    rc = 0;

    while (rc == 0 && (entry = readdir(dir)) != NULL) {

        if (strcmp(entry->d_name, ".") == 0
            || strcmp(entry->d_name, "..") == 0
            || cache_dir_lost_found(look, entry->d_name, fd))
        {
            continue;
        }

        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }

        if (!(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode))
            || !cache_dir_ours(look, entry->d_name, S_ISDIR(st.st_mode)))
        {
            (void) snprintf(look->foreign, sizeof(look->foreign), "%s",
                            entry->d_name);
            rc = ERR_CONFLICT;
            break;
        }

        if (S_ISREG(st.st_mode)) {
            continue;
        }

        below = *look;
        below.depth++;
        n = strlen(entry->d_name);
        memcpy(below.tail, entry->d_name, n);
        memcpy(below.tail + n, look->tail, strlen(look->tail) + 1);

        child = openat(fd, entry->d_name,
                       O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

        rc = child != -1 ? cache_dir_look(&below, child) : ERR_IO;

        if (rc == ERR_CONFLICT) {
            memcpy(look->foreign, below.foreign, sizeof(look->foreign));
        }
    }

    (void) closedir(dir);

    return rc;
}


/*
 * The path without symlinks, also where its end is not there yet.
 * ERR_INVALID: there is ".." in what is not there.
 */

static int
cache_dir_real(const char *path, char ret_path[PATH_MAX], error_t *err)
{
    char         head[PATH_MAX];
    char         real[PATH_MAX];
    char        *slash;
    size_t       len;
    const char  *rest;

    len = strlen(path);

    if (len >= sizeof(head)) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    memcpy(head, path, len + 1);

    while (realpath(head, real) == NULL) {

        slash = strrchr(head, '/');

        if (slash == NULL || slash == head) {
            (void) snprintf(real, sizeof(real), "/");
            head[0] = '\0';
            break;
        }

        *slash = '\0';
    }

    rest = path + strlen(head);

    if (strstr(rest, "/../") != NULL
        || (strlen(rest) > 2 && strcmp(rest + strlen(rest) - 3, "/..") == 0))
    {
        return error_set(err, ERR_INVALID, "\"%s\" has \"..\" in it", path);
    }

    while (*rest == '/') {
        rest++;
    }

    if (snprintf(ret_path, PATH_MAX, "%s%s%s",
                 strcmp(real, "/") == 0 ? "" : real,
                 *rest != '\0' || strcmp(real, "/") == 0 ? "/" : "", rest)
        >= PATH_MAX)
    {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    len = strlen(ret_path);

    while (len > 1 && ret_path[len - 1] == '/') {
        ret_path[--len] = '\0';
    }

    return 0;
}


/* b is a, or below it */

static bool
cache_dir_within(const char *a, const char *b)
{
    size_t  n;

    n = strcmp(a, "/") == 0 ? 0 : strlen(a);

    return strncmp(a, b, n) == 0 && (b[n] == '\0' || b[n] == '/');
}


static int
cache_dir_apart(const config_t *config, size_t disk, error_t *err)
{
    int          rc;
    char         path[PATH_MAX];
    char         other[PATH_MAX];
    size_t       i;
    const char  *name;

    const struct {
        const char  *name;
        const char  *path;
        bool         above;        /* nor may the cache be below it */
    } others[] = {
        { "paths.state", config->paths.state, true },
        { "paths.run", config->paths.run, true },
        { "logging.path", config->logging.path, false }
    };

    name = config->cache.disks.items[disk].path;

    rc = cache_dir_real(name, path, err);

    for (i = 0; rc == 0 && i < sizeof(others) / sizeof(others[0]); i++) {

        if (others[i].path[0] != '/') {
            continue;
        }

        rc = cache_dir_real(others[i].path, other, err);

        if (rc == 0
            && (cache_dir_within(path, other)
                || (others[i].above && cache_dir_within(other, path))))
        {
            rc = error_set(err, ERR_INVALID, "cache disk \"%s\" and %s, "
                           "\"%s\", lie in one another: nginx would delete "
                           "what it does not know; give the cache a "
                           "directory of its own", name, others[i].name,
                           others[i].path);
        }
    }

    for (i = 0; rc == 0 && i < disk; i++) {

        rc = cache_dir_real(config->cache.disks.items[i].path, other, err);

        if (rc == 0 && (cache_dir_within(path, other)
                        || cache_dir_within(other, path)))
        {
            rc = error_set(err, ERR_INVALID, "cache disks \"%s\" and \"%s\" "
                           "are, or lie in, one another", name,
                           config->cache.disks.items[i].path);
        }
    }

    return rc;
}


/*
 * 0: it is marked, or holds nothing that is not ours, or is not there.
 * ERR_IO: it fails, and nginx will not get far in it either.
 */

static int
cache_dir_open(const char *path, bool *ret_marked, bool *ret_there,
    error_t *err)
{
    int                fd, rc;
    struct stat        st;
    cache_dir_look_t   look;

    *ret_marked = false;
    *ret_there = true;

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd == -1 && errno == ENOENT) {
        *ret_there = false;
        return 0;
    }

    if (fd == -1) {
        rc = errno == EACCES || errno == ENOTDIR ? ERR_INVALID : ERR_IO;
        return error_errno(err, rc, "cannot open cache disk \"%s\"", path);
    }

    if (fstatat(fd, CACHE_DIR_MARKER, &st, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISREG(st.st_mode))
    {
        *ret_marked = true;
        (void) close(fd);
        return 0;
    }

    memset(&look, 0, sizeof(cache_dir_look_t));

    rc = cache_dir_look(&look, fd);

    if (rc == ERR_CONFLICT) {
        return error_set(err, ERR_INVALID, "cache disk \"%s\" has \"%s\" in "
                         "it, which is no part of a cache: nginx would "
                         "delete it; give the cache a directory of its own",
                         path, look.foreign);
    }

    if (rc != 0) {
        rc = errno == EACCES ? ERR_INVALID : ERR_IO;
        return error_errno(err, rc, "cannot read cache disk \"%s\"", path);
    }

    return 0;
}


int
cache_dir_check(const config_t *config, error_t *err)
{
    int     rc;
    bool    marked, there;
    size_t  i;

    rc = 0;

    for (i = 0;
         config->cache.enabled && rc == 0 && i < config->cache.disks.len;
         i++)
    {
        rc = cache_dir_apart(config, i, err);

        if (rc == 0) {
            rc = cache_dir_open(config->cache.disks.items[i].path, &marked,
                                &there, err);
            rc = rc == ERR_IO ? 0 : rc;
        }
    }

    return rc;
}


/*
 * By its name alone.  A disk that is full or fails is no reason not to start:
 * what cannot be marked now is looked through again the next time.
 */

static int
cache_dir_mark(const char *path, error_t *err)
{
    int   fd;
    char  marker[PATH_MAX];

    if (snprintf(marker, sizeof(marker), "%s/" CACHE_DIR_MARKER, path)
        >= (int) sizeof(marker))
    {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    fd = open(marker, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

    if (fd != -1) {
        (void) (write(fd, cache_dir_text, sizeof(cache_dir_text) - 1) == -1);
        (void) close(fd);
    }

    return 0;
}


int
cache_dir_claim(const config_t *config, error_t *err)
{
    int          rc;
    bool         marked, there;
    size_t       i;
    const char  *path;

    rc = 0;

    for (i = 0;
         config->cache.enabled && rc == 0 && i < config->cache.disks.len;
         i++)
    {
        path = config->cache.disks.items[i].path;

        rc = cache_dir_apart(config, i, err);

        if (rc == 0) {
            rc = cache_dir_open(path, &marked, &there, err);
        }

        if (rc == ERR_IO) {
            rc = 0;
            continue;
        }

        if (rc != 0 || marked) {
            continue;
        }

        if (!there) {
            rc = file_mkdir(path, 0700, FILE_GID_KEEP, err);
        }

        if (rc == 0) {
            rc = cache_dir_mark(path, err);
        }
    }

    return rc;
}
