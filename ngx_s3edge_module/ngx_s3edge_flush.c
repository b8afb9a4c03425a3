
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_flush.h"
#include "ngx_s3edge_tally.h"
#include "s3_tally.h"


#define NGX_S3EDGE_FLUSH_SOON   100        /* ms after something is counted */
#define NGX_S3EDGE_FLUSH_IDLE   10000      /* the same if nothing is */
#define NGX_S3EDGE_FLUSH_MAX    10000
#define NGX_S3EDGE_FLUSH_SHARE  100        /* times what it takes */
#define NGX_S3EDGE_FLUSH_ALL    60000      /* ms from one writing of all on */


static void ngx_s3edge_flush_timer(ngx_event_t *ev);
static void ngx_s3edge_flush_soon(ngx_s3edge_counts_t *counts);
static uint64_t ngx_s3edge_flush_clock(void);
static ngx_uint_t ngx_s3edge_flush_whole(ngx_s3edge_counts_t *counts,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_flush_blocks(ngx_s3edge_counts_t *counts,
    ngx_uint_t all);
static ngx_int_t ngx_s3edge_flush_head(ngx_s3edge_main_conf_t *smcf);
static void ngx_s3edge_flush_failed(ngx_s3edge_counts_t *counts,
    ngx_log_t *log);


void
ngx_s3edge_flush_start(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf)
{
    size_t                size;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;

    s3_slots_use_line(counts->slots, ngx_worker % S3_SLOT_LINES);

    if (counts->file == NGX_INVALID_FILE) {
        counts->soon = 1;
        return;
    }

    size = S3_SLOT_BLOCK * (s3_tally_offset(1) - s3_tally_offset(0));

    counts->block = ngx_palloc(cycle->pool,
                               ngx_max(size,
                                       ngx_s3edge_tally_head_len(counts)));
    if (counts->block == NULL) {
        counts->soon = 1;
        return;
    }

    counts->delay = NGX_S3EDGE_FLUSH_SOON;
    counts->flush.handler = ngx_s3edge_flush_timer;
    counts->flush.data = smcf;
    counts->flush.log = cycle->log;
    counts->flush.cancelable = 1;

    ngx_add_timer(&counts->flush, NGX_S3EDGE_FLUSH_IDLE);
}


void
ngx_s3edge_flush_stop(ngx_s3edge_main_conf_t *smcf)
{
    (void) ngx_s3edge_flush(smcf);
}


void
ngx_s3edge_flush_note(ngx_s3edge_main_conf_t *smcf, s3_slot_t *slot)
{
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;

    s3_slot_mark(counts->slots, slot, ngx_worker % S3_SLOT_LINES);

    if (!counts->soon) {
        ngx_s3edge_flush_soon(counts);
    }
}


static void
ngx_s3edge_flush_soon(ngx_s3edge_counts_t *counts)
{
    counts->soon = 1;
    ngx_add_timer(&counts->flush, counts->delay);
}


static void
ngx_s3edge_flush_timer(ngx_event_t *ev)
{
    uint64_t                 took;
    ngx_int_t                rc;
    ngx_s3edge_counts_t     *counts;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = ev->data;
    counts = &smcf->counts;
    counts->soon = 0;

    took = ngx_s3edge_flush_clock();

    rc = ngx_s3edge_flush(smcf);

    if (rc == NGX_DECLINED) {
        counts->soon = 1;
        return;
    }

    took = ngx_s3edge_flush_clock() - took;

    counts->delay = ngx_max(NGX_S3EDGE_FLUSH_SOON,
                            took * NGX_S3EDGE_FLUSH_SHARE / 1000);
    counts->delay = ngx_min(NGX_S3EDGE_FLUSH_MAX, counts->delay);

    if (rc != NGX_AGAIN) {
        ngx_add_timer(ev, NGX_S3EDGE_FLUSH_IDLE);
    }
}


/* microseconds */

static uint64_t
ngx_s3edge_flush_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}


ngx_int_t
ngx_s3edge_flush(ngx_s3edge_main_conf_t *smcf)
{
    uint64_t              now;
    ngx_log_t            *log;
    ngx_uint_t            all;
    s3_slots_t           *slots;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;
    slots = counts->slots;
    log = ngx_cycle->log;

    if (counts->file == NGX_INVALID_FILE || counts->block == NULL) {
        return NGX_DECLINED;
    }

    if (!s3_slots_lock(slots, ngx_pid, ngx_s3edge_tally_alive)) {

        if (!counts->soon) {
            ngx_s3edge_flush_soon(counts);
        }

        return NGX_AGAIN;
    }

    /* asked with the lock: the master has it when that changes */

    if (__atomic_load_n(&slots->cycle, __ATOMIC_ACQUIRE) != counts->cycle) {
        s3_slots_unlock(slots, ngx_pid);
        return NGX_DECLINED;
    }

    now = ngx_s3edge_flush_clock() / 1000;

    all = slots->written == 0
          || now - slots->written >= NGX_S3EDGE_FLUSH_ALL
          || !ngx_s3edge_flush_whole(counts, log);

    if (all) {
        slots->written = now;
    }

    if (ngx_s3edge_flush_blocks(counts, all) != NGX_OK
        || ngx_s3edge_flush_head(smcf) != NGX_OK)
    {
        slots->written = 0;
        ngx_s3edge_flush_failed(counts, log);

    } else {
        counts->failed = 0;
    }

    s3_slots_unlock(slots, ngx_pid);

    return NGX_OK;
}


/* 0: it was cut, or its head written over */

static ngx_uint_t
ngx_s3edge_flush_whole(ngx_s3edge_counts_t *counts, ngx_log_t *log)
{
    s3_tally_head_t  head;
    ngx_file_info_t  fi;

    if (pread(counts->file, &head, sizeof(s3_tally_head_t), 0)
        == (ssize_t) sizeof(s3_tally_head_t)
        && s3_tally_check(&head)
        && ngx_fd_info(counts->file, &fi) != NGX_FILE_ERROR
        && ngx_file_size(&fi) >= (off_t) counts->len)
    {
        return 1;
    }

    ngx_log_error(NGX_LOG_WARN, log, 0,
                  "\"%V\" was cut or written over while nginx ran: it is "
                  "written anew", &counts->path);

    return 0;
}


static ngx_int_t
ngx_s3edge_flush_blocks(ngx_s3edge_counts_t *counts, ngx_uint_t all)
{
    size_t     b, n, end, first, size;
    off_t      offset;
    ngx_int_t  rc;

    size = s3_tally_offset(1) - s3_tally_offset(0);
    rc = NGX_OK;

    for (b = 0; b * S3_SLOT_BLOCK < counts->nslots; b++) {

        n = s3_slots_changed(counts->slots, b, &first);
        end = ngx_min(S3_SLOT_BLOCK, counts->nslots - b * S3_SLOT_BLOCK);

        if (all) {
            first = 0;
            n = end;
        }

        if (n == 0 || first >= end) {
            continue;
        }

        n = ngx_min(n, end - first);
        first += b * S3_SLOT_BLOCK;
        offset = (off_t) (ngx_s3edge_tally_head_len(counts) + first * size);

        ngx_s3edge_tally_slots(counts, first, n, counts->block);

        if (pwrite(counts->file, counts->block, n * size, offset)
            != (ssize_t) (n * size))
        {
            rc = NGX_ERROR;
        }
    }

    return rc;
}


/* last: its time is that of what stands behind it */

static ngx_int_t
ngx_s3edge_flush_head(ngx_s3edge_main_conf_t *smcf)
{
    size_t                len;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;
    len = ngx_s3edge_tally_head_len(counts);

    ngx_s3edge_tally_head((ngx_cycle_t *) ngx_cycle, smcf, 0, counts->block);

    return pwrite(counts->file, counts->block, len, 0) == (ssize_t) len
           ? NGX_OK : NGX_ERROR;
}


static void
ngx_s3edge_flush_failed(ngx_s3edge_counts_t *counts, ngx_log_t *log)
{
    if (counts->failed) {
        return;
    }

    counts->failed = 1;

    ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                  "pwrite(\"%V\") failed: counters go on in memory",
                  &counts->path);
}
