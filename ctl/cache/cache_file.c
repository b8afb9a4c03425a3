
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cache/cache_file.h"


#define CACHE_FILE_VERSION     5   /* NGX_HTTP_CACHE_VERSION, nginx 1.11.10+ */
#define CACHE_FILE_ETAG        128
#define CACHE_FILE_VARY        128
#define CACHE_FILE_VARIANT     16
#define CACHE_FILE_STALE_MAX   (100L * 365 * 86400)


/* ngx_http_file_cache_header_t, as nginx writes it out of its memory */

typedef struct {
    uintptr_t        version;
    time_t           valid_sec;
    time_t           updating_sec;
    time_t           error_sec;
    time_t           last_modified;
    time_t           date;
    uint32_t         crc32;
    unsigned short   valid_msec;
    unsigned short   header_start;
    unsigned short   body_start;
    unsigned char    etag_len;
    unsigned char    etag[CACHE_FILE_ETAG];
    unsigned char    vary_len;
    unsigned char    vary[CACHE_FILE_VARY];
    unsigned char    variant[CACHE_FILE_VARIANT];
} cache_file_header_t;


static const char  cache_file_mark[] = "\nKEY: ";

#define CACHE_FILE_KEY                                                        \
    (sizeof(cache_file_header_t) + sizeof(cache_file_mark) - 1)


/* "HTTP/1.1 200 OK"; 0: it is something else */

static unsigned
cache_file_status(const unsigned char *p, size_t len)
{
    size_t  i;

    if (len < sizeof("HTTP/1.1 200") - 1 || memcmp(p, "HTTP/1.", 7) != 0
        || p[8] != ' ')
    {
        return 0;
    }

    for (i = 9; i < 12; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return 0;
        }
    }

    return (unsigned) ((p[9] - '0') * 100 + (p[10] - '0') * 10 + p[11] - '0');
}


static int
cache_file_parse(cache_file_t *file, size_t len, off_t size)
{
    size_t               end;
    cache_file_header_t  h;

    if (len < CACHE_FILE_KEY) {
        return ERR_INVALID;
    }

    memcpy(&h, file->head, sizeof(cache_file_header_t));

    end = h.header_start;

    if (h.version != CACHE_FILE_VERSION || h.etag_len > CACHE_FILE_ETAG
        || end <= CACHE_FILE_KEY || end > len || h.body_start < end
        || size < (off_t) h.body_start
        || memcmp(file->head + sizeof(cache_file_header_t), cache_file_mark,
                  sizeof(cache_file_mark) - 1) != 0
        || file->head[end - 1] != '\n')
    {
        return ERR_INVALID;
    }

    file->text.data = file->head + CACHE_FILE_KEY;
    file->text.len = end - 1 - CACHE_FILE_KEY;

    if (s3_key_parse(&file->text, &file->key) != S3_OK) {
        return ERR_INVALID;
    }

    file->etag.data = file->head + offsetof(cache_file_header_t, etag);
    file->etag.len = h.etag_len;

    file->status = cache_file_status(file->head + end, len - end);
    file->size = (uint64_t) (size - (off_t) h.body_start);
    file->stored_at = h.date;
    file->fresh_until = h.valid_sec;
    file->stale_until = h.valid_sec;

    if (h.error_sec > 0 && h.error_sec < CACHE_FILE_STALE_MAX) {
        file->stale_until += h.error_sec;
    }

    return 0;
}


int
cache_file_read(const walk_file_t *file, cache_file_t *ret_file, error_t *err)
{
    ssize_t  n;

    n = pread(file->fd, ret_file->head, sizeof(ret_file->head), 0);

    if (n == -1) {
        return error_errno(err, ERR_IO, "cannot read a cache file");
    }

    ret_file->disk = walk_size(&file->st);

    if (cache_file_parse(ret_file, (size_t) n, file->st.st_size) != 0) {
        return error_set(err, ERR_INVALID, "\"%.64s\" is no cache file of "
                         "ours", file->name);
    }

    return 0;
}
