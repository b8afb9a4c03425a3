
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "ngx_s3edge_tally.h"
#include "ngx_s3edge_bucket.h"
#include "ngx_s3edge_disk.h"
#include "ngx_s3edge_memfd.h"
#include "ngx_s3edge_state.h"
#include "ngx_s3edge_zone.h"
#include "s3_tally.h"

#include <sys/mman.h>


_Static_assert(S3_TALLY_BOOT_LEN == S3_STATE_BOOT_LEN, "other ids of boots");

_Static_assert(sizeof(NGX_S3EDGE_VERSION) <= S3_TALLY_VERSION_MAX
               && sizeof(NGINX_VERSION) <= S3_TALLY_VERSION_MAX,
               "versions have no room in the head of the file");


#define NGX_S3EDGE_TALLY_MAX   (1024 * 1024 * 1024)
#define NGX_S3EDGE_TALLY_WAIT  100         /* ms for who is just writing */


static u_char *ngx_s3edge_tally_read(ngx_str_t *path, size_t *ret_len,
    ngx_log_t *log);
static ngx_uint_t ngx_s3edge_tally_holds(s3_tally_head_t *head,
    ngx_str_t *path, ngx_log_t *log);
static void ngx_s3edge_tally_take(ngx_s3edge_main_conf_t *smcf,
    s3_tally_entry_t *entry);
static ngx_fd_t ngx_s3edge_tally_search(ngx_pid_t pid, uint64_t token,
    ngx_log_t *log);
static u_char *ngx_s3edge_tally_image(ngx_cycle_t *cycle,
    ngx_s3edge_main_conf_t *smcf, ngx_uint_t clean, size_t *ret_len);
static ngx_fd_t ngx_s3edge_tally_replace(ngx_str_t *path, u_char *image,
    size_t len, ngx_uint_t sync, ngx_log_t *log);
static ngx_uint_t ngx_s3edge_tally_same(ngx_s3edge_counts_t *counts);


ngx_int_t
ngx_s3edge_tally_path(ngx_pool_t *pool, ngx_s3edge_main_conf_t *smcf)
{
    u_char               *p;
    ngx_s3edge_counts_t  *counts;

    static const u_char  ext[] = ".counters";

    counts = &smcf->counts;

    if (smcf->state.len == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, smcf->state.len + sizeof(ext));
    if (p == NULL) {
        return NGX_ERROR;
    }

    counts->path.data = p;
    counts->path.len = smcf->state.len + sizeof(ext) - 1;

    p = ngx_cpymem(p, smcf->state.data, smcf->state.len);
    ngx_memcpy(p, ext, sizeof(ext));

    return NGX_OK;
}


/* for as long as there is no file of its own, that of the older cycle */

ngx_int_t
ngx_s3edge_tally_inherit(ngx_s3edge_counts_t *counts, ngx_s3edge_counts_t *old,
    ngx_log_t *log)
{
    counts->mem = ngx_s3edge_memfd_dup(old->mem, log);

    if (counts->mem == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    if (old->file != NGX_INVALID_FILE
        && old->path.len == counts->path.len
        && ngx_memcmp(old->path.data, counts->path.data, old->path.len) == 0)
    {
        counts->file = ngx_s3edge_memfd_dup(old->file, log);
        counts->len = old->len;
    }

    return NGX_OK;
}


ngx_int_t
ngx_s3edge_tally_find(ngx_s3edge_counts_t *counts, ngx_log_t *log)
{
    ssize_t          n;
    ngx_fd_t         fd;
    s3_tally_head_t  head;

    if (counts->path.len == 0) {
        return NGX_DECLINED;
    }

    fd = ngx_open_file(counts->path.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    n = pread(fd, &head, sizeof(s3_tally_head_t), 0);

    (void) ngx_close_file(fd);

    if (n != (ssize_t) sizeof(s3_tally_head_t) || !s3_tally_check(&head)) {
        return NGX_DECLINED;
    }

    counts->mem = ngx_s3edge_tally_search(ngx_getpid(), head.token, log);

    if (counts->mem == NGX_INVALID_FILE && ngx_inherited) {
        counts->mem = ngx_s3edge_tally_search(getppid(), head.token, log);
    }

    return counts->mem != NGX_INVALID_FILE ? NGX_OK : NGX_DECLINED;
}


static ngx_fd_t
ngx_s3edge_tally_search(ngx_pid_t pid, uint64_t token, ngx_log_t *log)
{
    size_t            size;
    ngx_fd_t          fd;
    ngx_uint_t        i, found;
    s3_slots_t       *slots;
    ngx_file_info_t   fi;

    i = 0;

    for ( ;; ) {
        fd = ngx_s3edge_memfd_next(pid, NGX_S3EDGE_TALLY_MEMORY, &i);

        if (fd == NGX_INVALID_FILE) {
            return NGX_INVALID_FILE;
        }

        found = 0;

        if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR
            && ngx_file_size(&fi) >= (off_t) sizeof(s3_slots_t))
        {
            size = (size_t) ngx_file_size(&fi);
            slots = ngx_s3edge_memfd_map(fd, size, log);

            if (slots != NULL) {
                found = s3_slots_check(slots, size) && slots->token == token;
                (void) munmap(slots, size);
            }
        }

        if (found) {
            return fd;
        }

        (void) ngx_close_file(fd);
    }
}


ngx_int_t
ngx_s3edge_tally_load(ngx_s3edge_main_conf_t *smcf, ngx_log_t *log)
{
    int               rc;
    u_char           *data;
    size_t            i, len;
    ngx_str_t        *path;
    ngx_uint_t        bad;
    s3_tally_t        tally;
    s3_tally_entry_t  entry;

    path = &smcf->counts.path;

    if (path->len == 0) {
        return NGX_OK;
    }

    data = ngx_s3edge_tally_read(path, &len, log);

    if (data == NULL) {
        return NGX_OK;
    }

    rc = s3_tally_open(&tally, data, len);

    if (rc == S3_DECLINED) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "\"%V\" is of another version: counters begin at 0",
                      path);

    } else if (rc != S3_OK) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "\"%V\" is no whole file of counters: they begin at 0",
                      path);

    } else if (ngx_s3edge_tally_holds(&tally.head, path, log)) {

        bad = 0;

        for (i = 0; i < tally.n; i++) {

            if (s3_tally_get(&tally, i, &entry) != S3_OK) {
                bad++;

            } else if (entry.scope == S3_STATS_BUCKET) {
                ngx_s3edge_tally_take(smcf, &entry);
            }
        }

        if (bad) {
            ngx_log_error(NGX_LOG_WARN, log, 0,
                          "\"%V\" is damaged: counters of %ui records begin "
                          "at 0", path, bad);
        }
    }

    ngx_free(data);

    return NGX_OK;
}


/* NULL: there is none, or nothing in it, or it cannot be read, which is said */

static u_char *
ngx_s3edge_tally_read(ngx_str_t *path, size_t *ret_len, ngx_log_t *log)
{
    off_t             size;
    u_char           *data;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_file_info_t   fi;

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {

        if (ngx_errno != NGX_ENOENT) {
            ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                          ngx_open_file_n " \"%V\" failed: counters begin at "
                          "0", path);
        }

        return NULL;
    }

    data = NULL;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR && ngx_is_file(&fi)) {

        size = ngx_file_size(&fi);

        if (size > 0 && size <= NGX_S3EDGE_TALLY_MAX) {

            data = ngx_alloc((size_t) size, log);
            n = data ? pread(fd, data, (size_t) size, 0) : 0;

            if (n <= 0) {
                ngx_free(data);
                data = NULL;
            }

            *ret_len = (size_t) n;
        }
    }

    (void) ngx_close_file(fd);

    return data;
}


/*
 * As of the purge counters: within one boot the page cache holds what was
 * written.  What another boot has left may be older than what was seen, and a
 * counter that goes back a little looks like one that has begun at 0 and grown
 * to nearly what it was.
 */

static ngx_uint_t
ngx_s3edge_tally_holds(s3_tally_head_t *head, ngx_str_t *path, ngx_log_t *log)
{
    u_char  boot[S3_STATE_BOOT_LEN];

    ngx_s3edge_state_boot_id(boot);

    if (head->clean
        || (boot[0] != '\0'
            && ngx_memcmp(boot, head->boot, S3_STATE_BOOT_LEN) == 0))
    {
        return 1;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "\"%V\" was not closed in order before this boot: counters "
                  "begin at 0", path);

    return 0;
}


static void
ngx_s3edge_tally_take(ngx_s3edge_main_conf_t *smcf, s3_tally_entry_t *entry)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    s3_slot_t            *slot;
    s3_slots_t           *slots;
    s3_slot_hand_t        hand;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;
    slots = counts->slots;
    slot = s3_slots_at(slots, 0);

    name.len = entry->name.len;
    name.data = entry->name.data;

    if (name.len != 0
        && slots->used < counts->room
        && ngx_s3edge_bucket_find(smcf, &name) != NULL)
    {
        ngx_memzero(&hand, sizeof(s3_slot_hand_t));

        slot = s3_slot_take(slots, counts->room, &hand);
        s3_slot_give(slots, slot, &entry->name);
    }

    for (i = 0; i < S3_STATS_MAX; i++) {
        s3_slot_add(slot, 0, i, entry->cells[i]);
    }
}


void
ngx_s3edge_tally_open(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf)
{
    u_char               *image;
    size_t                len;
    ngx_fd_t              fd;
    ngx_uint_t            i, first;
    ngx_list_part_t      *part;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;

    if (counts->slots == NULL || counts->path.len == 0) {
        return;
    }

    counts->nslots = counts->room;
    counts->ndisks = 0;
    ngx_s3edge_state_boot_id(counts->boot);
    part = NULL;

    while (ngx_s3edge_disk_next(cycle, &part, &i) != NULL) {
        counts->ndisks++;
    }

    first = counts->file == NGX_INVALID_FILE;

    if (!first && !ngx_s3edge_tally_same(counts)) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "\"%V\" was removed, replaced or cut while nginx ran: "
                      "it is written anew", &counts->path);
    }

    image = ngx_s3edge_tally_image(cycle, smcf, 0, &len);
    fd = NGX_INVALID_FILE;

    if (image != NULL) {
        fd = ngx_s3edge_tally_replace(&counts->path, image, len, first,
                                      cycle->log);

        /* where there is no room for another one, in place */

        if (fd == NGX_INVALID_FILE
            && !first && len == counts->len
            && pwrite(counts->file, image, len, 0) == (ssize_t) len)
        {
            fd = counts->file;
            counts->file = NGX_INVALID_FILE;
        }

        ngx_free(image);
    }

    if (counts->file != NGX_INVALID_FILE) {
        (void) ngx_close_file(counts->file);
    }

    counts->file = fd;
    counts->len = len;
}


void
ngx_s3edge_tally_lock(ngx_s3edge_counts_t *counts)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_S3EDGE_TALLY_WAIT; i++) {

        if (s3_slots_lock(counts->slots, ngx_pid, ngx_s3edge_tally_alive)) {
            return;
        }

        ngx_msleep(1);
    }
}


int
ngx_s3edge_tally_alive(int32_t pid)
{
    return kill(pid, 0) == 0 || ngx_errno == EPERM;
}


static u_char *
ngx_s3edge_tally_image(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf,
    ngx_uint_t clean, size_t *ret_len)
{
    u_char               *image;
    size_t                head, len;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;

    head = ngx_s3edge_tally_head_len(counts);
    len = s3_tally_offset(1 + (size_t) counts->ndisks + counts->nslots);

    *ret_len = len;

    image = ngx_alloc(len, cycle->log);
    if (image == NULL) {
        return NULL;
    }

    ngx_s3edge_tally_head(cycle, smcf, clean, image);
    ngx_s3edge_tally_slots(counts, 0, counts->nslots, image + head);

    return image;
}


/* whoever reads sees the one before or this one, whole */

static ngx_fd_t
ngx_s3edge_tally_replace(ngx_str_t *path, u_char *image, size_t len,
    ngx_uint_t sync, ngx_log_t *log)
{
    u_char    *name;
    ngx_fd_t   fd;

    static const u_char  ext[] = ".new";

    name = ngx_alloc(path->len + sizeof(ext), log);
    if (name == NULL) {
        return NGX_INVALID_FILE;
    }

    (void) ngx_cpystrn(ngx_cpymem(name, path->data, path->len),
                       (u_char *) ext, sizeof(ext));

    /* what has the name may be anything */

    (void) ngx_delete_file(name);

    fd = ngx_open_file(name, NGX_FILE_RDWR, NGX_FILE_CREATE_OR_OPEN|O_EXCL,
                       NGX_FILE_OWNER_ACCESS);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                      ngx_open_file_n " \"%s\" failed: counters are not kept",
                      name);
        ngx_free(name);
        return NGX_INVALID_FILE;
    }

    (void) fcntl(fd, F_SETFD, FD_CLOEXEC);

    ngx_set_errno(0);

    if (pwrite(fd, image, len, 0) != (ssize_t) len
        || (sync && fsync(fd) == -1)
        || ngx_rename_file(name, path->data) == NGX_FILE_ERROR)
    {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                      "\"%V\" could not be written: counters are not kept",
                      path);

        (void) ngx_delete_file(name);
        (void) ngx_close_file(fd);
        fd = NGX_INVALID_FILE;
    }

    ngx_free(name);

    return fd;
}


/* has the file that was opened its name still, and its length? */

static ngx_uint_t
ngx_s3edge_tally_same(ngx_s3edge_counts_t *counts)
{
    ngx_file_info_t  fi, named;

    return ngx_fd_info(counts->file, &fi) != NGX_FILE_ERROR
           && ngx_file_info(counts->path.data, &named) != NGX_FILE_ERROR
           && ngx_file_uniq(&fi) == ngx_file_uniq(&named)
           && fi.st_dev == named.st_dev
           && ngx_file_size(&fi) == (off_t) counts->len;
}


size_t
ngx_s3edge_tally_head_len(ngx_s3edge_counts_t *counts)
{
    return s3_tally_offset(1 + (size_t) counts->ndisks);
}


void
ngx_s3edge_tally_head(ngx_cycle_t *cycle, ngx_s3edge_main_conf_t *smcf,
    ngx_uint_t clean, u_char *dst)
{
    ngx_uint_t            i, n;
    ngx_time_t           *tp;
    ngx_shm_zone_t       *zone;
    ngx_list_part_t      *part;
    s3_tally_head_t       head;
    s3_tally_entry_t      entry;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;
    tp = ngx_timeofday();

    ngx_memzero(&head, sizeof(s3_tally_head_t));

    head.token = counts->slots->token;
    head.disks = counts->ndisks;
    head.slots = counts->nslots;
    head.clean = clean;
    head.written = (int64_t) tp->sec * 1000 + tp->msec;
    head.generation = (int64_t) smcf->generation;
    head.cycle = counts->cycle;

    ngx_memcpy(head.boot, counts->boot, S3_STATE_BOOT_LEN);
    ngx_memcpy(head.version, NGX_S3EDGE_VERSION, sizeof(NGX_S3EDGE_VERSION));
    ngx_memcpy(head.nginx, NGINX_VERSION, sizeof(NGINX_VERSION));

    s3_tally_put_head(dst, &head);

    ngx_memzero(&entry, sizeof(s3_tally_entry_t));

    entry.scope = S3_STATS_MEMORY;

    if (smcf->memory != NULL) {
        entry.there = 1;
        entry.name = *ngx_s3edge_str(&smcf->memory->name);
        ngx_s3edge_zone_total(smcf->memory, entry.cells);
    }

    s3_tally_put(dst + s3_tally_offset(0), head.token, 0, &entry);

    ngx_memzero(&entry, sizeof(s3_tally_entry_t));

    entry.scope = S3_STATS_DISK;
    entry.there = 1;
    part = NULL;

    for (n = 0; n < counts->ndisks; n++) {

        zone = ngx_s3edge_disk_next(cycle, &part, &i);
        if (zone == NULL) {
            break;
        }

        entry.name = *ngx_s3edge_str(&zone->shm.name);
        ngx_s3edge_disk_values(smcf, zone, entry.cells);

        s3_tally_put(dst + s3_tally_offset(s3_tally_disk(n)), head.token,
                     s3_tally_disk(n), &entry);
    }
}


void
ngx_s3edge_tally_slots(ngx_s3edge_counts_t *counts, size_t first, size_t n,
    u_char *dst)
{
    size_t             i, size, record;
    s3_slot_t         *slot;
    s3_slots_t        *slots;
    s3_tally_entry_t   entry;

    slots = counts->slots;
    size = s3_tally_offset(1) - s3_tally_offset(0);

    for (i = first; i < first + n; i++) {
        slot = s3_slots_at(slots, i);
        record = s3_tally_disk(counts->ndisks) + i;

        ngx_memzero(&entry, sizeof(s3_tally_entry_t));

        entry.scope = S3_STATS_BUCKET;
        entry.there = i == 0
                      || (slot->name_len != 0 && slot->cycle == counts->cycle);
        entry.name.len = slot->name_len;
        entry.name.data = slot->name;

        s3_slot_sum(slots, slot, entry.cells);

        s3_tally_put(dst, slots->token, record, &entry);
        dst += size;
    }
}


void
ngx_s3edge_tally_close(ngx_s3edge_main_conf_t *smcf)
{
    u_char               *image;
    size_t                len;
    ngx_fd_t              fd;
    ngx_s3edge_counts_t  *counts;

    counts = &smcf->counts;

    /* after a binary upgrade it is the new master's */

    if (counts->slots == NULL
        || counts->path.len == 0
        || counts->slots->cycle != counts->cycle)
    {
        return;
    }

    image = ngx_s3edge_tally_image((ngx_cycle_t *) ngx_cycle, smcf, 1, &len);
    if (image == NULL) {
        return;
    }

    fd = ngx_s3edge_tally_replace(&counts->path, image, len, 1,
                                  ngx_cycle->log);

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
    }

    ngx_free(image);
}


void
ngx_s3edge_tally_release(ngx_s3edge_counts_t *counts)
{
    if (counts->file != NGX_INVALID_FILE) {
        (void) ngx_close_file(counts->file);
        counts->file = NGX_INVALID_FILE;
    }
}
