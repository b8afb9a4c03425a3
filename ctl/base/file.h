
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files: bounded read, lock, atomic replace.
 */

#ifndef _FILE_H_INCLUDED_
#define _FILE_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/strbuf.h"


#define FILE_GID_KEEP    ((gid_t) -1)


/*
 * Reads a regular file whole.  ret_data is initialised by the caller; its
 * max is the limit (ERR_LIMIT).  ERR_NOT_FOUND where there is none.
 */
int file_read(const char *path, strbuf_t *ret_data, error_t *err);

/*
 * Writes a temporary file beside path, fsync()s it, sets mode and group
 * (FILE_GID_KEEP: the process's), renames it over path and fsync()s the
 * directory.  On failure path is as it was.
 */
int file_replace(const char *path, const void *data, size_t len, mode_t mode,
    gid_t gid, error_t *err);

/* the same without fsync(): for what is made anew if it is damaged */
int file_swap(const char *path, const void *data, size_t len, mode_t mode,
    error_t *err);

/* renames and fsync()s the directory */
int file_rename(const char *from, const char *to, error_t *err);

/* 0 also where there was none */
int file_remove(const char *path, error_t *err);

/*
 * Makes a directory and its missing parents (those 0755) with this mode and
 * group; one that exists gets mode and group where it is ours, and stays as
 * it is where it is not.
 */
int file_mkdir(const char *path, mode_t mode, gid_t gid, error_t *err);

/* makes what is missing above path, 0755 */
int file_mkdir_parents(const char *path, error_t *err);

/*
 * Takes an exclusive lock on path (made with 0600), without waiting.
 * ERR_CONFLICT: another process has it.  Closing the descriptor unlocks.
 */
int file_lock(const char *path, int *ret_fd, error_t *err);

bool file_exists(const char *path);


#endif /* _FILE_H_INCLUDED_ */
