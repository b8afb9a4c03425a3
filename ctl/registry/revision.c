
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "registry/document.h"
#include "registry/revision.h"


static int
revision_step(store_t *store, sqlite3_stmt *stmt, error_t *err)
{
    int  rc;

    rc = sqlite3_step(stmt) == SQLITE_DONE
         ? 0 : store_error(store, "revision", err);

    (void) sqlite3_finalize(stmt);

    return rc;
}


static int
revision_highest(store_t *store, const char *sql, int64_t *ret_n,
    error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, sql, &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_step(stmt) == SQLITE_ROW) {
        *ret_n = sqlite3_column_int64(stmt, 0);

    } else {
        rc = store_error(store, "revision", err);
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


int
revision_last(store_t *store, int64_t *ret_n, error_t *err)
{
    return revision_highest(store, "SELECT coalesce(max(n), 0) FROM revision",
                            ret_n, err);
}


int
revision_held(store_t *store, int64_t *ret_n, error_t *err)
{
    return revision_highest(store, "SELECT coalesce(max(n), 0) FROM revision "
                                   "WHERE " REVISION_HOLDS, ret_n, err);
}


static int
revision_bind_number(sqlite3_stmt *stmt, int column, int64_t number)
{
    return number != 0 ? sqlite3_bind_int64(stmt, column, number) : SQLITE_OK;
}


int
revision_add(store_t *store, const revision_t *row, error_t *err)
{
    int            rc;
    size_t         i;
    sqlite3_stmt  *stmt;

    const char *const  texts[] = {
        row->actor, row->address, row->client, row->message, row->state,
        row->error
    };

    rc = store_prepare(store, "INSERT INTO revision (actor, address, client, "
                              "message, state, error, n, at, ended_at, "
                              "generation, undoes) VALUES (?1, ?2, ?3, ?4, "
                              "?5, ?6, ?7, ?8, ?9, ?10, ?11) "
                              "ON CONFLICT (n) DO NOTHING", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    rc = SQLITE_OK;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rc |= sqlite3_bind_text(stmt, (int) i + 1, texts[i], -1,
                                SQLITE_STATIC);
    }

    rc |= sqlite3_bind_int64(stmt, 7, row->n);
    rc |= sqlite3_bind_int64(stmt, 8, row->at);
    rc |= revision_bind_number(stmt, 9, row->ended_at);
    rc |= revision_bind_number(stmt, 10, row->generation);
    rc |= revision_bind_number(stmt, 11, row->undoes);

    if (rc != SQLITE_OK) {
        rc = store_error(store, "bind", err);
        (void) sqlite3_finalize(stmt);
        return rc;
    }

    return revision_step(store, stmt, err);
}


int
revision_record(store_t *store, int64_t n, size_t position,
    const revision_change_t *change, error_t *err)
{
    int            rc;
    size_t         i;
    sqlite3_stmt  *stmt;

    const char *const  texts[] = {
        change->kind, change->name, change->before, change->after
    };

    rc = store_prepare(store, "INSERT INTO revision_change (kind, name, "
                              "before, after, revision, position) "
                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    rc = SQLITE_OK;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rc |= sqlite3_bind_text(stmt, (int) i + 1, texts[i], -1,
                                SQLITE_STATIC);
    }

    rc |= sqlite3_bind_int64(stmt, 5, n);
    rc |= sqlite3_bind_int64(stmt, 6, (sqlite3_int64) position);

    if (rc != SQLITE_OK) {
        rc = store_error(store, "bind", err);
        (void) sqlite3_finalize(stmt);
        return rc;
    }

    return revision_step(store, stmt, err);
}


int
revision_end(store_t *store, int64_t n, const char *state,
    int64_t generation, const char *error, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, "UPDATE revision SET state = ?1, error = ?2, "
                              "ended_at = ?3, generation = ?4 WHERE n = ?5",
                       &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_text(stmt, 1, state, -1, SQLITE_STATIC) != SQLITE_OK
        || sqlite3_bind_text(stmt, 2, error, -1, SQLITE_STATIC) != SQLITE_OK
        || sqlite3_bind_int64(stmt, 3, (sqlite3_int64) time(NULL))
           != SQLITE_OK
        || revision_bind_number(stmt, 4, generation) != SQLITE_OK
        || sqlite3_bind_int64(stmt, 5, n) != SQLITE_OK)
    {
        rc = store_error(store, "bind", err);
        (void) sqlite3_finalize(stmt);
        return rc;
    }

    return revision_step(store, stmt, err);
}


/* a later revision that holds has changed it, too: it goes on from "before" */

static int
revision_rebase(store_t *store, const revision_change_t *change,
    bool *ret_done, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, "UPDATE revision_change SET before = ?1 "
                              "WHERE kind = ?2 AND name = ?3 AND revision = "
                              "(SELECT c.revision FROM revision_change AS c "
                              "JOIN revision ON n = c.revision "
                              "WHERE c.kind = ?2 AND c.name = ?3 "
                              "AND n > ?4 AND " REVISION_HOLDS " "
                              "ORDER BY n LIMIT 1)", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_text(stmt, 1, change->before, -1, SQLITE_STATIC)
        != SQLITE_OK
        || sqlite3_bind_text(stmt, 2, change->kind, -1, SQLITE_STATIC)
           != SQLITE_OK
        || sqlite3_bind_text(stmt, 3, change->name, -1, SQLITE_STATIC)
           != SQLITE_OK
        || sqlite3_bind_int64(stmt, 4, change->revision) != SQLITE_OK)
    {
        rc = store_error(store, "bind", err);
        (void) sqlite3_finalize(stmt);
        return rc;
    }

    rc = revision_step(store, stmt, err);

    *ret_done = sqlite3_changes(store->db) != 0;

    return rc;
}


int
revision_undo(store_t *store, int64_t n, int64_t number, int64_t generation,
    error_t *err)
{
    int                  rc;
    bool                 rebased;
    size_t               i;
    revision_t           row;
    revision_change_t   *change, inverse;
    revision_changes_t   changes;

    rc = revision_changes(store, n, &changes, err);
    if (rc != 0) {
        return rc;
    }

    if (changes.len != 0) {
        memset(&row, 0, sizeof(revision_t));
        row.n = number;
        row.at = (int64_t) time(NULL);
        row.actor = (char *) (uintptr_t) "s3edged";
        row.state = (char *) (uintptr_t) REVISION_APPLIED;
        row.ended_at = row.at;
        row.generation = generation;
        row.undoes = n;

        rc = revision_add(store, &row, err);
    }

    for (i = changes.len; rc == 0 && i > 0; i--) {

        change = &changes.items[i - 1];

        rebased = false;
        rc = revision_rebase(store, change, &rebased, err);

        if (rc == 0 && !rebased
            && strncmp(change->kind, DOCUMENT_FILE, strlen(DOCUMENT_FILE))
               != 0)
        {
            rc = document_put(store, change->kind, change->name,
                              change->before, 0, err);
        }

        if (rc == 0) {
            inverse = *change;
            inverse.before = change->after;
            inverse.after = change->before;

            rc = revision_record(store, number, changes.len - i, &inverse,
                                 err);
        }
    }

    revision_changes_release(&changes);

    return rc;
}


int
revision_trim(store_t *store, error_t *err)
{
    int            rc;
    int64_t        keep;
    sqlite3_stmt  *stmt;

    keep = REVISION_KEEP;

    rc = revision_prepare(store, "DELETE FROM revision "
                                 "WHERE state <> 'pending' AND n <= "
                                 "(SELECT n FROM revision ORDER BY n DESC "
                                 "LIMIT 1 OFFSET ?1)", &keep, 1, &stmt, err);

    return rc == 0 ? revision_step(store, stmt, err) : rc;
}
