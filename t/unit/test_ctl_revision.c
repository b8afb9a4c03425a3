
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The history in the registry: documents and their secrets, what is kept, and
 * a registry that is full.
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reconcile.h"
#include "registry/document.h"
#include "registry/store_bucket.h"


static const unsigned char  key[SEAL_KEY_LEN] = { 7 };

static seal_t    seal;
static store_t  *store;


static int
setup(void **state)
{
    error_t  err;

    (void) state;

    seal_init(&seal, key);
    assert_int_equal(store_open(":memory:", &seal, &store, &err), 0);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    store_close(store);

    return 0;
}


static model_bucket_t *
bucket(const char *name)
{
    model_bucket_t  *b;

    b = model_bucket_new();
    assert_non_null(b);
    assert_int_equal(model_set(&b->name, name, NULL), 0);
    assert_int_equal(model_set(&b->endpoint, "http://h:1", NULL), 0);
    assert_int_equal(model_set(&b->access_key, "AKID", NULL), 0);
    assert_int_equal(model_set(&b->secret_key, "S3cretS3cret", NULL), 0);
    b->credentials = MODEL_OWN;
    b->source = MODEL_API;
    b->created_at = 1700000000;
    assert_int_equal(model_bucket_check(b, NULL), 0);

    return b;
}


static void
test_document(void **state)
{
    char            *text, *again, *declared;
    json_t          *json;
    error_t          err;
    model_bucket_t  *b, *got;

    (void) state;

    b = bucket("photos");
    assert_int_equal(document_get(store, "bucket", "photos", &text, &err), 0);
    assert_null(text);
    assert_int_equal(store_bucket_put(store, b, &err), 0);
    assert_int_equal(document_get(store, "bucket", "photos", &text, &err), 0);
    assert_null(strstr(text, "S3cret"));
    assert_null(strstr(text, "AKID"));

    /* gone, and back with its keys */

    assert_int_equal(document_put(store, "bucket", "photos", NULL, 0, &err),
                     0);
    assert_int_equal(store_bucket_get(store, "photos", &got, &err),
                     ERR_NOT_FOUND);
    assert_int_equal(document_put(store, "bucket", "photos", text, 9, &err),
                     0);
    assert_int_equal(store_bucket_get(store, "photos", &got, &err), 0);
    assert_string_equal(got->secret_key, "S3cretS3cret");
    assert_int_equal(got->revision, 9);
    assert_int_equal(got->created_at, 1700000000);
    assert_true(field_equal(&model_bucket_table, b, got));

    /* for people */

    json = document_json(text);
    assert_string_equal(json_string_value(json_object_get(
                            json, "secret_access_key")), "***");
    assert_string_equal(json_string_value(json_object_get(json, "endpoint")),
                        "http://h:1");
    json_decref(json);

    declared = document_of(&model_bucket_table, b);
    assert_non_null(strstr(declared, "http://h:1"));
    assert_null(strstr(declared, "AKID"));

    /* what is broken is an error, and nothing else */

    again = strdup(text);
    assert_non_null(again);
    assert_non_null(strstr(again, "\"secrets\""));
    memcpy(strstr(strstr(again, "\"secrets\"") + 9, "_key") + 12, "xx", 2);
    assert_int_equal(document_put(store, "bucket", "photos", again, 0, &err),
                     ERR_INVALID);
    assert_int_equal(document_put(store, "bucket", "photos", "{", 0, &err),
                     ERR_INVALID);

    free(text);
    free(again);
    free(declared);
    model_bucket_free(b);
    model_bucket_free(got);
}


static void
test_trim(void **state)
{
    int64_t           i;
    error_t           err;
    revision_t        row;
    revision_page_t   page;

    (void) state;

    memset(&row, 0, sizeof(revision_t));
    row.actor = (char *) (uintptr_t) "local";

    assert_int_equal(store_write(store, &err), 0);

    for (i = 1; i <= REVISION_KEEP + 10; i++) {
        row.n = i;
        row.state = (char *) (uintptr_t) (i == 1 ? REVISION_PENDING
                                                 : REVISION_APPLIED);
        assert_int_equal(revision_add(store, &row, &err), 0);
    }

    assert_int_equal(revision_trim(store, &err), 0);
    assert_int_equal(store_commit(store, &err), 0);

    assert_int_equal(revision_list(store, 0, 2 * REVISION_KEEP, &page, &err),
                     0);
    assert_int_equal(page.len, REVISION_KEEP + 1);
    assert_int_equal(page.rows[0].n, REVISION_KEEP + 10);
    assert_int_equal(page.rows[REVISION_KEEP - 1].n, 11);
    assert_int_equal(page.rows[REVISION_KEEP].n, 1);
    revision_page_release(&page);
}


static int
run(void *data, state_t *state, int64_t number, bool test,
    int64_t *ret_generation, error_t *err)
{
    (void) state;
    (void) test;
    (void) err;

    *(size_t *) data = state->buckets.len;
    *ret_generation = number;

    return 0;
}


static void
settled(void *data)
{
    (void) data;
}


/* until the disk is full, and when there is room again */

static void
test_full(void **state)
{
    int                rc;
    char               name[16];
    size_t             n, runs;
    state_t           *wanted;
    order_t            order;
    error_t            err;
    change_t           change;
    config_t          *config;
    reconcile_t       *rec;
    atomic_llong       numbers;
    model_bucket_t    *b;
    reconcile_conf_t   conf;

    (void) state;

    atomic_init(&numbers, 0);
    runs = 0;

    memset(&conf, 0, sizeof(reconcile_conf_t));
    conf.store = store;
    conf.run = run;
    conf.settled = settled;
    conf.data = &runs;
    conf.numbers = &numbers;

    assert_int_equal(config_parse("y", "", 0, &config, &err), 0);
    assert_int_equal(reconcile_new(&conf, &rec, &err), 0);
    assert_int_equal(reconcile_load(rec, config, &err), 0);
    assert_int_equal(reconcile_first(rec, &err), 0);
    assert_int_equal(reconcile_start(rec, &err), 0);

    /* one is the least: it is what there is */

    assert_int_equal(sqlite3_exec(store->db, "PRAGMA max_page_count = 1",
                                  NULL, NULL, NULL), SQLITE_OK);

    for (n = 0, rc = 0; rc == 0 && n < 1000; n++) {

        (void) snprintf(name, sizeof(name), "bucket-%zu", n);
        b = bucket(name);

        memset(&order, 0, sizeof(order_t));
        order.actor = "local";

        memset(&change, 0, sizeof(change_t));
        change.verb = CHANGE_ADD;
        change.table = &model_bucket_table;
        change.name = name;
        change.after = b;

        rc = reconcile_change(rec, &change, 1, &order, &err);

        if (rc != 0) {
            assert_int_equal(rc, ERR_IO);
            assert_non_null(strstr(err.message, "full"));

            wanted = reconcile_desired(rec);
            assert_null(state_bucket(wanted, name));
            state_unref(wanted);

            assert_int_equal(sqlite3_exec(store->db, "PRAGMA max_page_count "
                                          "= 100000", NULL, NULL, NULL),
                             SQLITE_OK);
            assert_int_equal(reconcile_change(rec, &change, 1, &order, &err),
                             0);
            assert_int_equal(runs, n + 1);
        }

        model_bucket_free(b);
    }

    assert_int_not_equal(rc, 0);

    reconcile_free(rec);
    config_unref(config);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_document, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trim, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
