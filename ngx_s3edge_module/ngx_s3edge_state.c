
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_state.h"

#include "ngx_s3edge_keep.h"

#include <sys/random.h>


static ngx_int_t ngx_s3edge_state_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_s3edge_state_init_file(ngx_shm_zone_t *zone,
    ngx_s3edge_main_conf_t *old);
static ngx_int_t ngx_s3edge_state_judge(ngx_s3edge_main_conf_t *smcf,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_state_reset(s3_state_t *state,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_state_new_epoch(s3_state_t *state,
    ngx_log_t *log);
static void ngx_s3edge_state_release(void *data);


/* the words before the counters */
#define NGX_S3EDGE_STATE_HEAD  offsetof(s3_state_t, all)


ngx_int_t
ngx_s3edge_state_add_zone(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    size_t               size;
    ngx_shm_zone_t      *zone;
    ngx_pool_cleanup_t  *cln;
    ngx_str_t            name = ngx_string("s3edge_purge");

    /*
     * With a file, the zone is but the way to what an older cycle has, before
     * sockets are opened.  Otherwise it has the counters, and the slab keeps a
     * descriptor for each page of them.
     */

    size = 16 * ngx_pagesize;

    if (smcf->state.len == 0) {
        size += sizeof(s3_state_t) + sizeof(s3_state_t) / 32;
    }

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_s3edge_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_s3edge_state_init_zone;
    zone->data = smcf;

    if (smcf->state.len == 0) {
        return NGX_OK;
    }

    smcf->keep.fd = NGX_INVALID_FILE;
    smcf->keep.mem = NGX_INVALID_FILE;

    cln = ngx_pool_cleanup_add(cf->cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_s3edge_state_release;
    cln->data = &smcf->keep;

    return NGX_OK;
}


static void
ngx_s3edge_state_release(void *data)
{
    ngx_s3edge_keep_release(data);
}


static ngx_int_t
ngx_s3edge_state_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_s3edge_main_conf_t  *old = data;

    ngx_slab_pool_t         *shpool;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = zone->data;

    if (smcf->state.len) {
        return ngx_s3edge_state_init_file(zone, old);
    }

    if (old) {
        smcf->counters = old->counters;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        smcf->counters = shpool->data;
        return NGX_OK;
    }

    smcf->counters = ngx_slab_calloc(shpool, sizeof(s3_state_t));
    if (smcf->counters == NULL) {
        return NGX_ERROR;
    }

    shpool->data = smcf->counters;

    return ngx_s3edge_state_reset(smcf->counters, zone->shm.log);
}


static ngx_int_t
ngx_s3edge_state_init_file(ngx_shm_zone_t *zone, ngx_s3edge_main_conf_t *old)
{
    ngx_int_t                rc;
    ngx_log_t               *log;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = zone->data;
    log = zone->shm.log;

    if (ngx_test_config) {
        rc = ngx_s3edge_keep_check(&smcf->state, log);
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (old && old->state.len == smcf->state.len
        && ngx_memcmp(old->state.data, smcf->state.data, old->state.len) == 0)
    {
        rc = ngx_s3edge_keep_inherit(&smcf->keep, &old->keep, &smcf->state,
                                     log);
        smcf->counters = smcf->keep.state;

        return rc;
    }

    if (ngx_s3edge_keep_load(&smcf->keep, &smcf->state, log) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_s3edge_state_judge(smcf, log);

    smcf->counters = smcf->keep.state;

    return rc;
}


/*
 * Within one boot the page cache holds every purge, whoever was killed.
 * After another boot the file is good only where it was closed in order.
 */

static ngx_int_t
ngx_s3edge_state_judge(ngx_s3edge_main_conf_t *smcf, ngx_log_t *log)
{
    u_char       boot[S3_STATE_BOOT_LEN];
    ngx_int_t    same;
    s3_state_t  *state;

    ngx_s3edge_state_boot_id(boot);

    state = smcf->keep.state;

    same = boot[0] != '\0'
           && ngx_memcmp(boot, state->boot, S3_STATE_BOOT_LEN) == 0;

    if (state->magic == 0) {
        smcf->fresh = 1;
        return ngx_s3edge_state_reset(state, log);
    }

    if (!s3_state_check(state)) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" is of another version: the cache starts empty",
                      &smcf->state);
        smcf->fresh = 1;
        return ngx_s3edge_state_reset(state, log);
    }

    /* its binary is replaced, and it serves still: what it purges holds here */

    if (ngx_inherited && same && !state->clean) {

        if (ngx_s3edge_keep_parent(&smcf->keep, log) == NGX_OK) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" is of an nginx that does not share it: the "
                      "cache starts empty", &smcf->state);

    } else if (same || state->clean) {
        return NGX_OK;

    } else {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" was not closed in order before this boot: "
                      "the cache starts empty", &smcf->state);
    }

    smcf->fresh = 1;

    return ngx_s3edge_state_new_epoch(state, log);
}


ngx_int_t
ngx_s3edge_state_open(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf)
{
    size_t       len;
    ngx_uint_t   sync;
    s3_state_t  *state;

    if (smcf->state.len == 0 || ngx_test_config) {
        return NGX_OK;
    }

    state = smcf->counters;
    sync = smcf->fresh || state->clean;

    /* not to be asked again: with "daemon on" the pid is still to change */

    smcf->owner = (int32_t) ngx_pid;

    state->clean = 0;
    state->owner = smcf->owner;
    ngx_s3edge_state_boot_id(state->boot);

    if (!sync) {
        return NGX_OK;
    }

    len = smcf->fresh ? sizeof(s3_state_t) : NGX_S3EDGE_STATE_HEAD;
    smcf->fresh = 0;

    if (ngx_s3edge_keep_write(&smcf->keep, state, len, &smcf->state,
                              cycle->log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (fsync(smcf->keep.fd) == -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "fsync(\"%V\") failed", &smcf->state);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_s3edge_state_close(ngx_s3edge_main_conf_t *smcf)
{
    s3_state_t  *state;

    state = smcf->counters;

    /* after a binary upgrade it is the new master's */

    if (smcf->state.len == 0
        || state == NULL
        || state->owner != smcf->owner)
    {
        return;
    }

    ngx_s3edge_keep_close(&smcf->keep, &smcf->state, ngx_cycle->log);
}


void
ngx_s3edge_state_purged(ngx_s3edge_main_conf_t *smcf,
    s3_state_counter_t *counter, ngx_log_t *log)
{
    uint32_t  *word;

    if (smcf->state.len == 0) {
        return;
    }

    /* in this order: a counter without its bit would not be looked at */

    word = s3_state_map(smcf->counters, counter);

    if (word != NULL) {
        (void) ngx_s3edge_keep_write(&smcf->keep, word, sizeof(uint32_t),
                                     &smcf->state, log);
    }

    (void) ngx_s3edge_keep_write(&smcf->keep, counter,
                                 sizeof(s3_state_counter_t), &smcf->state,
                                 log);
}


void
ngx_s3edge_state_purged_many(ngx_s3edge_main_conf_t *smcf, ngx_log_t *log)
{
    if (smcf->state.len == 0) {
        return;
    }

    (void) ngx_s3edge_keep_write(&smcf->keep, smcf->counters,
                                 sizeof(s3_state_t), &smcf->state, log);
}


static ngx_int_t
ngx_s3edge_state_reset(s3_state_t *state, ngx_log_t *log)
{
    ngx_memzero(state, sizeof(s3_state_t));

    if (ngx_s3edge_state_new_epoch(state, log) != NGX_OK) {
        return NGX_ERROR;
    }

    state->layout = S3_STATE_LAYOUT;
    state->nlevels = S3_STATE_LEVELS;
    state->nobjects = S3_STATE_OBJECTS;
    state->magic = S3_STATE_MAGIC;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_state_new_epoch(s3_state_t *state, ngx_log_t *log)
{
    uint64_t  epoch;

    if (getrandom(&epoch, sizeof(epoch), 0) != (ssize_t) sizeof(epoch)) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "getrandom() failed");
        return NGX_ERROR;
    }

    __atomic_store_n(&state->epoch, epoch, __ATOMIC_RELEASE);

    return NGX_OK;
}


void
ngx_s3edge_state_boot_id(u_char *boot)
{
    ssize_t   n;
    ngx_fd_t  fd;

    ngx_memzero(boot, S3_STATE_BOOT_LEN);

    fd = ngx_open_file("/proc/sys/kernel/random/boot_id", NGX_FILE_RDONLY,
                       NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return;
    }

    n = ngx_read_fd(fd, boot, S3_STATE_BOOT_LEN);

    if (n != S3_STATE_BOOT_LEN) {
        ngx_memzero(boot, S3_STATE_BOOT_LEN);
    }

    (void) ngx_close_file(fd);
}
