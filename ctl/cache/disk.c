
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cache file begins with a binary header, then "\nKEY: " and the key, whose
 * bucket ends at the first "/" (s3_key.h).  A directory may have millions of
 * files: a census that took T seconds is not repeated within 10 T.
 */


#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/monitor.h"
#include "cache/disk.h"
#include "cache/walk.h"
#include "s3_types.h"


#define DISK_FRESH_S       2
#define DISK_IDLE_FACTOR   10
#define DISK_BATCH         256         /* objects between two looks at stop */
#define DISK_PAUSE_MS      5
#define DISK_FILES_MAX     (16 * 1024 * 1024)
#define DISK_BUCKETS_MAX   65536
#define DISK_HEAD          1024        /* header, "\nKEY: ", bucket */


struct disk_s {
    char            *path;

    monitor_t        monitor;      /* for all that follows */
    bool             want;
    bool             stop;
    int64_t          duration_ms;  /* of the last walk */
    int64_t          ended_ms;     /* monotonic; 0: never */
    disk_census_t    census;
};


/* one walk */

typedef struct {
    disk_t          *disk;         /* NULL: never stops, never pauses */
    disk_census_t    census;
    size_t           size;         /* allocated buckets */
    bool             stopped;
    bool             nomem;
} disk_walk_t;


void
disk_census_release(disk_census_t *census)
{
    size_t  i;

    for (i = 0; i < census->nbuckets; i++) {
        free(census->buckets[i].name);
    }

    free(census->buckets);
    memset(census, 0, sizeof(disk_census_t));
}


static int
disk_census_copy(const disk_census_t *census, disk_census_t *ret_census,
    error_t *err)
{
    size_t         i;
    disk_census_t  copy;

    copy = *census;
    copy.nbuckets = 0;
    copy.buckets = NULL;

    if (census->nbuckets != 0) {
        copy.buckets = calloc(census->nbuckets, sizeof(disk_bucket_t));
        if (copy.buckets == NULL) {
            return error_nomem(err);
        }
    }

    for (i = 0; i < census->nbuckets; i++) {

        copy.buckets[i] = census->buckets[i];
        copy.buckets[i].name = strdup(census->buckets[i].name);

        if (copy.buckets[i].name == NULL) {
            disk_census_release(&copy);
            return error_nomem(err);
        }

        copy.nbuckets++;
    }

    *ret_census = copy;

    return 0;
}


/* the bucket's entry, made where there is none; NULL: no memory or too many */

static disk_bucket_t *
disk_bucket(disk_walk_t *walk, const char *name)
{
    int             cmp;
    size_t          lo, hi, mid, size;
    disk_bucket_t  *buckets, *b;

    lo = 0;
    hi = walk->census.nbuckets;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;
        cmp = strcmp(name, walk->census.buckets[mid].name);

        if (cmp == 0) {
            return &walk->census.buckets[mid];
        }

        if (cmp < 0) {
            hi = mid;

        } else {
            lo = mid + 1;
        }
    }

    if (walk->census.nbuckets == DISK_BUCKETS_MAX) {
        return NULL;
    }

    if (walk->census.nbuckets == walk->size) {
        size = walk->size != 0 ? walk->size * 2 : 16;

        buckets = realloc(walk->census.buckets, size * sizeof(disk_bucket_t));
        if (buckets == NULL) {
            return NULL;
        }

        walk->census.buckets = buckets;
        walk->size = size;
    }

    b = &walk->census.buckets[lo];

    memmove(b + 1, b, (walk->census.nbuckets - lo) * sizeof(disk_bucket_t));
    memset(b, 0, sizeof(disk_bucket_t));

    b->name = strdup(name);

    if (b->name == NULL) {
        memmove(b, b + 1,
                (walk->census.nbuckets - lo) * sizeof(disk_bucket_t));
        return NULL;
    }

    walk->census.nbuckets++;

    return b;
}


/* false: not a cache file of ours */

static bool
disk_parse_bucket(const char *head, size_t len, char name[S3_BUCKET_MAX + 1])
{
    size_t  i, n;

    static const char  mark[] = "\nKEY: ";

    for (i = 0; i + sizeof(mark) - 1 < len; i++) {
        if (memcmp(head + i, mark, sizeof(mark) - 1) == 0) {
            break;
        }
    }

    i += sizeof(mark) - 1;

    for (n = 0; i + n < len && head[i + n] != '/'; n++) {

        if (n == S3_BUCKET_MAX || head[i + n] == '\n' || head[i + n] == '\0') {
            return false;
        }

        name[n] = head[i + n];
    }

    name[n] = '\0';

    return n != 0 && i + n < len;
}


/* false: the walk is to end */

static bool
disk_go_on(disk_walk_t *walk)
{
    if (walk->disk == NULL || walk->census.objects % DISK_BATCH != 0) {
        return true;
    }

    monitor_lock(&walk->disk->monitor);
    walk->stopped = walk->disk->stop;
    monitor_unlock(&walk->disk->monitor);

    return !walk->stopped;
}


static bool
disk_visit(void *data, const walk_file_t *file)
{
    char            head[DISK_HEAD];
    char            name[S3_BUCKET_MAX + 1];
    ssize_t         n;
    disk_walk_t    *walk;
    disk_bucket_t  *b;

    walk = data;

    n = pread(file->fd, head, sizeof(head), 0);

    if (n <= 0 || !disk_parse_bucket(head, (size_t) n, name)) {
        return true;
    }

    if (walk->census.objects == DISK_FILES_MAX) {
        walk->stopped = true;
        return false;
    }

    b = disk_bucket(walk, name);

    if (b == NULL) {
        walk->nomem = true;
        return false;
    }

    b->objects++;
    b->bytes += walk_size(&file->st);

    walk->census.objects++;
    walk->census.bytes += walk_size(&file->st);

    return disk_go_on(walk);
}


static int
disk_walk_path(disk_walk_t *walk, const char *path, error_t *err)
{
    int  rc;

    rc = walk_run(path, walk->disk != NULL ? DISK_PAUSE_MS : 0, disk_visit,
                  walk, err);

    if (rc == 0 && walk->nomem) {
        rc = error_nomem(err);
    }

    walk->census.at = (int64_t) time(NULL);
    walk->census.complete = !walk->stopped;

    return rc;
}


int
disk_walk(const char *path, disk_census_t *ret_census, error_t *err)
{
    int          rc;
    disk_walk_t  walk;

    memset(&walk, 0, sizeof(disk_walk_t));

    rc = disk_walk_path(&walk, path, err);

    if (rc != 0) {
        disk_census_release(&walk.census);
        return rc;
    }

    *ret_census = walk.census;

    return 0;
}


static void *
disk_main(void *arg)
{
    int           rc;
    disk_t       *disk;
    int64_t       started;
    disk_walk_t   walk;

    disk = arg;

    walk_lower_priority();

    monitor_lock(&disk->monitor);

    for ( ;; ) {

        while (!disk->want && !disk->stop) {
            monitor_wait(&disk->monitor);
        }

        if (disk->stop) {
            break;
        }

        monitor_unlock(&disk->monitor);

        memset(&walk, 0, sizeof(disk_walk_t));
        walk.disk = disk;
        started = clock_ms();

        rc = disk_walk_path(&walk, disk->path, NULL);

        monitor_lock(&disk->monitor);

        disk->ended_ms = clock_ms();
        disk->duration_ms = disk->ended_ms - started;
        disk->want = false;

        if (rc == 0) {
            disk_census_release(&disk->census);
            disk->census = walk.census;

        } else {
            disk_census_release(&walk.census);
        }

        monitor_tell(&disk->monitor);
    }

    monitor_unlock(&disk->monitor);

    return NULL;
}


int
disk_new(const char *path, disk_t **ret_disk, error_t *err)
{
    int      rc;
    disk_t  *disk;

    disk = calloc(1, sizeof(disk_t));
    if (disk == NULL) {
        return error_nomem(err);
    }

    disk->path = strdup(path);

    rc = disk->path != NULL ? monitor_init(&disk->monitor, err)
                            : error_nomem(err);
    if (rc != 0) {
        free(disk->path);
        free(disk);
        return rc;
    }

    rc = monitor_start(&disk->monitor, disk_main, disk, "for the disk census",
                       err);
    if (rc != 0) {
        disk_free(disk);
        return rc;
    }

    *ret_disk = disk;

    return 0;
}


void
disk_free(disk_t *disk)
{
    if (disk == NULL) {
        return;
    }

    monitor_lock(&disk->monitor);
    disk->stop = true;
    monitor_tell(&disk->monitor);
    monitor_unlock(&disk->monitor);

    monitor_join(&disk->monitor);
    monitor_release(&disk->monitor);

    disk_census_release(&disk->census);
    free(disk->path);
    free(disk);
}


static bool
disk_due(const disk_t *disk)
{
    int64_t  age, rest;

    if (disk->ended_ms == 0) {
        return true;
    }

    age = clock_ms() - disk->ended_ms;
    rest = disk->duration_ms * DISK_IDLE_FACTOR;

    return age >= DISK_FRESH_S * 1000 && age >= rest;
}


int
disk_census(disk_t *disk, unsigned wait_ms, disk_census_t *ret_census,
    error_t *err)
{
    int      rc;
    int64_t  until;

    until = clock_ns() + wait_ms * CLOCK_MS;

    monitor_lock(&disk->monitor);

    if (!disk->want && disk_due(disk)) {
        disk->want = true;
        monitor_tell(&disk->monitor);
    }

    while (disk->want) {
        if (!monitor_wait_until(&disk->monitor, until)) {
            break;
        }
    }

    rc = disk_census_copy(&disk->census, ret_census, err);

    monitor_unlock(&disk->monitor);

    return rc;
}
