
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row is queued, and its writer waits until the thread has it on disk, but
 * not for long: what was asked for is done already, and its answer is due.
 * While somebody else writes to the registry it does not wait at all: a change
 * of the buckets may take as long as a reload of nginx.
 */


#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/monitor.h"
#include "registry/audit.h"


#define AUDIT_QUEUE_MAX  1000
#define AUDIT_WAIT_MS    300           /* for a row to be written */
#define AUDIT_DRAIN_MS   5000          /* for the queue, before a list */
#define AUDIT_BUSY_TRIES 50
#define AUDIT_BUSY_MS    10            /* between two */
#define AUDIT_TRIM       100           /* rows between two trims */


typedef struct audit_entry_s  audit_entry_t;

struct audit_entry_s {
    audit_row_t          row;
    audit_entry_t       *next;
};


struct audit_s {
    sqlite3             *db;           /* SQLite's own lock */

    monitor_t            monitor;      /* for all that follows */
    audit_entry_t       *first;
    audit_entry_t      **last;
    size_t               len;
    uint64_t             put;          /* rows that were queued ever */
    uint64_t             done;         /* of these, written or lost */
    error_t              lost;         /* why the last one was; code 0: none */
    bool                 behind;       /* the registry is locked */
    bool                 stop;
};


static const char  audit_insert[] =
    "INSERT INTO audit (at, actor, address, client, action, arguments, "
    "result) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

static const char  audit_trim[] =
    "DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?1";

static const char  audit_select[] =
    "SELECT id, at, actor, address, client, action, arguments, result "
    "FROM audit WHERE ?1 = 0 OR id < ?1 ORDER BY id DESC LIMIT ?2";


static void
audit_row_release(audit_row_t *row)
{
    free(row->actor);
    free(row->address);
    free(row->client);
    free(row->action);
    free(row->arguments);
    free(row->result);
}


static int
audit_copy(const char *text, char **ret_text)
{
    if (text != NULL) {
        *ret_text = strdup(text);
        return *ret_text != NULL ? 0 : ERR_NOMEM;
    }

    return 0;
}


static int
audit_row_copy(const audit_row_t *row, audit_row_t *copy)
{
    int  rc;

    memset(copy, 0, sizeof(audit_row_t));

    copy->at = (int64_t) time(NULL);

    rc = audit_copy(row->actor, &copy->actor);
    rc |= audit_copy(row->address, &copy->address);
    rc |= audit_copy(row->client, &copy->client);
    rc |= audit_copy(row->action, &copy->action);
    rc |= audit_copy(row->arguments, &copy->arguments);
    rc |= audit_copy(row->result, &copy->result);

    return rc;
}


static int
audit_error(audit_t *audit, error_t *err)
{
    return error_set(err, ERR_IO, "audit: %s", sqlite3_errmsg(audit->db));
}


static int
audit_write(audit_t *audit, const audit_row_t *row, error_t *err)
{
    int            rc;
    size_t         i;
    sqlite3_stmt  *stmt;

    const char *const  texts[] = {
        row->actor, row->address, row->client, row->action, row->arguments,
        row->result
    };

    if (sqlite3_prepare_v2(audit->db, audit_insert, -1, &stmt, NULL)
        != SQLITE_OK)
    {
        return audit_error(audit, err);
    }

    rc = sqlite3_bind_int64(stmt, 1, row->at);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rc |= sqlite3_bind_text(stmt, (int) i + 2, texts[i], -1,
                                SQLITE_STATIC);
    }

    rc = rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_DONE
         ? 0 : audit_error(audit, err);

    (void) sqlite3_finalize(stmt);

    return rc;
}


/* what it fails to take away goes the next time */

static void
audit_shorten(audit_t *audit)
{
    sqlite3_stmt  *stmt;

    if (sqlite3_last_insert_rowid(audit->db) % AUDIT_TRIM != 0
        || sqlite3_prepare_v2(audit->db, audit_trim, -1, &stmt, NULL)
           != SQLITE_OK)
    {
        return;
    }

    (void) sqlite3_bind_int64(stmt, 1, AUDIT_ROWS_MAX);
    (void) sqlite3_step(stmt);
    (void) sqlite3_finalize(stmt);
}


/* called by SQLite while another connection writes; 0: it gives up */

static int
audit_busy(void *data, int tries)
{
    audit_t  *audit;

    audit = data;

    monitor_lock(&audit->monitor);
    audit->behind = true;
    monitor_tell(&audit->monitor);
    monitor_unlock(&audit->monitor);

    if (tries >= AUDIT_BUSY_TRIES) {
        return 0;
    }

    clock_pause(AUDIT_BUSY_MS);

    return 1;
}


/* the row stays at the head of the queue until it is written */

static void *
audit_main(void *arg)
{
    int             rc;
    bool            busy;
    audit_t        *audit;
    error_t         err;
    audit_entry_t  *entry;

    audit = arg;

    monitor_lock(&audit->monitor);

    for ( ;; ) {

        while (audit->first == NULL && !audit->stop) {
            monitor_wait(&audit->monitor);
        }

        entry = audit->first;

        if (entry == NULL) {
            break;
        }

        monitor_unlock(&audit->monitor);

        /* SQLite's lock is never taken under ours: see audit_busy() */

        rc = audit_write(audit, &entry->row, &err);
        busy = rc != 0 && sqlite3_errcode(audit->db) == SQLITE_BUSY;

        if (rc == 0) {
            audit_shorten(audit);
        }

        monitor_lock(&audit->monitor);

        if (busy && !audit->stop) {
            continue;
        }

        audit->behind = false;

        if (rc != 0) {
            audit->lost = err;
        }

        audit->first = entry->next;
        audit->len--;
        audit->done++;

        if (audit->first == NULL) {
            audit->last = &audit->first;
        }

        audit_row_release(&entry->row);
        free(entry);

        monitor_tell(&audit->monitor);
    }

    monitor_unlock(&audit->monitor);

    return NULL;
}


static int
audit_open(audit_t *audit, const char *path, error_t *err)
{
    if (sqlite3_open_v2(path, &audit->db, SQLITE_OPEN_READWRITE
                                          | SQLITE_OPEN_FULLMUTEX, NULL)
        != SQLITE_OK
        || sqlite3_busy_handler(audit->db, audit_busy, audit) != SQLITE_OK
        || sqlite3_exec(audit->db, "PRAGMA synchronous = NORMAL;"
                                   "PRAGMA trusted_schema = OFF", NULL, NULL,
                        NULL)
           != SQLITE_OK)
    {
        return audit->db != NULL ? audit_error(audit, err) : error_nomem(err);
    }

    return 0;
}


static void
audit_close(audit_t *audit)
{
    monitor_release(&audit->monitor);

    (void) sqlite3_close(audit->db);
    free(audit);
}


int
audit_new(const char *path, audit_t **ret_audit, error_t *err)
{
    int       rc;
    audit_t  *audit;

    audit = calloc(1, sizeof(audit_t));
    if (audit == NULL) {
        return error_nomem(err);
    }

    audit->last = &audit->first;

    rc = monitor_init(&audit->monitor, err);
    if (rc != 0) {
        free(audit);
        return rc;
    }

    rc = audit_open(audit, path, err);

    if (rc == 0) {
        rc = monitor_start(&audit->monitor, audit_main, audit,
                           "for the audit", err);
    }

    if (rc != 0) {
        audit_close(audit);
        return rc;
    }

    *ret_audit = audit;

    return 0;
}


void
audit_free(audit_t *audit)
{
    if (audit == NULL) {
        return;
    }

    monitor_lock(&audit->monitor);
    audit->stop = true;
    monitor_tell(&audit->monitor);
    monitor_unlock(&audit->monitor);

    monitor_join(&audit->monitor);

    audit_close(audit);
}


/*
 * Under the mutex: until the row with this number is written, or in time; if
 * not patient, no longer than the registry can be written.
 */

static void
audit_wait(audit_t *audit, uint64_t number, unsigned wait_ms, bool patient)
{
    int64_t  until;

    until = clock_ns() + wait_ms * CLOCK_MS;

    while (audit->done < number && (patient || !audit->behind)) {
        if (!monitor_wait_until(&audit->monitor, until)) {
            return;
        }
    }
}


int
audit_put(audit_t *audit, const audit_row_t *row, error_t *err)
{
    int             rc;
    audit_entry_t  *entry;

    entry = calloc(1, sizeof(audit_entry_t));
    if (entry == NULL) {
        return error_nomem(err);
    }

    if (audit_row_copy(row, &entry->row) != 0) {
        audit_row_release(&entry->row);
        free(entry);
        return error_nomem(err);
    }

    monitor_lock(&audit->monitor);

    if (audit->len == AUDIT_QUEUE_MAX) {
        monitor_unlock(&audit->monitor);
        audit_row_release(&entry->row);
        free(entry);
        return error_set(err, ERR_LIMIT, "audit: the disk does not follow, "
                         "an entry is lost");
    }

    *audit->last = entry;
    audit->last = &entry->next;
    audit->len++;
    audit->put++;

    monitor_tell(&audit->monitor);

    audit_wait(audit, audit->put, AUDIT_WAIT_MS, false);

    rc = audit->lost.code;

    if (rc != 0) {
        rc = error_set(err, rc, "%s", audit->lost.message);
        audit->lost.code = 0;
    }

    monitor_unlock(&audit->monitor);

    return rc;
}


static int
audit_read(sqlite3_stmt *stmt, audit_row_t *row)
{
    int     rc;
    size_t  i;

    char **const  texts[] = {
        &row->actor, &row->address, &row->client, &row->action,
        &row->arguments, &row->result
    };

    rc = 0;
    row->id = sqlite3_column_int64(stmt, 0);
    row->at = sqlite3_column_int64(stmt, 1);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rc |= audit_copy((const char *) sqlite3_column_text(stmt, (int) i + 2),
                         texts[i]);
    }

    return rc;
}


int
audit_list(audit_t *audit, int64_t before, size_t limit,
    audit_page_t *ret_page, error_t *err)
{
    int            rc, step;
    audit_page_t   page;
    sqlite3_stmt  *stmt;

    monitor_lock(&audit->monitor);
    audit_wait(audit, audit->put, AUDIT_DRAIN_MS, true);
    monitor_unlock(&audit->monitor);

    page.len = 0;
    page.rows = calloc(limit, sizeof(audit_row_t));
    if (page.rows == NULL) {
        return error_nomem(err);
    }

    stmt = NULL;
    step = SQLITE_ROW;
    rc = 0;

    if (sqlite3_prepare_v2(audit->db, audit_select, -1, &stmt, NULL)
        != SQLITE_OK
        || sqlite3_bind_int64(stmt, 1, before) != SQLITE_OK
        || sqlite3_bind_int64(stmt, 2, (sqlite3_int64) limit) != SQLITE_OK)
    {
        rc = audit_error(audit, err);
    }

    while (rc == 0 && page.len < limit
           && (step = sqlite3_step(stmt)) == SQLITE_ROW)
    {
        rc = audit_read(stmt, &page.rows[page.len++]);
    }

    if (rc == ERR_NOMEM) {
        (void) error_nomem(err);

    } else if (rc == 0 && step != SQLITE_DONE && step != SQLITE_ROW) {
        rc = audit_error(audit, err);
    }

    (void) sqlite3_finalize(stmt);

    if (rc != 0) {
        audit_release(&page);
        return rc;
    }

    *ret_page = page;

    return 0;
}


void
audit_release(audit_page_t *page)
{
    size_t  i;

    for (i = 0; i < page->len; i++) {
        audit_row_release(&page->rows[i]);
    }

    free(page->rows);
    memset(page, 0, sizeof(audit_page_t));
}
