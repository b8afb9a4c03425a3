
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "registry/document.h"


#define DOCUMENT_SECRET_MAX  65536


/* "secrets" is null where there are none */

static const char  document_select[] =
    "SELECT json_object('doc', json(doc), 'revision', revision, "
    "'created_at', created_at, 'secrets', "
    "(SELECT CASE WHEN count(*) > 0 THEN "
    "json_group_object(field, hex(sealed)) END FROM secret "
    "WHERE kind = ?1 AND name = ?2)) "
    "FROM entity WHERE kind = ?1 AND name = ?2";

static const char  document_delete[] =
    "DELETE FROM entity WHERE kind = ?1 AND name = ?2";

static const char  document_insert[] =
    "INSERT INTO entity (kind, name, doc, revision, created_at) "
    "VALUES (?1, ?2, json_extract(?3, '$.doc'), "
    "max(?3->>'revision', ?4), ?3->>'created_at')";

static const char  document_secret[] =
    "INSERT INTO secret (kind, name, field, sealed) VALUES (?1, ?2, ?3, ?4)";


static int
document_prepare(store_t *store, const char *sql, const char *kind,
    const char *name, sqlite3_stmt **ret_stmt, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, sql, &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_text(stmt, 1, kind, -1, SQLITE_STATIC) != SQLITE_OK
        || sqlite3_bind_text(stmt, 2, name, -1, SQLITE_STATIC) != SQLITE_OK)
    {
        rc = store_error(store, "bind", err);
        (void) sqlite3_finalize(stmt);
        return rc;
    }

    *ret_stmt = stmt;

    return 0;
}


/* it is finalized */

static int
document_run(store_t *store, sqlite3_stmt *stmt, error_t *err)
{
    int  rc;

    rc = sqlite3_step(stmt) == SQLITE_DONE
         ? 0 : store_error(store, "document", err);

    (void) sqlite3_finalize(stmt);

    return rc;
}


int
document_get(store_t *store, const char *kind, const char *name,
    char **ret_text, error_t *err)
{
    int            rc;
    char          *text;
    sqlite3_stmt  *stmt;

    rc = document_prepare(store, document_select, kind, name, &stmt, err);
    if (rc != 0) {
        return rc;
    }

    text = NULL;

    switch (sqlite3_step(stmt)) {

    case SQLITE_ROW:
        text = strdup((const char *) sqlite3_column_text(stmt, 0));

        if (text == NULL) {
            rc = error_nomem(err);
        }
        break;

    case SQLITE_DONE:
        break;

    default:
        rc = store_error(store, "document", err);
    }

    (void) sqlite3_finalize(stmt);

    if (rc == 0) {
        *ret_text = text;
    }

    return rc;
}


static int
document_digit(char ch)
{
    return ch >= '0' && ch <= '9' ? ch - '0'
           : ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
}


static int
document_hex(const char *hex, strbuf_t *ret_bytes, error_t *err)
{
    int  high, low;

    for ( ; hex[0] != '\0'; hex += 2) {

        high = document_digit(hex[0]);
        low = high != -1 ? document_digit(hex[1]) : -1;

        if (low == -1) {
            return error_set(err, ERR_INVALID, "registry: a secret of a "
                             "document is broken");
        }

        strbuf_putc(ret_bytes, (char) (high * 16 + low));
    }

    return strbuf_check(ret_bytes, err);
}


static int
document_put_secret(store_t *store, const char *kind, const char *name,
    const char *field, const char *hex, error_t *err)
{
    int            rc;
    strbuf_t       bytes;
    sqlite3_stmt  *stmt;

    strbuf_init(&bytes, DOCUMENT_SECRET_MAX);

    rc = document_hex(hex, &bytes, err);

    if (rc == 0) {
        rc = document_prepare(store, document_secret, kind, name, &stmt, err);
    }

    if (rc == 0) {

        if (sqlite3_bind_text(stmt, 3, field, -1, SQLITE_STATIC) != SQLITE_OK
            || sqlite3_bind_blob(stmt, 4, bytes.data, (int) bytes.len,
                                 SQLITE_STATIC) != SQLITE_OK)
        {
            rc = store_error(store, "bind", err);
            (void) sqlite3_finalize(stmt);

        } else {
            rc = document_run(store, stmt, err);
        }
    }

    strbuf_release(&bytes);

    return rc;
}


static int
document_put_row(store_t *store, const char *kind, const char *name,
    const char *text, int64_t revision, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = document_prepare(store, document_insert, kind, name, &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_text(stmt, 3, text, -1, SQLITE_STATIC) != SQLITE_OK
        || sqlite3_bind_int64(stmt, 4, revision) != SQLITE_OK)
    {
        rc = store_error(store, "bind", err);
        (void) sqlite3_finalize(stmt);
        return rc;
    }

    return document_run(store, stmt, err);
}


int
document_put(store_t *store, const char *kind, const char *name,
    const char *text, int64_t revision, error_t *err)
{
    int            rc;
    json_t        *json, *value;
    const char    *field;
    sqlite3_stmt  *stmt;

    rc = document_prepare(store, document_delete, kind, name, &stmt, err);

    if (rc == 0) {
        rc = document_run(store, stmt, err);
    }

    if (rc != 0 || text == NULL) {
        return rc;
    }

    json = json_loads(text, 0, NULL);
    if (json == NULL) {
        return error_set(err, ERR_INVALID, "registry: a document is broken");
    }

    rc = document_put_row(store, kind, name, text, revision, err);

    json_object_foreach(json_object_get(json, "secrets"), field, value) {

        if (rc == 0 && json_is_string(value)) {
            rc = document_put_secret(store, kind, name, field,
                                     json_string_value(value), err);
        }
    }

    json_decref(json);

    return rc;
}


char *
document_of(const field_table_t *table, const void *obj)
{
    char    *text;
    json_t  *json;

    json = json_pack("{s:o}", "doc", field_print(table, obj, FIELD_DECLARED));

    text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);

    return text;
}


json_t *
document_json(const char *text)
{
    json_t      *json, *doc, *value;
    const char  *field;

    if (text == NULL) {
        return json_null();
    }

    json = json_loads(text, 0, NULL);
    doc = json_incref(json_object_get(json, "doc"));

    json_object_foreach(json_object_get(json, "secrets"), field, value) {

        if (doc != NULL
            && json_object_set_new(doc, field, json_string("***")) == -1)
        {
            json_decref(doc);
            doc = NULL;
        }
    }

    json_decref(json);

    return doc;
}
