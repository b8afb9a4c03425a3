
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/monitor.h"
#include "cache/cache_file.h"
#include "cache/counters.h"
#include "cache/reclaim.h"


#define RECLAIM_PAUSE_MS  1
#define RECLAIM_NAME_LEN  32           /* MD5 of the key, in hex */


struct reclaim_s {
    char                *disk;
    char                *counters;

    monitor_t            monitor;      /* for all that follows */
    bool                 cancel;
    reclaim_progress_t   progress;
};


/* one run, of its thread alone */

typedef struct {
    reclaim_t           *reclaim;
    const s3_state_t    *counters;
    int64_t              next_ns;      /* when a file may be deleted */
    int64_t              step_ns;
    cache_file_t         file;
} reclaim_run_t;


static const char *const  reclaim_states[] = {
    "idle", "running", "done", "canceled", "failed"
};


const char *
reclaim_state_name(reclaim_state_t state)
{
    return reclaim_states[state];
}


/* false: canceled */

static bool
reclaim_turn(reclaim_run_t *run)
{
    bool        cancel;
    int64_t     now_ns;
    reclaim_t  *r;

    r = run->reclaim;

    monitor_lock(&r->monitor);

    while (!r->cancel && monitor_wait_until(&r->monitor, run->next_ns)) {
        /* woken by a cancel, or for nothing */
    }

    cancel = r->cancel;

    monitor_unlock(&r->monitor);

    /* a time that was not used is lost: no bursts */

    now_ns = clock_ns();

    if (now_ns > run->next_ns) {
        run->next_ns = now_ns;
    }

    run->next_ns += run->step_ns;

    return !cancel;
}


/*
 * 0 where it is gone.  Only the very file that was read goes: what has taken
 * its name since is left to the next run.
 */

static int
reclaim_unlink(const walk_file_t *file)
{
    struct stat  st;

    if (fstatat(file->dir, file->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }

    if (st.st_ino != file->st.st_ino || st.st_dev != file->st.st_dev
        || st.st_mtim.tv_sec != file->st.st_mtim.tv_sec
        || st.st_mtim.tv_nsec != file->st.st_mtim.tv_nsec)
    {
        return ERR_CONFLICT;
    }

    if (unlinkat(file->dir, file->name, 0) != 0) {
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }

    return 0;
}


static bool
reclaim_visit(void *data, const walk_file_t *file)
{
    int             rc;
    bool            dead, cancel;
    reclaim_t      *r;
    reclaim_run_t  *run;

    run = data;
    r = run->reclaim;

    dead = strlen(file->name) == RECLAIM_NAME_LEN
           && cache_file_read(file, &run->file, NULL) == 0
           && counters_judge(run->counters, &run->file.key,
                             run->file.stored_at) == COUNTERS_DEAD;

    if (dead && !reclaim_turn(run)) {
        return false;
    }

    rc = dead ? reclaim_unlink(file) : ERR_NOT_FOUND;

    monitor_lock(&r->monitor);

    r->progress.seen++;

    if (rc == 0) {
        r->progress.deleted++;
        r->progress.bytes += run->file.disk;

    } else if (rc == ERR_IO) {
        r->progress.errors++;
    }

    cancel = r->cancel;

    monitor_unlock(&r->monitor);

    return !cancel;
}


static void *
reclaim_main(void *arg)
{
    int             rc;
    error_t         err;
    reclaim_t      *r;
    reclaim_run_t  *run;

    r = arg;
    walk_lower_priority();

    run = calloc(1, sizeof(reclaim_run_t));
    rc = run != NULL ? counters_open(r->counters, &run->counters, &err)
                     : error_nomem(&err);

    if (rc == 0) {
        run->reclaim = r;
        run->step_ns = CLOCK_SECOND / r->progress.rate;
        run->next_ns = clock_ns();

        rc = walk_run(r->disk, RECLAIM_PAUSE_MS, reclaim_visit, run, &err);
    }

    if (run != NULL) {
        counters_close(run->counters);
        free(run);
    }

    monitor_lock(&r->monitor);

    r->progress.ended_at = (int64_t) time(NULL);
    r->progress.state = rc != 0 ? RECLAIM_FAILED
                        : r->cancel ? RECLAIM_CANCELED : RECLAIM_DONE;

    if (rc != 0) {
        (void) snprintf(r->progress.message, sizeof(r->progress.message),
                        "%.250s", err.message);
    }

    monitor_unlock(&r->monitor);

    return NULL;
}


int
reclaim_new(const char *disk, const char *counters, reclaim_t **ret_reclaim,
    error_t *err)
{
    int         rc;
    reclaim_t  *r;

    r = calloc(1, sizeof(reclaim_t));
    if (r == NULL) {
        return error_nomem(err);
    }

    r->disk = strdup(disk);
    r->counters = strdup(counters);

    rc = r->disk != NULL && r->counters != NULL
         ? monitor_init(&r->monitor, err) : error_nomem(err);

    if (rc != 0) {
        free(r->disk);
        free(r->counters);
        free(r);
        return rc;
    }

    *ret_reclaim = r;

    return 0;
}


void
reclaim_free(reclaim_t *reclaim)
{
    if (reclaim == NULL) {
        return;
    }

    reclaim_cancel(reclaim);

    monitor_join(&reclaim->monitor);
    monitor_release(&reclaim->monitor);

    free(reclaim->disk);
    free(reclaim->counters);
    free(reclaim);
}


int
reclaim_start(reclaim_t *reclaim, unsigned rate, error_t *err)
{
    int  rc;

    if (rate == 0 || rate > RECLAIM_RATE_MAX) {
        return error_set(err, ERR_INVALID, "rate: 1 to %d files a second are "
                         "expected", RECLAIM_RATE_MAX);
    }

    monitor_lock(&reclaim->monitor);

    if (reclaim->progress.state == RECLAIM_RUNNING) {
        rc = error_set(err, ERR_CONFLICT, "a reclaim is running already");
        goto done;
    }

    /* it has said that it ended, so that this does not wait */

    monitor_join(&reclaim->monitor);

    memset(&reclaim->progress, 0, sizeof(reclaim_progress_t));

    reclaim->cancel = false;
    reclaim->progress.state = RECLAIM_RUNNING;
    reclaim->progress.rate = rate;
    reclaim->progress.started_at = (int64_t) time(NULL);

    rc = monitor_start(&reclaim->monitor, reclaim_main, reclaim,
                       "for the reclaim", err);
    if (rc != 0) {
        reclaim->progress.state = RECLAIM_IDLE;
    }

done:

    monitor_unlock(&reclaim->monitor);

    return rc;
}


void
reclaim_cancel(reclaim_t *reclaim)
{
    monitor_lock(&reclaim->monitor);

    reclaim->cancel = true;
    monitor_tell(&reclaim->monitor);

    monitor_unlock(&reclaim->monitor);
}


void
reclaim_progress(reclaim_t *reclaim, reclaim_progress_t *ret_progress)
{
    monitor_lock(&reclaim->monitor);

    *ret_progress = reclaim->progress;

    monitor_unlock(&reclaim->monitor);
}
