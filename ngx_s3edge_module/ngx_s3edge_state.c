
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_state.h"

#include <sys/mman.h>
#include <sys/random.h>


static ngx_int_t ngx_s3edge_state_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_fd_t ngx_s3edge_state_open_file(ngx_str_t *path, ngx_log_t *log);
static ngx_int_t ngx_s3edge_state_allocate(ngx_fd_t fd, ngx_str_t *path,
    ngx_log_t *log);
static s3_state_t *ngx_s3edge_state_map(ngx_str_t *path,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_state_begin(s3_state_t *state, int32_t owner,
    ngx_str_t *path, ngx_log_t *log);
static ngx_int_t ngx_s3edge_state_reset(s3_state_t *state,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_state_new_epoch(s3_state_t *state,
    ngx_log_t *log);
static void ngx_s3edge_state_boot_id(u_char *boot);
static void ngx_s3edge_state_unmap(void *data);


ngx_int_t
ngx_s3edge_state_add_zone(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    size_t           size;
    ngx_shm_zone_t  *zone;
    ngx_str_t        name = ngx_string("s3edge_purge");

    if (smcf->state.len) {
        return NGX_OK;
    }

    /* the slab keeps a descriptor for each page of the table */

    size = sizeof(s3_state_t) + sizeof(s3_state_t) / 32
           + 16 * ngx_pagesize;

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_s3edge_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_s3edge_state_init_zone;
    zone->data = smcf;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_state_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_s3edge_main_conf_t  *old = data;

    ngx_slab_pool_t         *shpool;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = zone->data;

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


ngx_int_t
ngx_s3edge_state_open(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf)
{
    ngx_pool_cleanup_t  *cln;

    if (smcf->state.len == 0 || ngx_test_config) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    smcf->counters = ngx_s3edge_state_map(&smcf->state, cycle->log);
    if (smcf->counters == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_s3edge_state_unmap;
    cln->data = smcf->counters;

    /* not to be asked again: with "daemon on" the pid is still to change */

    smcf->owner = (int32_t) ngx_pid;

    return ngx_s3edge_state_begin(smcf->counters, smcf->owner, &smcf->state,
                                  cycle->log);
}


static s3_state_t *
ngx_s3edge_state_map(ngx_str_t *path, ngx_log_t *log)
{
    ngx_fd_t     fd;
    s3_state_t  *state;

    fd = ngx_s3edge_state_open_file(path, log);
    if (fd == NGX_INVALID_FILE) {
        return NULL;
    }

    state = mmap(NULL, sizeof(s3_state_t), PROT_READ|PROT_WRITE,
                 MAP_SHARED, fd, 0);

    if (state == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "mmap(\"%V\") failed", path);
        state = NULL;
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", path);
    }

    return state;
}


/*
 * A file of another layout is left to the processes that still map it, and
 * another one takes its name.
 */

static ngx_fd_t
ngx_s3edge_state_open_file(ngx_str_t *path, ngx_log_t *log)
{
    off_t            size;
    ngx_fd_t         fd;
    uint64_t         magic;
    ngx_uint_t       again;
    ngx_file_info_t  fi;

    fd = NGX_INVALID_FILE;

    for (again = 0; again < 2; again++) {

        fd = ngx_open_file(path->data, NGX_FILE_RDWR, NGX_FILE_CREATE_OR_OPEN,
                           NGX_FILE_OWNER_ACCESS);
        if (fd == NGX_INVALID_FILE) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          ngx_open_file_n " \"%V\" failed", path);
            return NGX_INVALID_FILE;
        }

        if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          ngx_fd_info_n " \"%V\" failed", path);
            break;
        }

        size = ngx_file_size(&fi);

        if (size == (off_t) sizeof(s3_state_t)) {
            return fd;
        }

        if (size == 0) {
            if (ngx_s3edge_state_allocate(fd, path, log) == NGX_OK) {
                return fd;
            }

            break;
        }

        if (ngx_read_fd(fd, &magic, sizeof(magic)) != sizeof(magic)
            || magic != S3_STATE_MAGIC)
        {
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "\"%V\" is not an s3edge state file", path);
            break;
        }

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" is of another version: the cache starts empty",
                      path);

        if (ngx_delete_file(path->data) == NGX_FILE_ERROR) {
            ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                          ngx_delete_file_n " \"%V\" failed", path);
            break;
        }

        (void) ngx_close_file(fd);
        fd = NGX_INVALID_FILE;
    }

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
    }

    return NGX_INVALID_FILE;
}


/*
 * Allocated, not just extended: writing to a hole of a mapped file on a full
 * disk would kill a worker with SIGBUS.
 */

static ngx_int_t
ngx_s3edge_state_allocate(ngx_fd_t fd, ngx_str_t *path, ngx_log_t *log)
{
    ngx_err_t  err;

    err = posix_fallocate(fd, 0, sizeof(s3_state_t));

    if (err == 0) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, log, err,
                  "posix_fallocate(\"%V\", %uz) failed",
                  path, sizeof(s3_state_t));

    /* leave no odd size behind */

    if (ftruncate(fd, 0) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "ftruncate(\"%V\") failed", path);
    }

    return NGX_ERROR;
}


/*
 * Within one boot the page cache holds every purge, whoever was killed.
 * After another boot the file is good only where it was closed in order.
 */

static ngx_int_t
ngx_s3edge_state_begin(s3_state_t *state, int32_t owner, ngx_str_t *path,
    ngx_log_t *log)
{
    u_char     boot[S3_STATE_BOOT_LEN];
    ngx_int_t  same;

    ngx_s3edge_state_boot_id(boot);

    same = boot[0] != '\0'
           && ngx_memcmp(boot, state->boot, S3_STATE_BOOT_LEN) == 0;

    if (state->magic == 0) {
        if (ngx_s3edge_state_reset(state, log) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (state->magic != S3_STATE_MAGIC) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"%V\" is not an s3edge state file", path);
        return NGX_ERROR;

    } else if (!s3_state_check(state)) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" is of another version: the cache starts empty",
                      path);

        if (ngx_s3edge_state_reset(state, log) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (!same && !state->clean) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" was not closed in order before this boot: "
                      "the cache starts empty", path);

        if (ngx_s3edge_state_new_epoch(state, log) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    state->clean = 0;
    state->owner = owner;
    ngx_memcpy(state->boot, boot, S3_STATE_BOOT_LEN);

    if (msync(state, sizeof(s3_state_t), MS_SYNC) == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "msync(\"%V\") failed", path);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_s3edge_state_close(ngx_s3edge_main_conf_t *smcf)
{
    s3_state_t      *state;

    state = smcf->counters;

    /* after a binary upgrade the file is the new master's */

    if (smcf->state.len == 0
        || state == NULL
        || state->owner != smcf->owner)
    {
        return;
    }

    if (msync(state, sizeof(s3_state_t), MS_SYNC) == -1) {
        return;
    }

    state->clean = 1;

    (void) msync(state, sizeof(s3_state_t), MS_SYNC);
}


static void
ngx_s3edge_state_unmap(void *data)
{
    (void) munmap(data, sizeof(s3_state_t));
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


/* boot[0] stays '\0' where the kernel does not tell: never the same boot */

static void
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
