
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/monitor.h"
#include "cache/diskwatch.h"


#define DISKWATCH_TICK_MS    250
#define DISKWATCH_TELL_MS    15000     /* said again: nginx may be another */
#define DISKWATCH_WRITE      4096
#define DISKWATCH_GOOD       2
#define DISKWATCH_PATH_MAX   4160


typedef struct {
    diskwatch_t     *watch;
    char            *path;
    char             zone[CONFIG_ZONE_MAX];
    int64_t          min_free;
    int64_t          begun_ms;     /* of the probe that runs; 0: none */
    bool             probed;       /* at least once */
    bool             failed;       /* the last one did */
    unsigned         good;         /* in a row */
    uint64_t         free;
    char             reason[DISKWATCH_REASON_MAX];

    bool             off;
    bool             told;         /* nginx knows */
    int64_t          told_ms;
    bool             event;        /* not yet fetched */
} diskwatch_disk_t;


struct diskwatch_s {
    monitor_t          monitor;    /* guards all that follows */
    unsigned           refs;       /* threads, and the caller */
    bool               stop;
    edge_t            *edge;       /* for the thread that judges alone */
    diskwatch_disk_t  *disks;
    size_t             len;
};


static int
diskwatch_failed(const char *what, char reason[DISKWATCH_REASON_MAX])
{
    error_t  err;

    (void) error_errno(&err, ERR_IO, "%s", what);
    (void) snprintf(reason, DISKWATCH_REASON_MAX, "%.*s",
                    DISKWATCH_REASON_MAX - 1, err.message);

    return ERR_IO;
}


/* without a name at once: nothing to leave behind, or to come across */

static int
diskwatch_open(const char *path)
{
    int   fd;
    char  name[DISKWATCH_PATH_MAX];

    (void) snprintf(name, sizeof(name), "%s/.s3edge.XXXXXX", path);

    fd = mkstemp(name);

    if (fd != -1) {
        (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
        (void) unlink(name);
    }

    return fd;
}


int
diskwatch_probe(const char *path, uint64_t *ret_free,
    char reason[DISKWATCH_REASON_MAX])
{
    int             fd, rc;
    char            data[DISKWATCH_WRITE];
    ssize_t         n;
    struct statvfs  st;

    if (statvfs(path, &st) != 0) {
        return diskwatch_failed("it cannot be looked at", reason);
    }

    *ret_free = (uint64_t) st.f_bavail * st.f_frsize;

    fd = diskwatch_open(path);
    if (fd == -1) {
        return diskwatch_failed("a file cannot be made", reason);
    }

    memset(data, 0x5a, sizeof(data));

    rc = 0;
    n = write(fd, data, sizeof(data));

    if (n != (ssize_t) sizeof(data)) {

        if (n >= 0) {
            errno = ENOSPC;
        }

        rc = diskwatch_failed("a file cannot be written", reason);

    } else if (fsync(fd) != 0) {
        rc = diskwatch_failed("a file cannot be written", reason);
    }

    if (close(fd) != 0 && rc == 0) {
        rc = diskwatch_failed("a file cannot be written", reason);
    }

    return rc;
}


bool
diskwatch_judge(bool off, unsigned good, bool failed, uint64_t free,
    int64_t min_free)
{
    uint64_t  wanted;

    wanted = min_free > DISKWATCH_FLOOR ? (uint64_t) min_free
                                        : DISKWATCH_FLOOR;

    if (failed || free < wanted / 2) {
        return true;
    }

    return off && (good < DISKWATCH_GOOD || free < wanted);
}


/* under the mutex, which it gives up */

static void
diskwatch_unref(diskwatch_t *watch)
{
    size_t    i;
    unsigned  left;

    left = --watch->refs;

    monitor_unlock(&watch->monitor);

    if (left != 0) {
        return;
    }

    for (i = 0; i < watch->len; i++) {
        free(watch->disks[i].path);
    }

    monitor_release(&watch->monitor);
    free(watch->disks);
    free(watch);
}


/* under the mutex */

static void
diskwatch_wait(diskwatch_t *watch, int64_t ms)
{
    int64_t  until;

    until = clock_ns() + ms * CLOCK_MS;

    while (!watch->stop && monitor_wait_until(&watch->monitor, until)) {
        /* void */
    }
}


static void *
diskwatch_disk_main(void *data)
{
    int                rc;
    char               reason[DISKWATCH_REASON_MAX];
    uint64_t           left;
    diskwatch_t       *watch;
    diskwatch_disk_t  *disk;

    disk = data;
    watch = disk->watch;

    monitor_lock(&watch->monitor);

    while (!watch->stop) {

        disk->begun_ms = clock_ms();
        left = disk->free;

        monitor_unlock(&watch->monitor);

        rc = diskwatch_probe(disk->path, &left, reason);

        monitor_lock(&watch->monitor);

        disk->begun_ms = 0;
        disk->probed = true;
        disk->free = left;
        disk->failed = rc != 0;
        disk->good = rc != 0 ? 0 : disk->good + 1;

        if (rc != 0) {
            memcpy(disk->reason, reason, sizeof(reason));
        }

        diskwatch_wait(watch, DISKWATCH_PROBE_MS);
    }

    diskwatch_unref(watch);

    return NULL;
}


/* under the mutex */

static void
diskwatch_decide(diskwatch_disk_t *disk, int64_t now_ms)
{
    bool  hangs, off;

    hangs = disk->begun_ms != 0
            && now_ms - disk->begun_ms >= DISKWATCH_HANG_MS;

    if (hangs) {
        disk->good = 0;
        (void) snprintf(disk->reason, sizeof(disk->reason),
                        "it has not answered for %d seconds",
                        DISKWATCH_HANG_MS / 1000);
        off = true;

    } else if (!disk->probed) {
        return;

    } else {
        off = diskwatch_judge(disk->off, disk->good, disk->failed, disk->free,
                              disk->min_free);

        if (off && !disk->failed) {
            (void) snprintf(disk->reason, sizeof(disk->reason), "%" PRIu64
                            " MiB are free", disk->free >> 20);
        }
    }

    if (off != disk->off) {
        disk->off = off;
        disk->told = false;
        disk->event = true;
    }
}


/*
 * Under the mutex, which is not held while nginx is asked.  A disk that is on
 * is said once: nginx may remember another time.
 */

static void
diskwatch_tell(diskwatch_t *watch, diskwatch_disk_t *disk, int64_t now_ms)
{
    int   rc;
    bool  off;

    if ((!disk->probed && !disk->off)
        || (disk->told
            && (!disk->off || now_ms - disk->told_ms < DISKWATCH_TELL_MS)))
    {
        return;
    }

    off = disk->off;

    monitor_unlock(&watch->monitor);

    rc = edge_disk(watch->edge, disk->zone, off, NULL);

    monitor_lock(&watch->monitor);

    if (rc == 0 && disk->off == off) {
        disk->told = true;
        disk->told_ms = now_ms;
    }
}


static void *
diskwatch_main(void *data)
{
    size_t        i;
    int64_t       now_ms;
    diskwatch_t  *watch;

    watch = data;

    monitor_lock(&watch->monitor);

    while (!watch->stop) {

        now_ms = clock_ms();

        for (i = 0; i < watch->len && !watch->stop; i++) {
            diskwatch_decide(&watch->disks[i], now_ms);
            diskwatch_tell(watch, &watch->disks[i], now_ms);
        }

        diskwatch_wait(watch, DISKWATCH_TICK_MS);
    }

    monitor_unlock(&watch->monitor);

    return NULL;
}


/* under the mutex: the threads begin when it is released */

static int
diskwatch_start(diskwatch_t *watch, error_t *err)
{
    int     rc;
    size_t  i;

    for (i = 0; i < watch->len; i++) {

        rc = monitor_detach(diskwatch_disk_main, &watch->disks[i], 0,
                            "to watch a disk", err);
        if (rc != 0) {
            return rc;
        }

        watch->refs++;
    }

    return monitor_start(&watch->monitor, diskwatch_main, watch,
                         "to watch the disks", err);
}


int
diskwatch_new(const config_disks_t *disks, edge_t *edge,
    diskwatch_t **ret_watch, error_t *err)
{
    int                rc;
    size_t             i;
    diskwatch_t       *watch;
    diskwatch_disk_t  *disk;

    watch = calloc(1, sizeof(diskwatch_t));
    if (watch == NULL) {
        return error_nomem(err);
    }

    rc = monitor_init(&watch->monitor, err);
    if (rc != 0) {
        free(watch);
        return rc;
    }

    watch->refs = 1;
    watch->edge = edge;
    watch->disks = calloc(disks->len + 1, sizeof(diskwatch_disk_t));

    rc = watch->disks != NULL ? 0 : error_nomem(err);

    for (i = 0; rc == 0 && i < disks->len; i++) {

        disk = &watch->disks[i];
        disk->watch = watch;
        disk->min_free = disks->items[i].min_free;
        disk->path = strdup(disks->items[i].path);
        (void) snprintf(disk->zone, sizeof(disk->zone), "%s",
                        disks->items[i].zone);

        if (disk->path == NULL) {
            rc = error_nomem(err);
        }

        watch->len++;
    }

    if (rc == 0) {
        monitor_lock(&watch->monitor);
        rc = diskwatch_start(watch, err);
        monitor_unlock(&watch->monitor);
    }

    if (rc != 0) {
        diskwatch_free(watch);
        return rc;
    }

    *ret_watch = watch;

    return 0;
}


void
diskwatch_free(diskwatch_t *watch)
{
    if (watch == NULL) {
        return;
    }

    monitor_lock(&watch->monitor);

    watch->stop = true;
    monitor_tell(&watch->monitor);
    monitor_unlock(&watch->monitor);

    monitor_join(&watch->monitor);

    monitor_lock(&watch->monitor);
    diskwatch_unref(watch);
}


static void
diskwatch_sentence(const diskwatch_disk_t *disk,
    char text[ERROR_MESSAGE_MAX])
{
    (void) snprintf(text, ERROR_MESSAGE_MAX, "cache disk \"%.512s\" is off, "
                    "and requests pass it by: %s", disk->path, disk->reason);
}


size_t
diskwatch_reasons(diskwatch_t *watch, char (*texts)[ERROR_MESSAGE_MAX],
    size_t max)
{
    size_t  i, n;

    if (watch == NULL) {
        return 0;
    }

    monitor_lock(&watch->monitor);

    for (i = 0, n = 0; i < watch->len; i++) {

        if (!watch->disks[i].off) {
            continue;
        }

        if (n < max) {
            diskwatch_sentence(&watch->disks[i], texts[n]);
        }

        n++;
    }

    monitor_unlock(&watch->monitor);

    return n;
}


bool
diskwatch_event(diskwatch_t *watch, char text[ERROR_MESSAGE_MAX],
    bool *ret_off)
{
    bool               found;
    size_t             i;
    diskwatch_disk_t  *disk;

    if (watch == NULL) {
        return false;
    }

    found = false;

    monitor_lock(&watch->monitor);

    for (i = 0; i < watch->len && !found; i++) {

        disk = &watch->disks[i];

        if (!disk->event) {
            continue;
        }

        disk->event = false;
        found = true;
        *ret_off = disk->off;

        if (disk->off) {
            diskwatch_sentence(disk, text);

        } else {
            (void) snprintf(text, ERROR_MESSAGE_MAX, "cache disk \"%.512s\" "
                            "is used again", disk->path);
        }
    }

    monitor_unlock(&watch->monitor);

    return found;
}
