
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "registry/schema.h"
#include "registry/store.h"


#define STORE_BUSY_MS  2000


int
store_error(store_t *store, const char *what, error_t *err)
{
    int  code;

    code = sqlite3_errcode(store->db) == SQLITE_NOMEM ? ERR_NOMEM : ERR_IO;

    return error_set(err, code, "registry: %s: %s", what,
                     sqlite3_errmsg(store->db));
}


static int
store_exec(store_t *store, const char *sql, const char *what, error_t *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return store_error(store, what, err);
    }

    return 0;
}


int
store_prepare(store_t *store, const char *sql, sqlite3_stmt **ret_stmt,
    error_t *err)
{
    if (sqlite3_prepare_v2(store->db, sql, -1, ret_stmt, NULL) != SQLITE_OK) {
        return store_error(store, "prepare", err);
    }

    return 0;
}


/* SQLite gives what it makes beside a file the mode of that file */

static int
store_touch(const char *path, error_t *err)
{
    int  fd;

    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd == -1) {
        return error_errno(err, ERR_IO, "cannot open \"%s\"", path);
    }

    if (fchmod(fd, 0600) != 0) {
        (void) close(fd);
        return error_errno(err, ERR_IO, "cannot set the mode of \"%s\"", path);
    }

    (void) close(fd);

    return 0;
}


/* ERR_INVALID: pages or rows of it are broken */

static int
store_whole(store_t *store, error_t *err)
{
    int            rc;
    const char    *text;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, "PRAGMA quick_check(1)", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_step(stmt) != SQLITE_ROW) {
        rc = store_error(store, "check", err);

    } else {
        text = (const char *) sqlite3_column_text(stmt, 0);

        if (text == NULL || strcmp(text, "ok") != 0) {
            rc = error_set(err, ERR_INVALID, "registry: %.256s",
                           text != NULL ? text : "no memory to check it");
        }
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


/* an older s3edged refuses what a migration leads to: for the way back */

static int
store_keep_old(store_t *store, const char *path, error_t *err)
{
    int            rc, version;
    char           name[STORE_PATH_MAX];
    sqlite3_stmt  *stmt;

    rc = schema_current(store->db, &version, err);

    if (rc != 0 || version == 0 || version >= schema_version()
        || strcmp(path, ":memory:") == 0)
    {
        return rc;
    }

    if (store_old_name(path, version, name) >= STORE_PATH_MAX) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    /* SQLite fills a file that is empty, and leaves its mode */

    rc = file_replace(name, "", 0, 0600, FILE_GID_KEEP, err);

    if (rc == 0) {
        rc = store_prepare(store, "VACUUM INTO ?1", &stmt, err);
    }

    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC) != SQLITE_OK
        || sqlite3_step(stmt) != SQLITE_DONE)
    {
        rc = store_error(store, "a copy before it is migrated", err);
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


int
store_old_name(const char *path, int version, char name[STORE_PATH_MAX])
{
    const char  *slash;

    slash = strrchr(path, '/');

    return snprintf(name, STORE_PATH_MAX, "%.*sregistry.v%d.copy",
                    slash != NULL ? (int) (slash - path + 1) : 0, path,
                    version);
}


int
store_open(const char *path, const seal_t *seal, store_t **ret_store,
    error_t *err)
{
    int       rc;
    store_t  *store;

    if (strcmp(path, ":memory:") != 0) {
        rc = store_touch(path, err);
        if (rc != 0) {
            return rc;
        }
    }

    store = calloc(1, sizeof(store_t));
    if (store == NULL) {
        return error_nomem(err);
    }

    store->seal = seal;

    if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE
                                          | SQLITE_OPEN_CREATE, NULL)
        != SQLITE_OK)
    {
        rc = store->db != NULL ? store_error(store, path, err)
                               : error_nomem(err);
        goto failed;
    }

    (void) sqlite3_busy_timeout(store->db, STORE_BUSY_MS);

    rc = store_exec(store, "PRAGMA journal_mode = WAL;"
                           "PRAGMA synchronous = FULL;"
                           "PRAGMA foreign_keys = ON;"
                           "PRAGMA trusted_schema = OFF", path, err);

    if (rc == 0) {
        rc = store_whole(store, err);
    }

    if (rc == 0) {
        rc = store_keep_old(store, path, err);
    }

    if (rc == 0) {
        rc = schema_migrate(store->db, err);
    }

    if (rc != 0) {
        goto failed;
    }

    *ret_store = store;

    return 0;

failed:

    if (rc == ERR_IO && (sqlite3_errcode(store->db) == SQLITE_CORRUPT
                         || sqlite3_errcode(store->db) == SQLITE_NOTADB))
    {
        rc = ERR_INVALID;
    }

    store_close(store);

    return rc;
}


void
store_close(store_t *store)
{
    if (store != NULL) {
        (void) sqlite3_close(store->db);
        free(store);
    }
}


int
store_begin(store_t *store, error_t *err)
{
    if (store->refuse[0] != '\0') {
        return error_set(err, ERR_UNAVAILABLE, "%s", store->refuse);
    }

    return store_write(store, err);
}


int
store_write(store_t *store, error_t *err)
{
    return store_exec(store, "BEGIN IMMEDIATE", "begin", err);
}


int
store_commit(store_t *store, error_t *err)
{
    return store_exec(store, "COMMIT", "commit", err);
}


void
store_rollback(store_t *store)
{
    if (sqlite3_get_autocommit(store->db) == 0) {
        (void) sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
}


int
store_generation(store_t *store, int64_t *ret_generation, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, "SELECT value FROM setting "
                              "WHERE name = 'generation'", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    switch (sqlite3_step(stmt)) {

    case SQLITE_ROW:
        *ret_generation = sqlite3_column_int64(stmt, 0);
        break;

    case SQLITE_DONE:
        *ret_generation = 0;
        break;

    default:
        rc = store_error(store, "generation", err);
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


int
store_generation_set(store_t *store, int64_t generation, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, "INSERT INTO setting (name, value) "
                              "VALUES ('generation', ?1) "
                              "ON CONFLICT (name) DO UPDATE SET value = ?1",
                       &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_int64(stmt, 1, generation) != SQLITE_OK
        || sqlite3_step(stmt) != SQLITE_DONE)
    {
        rc = store_error(store, "generation", err);
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


int
store_check(store_t *store, error_t *err)
{
    int            rc, moved;
    sqlite3_stmt  *stmt;

    if (sqlite3_db_readonly(store->db, "main") == 1) {
        return error_set(err, ERR_IO, "registry: it cannot be written");
    }

    moved = 0;

    if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
        == SQLITE_OK && moved)
    {
        return error_set(err, ERR_IO, "registry: its file was removed or "
                         "replaced while s3edged runs");
    }

    rc = store_prepare(store, "SELECT count(*) FROM entity", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_step(stmt) != SQLITE_ROW) {
        rc = store_error(store, "check", err);
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}
