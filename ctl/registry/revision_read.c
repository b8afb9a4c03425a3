
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry/revision.h"


#define REVISION_COLUMNS                                                      \
    "n, at, actor, address, client, message, state, ended_at, generation, "   \
    "undoes, error, (SELECT count(*) FROM revision_change "                   \
    "WHERE revision = n)"


int
revision_prepare(store_t *store, const char *sql, const int64_t *numbers,
    int n, sqlite3_stmt **ret_stmt, error_t *err)
{
    int            i, rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, sql, &stmt, err);

    for (i = 0; rc == 0 && i < n; i++) {
        if (sqlite3_bind_int64(stmt, i + 1, numbers[i]) != SQLITE_OK) {
            rc = store_error(store, "bind", err);
            (void) sqlite3_finalize(stmt);
        }
    }

    if (rc == 0) {
        *ret_stmt = stmt;
    }

    return rc;
}


static int
revision_copy(sqlite3_stmt *stmt, int column, char **ret_text)
{
    const char  *text;

    text = (const char *) sqlite3_column_text(stmt, column);

    if (text == NULL) {
        *ret_text = NULL;
        return 0;
    }

    *ret_text = strdup(text);

    return *ret_text != NULL ? 0 : ERR_NOMEM;
}


static int
revision_read(sqlite3_stmt *stmt, revision_t *row)
{
    int  rc;

    row->n = sqlite3_column_int64(stmt, 0);
    row->at = sqlite3_column_int64(stmt, 1);
    row->ended_at = sqlite3_column_int64(stmt, 7);
    row->generation = sqlite3_column_int64(stmt, 8);
    row->undoes = sqlite3_column_int64(stmt, 9);
    row->changes = (size_t) sqlite3_column_int64(stmt, 11);

    rc = revision_copy(stmt, 2, &row->actor);
    rc |= revision_copy(stmt, 3, &row->address);
    rc |= revision_copy(stmt, 4, &row->client);
    rc |= revision_copy(stmt, 5, &row->message);
    rc |= revision_copy(stmt, 6, &row->state);
    rc |= revision_copy(stmt, 10, &row->error);

    return rc;
}


void
revision_release(revision_t *revision)
{
    free(revision->actor);
    free(revision->address);
    free(revision->client);
    free(revision->message);
    free(revision->state);
    free(revision->error);

    memset(revision, 0, sizeof(revision_t));
}


void
revision_page_release(revision_page_t *page)
{
    size_t  i;

    for (i = 0; i < page->len; i++) {
        revision_release(&page->rows[i]);
    }

    free(page->rows);
    memset(page, 0, sizeof(revision_page_t));
}


/* stmt is finalized */

static int
revision_rows(store_t *store, sqlite3_stmt *stmt, revision_page_t *ret_page,
    error_t *err)
{
    int               rc, step;
    size_t            size;
    revision_t       *rows;
    revision_page_t   page;

    memset(&page, 0, sizeof(revision_page_t));

    rc = 0;
    size = 0;

    while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {

        if (page.len == size) {
            size = size != 0 ? size * 2 : 16;

            rows = realloc(page.rows, size * sizeof(revision_t));
            if (rows == NULL) {
                rc = error_nomem(err);
                break;
            }

            page.rows = rows;
        }

        memset(&page.rows[page.len], 0, sizeof(revision_t));

        if (revision_read(stmt, &page.rows[page.len++]) != 0) {
            rc = error_nomem(err);
        }
    }

    if (rc == 0 && step != SQLITE_DONE) {
        rc = store_error(store, "revision", err);
    }

    (void) sqlite3_finalize(stmt);

    if (rc != 0) {
        revision_page_release(&page);
        return rc;
    }

    *ret_page = page;

    return 0;
}


int
revision_list(store_t *store, int64_t before, size_t limit,
    revision_page_t *ret_page, error_t *err)
{
    int            rc;
    int64_t        numbers[2];
    sqlite3_stmt  *stmt;

    numbers[0] = before;
    numbers[1] = (int64_t) limit;

    rc = revision_prepare(store, "SELECT " REVISION_COLUMNS " FROM revision "
                                 "WHERE ?1 = 0 OR n < ?1 "
                                 "ORDER BY n DESC LIMIT ?2", numbers, 2,
                          &stmt, err);

    return rc == 0 ? revision_rows(store, stmt, ret_page, err) : rc;
}


int
revision_pending(store_t *store, revision_page_t *ret_page, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, "SELECT " REVISION_COLUMNS " FROM revision "
                              "WHERE state = 'pending' ORDER BY n", &stmt,
                       err);

    return rc == 0 ? revision_rows(store, stmt, ret_page, err) : rc;
}


int
revision_get(store_t *store, int64_t n, revision_t *ret_revision,
    error_t *err)
{
    int               rc;
    sqlite3_stmt     *stmt;
    revision_page_t   page;

    rc = revision_prepare(store, "SELECT " REVISION_COLUMNS " FROM revision "
                                 "WHERE n = ?1 OR generation = ?1 "
                                 "ORDER BY n <> ?1, n DESC LIMIT 1", &n, 1,
                          &stmt, err);

    if (rc == 0) {
        rc = revision_rows(store, stmt, &page, err);
    }

    if (rc != 0) {
        return rc;
    }

    if (page.len == 0) {
        revision_page_release(&page);
        return error_set(err, ERR_NOT_FOUND, "there is no generation %lld",
                         (long long) n);
    }

    *ret_revision = page.rows[0];
    free(page.rows);

    return 0;
}


void
revision_changes_release(revision_changes_t *changes)
{
    size_t  i;

    for (i = 0; i < changes->len; i++) {
        free(changes->items[i].kind);
        free(changes->items[i].name);
        free(changes->items[i].before);
        free(changes->items[i].after);
    }

    free(changes->items);
    memset(changes, 0, sizeof(revision_changes_t));
}


/* stmt is finalized */

static int
revision_items(store_t *store, sqlite3_stmt *stmt,
    revision_changes_t *ret_changes, error_t *err)
{
    int                  rc, step;
    size_t               size;
    revision_change_t   *items, *item;
    revision_changes_t   changes;

    memset(&changes, 0, sizeof(revision_changes_t));

    rc = 0;
    size = 0;

    while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {

        if (changes.len == size) {
            size = size != 0 ? size * 2 : 16;

            items = realloc(changes.items, size * sizeof(revision_change_t));
            if (items == NULL) {
                rc = error_nomem(err);
                break;
            }

            changes.items = items;
        }

        item = &changes.items[changes.len++];
        memset(item, 0, sizeof(revision_change_t));

        item->revision = sqlite3_column_int64(stmt, 0);

        if (revision_copy(stmt, 1, &item->kind) != 0
            || revision_copy(stmt, 2, &item->name) != 0
            || revision_copy(stmt, 3, &item->before) != 0
            || revision_copy(stmt, 4, &item->after) != 0)
        {
            rc = error_nomem(err);
        }
    }

    if (rc == 0 && step != SQLITE_DONE) {
        rc = store_error(store, "revision", err);
    }

    (void) sqlite3_finalize(stmt);

    if (rc != 0) {
        revision_changes_release(&changes);
        return rc;
    }

    *ret_changes = changes;

    return 0;
}


int
revision_changes(store_t *store, int64_t n, revision_changes_t *ret_changes,
    error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = revision_prepare(store, "SELECT revision, kind, name, before, after "
                                 "FROM revision_change WHERE revision = ?1 "
                                 "ORDER BY position", &n, 1, &stmt, err);

    return rc == 0 ? revision_items(store, stmt, ret_changes, err) : rc;
}


/* ERR_NOT_FOUND: rows after n may be gone */

static int
revision_reaches(store_t *store, int64_t n, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = revision_prepare(store, "SELECT 1 FROM revision WHERE n = ?1 "
                                 "AND " REVISION_HOLDS, &n, 1, &stmt, err);
    if (rc != 0) {
        return rc;
    }

    switch (sqlite3_step(stmt)) {

    case SQLITE_ROW:
        break;

    case SQLITE_DONE:
        rc = error_set(err, ERR_NOT_FOUND, "there is no generation %lld that "
                       "was in force", (long long) n);
        break;

    default:
        rc = store_error(store, "revision", err);
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


int
revision_between(store_t *store, int64_t n, int64_t m,
    revision_changes_t *ret_changes, error_t *err)
{
    int            rc;
    int64_t        numbers[2];
    sqlite3_stmt  *stmt;

    rc = revision_reaches(store, n, err);

    if (rc == 0) {
        rc = revision_reaches(store, m, err);
    }

    if (rc != 0) {
        return rc;
    }

    numbers[0] = n;
    numbers[1] = m;

    rc = revision_prepare(store,
        "WITH held AS (SELECT revision, kind, name, before, after "
        "FROM revision_change JOIN revision ON n = revision "
        "WHERE n > ?1 AND n <= ?2 AND " REVISION_HOLDS "), "
        "ends AS (SELECT kind, name, min(revision) AS first, "
        "max(revision) AS last FROM held GROUP BY kind, name) "
        "SELECT ends.last, ends.kind, ends.name, a.before, b.after FROM ends "
        "JOIN held AS a ON a.kind = ends.kind AND a.name = ends.name "
        "AND a.revision = ends.first "
        "JOIN held AS b ON b.kind = ends.kind AND b.name = ends.name "
        "AND b.revision = ends.last "
        "WHERE json_remove(a.before, '$.revision') "
        "IS NOT json_remove(b.after, '$.revision') "
        "ORDER BY ends.kind, ends.name",
        numbers, 2, &stmt, err);

    return rc == 0 ? revision_items(store, stmt, ret_changes, err) : rc;
}
