
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "registry/store_bucket.h"


#define STORE_BUCKET_COLUMNS                                                  \
    "name, endpoint, region, addressing, origin_bucket, prefix, "             \
    "credentials, access_key, secret_key, session_token, created_at, "        \
    "ttl_mode, store_private, stale_while_revalidate, stale_if_error, "       \
    "cache_control, errors, allow, request_payer, accept_encoding, "          \
    "expected_owner, cors"

#define STORE_BUCKET_CONTEXT_MAX  512


static const char *const  store_bucket_secrets[] =
    { "access_key", "secret_key", "session_token" };


static const char *
store_bucket_context(const char *name, size_t i,
    char context[STORE_BUCKET_CONTEXT_MAX])
{
    (void) snprintf(context, STORE_BUCKET_CONTEXT_MAX, "%s/%s", name,
                    store_bucket_secrets[i]);

    return context;
}


static int
store_bucket_read_secret(store_t *store, sqlite3_stmt *stmt, int column,
    const char *name, size_t i, char **field, error_t *err)
{
    int       rc;
    char      context[STORE_BUCKET_CONTEXT_MAX];
    strbuf_t  text;

    if (sqlite3_column_type(stmt, column) == SQLITE_NULL) {
        return 0;
    }

    strbuf_init(&text, 65536);

    rc = seal_open(store->seal, store_bucket_context(name, i, context),
                   sqlite3_column_blob(stmt, column),
                   (size_t) sqlite3_column_bytes(stmt, column), &text, err);
    if (rc == 0) {
        rc = model_set(field, text.data, err);

    } else {
        (void) error_prefix(err, "%s of bucket \"%s\"",
                            store_bucket_secrets[i], name);
    }

    strbuf_wipe(&text);

    return rc;
}


/* keys that do not open cost the bucket its keys, and nobody anything else */

static int
store_bucket_read_keys(store_t *store, sqlite3_stmt *stmt, model_bucket_t *b,
    error_t *err)
{
    int     rc;
    size_t  i;

    char **const  fields[] = {
        &b->access_key, &b->secret_key, &b->session_token
    };

    rc = 0;

    for (i = 0; rc == 0 && i < 3; i++) {
        rc = store_bucket_read_secret(store, stmt, 7 + (int) i, b->name, i,
                                      fields[i], err);
    }

    if (rc == ERR_INVALID) {

        for (i = 0, rc = 0; i < 3; i++) {
            rc |= model_set(fields[i], NULL, err);
        }

        b->locked = b->credentials == MODEL_OWN;
    }

    return rc;
}


static int
store_bucket_read_ttl(store_t *store, model_bucket_t *bucket, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, "SELECT status, seconds, NULL, 0 AS position "
                              "FROM bucket_ttl WHERE bucket = ?1 "
                              "UNION ALL "
                              "SELECT status, seconds, pattern, position "
                              "FROM bucket_ttl_key WHERE bucket = ?1 "
                              "ORDER BY position, status", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_text(stmt, 1, bucket->name, -1, SQLITE_STATIC)
        != SQLITE_OK)
    {
        rc = store_error(store, "bind", err);
        goto done;
    }

    for ( ;; ) {

        switch (sqlite3_step(stmt)) {

        case SQLITE_ROW:
            rc = model_ttl_add_key(bucket, (const char *)
                                           sqlite3_column_text(stmt, 2),
                                   (unsigned) sqlite3_column_int(stmt, 0),
                                   sqlite3_column_int64(stmt, 1), err);
            if (rc != 0) {
                goto done;
            }
            break;

        case SQLITE_DONE:
            goto done;

        default:
            rc = store_error(store, "ttl", err);
            goto done;
        }
    }

done:

    (void) sqlite3_finalize(stmt);

    return rc;
}


static int
store_bucket_read_policy(sqlite3_stmt *stmt, model_bucket_t *b, error_t *err)
{
    int          rc;
    size_t       i;
    const char  *text;

    b->store_private = sqlite3_column_int(stmt, 12) != 0;

    for (i = 0, rc = 0; rc == 0 && i < MODEL_POLICIES; i++) {

        text = (const char *) sqlite3_column_text(stmt, 11 + (int) i);

        /* the columns are in the order of the policies */

        if (text != NULL && i != 1) {
            rc = model_policy_set(b, i, text, err);
        }
    }

    return rc;
}


static const char *
store_bucket_column(sqlite3_stmt *stmt, int column)
{
    return (const char *) sqlite3_column_text(stmt, column);
}


static int
store_bucket_read(store_t *store, sqlite3_stmt *stmt,
    model_bucket_t **ret_bucket, error_t *err)
{
    int              rc;
    const char      *text;
    model_bucket_t  *b;

    b = model_bucket_new();
    if (b == NULL) {
        return error_nomem(err);
    }

    b->source = MODEL_API;
    b->created_at = sqlite3_column_int64(stmt, 10);

    if (model_set(&b->name, store_bucket_column(stmt, 0), err) != 0
        || model_set(&b->endpoint, store_bucket_column(stmt, 1), err) != 0
        || model_set(&b->region, store_bucket_column(stmt, 2), err) != 0
        || model_set(&b->origin_bucket, store_bucket_column(stmt, 4), err) != 0
        || model_set(&b->prefix, store_bucket_column(stmt, 5), err) != 0)
    {
        rc = ERR_NOMEM;
        goto failed;
    }

    rc = model_addressing_parse(store_bucket_column(stmt, 3), &b->addressing,
                                err);
    if (rc != 0) {
        goto failed;
    }

    text = store_bucket_column(stmt, 6);
    b->credentials = strcmp(text, "own") == 0 ? MODEL_OWN
                     : strcmp(text, "none") == 0 ? MODEL_ANONYMOUS
                     : MODEL_INHERIT;

    rc = store_bucket_read_keys(store, stmt, b, err);

    if (rc == 0) {
        rc = store_bucket_read_policy(stmt, b, err);
    }

    if (rc == 0) {
        rc = store_bucket_read_ttl(store, b, err);
    }

    /* what another program wrote must not reach nginx.conf */

    if (rc == 0) {
        rc = model_bucket_check(b, err);
        if (rc != 0) {
            (void) error_prefix(err, "registry: bucket \"%s\"", b->name);
        }
    }

    if (rc == 0) {
        *ret_bucket = b;
        return 0;
    }

failed:

    model_bucket_free(b);

    return rc;
}


int
store_bucket_list(store_t *store, model_buckets_t *ret_list, error_t *err)
{
    int              rc;
    error_t          reason;
    sqlite3_stmt    *stmt;
    model_bucket_t  *bucket;

    store->unread = 0;

    rc = store_prepare(store, "SELECT " STORE_BUCKET_COLUMNS " FROM bucket "
                              "ORDER BY name", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    for ( ;; ) {

        switch (sqlite3_step(stmt)) {

        case SQLITE_ROW:
            rc = store_bucket_read(store, stmt, &bucket, &reason);

            if (rc == 0) {
                rc = model_buckets_add(ret_list, bucket, &reason);

            } else if (rc == ERR_INVALID || rc == ERR_LIMIT) {
                store->unread++;
                memcpy(store->unread_text, reason.message,
                       sizeof(store->unread_text));
                rc = 0;
            }

            if (rc != 0) {
                rc = error_set(err, rc, "%s", reason.message);
                goto done;
            }
            break;

        case SQLITE_DONE:
            goto done;

        default:
            rc = store_error(store, "list", err);
            goto done;
        }
    }

done:

    (void) sqlite3_finalize(stmt);

    return rc;
}


int
store_bucket_get(store_t *store, const char *name,
    model_bucket_t **ret_bucket, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, "SELECT " STORE_BUCKET_COLUMNS " FROM bucket "
                              "WHERE name = ?1", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC) != SQLITE_OK) {
        rc = store_error(store, "bind", err);
        goto done;
    }

    switch (sqlite3_step(stmt)) {

    case SQLITE_ROW:
        rc = store_bucket_read(store, stmt, ret_bucket, err);
        break;

    case SQLITE_DONE:
        rc = error_set(err, ERR_NOT_FOUND, "there is no bucket \"%s\"", name);
        break;

    default:
        rc = store_error(store, "get", err);
    }

done:

    (void) sqlite3_finalize(stmt);

    return rc;
}


static int
store_bucket_bind_secret(store_t *store, sqlite3_stmt *stmt, int column,
    const model_bucket_t *bucket, size_t i, const char *value, error_t *err)
{
    int       rc;
    char      context[STORE_BUCKET_CONTEXT_MAX];
    strbuf_t  sealed;

    if (value == NULL) {
        return 0;
    }

    strbuf_init(&sealed, 65536);

    rc = seal_close(store->seal,
                    store_bucket_context(bucket->name, i, context), value,
                    strlen(value), &sealed, err);
    if (rc == 0
        && sqlite3_bind_blob(stmt, column, sealed.data, (int) sealed.len,
                             SQLITE_TRANSIENT) != SQLITE_OK)
    {
        rc = store_error(store, "bind", err);
    }

    strbuf_release(&sealed);

    return rc;
}


int
store_bucket_seal(store_t *store, const model_bucket_t *bucket, error_t *err)
{
    int            rc;
    size_t         i;
    sqlite3_stmt  *stmt;

    const char *const  values[] = {
        bucket->access_key, bucket->secret_key, bucket->session_token
    };

    stmt = NULL;

    rc = store_prepare(store, "UPDATE bucket SET access_key = ?1, "
                              "secret_key = ?2, session_token = ?3 "
                              "WHERE name = ?4", &stmt, err);

    for (i = 0; rc == 0 && i < 3; i++) {
        rc = store_bucket_bind_secret(store, stmt, (int) i + 1, bucket, i,
                                      values[i], err);
    }

    if (rc == 0
        && (sqlite3_bind_text(stmt, 4, bucket->name, -1, SQLITE_STATIC)
            != SQLITE_OK
            || sqlite3_step(stmt) != SQLITE_DONE))
    {
        rc = store_error(store, "seal", err);
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


/* MODEL_UNSET is NULL */

static int
store_bucket_bind_policy(store_t *store, sqlite3_stmt *stmt,
    const model_bucket_t *b, error_t *err)
{
    char  allow[MODEL_ALLOW_MAX];

    if (sqlite3_bind_text(stmt, 12, model_ttl_mode_name(b->ttl_mode), -1,
                          SQLITE_STATIC) != SQLITE_OK
        || sqlite3_bind_int(stmt, 13, b->store_private) != SQLITE_OK
        || (b->stale_while_revalidate != MODEL_UNSET
            && sqlite3_bind_int64(stmt, 14, b->stale_while_revalidate)
               != SQLITE_OK)
        || (b->stale_if_error != MODEL_UNSET
            && sqlite3_bind_int64(stmt, 15, b->stale_if_error) != SQLITE_OK)
        || sqlite3_bind_text(stmt, 16, b->cache_control, -1, SQLITE_STATIC)
           != SQLITE_OK
        || sqlite3_bind_text(stmt, 17, b->hide_errors ? "hide" : "pass", -1,
                             SQLITE_STATIC) != SQLITE_OK
        || sqlite3_bind_text(stmt, 18, model_allow_text(b->allow, allow), -1,
                             SQLITE_TRANSIENT) != SQLITE_OK
        || sqlite3_bind_text(stmt, 19, b->request_payer ? "true" : "false",
                             -1, SQLITE_STATIC) != SQLITE_OK
        || sqlite3_bind_text(stmt, 20, b->gzip ? "gzip" : NULL, -1,
                             SQLITE_STATIC) != SQLITE_OK
        || sqlite3_bind_text(stmt, 21, b->expected_owner, -1, SQLITE_STATIC)
           != SQLITE_OK
        || sqlite3_bind_text(stmt, 22, b->cors, -1, SQLITE_STATIC)
           != SQLITE_OK)
    {
        return store_error(store, "bind", err);
    }

    return 0;
}


static int
store_bucket_put_row(store_t *store, const model_bucket_t *b, error_t *err)
{
    int            i, rc;
    sqlite3_stmt  *stmt;

    const char *const  texts[] = {
        b->name, b->endpoint, b->region, model_addressing_name(b->addressing),
        b->origin_bucket, b->prefix, model_credentials_name(b->credentials)
    };

    rc = store_prepare(store, "INSERT INTO bucket (" STORE_BUCKET_COLUMNS ") "
                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                              "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
                              "?19, ?20, ?21, ?22)",
                       &stmt, err);
    if (rc != 0) {
        return rc;
    }

    for (i = 0; i < 7; i++) {
        if (sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_STATIC)
            != SQLITE_OK)
        {
            rc = store_error(store, "bind", err);
            goto done;
        }
    }

    rc = store_bucket_bind_secret(store, stmt, 8, b, 0, b->access_key, err);

    if (rc == 0) {
        rc = store_bucket_bind_secret(store, stmt, 9, b, 1, b->secret_key,
                                      err);
    }

    if (rc == 0) {
        rc = store_bucket_bind_secret(store, stmt, 10, b, 2,
                                      b->session_token, err);
    }

    if (rc != 0) {
        goto done;
    }

    rc = store_bucket_bind_policy(store, stmt, b, err);

    if (rc != 0) {
        goto done;
    }

    if (sqlite3_bind_int64(stmt, 11, b->created_at) != SQLITE_OK) {
        rc = store_error(store, "bind", err);
        goto done;
    }

    if (sqlite3_step(stmt) != SQLITE_DONE) {

        if (sqlite3_extended_errcode(store->db) == SQLITE_CONSTRAINT_PRIMARYKEY)
        {
            rc = error_set(err, ERR_CONFLICT, "bucket \"%s\" exists already",
                           b->name);
            goto done;
        }

        rc = store_error(store, "put", err);
    }

done:

    (void) sqlite3_finalize(stmt);

    return rc;
}


/* plain is of the rules for every key, otherwise of those by key */

static int
store_bucket_put_rules(store_t *store, const model_bucket_t *bucket,
    bool plain, error_t *err)
{
    int                 rc;
    size_t              i;
    sqlite3_stmt       *stmt;
    const model_ttl_t  *rule;

    rc = store_prepare(store, plain
                       ? "INSERT INTO bucket_ttl (bucket, status, seconds) "
                         "VALUES (?1, ?2, ?3)"
                       : "INSERT INTO bucket_ttl_key (bucket, status, "
                         "seconds, pattern, position) "
                         "VALUES (?1, ?2, ?3, ?4, ?5)", &stmt, err);
    if (rc != 0) {
        return rc;
    }

    for (i = 0; i < bucket->nttl; i++) {

        rule = &bucket->ttl[i];

        if ((rule->pattern == NULL) != plain) {
            continue;
        }

        if (sqlite3_bind_text(stmt, 1, bucket->name, -1, SQLITE_STATIC)
               != SQLITE_OK
            || sqlite3_bind_int(stmt, 2, (int) rule->status) != SQLITE_OK
            || sqlite3_bind_int64(stmt, 3, rule->seconds) != SQLITE_OK
            || (!plain
                && (sqlite3_bind_text(stmt, 4, rule->pattern, -1,
                                      SQLITE_STATIC) != SQLITE_OK
                    || sqlite3_bind_int(stmt, 5, (int) i + 1) != SQLITE_OK))
            || sqlite3_step(stmt) != SQLITE_DONE
            || sqlite3_reset(stmt) != SQLITE_OK)
        {
            rc = store_error(store, "put ttl", err);
            break;
        }
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


int
store_bucket_put(store_t *store, const model_bucket_t *bucket, error_t *err)
{
    int  rc;

    rc = store_bucket_put_row(store, bucket, err);

    if (rc == 0) {
        rc = store_bucket_put_rules(store, bucket, true, err);
    }

    if (rc == 0) {
        rc = store_bucket_put_rules(store, bucket, false, err);
    }

    return rc;
}


int
store_bucket_del(store_t *store, const char *name, error_t *err)
{
    int            rc;
    sqlite3_stmt  *stmt;

    rc = store_prepare(store, "DELETE FROM bucket WHERE name = ?1", &stmt,
                       err);
    if (rc != 0) {
        return rc;
    }

    if (sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC) != SQLITE_OK
        || sqlite3_step(stmt) != SQLITE_DONE)
    {
        rc = store_error(store, "delete", err);

    } else if (sqlite3_changes(store->db) == 0) {
        rc = error_set(err, ERR_NOT_FOUND, "there is no bucket \"%s\"", name);
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}
