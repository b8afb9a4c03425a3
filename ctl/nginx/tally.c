
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "nginx/tally.h"
#include "s3_tally.h"


#define TALLY_MAX    (1024 * 1024 * 1024)  /* bytes */
#define TALLY_TRIES  5
#define TALLY_WAIT   2                     /* ms from one to the next */


static int
tally_failed(const char *path, const char *why, error_t *err)
{
    return error_set(err, ERR_UNAVAILABLE, "\"%s\" %s", path, why);
}


/* a copy: who cuts the file while it is mapped would end us */

static int
tally_load(const char *path, unsigned char **ret_data, size_t *ret_len,
    error_t *err)
{
    int             fd;
    size_t          len;
    ssize_t         n;
    struct stat     st;
    unsigned char  *data;

    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd == -1) {
        return error_errno(err, ERR_UNAVAILABLE, "cannot open the counters, "
                           "\"%s\"", path);
    }

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0
        || st.st_size > TALLY_MAX)
    {
        (void) close(fd);
        return tally_failed(path, "is no file of counters", err);
    }

    data = malloc((size_t) st.st_size);

    if (data == NULL) {
        (void) close(fd);
        return error_nomem(err);
    }

    n = 1;

    for (len = 0; n > 0 && len < (size_t) st.st_size; len += (size_t) n) {

        n = pread(fd, data + len, (size_t) st.st_size - len, (off_t) len);

        if (n == -1) {
            free(data);
            (void) close(fd);
            return error_errno(err, ERR_UNAVAILABLE, "cannot read \"%s\"",
                               path);
        }
    }

    (void) close(fd);

    *ret_data = data;
    *ret_len = len;

    return 0;
}


static size_t
tally_damaged(const s3_tally_t *tally)
{
    size_t            i, n;
    s3_tally_entry_t  entry;

    for (i = 0, n = 0; i < tally->n; i++) {
        n += s3_tally_get(tally, i, &entry) != S3_OK;
    }

    return n;
}


/* a worker may be writing: it is read again until it is whole */

static int
tally_open(const char *path, unsigned char **ret_data, s3_tally_t *tally,
    size_t *ret_damaged, error_t *err)
{
    int             rc, found;
    size_t          len;
    unsigned        i;
    unsigned char  *data;

    data = NULL;
    len = 0;
    found = S3_ERROR;

    for (i = 0; i < TALLY_TRIES && found != S3_DECLINED; i++) {

        if (i != 0) {
            clock_pause(TALLY_WAIT);
        }

        rc = tally_load(path, &data, &len, err);
        if (rc != 0) {
            return rc;
        }

        found = s3_tally_open(tally, data, len);

        if (found == S3_OK) {
            *ret_damaged = tally_damaged(tally);

            if (*ret_damaged == 0 || i == TALLY_TRIES - 1) {
                *ret_data = data;
                return 0;
            }
        }

        free(data);
    }

    return tally_failed(path, found == S3_DECLINED
                              ? "is of another version of the module"
                              : "is no whole file of counters", err);
}


static char *
tally_name(const s3_tally_entry_t *entry)
{
    return strndup((const char *) entry->name.data, entry->name.len);
}


static int
tally_bucket(edge_stats_t *stats, const s3_tally_entry_t *entry, error_t *err)
{
    size_t                i;
    edge_bucket_stats_t  *b;

    for (i = 0; i < S3_STATS_MAX; i++) {
        stats->total[i] += entry->cells[i];
    }

    if (!entry->there || entry->name.len == 0) {
        return 0;
    }

    b = &stats->buckets[stats->nbuckets];

    b->name = tally_name(entry);
    if (b->name == NULL) {
        return error_nomem(err);
    }

    memcpy(b->counters, entry->cells, sizeof(b->counters));
    stats->nbuckets++;

    return 0;
}


static int
tally_disk(edge_stats_t *stats, const s3_tally_entry_t *entry, error_t *err)
{
    edge_disk_stats_t  *d;

    d = &stats->disks[stats->ndisks];

    d->name = tally_name(entry);
    if (d->name == NULL) {
        return error_nomem(err);
    }

    memcpy(d->values, entry->cells, sizeof(d->values));
    stats->ndisks++;

    stats->disk_objects += d->values[S3_STATS_DISK_objects];
    stats->disk_bytes += d->values[S3_STATS_DISK_bytes];
    stats->disk_max_bytes += d->values[S3_STATS_DISK_max_bytes];

    return 0;
}


static void
tally_memory(edge_memory_stats_t *memory, const s3_tally_entry_t *entry)
{
    size_t  len;

    if (!entry->there) {
        return;
    }

    len = entry->name.len < sizeof(memory->name) ? entry->name.len
                                                 : sizeof(memory->name) - 1;
    memory->there = true;
    memcpy(memory->name, entry->name.data, len);
    memcpy(memory->values, entry->cells, sizeof(memory->values));
}


static int
tally_stats(const s3_tally_t *tally, edge_stats_t *stats, error_t *err)
{
    int               rc;
    size_t            i;
    s3_tally_entry_t  entry;

    stats->generation = tally->head.generation;
    memcpy(stats->version, tally->head.version, sizeof(stats->version));
    memcpy(stats->nginx, tally->head.nginx, sizeof(stats->nginx));

    stats->buckets = calloc(tally->n, sizeof(edge_bucket_stats_t));
    stats->disks = calloc(tally->n, sizeof(edge_disk_stats_t));

    if (stats->buckets == NULL || stats->disks == NULL) {
        return error_nomem(err);
    }

    rc = 0;

    for (i = 0; i < tally->n && rc == 0; i++) {

        if (s3_tally_get(tally, i, &entry) != S3_OK) {
            continue;
        }

        switch (entry.scope) {

        case S3_STATS_BUCKET:
            rc = tally_bucket(stats, &entry, err);
            break;

        case S3_STATS_DISK:
            rc = tally_disk(stats, &entry, err);
            break;

        default:
            tally_memory(&stats->memory, &entry);
            break;
        }
    }

    edge_stats_sort(stats);

    return rc;
}


int
tally_read(const char *path, edge_stats_t *ret_stats,
    tally_state_t *ret_state, error_t *err)
{
    int             rc;
    s3_tally_t      tally;
    edge_stats_t    stats;
    tally_state_t   state;
    unsigned char  *data;

    data = NULL;
    memset(&stats, 0, sizeof(edge_stats_t));

    rc = tally_open(path, &data, &tally, &state.damaged, err);
    if (rc != 0) {
        return rc;
    }

    state.written = tally.head.written;
    state.clean = tally.head.clean != 0;

    rc = tally_stats(&tally, &stats, err);

    free(data);

    if (rc != 0) {
        edge_stats_release(&stats);
        return rc;
    }

    *ret_stats = stats;
    *ret_state = state;

    return 0;
}
