
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/counters.h"


/* a copy: who cuts the file while it is mapped would end us */

int
counters_open(const char *path, const s3_state_t **ret_counters, error_t *err)
{
    int          fd;
    size_t       len;
    ssize_t      n;
    s3_state_t  *copy;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd == -1) {
        return error_errno(err, errno == ENOENT ? ERR_UNAVAILABLE : ERR_IO,
                           "cannot open the purge counters, \"%s\"", path);
    }

    copy = malloc(sizeof(s3_state_t));

    if (copy == NULL) {
        (void) close(fd);
        return error_nomem(err);
    }

    n = 1;

    for (len = 0; n > 0 && len < sizeof(s3_state_t); len += (size_t) n) {

        n = pread(fd, (char *) copy + len, sizeof(s3_state_t) - len,
                  (off_t) len);

        if (n == -1) {
            free(copy);
            (void) close(fd);
            return error_errno(err, ERR_IO, "cannot read \"%s\"", path);
        }
    }

    (void) close(fd);

    if (n == 0 || !s3_state_check(copy)) {
        free(copy);
        return error_set(err, ERR_UNAVAILABLE, "\"%s\" is no file of purge "
                         "counters of this version", path);
    }

    *ret_counters = copy;

    return 0;
}


/*
 * As ngx_s3edge_keep.c: a new one is all zeroes until nginx has it.  One of
 * another layout has another size; one of ours was cut.
 */

bool
counters_broken(const char *path)
{
    int          fd;
    bool         broken;
    ssize_t      n;
    uint64_t     head[2];          /* magic and layout */
    struct stat  st;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd == -1) {
        return false;
    }

    broken = fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);

    if (!broken && st.st_size != 0) {

        n = pread(fd, head, sizeof(head), 0);

        broken = n != (ssize_t) sizeof(head)
                 || (st.st_size == (off_t) sizeof(s3_state_t)
                     ? head[0] != S3_STATE_MAGIC && head[0] != 0
                     : head[0] != S3_STATE_MAGIC
                       || (uint32_t) head[1] == S3_STATE_LAYOUT);
    }

    (void) close(fd);

    return broken;
}


void
counters_close(const s3_state_t *counters)
{
    free((void *) (uintptr_t) counters);
}


counters_verdict_t
counters_judge(const s3_state_t *counters, const s3_key_t *key,
    int64_t stored_at)
{
    s3_state_view_t  view;

    view = s3_state_view(counters, &key->bucket, &key->key);

    if (view.generation != key->generation) {
        return COUNTERS_DEAD;
    }

    if (view.soft != 0 && stored_at <= (int64_t) view.soft) {
        return COUNTERS_EXPIRED;
    }

    return COUNTERS_LIVE;
}
