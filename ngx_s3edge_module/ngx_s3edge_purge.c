
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_purge.h"
#include "s3_key.h"

#include <sys/mman.h>
#include <sys/random.h>


#define NGX_S3EDGE_PURGE_MAGIC     0x6567726567643373ULL
#define NGX_S3EDGE_PURGE_LAYOUT    1
#define NGX_S3EDGE_PURGE_BOOT_LEN  36

/* powers of two; a collision costs an extra miss, never a stale hit */

#define NGX_S3EDGE_PURGE_LEVELS    (64 * 1024)
#define NGX_S3EDGE_PURGE_OBJECTS   (1024 * 1024)


struct ngx_s3edge_purge_s {
    uint64_t                 magic;
    uint32_t                 layout;
    uint32_t                 nlevels;
    uint32_t                 nobjects;

    /* 1: stopped in order, and nobody has had it open since */
    uint32_t                 clean;
    int32_t                  owner;        /* pid of the last master */
    u_char                   boot[NGX_S3EDGE_PURGE_BOOT_LEN];

    uint64_t                 epoch;
    uint32_t                 all;

    uint32_t                 levels[NGX_S3EDGE_PURGE_LEVELS];
    uint32_t                 objects[NGX_S3EDGE_PURGE_OBJECTS];
};


static ngx_int_t ngx_s3edge_purge_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_s3edge_purge_t *ngx_s3edge_purge_map(ngx_str_t *path,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_purge_begin(ngx_s3edge_purge_t *purge,
    ngx_str_t *path, ngx_log_t *log);
static ngx_int_t ngx_s3edge_purge_reset(ngx_s3edge_purge_t *purge,
    ngx_log_t *log);
static ngx_int_t ngx_s3edge_purge_new_epoch(ngx_s3edge_purge_t *purge,
    ngx_log_t *log);
static void ngx_s3edge_purge_boot_id(u_char *boot);
static void ngx_s3edge_purge_unmap(void *data);
static uint32_t *ngx_s3edge_purge_level(ngx_s3edge_purge_t *purge,
    uint64_t hash);
static uint32_t *ngx_s3edge_purge_object(ngx_s3edge_purge_t *purge,
    uint64_t hash);
static uint32_t ngx_s3edge_purge_read(uint32_t *counter);
static void ngx_s3edge_purge_raise(uint32_t *counter);


uint64_t
ngx_s3edge_purge_epoch(ngx_s3edge_purge_t *purge)
{
    return __atomic_load_n(&purge->epoch, __ATOMIC_ACQUIRE);
}


uint64_t
ngx_s3edge_purge_generation(ngx_s3edge_purge_t *purge, ngx_str_t *bucket,
    ngx_str_t *key)
{
    size_t    i, n;
    uint64_t  sum, hashes[S3_KEY_HASHES_MAX];

    n = s3_key_hashes(ngx_s3edge_str(bucket), ngx_s3edge_str(key), hashes);

    sum = ngx_s3edge_purge_read(&purge->all);

    for (i = 0; i < n - 1; i++) {
        sum += ngx_s3edge_purge_read(ngx_s3edge_purge_level(purge, hashes[i]));
    }

    sum += ngx_s3edge_purge_read(ngx_s3edge_purge_object(purge, hashes[i]));

    return sum;
}


void
ngx_s3edge_purge_all(ngx_s3edge_purge_t *purge)
{
    ngx_s3edge_purge_raise(&purge->all);
}


void
ngx_s3edge_purge_bucket(ngx_s3edge_purge_t *purge, ngx_str_t *bucket)
{
    uint64_t   hashes[S3_KEY_HASHES_MAX];
    ngx_str_t  key;

    ngx_str_null(&key);

    (void) s3_key_hashes(ngx_s3edge_str(bucket), ngx_s3edge_str(&key), hashes);

    ngx_s3edge_purge_raise(ngx_s3edge_purge_level(purge, hashes[0]));
}


static uint32_t *
ngx_s3edge_purge_level(ngx_s3edge_purge_t *purge, uint64_t hash)
{
    return &purge->levels[hash & (NGX_S3EDGE_PURGE_LEVELS - 1)];
}


static uint32_t *
ngx_s3edge_purge_object(ngx_s3edge_purge_t *purge, uint64_t hash)
{
    return &purge->objects[hash & (NGX_S3EDGE_PURGE_OBJECTS - 1)];
}


static uint32_t
ngx_s3edge_purge_read(uint32_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}


static void
ngx_s3edge_purge_raise(uint32_t *counter)
{
    (void) __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}


ngx_int_t
ngx_s3edge_purge_add_zone(ngx_conf_t *cf, ngx_s3edge_main_conf_t *smcf)
{
    size_t           size;
    ngx_shm_zone_t  *zone;
    ngx_str_t        name = ngx_string("s3edge_purge");

    if (smcf->state.len) {
        return NGX_OK;
    }

    /* the slab keeps a descriptor for each page of the table */

    size = sizeof(ngx_s3edge_purge_t) + sizeof(ngx_s3edge_purge_t) / 32
           + 16 * ngx_pagesize;

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_s3edge_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_s3edge_purge_init_zone;
    zone->data = smcf;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_purge_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_s3edge_main_conf_t  *old = data;

    ngx_slab_pool_t         *shpool;
    ngx_s3edge_main_conf_t  *smcf;

    smcf = zone->data;

    if (old) {
        smcf->purge = old->purge;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        smcf->purge = shpool->data;
        return NGX_OK;
    }

    smcf->purge = ngx_slab_calloc(shpool, sizeof(ngx_s3edge_purge_t));
    if (smcf->purge == NULL) {
        return NGX_ERROR;
    }

    shpool->data = smcf->purge;

    return ngx_s3edge_purge_reset(smcf->purge, zone->shm.log);
}


ngx_int_t
ngx_s3edge_purge_open(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf)
{
    ngx_pool_cleanup_t  *cln;

    if (smcf->state.len == 0 || ngx_test_config) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    smcf->purge = ngx_s3edge_purge_map(&smcf->state, cycle->log);
    if (smcf->purge == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_s3edge_purge_unmap;
    cln->data = smcf->purge;

    return ngx_s3edge_purge_begin(smcf->purge, &smcf->state, cycle->log);
}


static ngx_s3edge_purge_t *
ngx_s3edge_purge_map(ngx_str_t *path, ngx_log_t *log)
{
    off_t                size;
    ngx_fd_t             fd;
    ngx_file_info_t      fi;
    ngx_s3edge_purge_t  *purge;

    purge = NULL;

    fd = ngx_open_file(path->data, NGX_FILE_RDWR, NGX_FILE_CREATE_OR_OPEN,
                       NGX_FILE_OWNER_ACCESS);
    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      ngx_open_file_n " \"%V\" failed", path);
        return NULL;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      ngx_fd_info_n " \"%V\" failed", path);
        goto done;
    }

    size = ngx_file_size(&fi);

    if (size != 0 && size != (off_t) sizeof(ngx_s3edge_purge_t)) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"%V\" is not an s3edge state file: its size is %O, "
                      "expected %uz", path, size, sizeof(ngx_s3edge_purge_t));
        goto done;
    }

    /*
     * Allocated, not just extended: writing to a hole of a mapped file on a
     * full disk would kill a worker with SIGBUS.
     */

    if (size == 0) {
        ngx_err_t  err;

        err = posix_fallocate(fd, 0, sizeof(ngx_s3edge_purge_t));

        if (err != 0) {
            ngx_log_error(NGX_LOG_EMERG, log, err,
                          "posix_fallocate(\"%V\", %uz) failed",
                          path, sizeof(ngx_s3edge_purge_t));

            /* leave no odd size behind */
            (void) ftruncate(fd, 0);
            goto done;
        }
    }

    purge = mmap(NULL, sizeof(ngx_s3edge_purge_t), PROT_READ|PROT_WRITE,
                 MAP_SHARED, fd, 0);

    if (purge == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "mmap(\"%V\") failed", path);
        purge = NULL;
    }

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", path);
    }

    return purge;
}


/*
 * Within one boot the page cache holds every purge, whoever was killed.
 * After another boot the file is good only where it was closed in order.
 */

static ngx_int_t
ngx_s3edge_purge_begin(ngx_s3edge_purge_t *purge, ngx_str_t *path,
    ngx_log_t *log)
{
    u_char     boot[NGX_S3EDGE_PURGE_BOOT_LEN];
    ngx_int_t  same;

    ngx_s3edge_purge_boot_id(boot);

    same = boot[0] != '\0'
           && ngx_memcmp(boot, purge->boot, NGX_S3EDGE_PURGE_BOOT_LEN) == 0;

    if (purge->magic == 0) {
        if (ngx_s3edge_purge_reset(purge, log) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (purge->magic != NGX_S3EDGE_PURGE_MAGIC) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"%V\" is not an s3edge state file", path);
        return NGX_ERROR;

    } else if (purge->layout != NGX_S3EDGE_PURGE_LAYOUT
               || purge->nlevels != NGX_S3EDGE_PURGE_LEVELS
               || purge->nobjects != NGX_S3EDGE_PURGE_OBJECTS)
    {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" is of another version: the cache starts empty",
                      path);

        if (ngx_s3edge_purge_reset(purge, log) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (!same && !purge->clean) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" was not closed in order before this boot: "
                      "the cache starts empty", path);

        if (ngx_s3edge_purge_new_epoch(purge, log) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    purge->clean = 0;
    purge->owner = (int32_t) ngx_pid;
    ngx_memcpy(purge->boot, boot, NGX_S3EDGE_PURGE_BOOT_LEN);

    if (msync(purge, sizeof(ngx_s3edge_purge_t), MS_SYNC) == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "msync(\"%V\") failed", path);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_s3edge_purge_close(ngx_s3edge_main_conf_t *smcf)
{
    ngx_s3edge_purge_t  *purge;

    purge = smcf->purge;

    /* after a binary upgrade the file is the new master's */

    if (smcf->state.len == 0
        || purge == NULL
        || purge->owner != (int32_t) ngx_pid)
    {
        return;
    }

    if (msync(purge, sizeof(ngx_s3edge_purge_t), MS_SYNC) == -1) {
        return;
    }

    purge->clean = 1;

    (void) msync(purge, sizeof(ngx_s3edge_purge_t), MS_SYNC);
}


static void
ngx_s3edge_purge_unmap(void *data)
{
    (void) munmap(data, sizeof(ngx_s3edge_purge_t));
}


static ngx_int_t
ngx_s3edge_purge_reset(ngx_s3edge_purge_t *purge, ngx_log_t *log)
{
    ngx_memzero(purge, sizeof(ngx_s3edge_purge_t));

    if (ngx_s3edge_purge_new_epoch(purge, log) != NGX_OK) {
        return NGX_ERROR;
    }

    purge->layout = NGX_S3EDGE_PURGE_LAYOUT;
    purge->nlevels = NGX_S3EDGE_PURGE_LEVELS;
    purge->nobjects = NGX_S3EDGE_PURGE_OBJECTS;
    purge->magic = NGX_S3EDGE_PURGE_MAGIC;

    return NGX_OK;
}


static ngx_int_t
ngx_s3edge_purge_new_epoch(ngx_s3edge_purge_t *purge, ngx_log_t *log)
{
    uint64_t  epoch;

    if (getrandom(&epoch, sizeof(epoch), 0) != (ssize_t) sizeof(epoch)) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "getrandom() failed");
        return NGX_ERROR;
    }

    __atomic_store_n(&purge->epoch, epoch, __ATOMIC_RELEASE);

    return NGX_OK;
}


/* boot[0] stays '\0' where the kernel does not tell: never the same boot */

static void
ngx_s3edge_purge_boot_id(u_char *boot)
{
    ssize_t   n;
    ngx_fd_t  fd;

    ngx_memzero(boot, NGX_S3EDGE_PURGE_BOOT_LEN);

    fd = ngx_open_file("/proc/sys/kernel/random/boot_id", NGX_FILE_RDONLY,
                       NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return;
    }

    n = ngx_read_fd(fd, boot, NGX_S3EDGE_PURGE_BOOT_LEN);

    if (n != NGX_S3EDGE_PURGE_BOOT_LEN) {
        ngx_memzero(boot, NGX_S3EDGE_PURGE_BOOT_LEN);
    }

    (void) ngx_close_file(fd);
}
