
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The loop, with an nginx that refuses what is named "bad...", reloads
 * everything but "late...", and hangs when told so.
 */


#include "guard.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/reconcile.h"
#include "registry/document.h"
#include "registry/store_bucket.h"


#define BURST  16


typedef struct {
    pthread_mutex_t   lock;
    pthread_cond_t    cond;
    bool              hold;        /* a run waits until it is false */
    bool              waits;
    int               rc;          /* of all runs, where not 0 */
    unsigned          runs;
    unsigned          tests;
    int64_t           generation;
    size_t            buckets;     /* that it runs */
} nginx_t;


typedef struct {
    char              name[16];
    int               rc;
    error_t           err;
    order_t           order;
    pthread_t         thread;
} caller_t;


static const unsigned char  key[SEAL_KEY_LEN] = { 7 };

static char          path[64];
static seal_t        seal;
static store_t      *store;
static config_t     *config;
static reconcile_t  *rec;
static atomic_llong  numbers;
static nginx_t       nginx;


static bool
has(const state_t *state, const char *prefix)
{
    size_t  i, len;

    len = strlen(prefix);

    for (i = 0; i < state->buckets.len; i++) {
        if (strncmp(state->buckets.items[i]->name, prefix, len) == 0) {
            return true;
        }
    }

    return false;
}


static int
run(void *data, state_t *state, int64_t number, bool test,
    int64_t *ret_generation, error_t *err)
{
    int  rc;

    (void) data;

    (void) pthread_mutex_lock(&nginx.lock);

    nginx.waits = nginx.hold;
    (void) pthread_cond_broadcast(&nginx.cond);

    while (nginx.hold) {
        (void) pthread_cond_wait(&nginx.cond, &nginx.lock);
    }

    rc = 0;
    nginx.runs += !test;
    nginx.tests += test;

    if (nginx.rc != 0) {
        rc = error_set(err, nginx.rc, "nginx hangs");

    } else if (has(state, "bad") || (!test && has(state, "late"))) {
        rc = error_set(err, ERR_REFUSED, "nginx: %s",
                       has(state, "bad") ? "bad" : "late");

    } else if (!test) {
        assert_true(number > nginx.generation);
        nginx.generation = number;
        nginx.buckets = state->buckets.len;
        *ret_generation = number;
    }

    (void) pthread_mutex_unlock(&nginx.lock);

    return rc;
}


static void
settled(void *data)
{
    (void) data;
}


static void
hold(bool on)
{
    (void) pthread_mutex_lock(&nginx.lock);
    nginx.hold = on;
    (void) pthread_cond_broadcast(&nginx.cond);
    (void) pthread_mutex_unlock(&nginx.lock);
}


/* nginx as a new s3edged finds it; started: with its loop */

static void
open_it(bool started, int expected)
{
    error_t           err;
    reconcile_conf_t  conf;

    memset(&conf, 0, sizeof(reconcile_conf_t));

    assert_int_equal(store_open(path, &seal, &store, &err), 0);

    conf.store = store;
    conf.run = run;
    conf.settled = settled;
    conf.numbers = &numbers;

    assert_int_equal(reconcile_new(&conf, &rec, &err), 0);
    assert_int_equal(reconcile_load(rec, config, &err), 0);

    if (started) {
        assert_int_equal(reconcile_first(rec, &err), expected);
        assert_int_equal(reconcile_start(rec, &err), 0);
    }
}


static void
close_it(void)
{
    reconcile_free(rec);
    store_close(store);
}


static int
setup(void **state)
{
    int          fd;
    error_t      err;

    static const char  yaml[] = "buckets:\n"
        "  - {name: file, endpoint: \"http://h:1\"}\n";

    (void) state;

    memset(&nginx, 0, sizeof(nginx_t));
    (void) pthread_mutex_init(&nginx.lock, NULL);
    (void) pthread_cond_init(&nginx.cond, NULL);
    atomic_store(&numbers, 0);

    (void) snprintf(path, sizeof(path), "/tmp/test_reconcile.XXXXXX");
    fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    (void) close(fd);

    seal_init(&seal, key);

    if (config_parse("y", yaml, sizeof(yaml) - 1, &config, &err) != 0) {
        fail_msg("%s", err.message);
    }

    open_it(true, 0);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    close_it();        /* which removes what SQLite has beside the file */
    config_unref(config);
    (void) unlink(path);

    (void) pthread_mutex_destroy(&nginx.lock);
    (void) pthread_cond_destroy(&nginx.cond);

    return 0;
}


static model_bucket_t *
bucket(const char *name, const char *endpoint)
{
    model_bucket_t  *b;

    b = model_bucket_new();
    assert_int_equal(model_set(&b->name, name, NULL), 0);
    assert_int_equal(model_set(&b->endpoint, endpoint, NULL), 0);
    assert_int_equal(model_set(&b->access_key, "AKID", NULL), 0);
    assert_int_equal(model_set(&b->secret_key, "S3cretS3cret", NULL), 0);
    b->credentials = MODEL_OWN;
    b->source = MODEL_API;
    assert_int_equal(model_ttl_add_key(b, "*.m3u8", 0, 5, NULL), 0);
    assert_int_equal(model_ttl_add(b, 404, 7, NULL), 0);
    assert_int_equal(model_bucket_check(b, NULL), 0);

    return b;
}


static int
change(change_verb_t verb, const char *name, const char *endpoint,
    order_t *order, error_t *err)
{
    int              rc;
    change_t         c;
    model_bucket_t  *b;

    b = endpoint != NULL ? bucket(name, endpoint) : NULL;

    memset(&c, 0, sizeof(change_t));
    c.verb = verb;
    c.table = &model_bucket_table;
    c.name = name;
    c.after = b;

    rc = reconcile_change(rec, &c, 1, order, err);

    model_bucket_free(b);

    return rc;
}


static order_t
order(bool async)
{
    order_t  o;

    memset(&o, 0, sizeof(order_t));
    o.actor = "local";
    o.message = "why not";
    o.async = async;

    return o;
}


static void
check_state(int64_t n, const char *expected)
{
    error_t              err;
    revision_t           revision;
    revision_changes_t   changes;

    assert_int_equal(reconcile_get(rec, n, &revision, &changes, &err), 0);

    if (strcmp(revision.state, expected) != 0) {
        fail_msg("revision %d is %s: %s", (int) n, revision.state,
                 revision.error != NULL ? revision.error : "");
    }

    revision_release(&revision);
    revision_changes_release(&changes);
}


/* "" where there is none */

static void
check_endpoint(const char *name, const char *expected)
{
    state_t        *state;
    const entry_t  *entry;

    state = reconcile_desired(rec);
    entry = state_bucket(state, name);

    assert_string_equal(entry != NULL ? entry->bucket->endpoint : "",
                        expected);

    if (entry != NULL) {
        assert_string_equal(entry->bucket->secret_key, "S3cretS3cret");
        assert_int_equal(model_ttl_find(entry->bucket, 404)->seconds, 7);
    }

    state_unref(state);
}


static void *
call(void *arg)
{
    caller_t  *caller;

    caller = arg;
    caller->order = order(false);
    caller->rc = change(CHANGE_ADD, caller->name, "http://h:1",
                        &caller->order, &caller->err);

    return NULL;
}


/* all come while nginx works on the first */

static void
burst(caller_t *callers, const char *const *names)
{
    size_t        i;
    order_t       first;
    error_t       err;
    state_t      *state;

    hold(true);

    first = order(true);
    assert_int_equal(change(CHANGE_ADD, "first", "http://h:1", &first, &err),
                     0);

    (void) pthread_mutex_lock(&nginx.lock);

    while (!nginx.waits) {
        (void) pthread_cond_wait(&nginx.cond, &nginx.lock);
    }

    (void) pthread_mutex_unlock(&nginx.lock);

    for (i = 0; i < BURST; i++) {
        (void) snprintf(callers[i].name, sizeof(callers[i].name), "%s%d",
                        names != NULL && names[i] != NULL ? names[i] : "bbb",
                        (int) i);
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call,
                                        &callers[i]), 0);
    }

    for ( ;; ) {
        state = reconcile_desired(rec);
        i = state->buckets.len;
        state_unref(state);

        if (i == BURST + 2) {
            break;
        }

        (void) usleep(1000);
    }

    nginx.runs = 0;
    hold(false);

    for (i = 0; i < BURST; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
    }
}


static void
test_change(void **state)
{
    order_t  o;
    error_t  err;

    (void) state;

    o = order(false);
    assert_int_equal(change(CHANGE_ADD, "aaa", "http://h:1", &o, &err), 0);
    assert_false(o.pending);
    assert_int_equal(nginx.generation, o.revision);
    check_state(o.revision, "applied");

    assert_int_equal(change(CHANGE_ADD, "aaa", "http://h:1", &o, &err),
                     ERR_CONFLICT);
    assert_int_equal(change(CHANGE_SET, "no", "http://h:1", &o, &err),
                     ERR_NOT_FOUND);
    assert_int_equal(change(CHANGE_DEL, "no", NULL, &o, &err), ERR_NOT_FOUND);
    assert_int_equal(change(CHANGE_DEL, "file", NULL, &o, &err),
                     ERR_READ_ONLY);

    assert_int_equal(change(CHANGE_SET, "aaa", "http://h:2", &o, &err), 0);
    check_endpoint("aaa", "http://h:2");
    assert_int_equal(change(CHANGE_DEL, "aaa", NULL, &o, &err), 0);
    check_endpoint("aaa", "");
}


static void
test_refused(void **state)
{
    order_t  o;
    error_t  err;

    (void) state;

    o = order(false);
    assert_int_equal(change(CHANGE_ADD, "bad", "http://h:1", &o, &err),
                     ERR_REFUSED);
    assert_string_equal(err.message, "nginx: bad");
    check_state(o.revision, "failed");
    check_state(o.revision + 1, "applied");
    check_endpoint("bad", "");

    /* nor is it there after a start */

    close_it();
    open_it(true, 0);
    check_endpoint("bad", "");

    nginx.rc = ERR_TIMEOUT;
    o = order(false);
    assert_int_equal(change(CHANGE_ADD, "aaa", "http://h:1", &o, &err),
                     ERR_TIMEOUT);
    nginx.rc = 0;
    assert_int_equal(change(CHANGE_ADD, "aaa", "http://h:1", &o, &err), 0);
}


static void
test_burst(void **state)
{
    size_t    i;
    caller_t  callers[BURST];

    (void) state;

    burst(callers, NULL);

    for (i = 0; i < BURST; i++) {
        assert_int_equal(callers[i].rc, 0);
        check_state(callers[i].order.revision, "applied");
    }

    assert_int_equal(nginx.buckets, BURST + 2);
    assert_true(nginx.runs <= 2);
}


/* which of them are at fault is found, and the others pass */

static void
test_guilty(void **state)
{
    size_t    i, k;
    bool      guilty;
    caller_t  callers[BURST];

    static const char *const  names[][BURST] = {
        { [3] = "bad" },
        { [0] = "bad", [1] = "bad", [15] = "bad" },
        { [7] = "late" },
        { [2] = "bad", [9] = "late" }
    };

    (void) state;

    for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {

        burst(callers, names[k]);

        for (i = 0; i < BURST; i++) {
            guilty = names[k][i] != NULL;

            assert_int_equal(callers[i].rc, guilty ? ERR_REFUSED : 0);
            check_state(callers[i].order.revision,
                        guilty ? "failed" : "applied");
            check_endpoint(callers[i].name, guilty ? "" : "http://h:1");
        }

        (void) teardown(NULL);
        (void) setup(NULL);
    }
}


/* as left by kill -9: committed, and not run */

static void
test_resume(void **state)
{
    order_t  good, bad, again;
    error_t  err;

    (void) state;

    good = order(false);
    assert_int_equal(change(CHANGE_ADD, "aaa", "http://h:1", &good, &err), 0);

    close_it();
    open_it(false, 0);

    good = order(true);
    bad = order(true);
    again = order(true);
    assert_int_equal(change(CHANGE_ADD, "bad", "http://h:1", &bad, &err), 0);
    assert_int_equal(change(CHANGE_SET, "aaa", "http://h:2", &good, &err), 0);
    assert_int_equal(change(CHANGE_SET, "bad", "http://h:3", &again, &err),
                     0);
    assert_true(good.pending);

    close_it();
    open_it(true, 0);

    check_endpoint("aaa", "http://h:2");
    check_endpoint("bad", "");
    check_state(good.revision, "applied");
    check_state(bad.revision, "failed");
    check_state(again.revision, "failed");
}


/* a revision goes on from what was before the one that failed */

static void
test_rebase(void **state)
{
    order_t              o, mark, late, good;
    error_t              err;
    revision_t           revision;
    revision_changes_t   changes;

    (void) state;

    o = order(false);
    assert_int_equal(change(CHANGE_ADD, "aaa", "http://h:1", &o, &err), 0);
    assert_int_equal(change(CHANGE_ADD, "mmm", "http://h:1", &o, &err), 0);
    mark = o;

    close_it();
    open_it(false, 0);

    late = order(true);
    good = order(true);
    assert_int_equal(change(CHANGE_SET, "aaa", "http://h:2", &late, &err), 0);
    assert_int_equal(change(CHANGE_SET, "aaa", "http://h:3", &good, &err), 0);

    /* the former is made to fail by hand, as if nginx had said so */

    assert_int_equal(store_write(store, &err), 0);
    assert_int_equal(revision_end(store, late.revision, REVISION_FAILED, 0,
                                  "x", &err), 0);
    assert_int_equal(revision_undo(store, late.revision, 100, 0, &err), 0);
    assert_int_equal(store_commit(store, &err), 0);

    close_it();
    open_it(true, 0);

    check_endpoint("aaa", "http://h:3");

    assert_int_equal(reconcile_get(rec, good.revision, &revision, &changes,
                                   &err), 0);
    assert_non_null(strstr(changes.items[0].before, "http://h:1"));
    assert_null(strstr(changes.items[0].before, "S3cret"));
    revision_release(&revision);
    revision_changes_release(&changes);

    o = order(false);
    assert_int_equal(reconcile_rollback(rec, mark.revision, &o, &err), 0);
    check_endpoint("aaa", "http://h:1");
}


static void
test_rollback(void **state)
{
    order_t              o, one;
    error_t              err;
    config_t            *other;
    revision_changes_t   changes;

    static const char  yaml[] = "buckets:\n"
        "  - {name: bbb, endpoint: \"http://h:9\"}\n";

    (void) state;

    one = order(false);
    assert_int_equal(change(CHANGE_ADD, "aaa", "http://h:1", &one, &err), 0);
    o = order(false);
    assert_int_equal(change(CHANGE_SET, "aaa", "http://h:2", &o, &err), 0);
    assert_int_equal(change(CHANGE_ADD, "bbb", "http://h:3", &o, &err), 0);
    assert_int_equal(change(CHANGE_ADD, "bad", "http://h:3", &o, &err),
                     ERR_REFUSED);

    assert_int_equal(reconcile_rollback(rec, o.revision, &o, &err),
                     ERR_NOT_FOUND);
    assert_int_equal(reconcile_rollback(rec, 4000, &o, &err), ERR_NOT_FOUND);
    assert_int_equal(reconcile_between(rec, one.revision, 0, &changes, &err),
                     0);
    assert_int_equal(changes.len, 2);
    assert_null(changes.items[1].before);
    revision_changes_release(&changes);

    assert_int_equal(reconcile_rollback(rec, one.revision, &o, &err), 0);
    check_endpoint("aaa", "http://h:1");
    check_endpoint("bbb", "");
    assert_int_equal(nginx.buckets, 2);

    /* and forth again, but for what the YAML has now */

    assert_int_equal(reconcile_rollback(rec, o.revision - 3, &o, &err), 0);
    check_endpoint("bbb", "http://h:3");
    assert_int_equal(reconcile_rollback(rec, one.revision, &o, &err), 0);

    assert_int_equal(config_parse("y", yaml, sizeof(yaml) - 1, &other, &err),
                     0);
    assert_int_equal(reconcile_configure(rec, other, &o, &err), 0);
    config_unref(other);

    assert_int_equal(reconcile_rollback(rec, o.revision - 2, &o, &err),
                     ERR_READ_ONLY);
}


/* what cannot be written waits for the next that can */

static void
test_locked(void **state)
{
    order_t   o, later;
    error_t   err;
    sqlite3  *other;

    (void) state;

    hold(true);
    o = order(true);
    assert_int_equal(change(CHANGE_ADD, "bad", "http://h:1", &o, &err), 0);

    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    hold(false);

    while (reconcile_busy(rec)) {
        (void) usleep(1000);
    }

    check_state(o.revision, "pending");
    check_endpoint("bad", "");

    later = order(false);
    assert_int_equal(change(CHANGE_ADD, "aaa", "http://h:1", &later, &err),
                     ERR_IO);
    assert_non_null(strstr(err.message, "locked"));

    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);

    assert_int_equal(change(CHANGE_ADD, "aaa", "http://h:1", &later, &err), 0);
    check_state(o.revision, "failed");
    check_state(later.revision, "applied");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_burst, setup, teardown),
        cmocka_unit_test_setup_teardown(test_guilty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resume, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rebase, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rollback, setup, teardown),
        cmocka_unit_test_setup_teardown(test_locked, setup, teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
