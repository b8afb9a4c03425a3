
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cache/cache_file.h"
#include "cache/counters.h"
#include "cache/reclaim.h"


#define RECLAIM_PAUSE_MS  1
#define RECLAIM_NAME_LEN  32           /* MD5 of the key, in hex */


struct reclaim_s {
    char                *disk;
    char                *counters;

    pthread_mutex_t      mutex;        /* for all that follows */
    pthread_cond_t       wake;         /* of a thread that waits its turn */
    pthread_t            thread;
    bool                 joinable;
    bool                 cancel;
    reclaim_progress_t   progress;
};


/* one run, of its thread alone */

typedef struct {
    reclaim_t           *reclaim;
    const s3_state_t    *counters;
    struct timespec      next;         /* when a file may be deleted */
    long                 step_ns;
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
    bool             cancel;
    reclaim_t       *r;
    struct timespec  now;

    r = run->reclaim;

    (void) pthread_mutex_lock(&r->mutex);

    while (!r->cancel
           && pthread_cond_timedwait(&r->wake, &r->mutex, &run->next) == 0)
    {
        /* woken by a cancel, or for nothing */
    }

    cancel = r->cancel;

    (void) pthread_mutex_unlock(&r->mutex);

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    /* a time that was not used is lost: no bursts */

    if (now.tv_sec > run->next.tv_sec
        || (now.tv_sec == run->next.tv_sec && now.tv_nsec > run->next.tv_nsec))
    {
        run->next = now;
    }

    run->next.tv_nsec += run->step_ns;

    if (run->next.tv_nsec >= 1000000000L) {
        run->next.tv_sec += run->next.tv_nsec / 1000000000L;
        run->next.tv_nsec %= 1000000000L;
    }

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

    (void) pthread_mutex_lock(&r->mutex);

    r->progress.seen++;

    if (rc == 0) {
        r->progress.deleted++;
        r->progress.bytes += run->file.disk;

    } else if (rc == ERR_IO) {
        r->progress.errors++;
    }

    cancel = r->cancel;

    (void) pthread_mutex_unlock(&r->mutex);

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
        run->step_ns = 1000000000L / (long) r->progress.rate;
        (void) clock_gettime(CLOCK_MONOTONIC, &run->next);

        rc = walk_run(r->disk, RECLAIM_PAUSE_MS, reclaim_visit, run, &err);
    }

    if (run != NULL) {
        counters_close(run->counters);
        free(run);
    }

    (void) pthread_mutex_lock(&r->mutex);

    r->progress.ended_at = (int64_t) time(NULL);
    r->progress.state = rc != 0 ? RECLAIM_FAILED
                        : r->cancel ? RECLAIM_CANCELED : RECLAIM_DONE;

    if (rc != 0) {
        (void) snprintf(r->progress.message, sizeof(r->progress.message),
                        "%.250s", err.message);
    }

    (void) pthread_mutex_unlock(&r->mutex);

    return NULL;
}


int
reclaim_new(const char *disk, const char *counters, reclaim_t **ret_reclaim,
    error_t *err)
{
    reclaim_t           *r;
    pthread_condattr_t   attr;

    r = calloc(1, sizeof(reclaim_t));
    if (r == NULL) {
        return error_nomem(err);
    }

    r->disk = strdup(disk);
    r->counters = strdup(counters);

    if (r->disk == NULL || r->counters == NULL
        || pthread_condattr_init(&attr) != 0)
    {
        free(r->disk);
        free(r->counters);
        free(r);
        return error_nomem(err);
    }

    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_mutex_init(&r->mutex, NULL);
    (void) pthread_cond_init(&r->wake, &attr);
    (void) pthread_condattr_destroy(&attr);

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

    if (reclaim->joinable) {
        (void) pthread_join(reclaim->thread, NULL);
    }

    (void) pthread_cond_destroy(&reclaim->wake);
    (void) pthread_mutex_destroy(&reclaim->mutex);

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

    (void) pthread_mutex_lock(&reclaim->mutex);

    if (reclaim->progress.state == RECLAIM_RUNNING) {
        rc = error_set(err, ERR_CONFLICT, "a reclaim is running already");
        goto done;
    }

    /* it has said that it ended, so that this does not wait */

    if (reclaim->joinable) {
        (void) pthread_join(reclaim->thread, NULL);
        reclaim->joinable = false;
    }

    memset(&reclaim->progress, 0, sizeof(reclaim_progress_t));

    reclaim->cancel = false;
    reclaim->progress.state = RECLAIM_RUNNING;
    reclaim->progress.rate = rate;
    reclaim->progress.started_at = (int64_t) time(NULL);

    if (pthread_create(&reclaim->thread, NULL, reclaim_main, reclaim) != 0) {
        reclaim->progress.state = RECLAIM_IDLE;
        rc = error_set(err, ERR_INTERNAL, "no thread for the reclaim");
        goto done;
    }

    reclaim->joinable = true;
    rc = 0;

done:

    (void) pthread_mutex_unlock(&reclaim->mutex);

    return rc;
}


void
reclaim_cancel(reclaim_t *reclaim)
{
    (void) pthread_mutex_lock(&reclaim->mutex);

    reclaim->cancel = true;
    (void) pthread_cond_broadcast(&reclaim->wake);

    (void) pthread_mutex_unlock(&reclaim->mutex);
}


void
reclaim_progress(reclaim_t *reclaim, reclaim_progress_t *ret_progress)
{
    (void) pthread_mutex_lock(&reclaim->mutex);

    *ret_progress = reclaim->progress;

    (void) pthread_mutex_unlock(&reclaim->mutex);
}
