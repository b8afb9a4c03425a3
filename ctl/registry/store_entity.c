
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "registry/store_entity.h"


#define STORE_CONTEXT_MAX  512
#define STORE_SECRET_MAX   65536
#define STORE_COLUMNS      "SELECT name, doc, revision, created_at FROM entity "
#define STORE_SECRETS      "SELECT field, sealed FROM secret "                \
                           "WHERE kind = ?1 AND name = ?2"


static const char *
store_name(const field_table_t *table, const void *obj)
{
    return *(char **) field_at(&table->fields[0], obj);
}


static void *
store_at(const void *obj, size_t offset)
{
    return (char *) (uintptr_t) obj + offset;
}


static const char *
store_context(const field_table_t *table, const char *name, const field_t *f,
    char context[STORE_CONTEXT_MAX])
{
    (void) snprintf(context, STORE_CONTEXT_MAX, "%s%s/%s", table->seal, name,
                    f->seals != NULL ? f->seals : f->name);

    return context;
}


/* texts from ?1 on; the last one is followed by NULL */

static int
store_prepare_texts(store_t *store, const char *sql,
    const char *const *texts, sqlite3_stmt **ret_stmt, error_t *err)
{
    int            i, rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, sql, &stmt, err);

    for (i = 0; rc == 0 && texts[i] != NULL; i++) {
        if (sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_TRANSIENT)
            != SQLITE_OK)
        {
            rc = store_error(store, "bind", err);
            (void) sqlite3_finalize(stmt);
        }
    }

    if (rc == 0) {
        *ret_stmt = stmt;
    }

    return rc;
}


/* of a statement that gives no rows; *ret_changes may be NULL */

static int
store_run(store_t *store, const char *sql, const char *const *texts,
    int *ret_changes, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare_texts(store, sql, texts, &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_step(stmt) != SQLITE_DONE) {
        rc = store_error(store, sql, err);

    } else if (ret_changes != NULL) {
        *ret_changes = sqlite3_changes(store->db);
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


static int
store_open_secret(store_t *store, const field_table_t *table,
    sqlite3_stmt *stmt, void *obj, error_t *err)
{
    int             rc;
    char            context[STORE_CONTEXT_MAX];
    strbuf_t        text;
    const char     *name;
    const field_t  *f;

    f = field_find(table, (const char *) sqlite3_column_text(stmt, 0));

    if (f == NULL || !(f->flags & FIELD_SECRET)) {
        return error_set(err, ERR_INVALID, "a secret of no member");
    }

    name = store_name(table, obj);
    strbuf_init(&text, STORE_SECRET_MAX);

    rc = seal_open(store->seal, store_context(table, name, f, context),
                   sqlite3_column_blob(stmt, 1),
                   (size_t) sqlite3_column_bytes(stmt, 1), &text, err);

    if (rc == 0) {
        rc = field_set(field_at(f, obj), text.data, err);
    }

    strbuf_wipe(&text);

    return rc;
}


/* what does not open costs an entity its secrets, and nobody anything else */

static int
store_lock(const field_table_t *table, void *obj, error_t *err)
{
    int             rc;
    size_t          i;
    const field_t  *f;

    *(bool *) store_at(obj, table->locked) = true;

    for (i = 0, rc = 0; rc == 0 && i < table->len; i++) {

        f = &table->fields[i];

        if (f->flags & FIELD_SECRET) {
            rc = field_set(field_at(f, obj), NULL, err);
        }
    }

    return rc;
}


static int
store_read_secrets(store_t *store, const field_table_t *table,
    sqlite3_stmt *stmt, void *obj, error_t *err)
{
    int  rc, step;

    if (sqlite3_reset(stmt) != SQLITE_OK
        || sqlite3_bind_text(stmt, 1, table->entity, -1, SQLITE_STATIC)
           != SQLITE_OK
        || sqlite3_bind_text(stmt, 2, store_name(table, obj), -1,
                             SQLITE_TRANSIENT) != SQLITE_OK)
    {
        return store_error(store, "bind", err);
    }

    rc = 0;

    while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = store_open_secret(store, table, stmt, obj, err);
    }

    if (rc == 0 && step != SQLITE_DONE) {
        rc = store_error(store, "secrets", err);
    }

    return rc == ERR_INVALID ? store_lock(table, obj, err) : rc;
}


/* what another program wrote must not reach nginx.conf: it is checked, too */

static int
store_read(store_t *store, const field_table_t *table, sqlite3_stmt *row,
    sqlite3_stmt *secrets, void **ret_obj, error_t *err)
{
    int          rc;
    void        *obj;
    json_t      *doc;
    const char  *name, *text;

    name = (const char *) sqlite3_column_text(row, 0);
    text = (const char *) sqlite3_column_text(row, 1);

    if (name == NULL || text == NULL) {
        return error_nomem(err);
    }

    doc = NULL;

    obj = field_new(table);
    if (obj == NULL) {
        return error_nomem(err);
    }

    rc = json_parse(text, strlen(text), &doc, err);

    if (rc == 0) {
        rc = field_parse(table, doc, &field_json_lang, obj, err);
    }

    if (rc == 0) {
        rc = field_set(field_at(&table->fields[0], obj), name, err);
    }

    *(unsigned *) store_at(obj, table->source) = FIELD_STORED;
    *(int64_t *) store_at(obj, table->revision) = sqlite3_column_int64(row, 2);
    *(int64_t *) store_at(obj, table->created_at) =
        sqlite3_column_int64(row, 3);

    if (rc == 0) {
        rc = store_read_secrets(store, table, secrets, obj, err);
    }

    if (rc == 0) {
        rc = table->check(obj, err);
    }

    json_decref(doc);

    if (rc != 0) {
        (void) error_prefix(err, "registry: %s \"%s\"", table->entity, name);
        field_free(table, obj);
        return rc;
    }

    *ret_obj = obj;

    return 0;
}


int
store_entity_list(store_t *store, const field_table_t *table,
    store_each_pt each, void *data, error_t *err)
{
    int            rc, step;
    void          *obj;
    error_t        reason;
    sqlite3_stmt  *rows, *secrets;

    const char *const  kind[] = { table->entity, NULL };

    secrets = NULL;

    rc = store_prepare_texts(store, STORE_COLUMNS "WHERE kind = ?1 "
                                    "ORDER BY name", kind, &rows, err);
    if (rc != 0) {
        return rc;
    }

    rc = store_prepare(store, STORE_SECRETS, &secrets, err);

    while (rc == 0 && (step = sqlite3_step(rows)) == SQLITE_ROW) {

        rc = store_read(store, table, rows, secrets, &obj, &reason);

        if (rc == 0) {
            rc = each(data, obj, &reason);

        } else if (rc == ERR_INVALID || rc == ERR_LIMIT || rc == ERR_CONFLICT)
        {
            store->unread++;
            memcpy(store->unread_text, reason.message,
                   sizeof(store->unread_text));
            rc = 0;
        }

        if (rc != 0) {
            rc = error_set(err, rc, "%s", reason.message);
        }
    }

    if (rc == 0 && step != SQLITE_DONE) {
        rc = store_error(store, "list", err);
    }

    (void) sqlite3_finalize(secrets);
    (void) sqlite3_finalize(rows);

    return rc;
}


int
store_entity_get(store_t *store, const field_table_t *table,
    const char *name, void **ret_obj, error_t *err)
{
    int            rc;
    sqlite3_stmt  *row, *secrets;

    const char *const  key[] = { table->entity, name, NULL };

    secrets = NULL;

    rc = store_prepare_texts(store, STORE_COLUMNS "WHERE kind = ?1 "
                                    "AND name = ?2", key, &row, err);
    if (rc != 0) {
        return rc;
    }

    rc = store_prepare(store, STORE_SECRETS, &secrets, err);
    if (rc != 0) {
        goto done;
    }

    switch (sqlite3_step(row)) {

    case SQLITE_ROW:
        rc = store_read(store, table, row, secrets, ret_obj, err);
        break;

    case SQLITE_DONE:
        rc = error_set(err, ERR_NOT_FOUND, "there is no %s \"%s\"",
                       table->entity, name);
        break;

    default:
        rc = store_error(store, "get", err);
    }

done:

    (void) sqlite3_finalize(secrets);
    (void) sqlite3_finalize(row);

    return rc;
}


static int
store_put_secret(store_t *store, const field_table_t *table, const char *name,
    const field_t *f, const char *value, error_t *err)
{
    int            rc;
    char           context[STORE_CONTEXT_MAX];
    strbuf_t       sealed;
    sqlite3_stmt  *stmt;

    const char *const  key[] = { table->entity, name, f->name, NULL };

    strbuf_init(&sealed, STORE_SECRET_MAX);

    rc = seal_close(store->seal, store_context(table, name, f, context), value,
                    strlen(value), &sealed, err);

    if (rc == 0) {
        rc = store_prepare_texts(store, "INSERT INTO secret (kind, name, "
                                        "field, sealed) "
                                        "VALUES (?1, ?2, ?3, ?4)",
                                 key, &stmt, err);
    }

    if (rc == 0) {

        if (sqlite3_bind_blob(stmt, 4, sealed.data, (int) sealed.len,
                              SQLITE_STATIC) != SQLITE_OK
            || sqlite3_step(stmt) != SQLITE_DONE)
        {
            rc = store_error(store, "secret", err);
        }

        (void) sqlite3_finalize(stmt);
    }

    strbuf_release(&sealed);

    return rc;
}


int
store_entity_seal(store_t *store, const field_table_t *table,
    const void *obj, error_t *err)
{
    int             rc;
    size_t          i;
    const char     *value;
    const field_t  *f;

    const char *const  key[] = {
        table->entity, store_name(table, obj), NULL
    };

    rc = store_run(store, "DELETE FROM secret WHERE kind = ?1 AND name = ?2",
                   key, NULL, err);

    for (i = 0; rc == 0 && i < table->len; i++) {

        f = &table->fields[i];

        if (!(f->flags & FIELD_SECRET)) {
            continue;
        }

        value = *(char **) field_at(f, obj);

        if (value != NULL) {
            rc = store_put_secret(store, table, key[1], f, value, err);
        }
    }

    return rc;
}


/* what was said, without the name: to free(), after the texts are used */

static char *
store_doc(const field_table_t *table, const void *obj, const char *texts[4])
{
    char    *text;
    json_t  *doc;

    doc = field_print(table, obj, FIELD_DECLARED);

    if (doc != NULL) {
        (void) json_object_del(doc, table->fields[0].name);
    }

    text = doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;

    json_decref(doc);

    texts[0] = table->entity;
    texts[1] = store_name(table, obj);
    texts[2] = text;
    texts[3] = NULL;

    return text;
}


int
store_entity_put(store_t *store, const field_table_t *table,
    const void *obj, error_t *err)
{
    int            rc;
    char          *doc;
    const char    *texts[4];
    sqlite3_stmt  *stmt;

    doc = store_doc(table, obj, texts);
    if (doc == NULL) {
        return error_nomem(err);
    }

    rc = store_prepare_texts(store, "INSERT INTO entity (kind, name, doc, "
                                    "revision, created_at) "
                                    "VALUES (?1, ?2, ?3, 1, ?4)",
                             texts, &stmt, err);
    free(doc);

    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_int64(stmt, 4, *(int64_t *) store_at(obj,
                                                          table->created_at))
        != SQLITE_OK)
    {
        rc = store_error(store, "bind", err);

    } else if (sqlite3_step(stmt) != SQLITE_DONE) {

        rc = sqlite3_extended_errcode(store->db)
             == SQLITE_CONSTRAINT_PRIMARYKEY
             ? error_set(err, ERR_CONFLICT, "%s \"%s\" exists already",
                         table->entity, store_name(table, obj))
             : store_error(store, "put", err);
    }

    (void) sqlite3_finalize(stmt);

    return rc == 0 ? store_entity_seal(store, table, obj, err) : rc;
}


int
store_entity_set(store_t *store, const field_table_t *table,
    const void *obj, error_t *err)
{
    int          n, rc;
    char        *doc;
    const char  *texts[4];

    doc = store_doc(table, obj, texts);
    if (doc == NULL) {
        return error_nomem(err);
    }

    n = 0;

    rc = store_run(store, "UPDATE entity SET doc = ?3, "
                          "revision = revision + 1 "
                          "WHERE kind = ?1 AND name = ?2", texts, &n, err);
    free(doc);

    if (rc == 0 && n == 0) {
        return error_set(err, ERR_NOT_FOUND, "there is no %s \"%s\"",
                         table->entity, store_name(table, obj));
    }

    return rc == 0 && !*(bool *) store_at(obj, table->locked)
           ? store_entity_seal(store, table, obj, err) : rc;
}


int
store_entity_del(store_t *store, const field_table_t *table,
    const char *name, error_t *err)
{
    int  n, rc;

    const char *const  key[] = { table->entity, name, NULL };

    n = 0;

    rc = store_run(store, "DELETE FROM entity WHERE kind = ?1 AND name = ?2",
                   key, &n, err);

    return rc == 0 && n == 0
           ? error_set(err, ERR_NOT_FOUND, "there is no %s \"%s\"",
                       table->entity, name)
           : rc;
}
