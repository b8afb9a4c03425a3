
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "core/registry.h"
#include "creds/publish.h"
#include "nginx/render.h"
#include "registry/schema.h"
#include "registry/store_bucket.h"


#define REGISTRY_MAX      (256 * 1024 * 1024)
#define REGISTRY_SQL_MAX  1024


static int
registry_path(const char *dir, const char *name, char path[STORE_PATH_MAX],
    error_t *err)
{
    if (snprintf(path, STORE_PATH_MAX, "%s/%s", dir, name) >= STORE_PATH_MAX) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    return 0;
}


/* what SQLite has beside a file */

static int
registry_remove(const char *path, bool itself, error_t *err)
{
    int     rc;
    char    name[STORE_PATH_MAX];
    size_t  i;

    static const char *const  ends[] = { "-wal", "-shm", "-journal", "" };

    rc = 0;

    for (i = 0; rc == 0 && i < (itself ? 4 : 3); i++) {

        if (snprintf(name, sizeof(name), "%s%s", path, ends[i])
            >= (int) sizeof(name))
        {
            return error_set(err, ERR_LIMIT, "a path is too long");
        }

        rc = file_remove(name, err);
    }

    return rc;
}


/* to the file "to", as it is */

static int
registry_take(const char *from, const char *to, error_t *err)
{
    int       rc;
    strbuf_t  data;

    strbuf_init(&data, REGISTRY_MAX);

    rc = file_read(from, &data, err);

    if (rc == 0 && data.len == 0) {
        rc = error_set(err, ERR_INVALID, "\"%s\" is empty", from);
    }

    if (rc == 0) {
        rc = registry_remove(to, false, err);
    }

    if (rc == 0) {
        rc = file_replace(to, data.data, data.len, 0600, FILE_GID_KEEP, err);
    }

    strbuf_release(&data);

    return rc;
}


/* a new one for this run, filled from another file where there is one */

static int
registry_volatile(const registry_conf_t *conf, const char *from,
    registry_t *registry, error_t *err)
{
    int  rc;

    rc = registry_path(conf->run, "registry.db", registry->path, err);

    if (rc == 0) {
        rc = registry_remove(registry->path, true, err);
    }

    if (rc == 0 && from != NULL) {
        rc = registry_take(from, registry->path, err);
    }

    if (rc == 0) {
        rc = store_open(registry->path, conf->seal, &registry->store, err);
    }

    return rc;
}


/* its buckets are gone: what nginx has of them is left as it is */

static int
registry_hold(const registry_conf_t *conf, registry_t *registry,
    const char *what, damage_t *damage, error_t *err)
{
    int   rc;
    char  nginx[STORE_PATH_MAX];
    char  path[STORE_PATH_MAX];

    if (registry_path(conf->state, "nginx/nginx.conf", nginx, err) != 0
        || registry_path(conf->state, "registry.db", path, err) != 0)
    {
        return ERR_LIMIT;
    }

    if (!file_exists(nginx) && !file_exists(path)) {

        /* nothing to go on with: a new one, and the buckets of the YAML */

        memcpy(registry->path, path, sizeof(path));

        rc = store_open(path, conf->seal, &registry->store, err);

        if (rc == 0) {
            damage_add(damage, "%s: the buckets of the API are lost; stop "
                       "s3edged and restore \"%s\" from a backup, or add them "
                       "again", what, path);
        }

        return rc;
    }

    rc = registry_volatile(conf, NULL, registry, err);

    if (rc == 0 && !file_exists(nginx)) {
        (void) snprintf(registry->store->refuse,
                        sizeof(registry->store->refuse), "%.400s: the buckets "
                        "of the YAML are served, and nothing is changed; "
                        "restore \"%.300s\" from a backup, or remove it, and "
                        "restart s3edged", what, path);
        damage_add(damage, "%s", registry->store->refuse);
        return 0;
    }

    if (rc == 0) {
        registry->held = true;
        (void) snprintf(registry->store->refuse,
                        sizeof(registry->store->refuse), "%.300s: nginx goes "
                        "on with the last good configuration, and nothing is "
                        "changed; restore \"%.200s\" from a backup, or remove "
                        "\"%.200s\" to go on with the buckets of the YAML "
                        "alone, and restart s3edged", what, path, nginx);
        damage_add(damage, "%s", registry->store->refuse);
    }

    return rc;
}


/* a newer s3edged wrote it */

static int
registry_newer(const registry_conf_t *conf, registry_t *registry,
    const char *why, damage_t *damage, error_t *err)
{
    char  what[ERROR_MESSAGE_MAX];
    char  path[STORE_PATH_MAX];
    char  old[STORE_PATH_MAX];

    if (registry_path(conf->state, "registry.db", path, err) != 0) {
        return ERR_LIMIT;
    }

    if (store_old_name(path, schema_version(), old) < STORE_PATH_MAX
        && file_exists(old))
    {
        (void) snprintf(what, sizeof(what), "%.200s (\"%.250s\" is what it "
                        "was before)", why, old);

    } else {
        (void) snprintf(what, sizeof(what), "%.400s", why);
    }

    return registry_hold(conf, registry, what, damage, err);
}


/* registry.db is gone or put aside; "what" says so */

static int
registry_restore(const registry_conf_t *conf, registry_t *registry,
    const char *what, damage_t *damage, error_t *err)
{
    int   rc;
    char  copy[STORE_PATH_MAX];

    rc = registry_path(conf->state, REGISTRY_COPY, copy, err);

    if (rc == 0 && registry_take(copy, registry->path, err) == 0
        && store_open(registry->path, conf->seal, &registry->store, err) == 0)
    {
        damage_add(damage, "%s: its copy of the last change is used, \"%s\"; "
                   "the audit log is lost", what, copy);
        return 0;
    }

    (void) registry_remove(registry->path, true, NULL);

    return registry_hold(conf, registry, what, damage, err);
}


/* what can be read, but not be written */

static int
registry_read_only(const registry_conf_t *conf, registry_t *registry,
    const char *why, damage_t *damage, error_t *err)
{
    int   rc;
    char  path[STORE_PATH_MAX];

    memcpy(path, registry->path, sizeof(path));

    rc = registry_volatile(conf, path, registry, err);

    if (rc == 0) {
        (void) snprintf(registry->store->refuse,
                        sizeof(registry->store->refuse), "%.400s: its buckets "
                        "are served, and nothing is changed; make \"%.200s\" "
                        "and its directory writable, and restart s3edged",
                        why, path);
        damage_add(damage, "%s", registry->store->refuse);
        return 0;
    }

    return registry_hold(conf, registry, why, damage, err);
}


static bool
registry_new(const registry_conf_t *conf)
{
    char    path[STORE_PATH_MAX];
    size_t  i;

    static const char *const  signs[] = { REGISTRY_COPY, "nginx/nginx.conf" };

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (registry_path(conf->state, signs[i], path, NULL) == 0
            && file_exists(path))
        {
            return false;
        }
    }

    return true;
}


int
registry_open(const registry_conf_t *conf, registry_t *ret_registry,
    damage_t *damage, error_t *err)
{
    int           rc;
    char          what[ERROR_MESSAGE_MAX];
    char          aside[DAMAGE_PATH_MAX];
    error_t       reason;
    registry_t   *r;
    struct stat   st;

    r = ret_registry;
    r->store = NULL;
    r->held = false;

    rc = registry_path(conf->state, "registry.db", r->path, err);
    if (rc != 0) {
        return rc;
    }

    if (stat(r->path, &st) != 0 || (S_ISREG(st.st_mode) && st.st_size == 0)) {

        if (registry_new(conf)) {
            return store_open(r->path, conf->seal, &r->store, err);
        }

        (void) snprintf(what, sizeof(what), "the registry, \"%.250s\", is "
                        "%s", r->path, file_exists(r->path) ? "empty"
                                                            : "gone");

        return registry_restore(conf, r, what, damage, err);
    }

    rc = store_open(r->path, conf->seal, &r->store, &reason);

    if (rc == 0 || rc == ERR_NOMEM) {
        return rc == 0 ? 0 : error_nomem(err);
    }

    if (rc == ERR_CONFLICT) {
        return registry_newer(conf, r, reason.message, damage, err);
    }

    if (rc != ERR_INVALID && S_ISREG(st.st_mode)) {
        return registry_read_only(conf, r, reason.message, damage, err);
    }

    rc = damage_aside(r->path, aside, err);

    if (rc == 0) {
        rc = registry_remove(r->path, false, err);
    }

    if (rc != 0) {
        return registry_hold(conf, r, reason.message, damage, err);
    }

    (void) snprintf(what, sizeof(what), "%.300s (kept as \"%.250s\")",
                    reason.message, aside);

    return registry_restore(conf, r, what, damage, err);
}


int
registry_unlock(const registry_conf_t *conf, const registry_t *registry,
    damage_t *damage, error_t *err)
{
    int               rc;
    char              dir[STORE_PATH_MAX];
    size_t            i;
    const char       *name;
    model_bucket_t   *b;
    model_buckets_t   list;

    model_buckets_init(&list);

    rc = registry_path(conf->run, "credentials", dir, err);

    if (rc == 0) {
        rc = store_bucket_list(registry->store, &list, err);
    }

    for (i = 0; rc == 0 && i < list.len; i++) {

        b = list.items[i];

        if (!b->locked) {
            continue;
        }

        b->locked = false;
        name = render_credentials_name(b);

        if (publish_load(dir, name, &b->access_key, &b->secret_key,
                         &b->session_token, NULL)
            != 0)
        {
            continue;
        }

        rc = store_bucket_seal(registry->store, b, err);

        if (rc == 0) {
            damage_add(damage, "the keys of bucket \"%s\" did not open: they "
                       "are taken from \"%.512s/%s\", and sealed anew",
                       b->name, dir, name);
        }
    }

    model_buckets_release(&list);

    return rc;
}


static int
registry_exec(sqlite3 *db, const char *sql, error_t *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return error_set(err, ERR_IO, "copy of the registry: %s",
                         sqlite3_errmsg(db));
    }

    return 0;
}


/* all tables of the other but audit and history, which are long */

static int
registry_fill(sqlite3 *db, error_t *err)
{
    int            rc, step;
    char           sql[REGISTRY_SQL_MAX];
    sqlite3_stmt  *stmt;

    static const char  tables[] =
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' "
        "AND name NOT LIKE 'sqlite_%' "
        "AND name NOT IN ('audit', 'revision', 'revision_change')";

    if (sqlite3_prepare_v2(db, tables, -1, &stmt, NULL) != SQLITE_OK) {
        return error_set(err, ERR_IO, "copy of the registry: %s",
                         sqlite3_errmsg(db));
    }

    rc = 0;

    while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {

        if (sqlite3_snprintf(sizeof(sql), sql, "INSERT INTO main.\"%w\" "
                             "SELECT * FROM registry.\"%w\"",
                             sqlite3_column_text(stmt, 0),
                             sqlite3_column_text(stmt, 0))
            == NULL)
        {
            rc = error_nomem(err);
            break;
        }

        rc = registry_exec(db, sql, err);
    }

    if (rc == 0 && step != SQLITE_DONE) {
        rc = error_set(err, ERR_IO, "copy of the registry: %s",
                       sqlite3_errmsg(db));
    }

    (void) sqlite3_finalize(stmt);

    return rc;
}


int
registry_copy(const registry_conf_t *conf, const registry_t *registry,
    error_t *err)
{
    int            rc;
    char           copy[STORE_PATH_MAX];
    char           next[STORE_PATH_MAX];
    sqlite3       *db;
    sqlite3_stmt  *stmt;

    if (registry->store->refuse[0] != '\0') {
        return 0;
    }

    if (registry_path(conf->state, REGISTRY_COPY, copy, err) != 0
        || registry_path(conf->state, REGISTRY_COPY ".new", next, err) != 0)
    {
        return ERR_LIMIT;
    }

    stmt = NULL;
    db = NULL;

    rc = registry_remove(next, false, err);

    if (rc == 0) {
        rc = file_replace(next, "", 0, 0600, FILE_GID_KEEP, err);
    }

    if (rc == 0
        && sqlite3_open_v2(next, &db, SQLITE_OPEN_READWRITE, NULL)
           != SQLITE_OK)
    {
        rc = error_set(err, ERR_IO, "cannot open \"%s\"", next);
    }

    if (rc == 0) {
        rc = schema_migrate(db, err);
    }

    if (rc == 0
        && (sqlite3_prepare_v2(db, "ATTACH ?1 AS registry", -1, &stmt, NULL)
            != SQLITE_OK
            || sqlite3_bind_text(stmt, 1, registry->path, -1, SQLITE_STATIC)
               != SQLITE_OK
            || sqlite3_step(stmt) != SQLITE_DONE))
    {
        rc = error_set(err, ERR_IO, "copy of the registry: %s",
                       sqlite3_errmsg(db));
    }

    (void) sqlite3_finalize(stmt);

    if (rc == 0) {
        rc = registry_exec(db, "BEGIN", err);
    }

    if (rc == 0) {
        rc = registry_fill(db, err);
    }

    if (rc == 0) {
        rc = registry_exec(db, "COMMIT", err);
    }

    (void) sqlite3_close(db);

    return rc == 0 ? file_rename(next, copy, err) : rc;
}
