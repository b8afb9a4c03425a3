
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/schema.h"
#include "registry/store_bucket.h"


extern const unsigned char  migration_001[];
extern const unsigned char  migration_002[];
extern const unsigned char  migration_003[];
extern const unsigned char  migration_004[];
extern const unsigned char  migration_005[];

static const unsigned char *const  migrations[] = {
    migration_001, migration_002, migration_003, migration_004, migration_005
};


static const unsigned char  key[SEAL_KEY_LEN] = { 7 };


/* what each older schema has that those before have not */

static const char *const  rows[] = {
    "INSERT INTO bucket (name, endpoint, region, addressing, origin_bucket, "
    "prefix, credentials, access_key, secret_key, created_at) VALUES "
    "('own', 'https://h.example', NULL, 'virtual', 'other', 'p/', 'own', "
    "?1, ?2, 17), "
    "('shut', NULL, 'eu-west-3', 'path', 'shut', NULL, 'none', NULL, NULL, "
    "18), ('plain', NULL, NULL, 'path', 'plain', NULL, 'inherit', NULL, NULL, "
    "19)",
    "INSERT INTO bucket_ttl VALUES ('own', 0, 60), ('own', 404, 5)",
    "UPDATE bucket SET ttl_mode = 'cap', store_private = 1, "
    "stale_if_error = 0, cache_control = 'no-store', errors = 'hide' "
    "WHERE name = 'own'; "
    "INSERT INTO bucket_ttl_key VALUES ('own', 7, '*a', 0, 1), "
    "('own', 6, '~b\"', 404, 2)",
    "UPDATE bucket SET allow = 'object list' WHERE name = 'own'",
    "UPDATE bucket SET request_payer = 'true', accept_encoding = 'gzip', "
    "expected_owner = '123456789012', cors = '[{\"AllowedMethods\":[\"GET\"],"
    "\"AllowedOrigins\":[\"*\"]}]' WHERE name = 'own'"
};


static model_bucket_t *
bucket(const char *name)
{
    json_t          *policy;
    model_bucket_t  *b;

    b = model_bucket_new();
    assert_non_null(b);

    assert_int_equal(model_set(&b->name, name, NULL), 0);
    assert_int_equal(model_set(&b->endpoint, "https://h.example:8443", NULL),
                     0);
    assert_int_equal(model_set(&b->region, "eu-west-3", NULL), 0);
    assert_int_equal(model_set(&b->prefix, "site/", NULL), 0);
    assert_int_equal(model_set(&b->access_key, "AKID", NULL), 0);
    assert_int_equal(model_set(&b->secret_key, "S3cretS3cret", NULL), 0);
    assert_int_equal(model_set(&b->session_token, "TokenToken", NULL), 0);
    b->credentials = MODEL_OWN;
    b->addressing = MODEL_VIRTUAL;
    b->created_at = 1700000000;
    assert_int_equal(model_ttl_add(b, 404, 10, NULL), 0);
    assert_int_equal(model_ttl_add(b, 0, 3600, NULL), 0);
    assert_int_equal(model_ttl_add_key(b, "~z", 0, 5, NULL), 0);
    assert_int_equal(model_ttl_add_key(b, "*a", 404, 6, NULL), 0);

    policy = json_loads("{\"ttl_mode\":\"honour\",\"store_private\":true,"
                        "\"stale_if_error\":\"2m\",\"errors\":\"hide\","
                        "\"cache_control\":\"no-store\",\"request_payer\":true,"
                        "\"allow\":\"sub,object\",\"accept_encoding\":\"gzip\","
                        "\"expected_owner\":\"123456789012\",\"cors\":[{"
                        "\"AllowedOrigins\":[\"*\"],"
                        "\"AllowedMethods\":[\"GET\"]}]}", 0, NULL);

    assert_int_equal(field_parse(&model_bucket_table, policy,
                                 &field_json_lang, b, NULL), 0);
    json_decref(policy);

    assert_int_equal(model_bucket_check(b, NULL), 0);

    return b;
}


static void
test_bucket(void **state)
{
    seal_t            seal;
    error_t           err;
    store_t          *store;
    model_bucket_t   *b, *got;
    model_buckets_t   list;

    (void) state;

    seal_init(&seal, key);
    model_buckets_init(&list);

    assert_int_equal(store_open(":memory:", &seal, &store, &err), 0);

    b = bucket("zeta");
    assert_int_equal(store_bucket_put(store, b, &err), 0);
    assert_int_equal(store_bucket_put(store, b, &err), ERR_CONFLICT);
    assert_string_equal(err.message, "bucket \"zeta\" exists already");
    model_bucket_free(b);

    b = bucket("alpha");
    assert_int_equal(store_bucket_put(store, b, &err), 0);
    model_bucket_free(b);

    assert_int_equal(store_bucket_get(store, "zeta", &got, &err), 0);
    assert_string_equal(got->endpoint, "https://h.example:8443");
    assert_string_equal(got->region, "eu-west-3");
    assert_string_equal(got->origin_bucket, "zeta");
    assert_string_equal(got->prefix, "site/");
    assert_string_equal(got->access_key, "AKID");
    assert_string_equal(got->secret_key, "S3cretS3cret");
    assert_string_equal(got->session_token, "TokenToken");
    assert_int_equal(got->addressing, MODEL_VIRTUAL);
    assert_int_equal(got->credentials, MODEL_OWN);
    assert_int_equal(got->source, MODEL_API);
    assert_int_equal(got->created_at, 1700000000);
    assert_int_equal(got->nttl, 4);
    assert_int_equal(got->ttl_mode, S3_TTL_HONOUR);
    assert_true(got->store_private);
    assert_int_equal(got->stale_while_revalidate, FIELD_UNSET);
    assert_int_equal(got->stale_if_error, 120);
    assert_string_equal(got->cache_control, "no-store");
    assert_true(got->hide_errors);
    assert_int_equal(got->allow, S3_OP_MAY_OBJECT|S3_OP_MAY_SUB);
    assert_true(got->request_payer);
    assert_true(got->gzip);
    assert_string_equal(got->expected_owner, "123456789012");
    assert_string_equal(got->cors, "[{\"AllowedMethods\":[\"GET\"],"
                                   "\"AllowedOrigins\":[\"*\"]}]");
    assert_string_equal(got->ttl[2].pattern, "~z");
    assert_int_equal(got->ttl[2].status, 0);
    assert_int_equal(got->ttl[2].seconds, 5);
    assert_string_equal(got->ttl[3].pattern, "*a");
    assert_int_equal(got->ttl[3].status, 404);
    assert_int_equal(got->ttl[0].status, 0);
    assert_int_equal(got->ttl[0].seconds, 3600);
    assert_int_equal(got->ttl[1].status, 404);
    model_bucket_free(got);

    assert_int_equal(store_bucket_list(store, &list, &err), 0);
    assert_int_equal(list.len, 2);
    assert_string_equal(list.items[0]->name, "alpha");
    assert_string_equal(list.items[1]->name, "zeta");
    model_buckets_release(&list);

    assert_int_equal(store_bucket_del(store, "zeta", &err), 0);
    assert_int_equal(store_bucket_del(store, "zeta", &err), ERR_NOT_FOUND);
    assert_int_equal(store_bucket_get(store, "zeta", &got, &err),
                     ERR_NOT_FOUND);

    /* its rules went with it */

    b = bucket("zeta");
    assert_int_equal(store_bucket_put(store, b, &err), 0);
    model_bucket_free(b);

    store_close(store);
}


static void
test_transaction(void **state)
{
    seal_t            seal;
    int64_t           n;
    error_t           err;
    store_t          *store;
    model_bucket_t   *b, *got;

    (void) state;

    seal_init(&seal, key);
    assert_int_equal(store_open(":memory:", &seal, &store, &err), 0);

    assert_int_equal(store_generation(store, &n, &err), 0);
    assert_int_equal(n, 0);

    b = bucket("demo");

    assert_int_equal(store_begin(store, &err), 0);
    assert_int_equal(store_bucket_put(store, b, &err), 0);
    assert_int_equal(store_generation_set(store, 5, &err), 0);
    store_rollback(store);
    store_rollback(store);

    assert_int_equal(store_bucket_get(store, "demo", &got, &err),
                     ERR_NOT_FOUND);
    assert_int_equal(store_generation(store, &n, &err), 0);
    assert_int_equal(n, 0);

    assert_int_equal(store_begin(store, &err), 0);
    assert_int_equal(store_bucket_put(store, b, &err), 0);
    assert_int_equal(store_generation_set(store, 6, &err), 0);
    assert_int_equal(store_generation_set(store, 7, &err), 0);
    assert_int_equal(store_commit(store, &err), 0);
    store_rollback(store);

    assert_int_equal(store_bucket_get(store, "demo", &got, &err), 0);
    assert_int_equal(store_generation(store, &n, &err), 0);
    assert_int_equal(n, 7);

    model_bucket_free(got);
    model_bucket_free(b);
    store_close(store);
}


/* the file is ours alone, holds no secret, and opens with its key only */

static void
test_file(void **state)
{
    char             dir[64], path[128], text[65536];
    FILE            *fp;
    size_t           n, i;
    seal_t           seal;
    error_t          err;
    store_t         *store;
    struct stat      st;
    unsigned char    other[SEAL_KEY_LEN] = { 8 };
    model_bucket_t  *b, *got;

    (void) state;

    (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void) snprintf(path, sizeof(path), "%s/registry.db", dir);

    seal_init(&seal, key);
    assert_int_equal(store_open(path, &seal, &store, &err), 0);

    b = bucket("demo");
    assert_int_equal(store_bucket_put(store, b, &err), 0);
    model_bucket_free(b);
    store_close(store);

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);

    fp = fopen(path, "r");
    assert_non_null(fp);
    n = fread(text, 1, sizeof(text), fp);
    assert_int_equal(fclose(fp), 0);
    assert_true(n > 12);

    for (i = 0; i + 12 <= n; i++) {
        assert_memory_not_equal(text + i, "S3cretS3cret", 12);
    }

    seal_init(&seal, other);
    assert_int_equal(store_open(path, &seal, &store, &err), 0);

    /* with another key the bucket is there, and its keys are not */

    assert_int_equal(store_bucket_get(store, "demo", &got, &err), 0);
    assert_true(got->locked);
    assert_int_equal(got->credentials, MODEL_OWN);
    assert_null(got->access_key);
    assert_null(got->secret_key);
    assert_null(got->session_token);

    /* until they are given again */

    assert_int_equal(model_set(&got->access_key, "AKID2", NULL), 0);
    assert_int_equal(model_set(&got->secret_key, "An0therSecret", NULL), 0);
    assert_int_equal(store_bucket_seal(store, got, &err), 0);
    model_bucket_free(got);

    assert_int_equal(store_bucket_get(store, "demo", &got, &err), 0);
    assert_false(got->locked);
    assert_string_equal(got->access_key, "AKID2");
    assert_string_equal(got->secret_key, "An0therSecret");
    assert_null(got->session_token);
    model_bucket_free(got);

    /* a registry of a newer version is left alone */

    assert_int_equal(sqlite3_exec(store->db, "PRAGMA user_version = 99", NULL,
                                  NULL, NULL), SQLITE_OK);
    store_close(store);
    assert_int_equal(store_open(path, &seal, &store, &err), ERR_CONFLICT);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}


/* what another program put there does not get out */

static void
test_foreign(void **state)
{
    seal_t            seal;
    error_t           err;
    store_t          *store;
    model_bucket_t   *got;
    model_buckets_t   list;

    (void) state;

    seal_init(&seal, key);
    model_buckets_init(&list);
    assert_int_equal(store_open(":memory:", &seal, &store, &err), 0);

    assert_int_equal(sqlite3_exec(store->db,
                                  "INSERT INTO entity VALUES ('bucket', 'x', "
                                  "'{\"endpoint\":\"http://h; } evil {\"}', "
                                  "1, 1), ('bucket', 'y', '{}', 1, 1), "
                                  "('bucket', 'z', '{', 1, 1)", NULL, NULL,
                                  NULL), SQLITE_OK);

    assert_int_equal(store_bucket_list(store, &list, &err), 0);
    assert_int_equal(list.len, 1);
    assert_string_equal(list.items[0]->name, "y");
    assert_int_equal(store->unread, 2);
    assert_memory_equal(store->unread_text,
                        "registry: bucket \"z\": line 1", 28);
    assert_int_equal(store_bucket_get(store, "x", &got, &err), ERR_INVALID);
    assert_memory_equal(err.message, "registry: bucket \"x\": endpoint: ", 32);

    model_buckets_release(&list);
    store_close(store);
}


static void
test_migrations(void **state)
{
    sqlite3  *db;
    error_t   err;

    (void) state;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(schema_migrate(db, &err), 0);
    assert_int_equal(schema_migrate(db, &err), 0);
    assert_true(schema_version() >= 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}


static void
insert_row(sqlite3 *db, const char *sql)
{
    size_t         i;
    seal_t         seal;
    strbuf_t       sealed;
    sqlite3_stmt  *stmt;

    static const char *const  secrets[2][2] = {
        { "own/access_key", "AKID" }, { "own/secret_key", "S3cretS3cret" }
    };

    seal_init(&seal, key);
    strbuf_init(&sealed, 256);

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);

    for (i = 0; i < 2; i++) {
        strbuf_clear(&sealed);
        assert_int_equal(seal_close(&seal, secrets[i][0], secrets[i][1],
                                    strlen(secrets[i][1]), &sealed, NULL), 0);
        assert_int_equal(sqlite3_bind_blob(stmt, (int) i + 1, sealed.data,
                                           (int) sealed.len,
                                           SQLITE_TRANSIENT), SQLITE_OK);
    }

    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);

    strbuf_release(&sealed);
}


/* a registry of that version, with all that it may have */

static void
make_old(const char *path, size_t version)
{
    char      sql[64];
    size_t    i;
    sqlite3  *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);

    for (i = 0; i < version; i++) {
        assert_int_equal(sqlite3_exec(db, (const char *) migrations[i], NULL,
                                      NULL, NULL), SQLITE_OK);

        if (i == 0) {
            insert_row(db, rows[0]);

        } else {
            assert_int_equal(sqlite3_exec(db, rows[i], NULL, NULL, NULL),
                             SQLITE_OK);
        }
    }

    (void) snprintf(sql, sizeof(sql), "PRAGMA user_version = %zu", version);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}


static void
check_old(const model_bucket_t *b, size_t version)
{
    assert_string_equal(b->endpoint, "https://h.example");
    assert_null(b->region);
    assert_int_equal(b->addressing, MODEL_VIRTUAL);
    assert_string_equal(b->origin_bucket, "other");
    assert_string_equal(b->prefix, "p/");
    assert_int_equal(b->credentials, MODEL_OWN);
    assert_string_equal(b->secret_key, "S3cretS3cret");
    assert_int_equal(b->created_at, 17);
    assert_int_equal(b->stale_while_revalidate, FIELD_UNSET);
    assert_int_equal(b->stale_if_error, version > 2 ? 0 : FIELD_UNSET);
    assert_int_equal(b->nttl, version > 2 ? 4 : version > 1 ? 2 : 0);
    assert_int_equal(b->allow, version > 3 ? S3_OP_MAY_OBJECT|S3_OP_MAY_LIST
                                           : S3_OP_MAY_OBJECT);
    assert_int_equal(b->request_payer, version > 4);
    assert_int_equal(b->gzip, version > 4);

    if (version > 1) {
        assert_int_equal(b->ttl[0].seconds, 60);
        assert_int_equal(b->ttl[1].status, 404);
    }

    if (version > 2) {
        assert_int_equal(b->ttl_mode, S3_TTL_CAP);
        assert_true(b->store_private);
        assert_true(b->hide_errors);
        assert_string_equal(b->cache_control, "no-store");
        assert_string_equal(b->ttl[2].pattern, "~b\"");
        assert_int_equal(b->ttl[2].status, 404);
        assert_string_equal(b->ttl[3].pattern, "*a");
    }

    if (version > 4) {
        assert_string_equal(b->expected_owner, "123456789012");
        assert_string_equal(b->cors, "[{\"AllowedMethods\":[\"GET\"],"
                                     "\"AllowedOrigins\":[\"*\"]}]");
    }
}


static void
test_old(void **state)
{
    char              dir[64], path[128];
    size_t            version;
    seal_t            seal;
    error_t           err;
    store_t          *store;
    model_buckets_t   list;

    (void) state;

    seal_init(&seal, key);

    for (version = 1; version <= 5; version++) {

        (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");
        assert_non_null(mkdtemp(dir));
        (void) snprintf(path, sizeof(path), "%s/registry.db", dir);

        make_old(path, version);
        model_buckets_init(&list);

        if (store_open(path, &seal, &store, &err) != 0) {
            fail_msg("%zu: %s", version, err.message);
        }

        assert_int_equal(store_bucket_list(store, &list, &err), 0);
        assert_int_equal(store->unread, 0);
        assert_int_equal(list.len, 3);

        check_old(list.items[0], version);
        assert_int_equal(list.items[1]->credentials, MODEL_INHERIT);
        assert_int_equal(list.items[2]->credentials, MODEL_ANONYMOUS);
        assert_string_equal(list.items[2]->region, "eu-west-3");

        model_buckets_release(&list);
        store_close(store);

        assert_int_equal(unlink(path), 0);
        (void) snprintf(path, sizeof(path), "%s/registry.v%zu.copy", dir,
                        version);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(dir), 0);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_transaction),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_migrations),
        cmocka_unit_test(test_old)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
