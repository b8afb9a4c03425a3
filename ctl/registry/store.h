
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The registry: SQLite in WAL mode, one connection, used by one thread at a
 * time (core/apply holds the lock).
 */

#ifndef _STORE_H_INCLUDED_
#define _STORE_H_INCLUDED_


#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"
#include "base/seal.h"


#define STORE_PATH_MAX   4096


typedef struct {
    sqlite3          *db;
    const seal_t     *seal;        /* the caller's, outlives the store */
    char              refuse[ERROR_MESSAGE_MAX];   /* why store_begin() does,
                                      where it is not "" */
    size_t            unread;      /* rows that were passed over, to be
                                      set to 0 by who lists */
    char              unread_text[ERROR_MESSAGE_MAX];  /* why the last one */
} store_t;


/*
 * path may be ":memory:"; a file is made with 0600, checked and migrated, the
 * latter after a copy was made of it, "registry.vN.copy" beside it.
 * ERR_INVALID: it is broken.  ERR_CONFLICT: it is of a newer s3edge.
 */
int store_open(const char *path, const seal_t *seal, store_t **ret_store,
    error_t *err);

/* rolls back what is open; NULL is fine */
void store_close(store_t *store);

/* name of the copy from before it was migrated from that version */
int store_old_name(const char *path, int version, char name[STORE_PATH_MAX]);

/* ERR_UNAVAILABLE: nothing is to be changed */
int store_begin(store_t *store, error_t *err);

/* the same for what is no change of what is wanted */
int store_write(store_t *store, error_t *err);

int store_commit(store_t *store, error_t *err);

/* nothing to do where no transaction is open */
void store_rollback(store_t *store);

/* number of the last config that was applied; 0 in a new registry */
int store_generation(store_t *store, int64_t *ret_generation, error_t *err);
int store_generation_set(store_t *store, int64_t generation, error_t *err);

/*
 * Is the file still there, and can it be read and written?  For any thread,
 * at any time: SQLite serialises.
 */
int store_check(store_t *store, error_t *err);

/* for core/store_*.c */
int store_prepare(store_t *store, const char *sql, sqlite3_stmt **ret_stmt,
    error_t *err);
int store_error(store_t *store, const char *what, error_t *err);


#endif /* _STORE_H_INCLUDED_ */
