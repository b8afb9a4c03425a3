
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cache/walk.h"


#define WALK_BATCH         256         /* files between two pauses */
#define WALK_DEPTH_MAX     4           /* nginx has three levels at most */
#define WALK_NICE          10
#define WALK_TURN_S        10          /* to wait for another's walk */

/* linux/ioprio.h is not for programs everywhere */
#define WALK_IO_WHO        1           /* IOPRIO_WHO_PROCESS */
#define WALK_IO_IDLE       (3 << 13)   /* IOPRIO_CLASS_IDLE */


typedef struct {
    walk_visit_pt    visit;
    void            *data;
    unsigned         pause_ms;
    uint64_t         files;
    bool             ended;
} walk_t;


typedef struct {
    void           (*run)(void *data);
    void            *data;
} walk_apart_t;


static void
walk_pause(walk_t *walk)
{
    struct timespec  ts;

    walk->files++;

    if (walk->pause_ms == 0 || walk->files % WALK_BATCH != 0) {
        return;
    }

    ts.tv_sec = 0;
    ts.tv_nsec = (long) walk->pause_ms * 1000000L;
    (void) nanosleep(&ts, NULL);
}


/* takes fd over */

static void
walk_dir(walk_t *walk, int fd, unsigned depth)
{
    DIR            *dir;
    walk_file_t     file;
    struct dirent  *entry;

    dir = fdopendir(fd);
    if (dir == NULL) {
        (void) close(fd);
        return;
    }

    while (!walk->ended && (entry = readdir(dir)) != NULL) {

        if (strchr(entry->d_name, '.') != NULL) {
            continue;
        }

        file.fd = openat(fd, entry->d_name,
                         O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (file.fd == -1) {
            continue;
        }

        if (fstat(file.fd, &file.st) == 0 && S_ISDIR(file.st.st_mode)) {

            if (depth < WALK_DEPTH_MAX) {
                walk_dir(walk, file.fd, depth + 1);

            } else {
                (void) close(file.fd);
            }

            continue;
        }

        if (S_ISREG(file.st.st_mode)) {

            /* the header is all that is read */

            (void) posix_fadvise(file.fd, 0, 0, POSIX_FADV_RANDOM);

            file.dir = fd;
            file.name = entry->d_name;

            walk->ended = !walk->visit(walk->data, &file);
        }

        (void) close(file.fd);

        walk_pause(walk);
    }

    (void) closedir(dir);
}


static int
walk_one(walk_t *walk, const char *path, error_t *err)
{
    int  fd;

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd == -1) {
        return errno == ENOENT
               ? 0 : error_errno(err, ERR_IO, "cannot open \"%s\"", path);
    }

    walk_dir(walk, fd, 0);

    return 0;
}


int
walk_run(const char *paths, unsigned pause_ms, walk_visit_pt visit,
    void *data, error_t *err)
{
    int      rc, code;
    char    *copy, *rest, *path;
    walk_t   walk;

    copy = strdup(paths);
    if (copy == NULL) {
        return error_nomem(err);
    }

    memset(&walk, 0, sizeof(walk_t));

    walk.visit = visit;
    walk.data = data;
    walk.pause_ms = pause_ms;

    rc = 0;
    rest = copy;

    while (!walk.ended && (path = strsep(&rest, "\n")) != NULL) {

        /* one that cannot be read leaves the others */

        code = walk_one(&walk, path, rc == 0 ? err : NULL);

        if (rc == 0) {
            rc = code;
        }
    }

    free(copy);

    return rc;
}


uint64_t
walk_size(const struct stat *st)
{
    int64_t  blocks;

    blocks = (int64_t) st->st_blocks * 512;

    return (uint64_t) (blocks > st->st_size
                       && blocks < st->st_size + 8 * st->st_blksize
                       ? blocks : st->st_size);
}


/* these are a thread's own on Linux; no matter where it fails */

void
walk_lower_priority(void)
{
    id_t  tid;

    tid = (id_t) syscall(SYS_gettid);

    (void) setpriority(PRIO_PROCESS, tid, WALK_NICE);
    (void) syscall(SYS_ioprio_set, WALK_IO_WHO, tid, WALK_IO_IDLE);
}


/* one at a time, whoever asks */
static pthread_mutex_t  walk_turn = PTHREAD_MUTEX_INITIALIZER;


static void *
walk_main(void *arg)
{
    walk_apart_t  *apart;

    apart = arg;

    walk_lower_priority();
    apart->run(apart->data);

    return NULL;
}


int
walk_apart(void (*run)(void *data), void *data, error_t *err)
{
    int              rc;
    pthread_t        thread;
    walk_apart_t     apart;
    struct timespec  until;

    apart.run = run;
    apart.data = data;

    (void) clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WALK_TURN_S;

    if (pthread_mutex_timedlock(&walk_turn, &until) != 0) {
        return error_set(err, ERR_CONFLICT, "the cache is being read for "
                         "another request; try again");
    }

    if (pthread_create(&thread, NULL, walk_main, &apart) == 0) {
        (void) pthread_join(thread, NULL);
        rc = 0;

    } else {
        rc = error_set(err, ERR_INTERNAL, "no thread to read the cache");
    }

    (void) pthread_mutex_unlock(&walk_turn);

    return rc;
}
