
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "guard.h"
#include "pick.h"
#include "s3_key.h"
#include "s3_state.h"


typedef struct {
    const char        *name;
    s3_state_scope_t   scope;
    s3_str_t           bucket;
    s3_str_t           key;
    size_t             heeded;
    const char        *hit;        /* letters of objects[] */
} purge_row_t;


typedef struct {
    char               letter;
    s3_str_t           bucket;
    s3_str_t           key;
} object_t;


typedef struct {
    s3_state_t        *state;
    uint32_t           first;      /* of the times of its soft purges */
} raiser_t;


#define S(text)      s3_string(text)

#define OBJECTS      guard_count(objects)
#define EPOCH        0x0123456789abcdefULL

#define MANY         4096
#define STEPS        4000
#define RAISES       50000

#define EIGHT        "a/b/c/d/e/f/g/h/"
#define DEEPEST      EIGHT EIGHT EIGHT EIGHT


static const object_t  objects[] = {
    { 'a', S("demo"), S("x") },
    { 'b', S("demo"), S("xy") },
    { 'c', S("demo"), S("dir") },
    { 'd', S("demo"), S("dir/") },
    { 'e', S("demo"), S("dir/x") },
    { 'f', S("demo"), S("dir/sub/x") },
    { 'g', S("demo"), S("dirt/x") },
    { 'h', S("demo"), S("") },
    { 'i', S("demo"), S("/x") },
    { 'j', S("demo"), S("//x") },
    { 'k', S("demo"), S("d%2Fir/x") },
    { 'l', S("demo"), S(DEEPEST "x") },
    { 'm', S("demo"), S(DEEPEST "33/x") },
    { 'n', S("demo"), S(DEEPEST "33/34/x") },
    { 'o', S("demo"), S(DEEPEST "thirty-three/x") },
    { 'p', S("dem"), S("o/x") },
    { 'q', S("other"), S("x") },
    { 'r', S("other"), S("dir/x") }
};


static const purge_row_t  purge_rows[] = {
    { "all", S3_STATE_ALL, S(""), S(""), 0, "abcdefghijklmnopqr" },

    { "bucket", S3_STATE_BUCKET, S("demo"), S(""), 0, "abcdefghijklmno" },
    { "another bucket", S3_STATE_BUCKET, S("other"), S(""), 0, "qr" },
    { "bucket without objects", S3_STATE_BUCKET, S("none"), S(""), 0, "" },

    { "object", S3_STATE_OBJECT, S("demo"), S("x"), 1, "a" },
    { "object that others begin with", S3_STATE_OBJECT, S("demo"), S("dir"),
      3, "c" },
    { "object of a directory's name", S3_STATE_OBJECT, S("demo"), S("dir/"),
      4, "d" },
    { "object in a directory", S3_STATE_OBJECT, S("demo"), S("dir/x"), 5,
      "e" },
    { "object of the empty name", S3_STATE_OBJECT, S("demo"), S(""), 0, "h" },
    { "slash", S3_STATE_OBJECT, S("demo"), S("/x"), 2, "i" },
    { "escaped slash", S3_STATE_OBJECT, S("demo"), S("d%2Fir/x"), 8, "k" },
    { "object in the deepest level", S3_STATE_OBJECT, S("demo"),
      S(DEEPEST "x"), sizeof(DEEPEST), "l" },
    { "object below it", S3_STATE_OBJECT, S("demo"), S(DEEPEST "33/x"),
      sizeof(DEEPEST "33/"), "m" },
    { "object that is not there", S3_STATE_OBJECT, S("demo"), S("y"), 1, "" },

    { "directory", S3_STATE_PREFIX, S("demo"), S("dir/"), 4, "def" },
    { "directory in it", S3_STATE_PREFIX, S("demo"), S("dir/sub/"), 8, "f" },
    { "directory of another bucket", S3_STATE_PREFIX, S("other"), S("dir/"),
      4, "r" },
    { "empty directory", S3_STATE_PREFIX, S("demo"), S("y/"), 2, "" },
    { "within a name", S3_STATE_PREFIX, S("demo"), S("dir/su"), 4, "def" },
    { "name of an object", S3_STATE_PREFIX, S("demo"), S("dir/x"), 4, "def" },
    { "no slash", S3_STATE_PREFIX, S("demo"), S("dir"), 0,
      "abcdefghijklmno" },
    { "empty prefix", S3_STATE_PREFIX, S("demo"), S(""), 0,
      "abcdefghijklmno" },
    { "one slash", S3_STATE_PREFIX, S("demo"), S("/"), 1, "ij" },
    { "two slashes", S3_STATE_PREFIX, S("demo"), S("//"), 2, "j" },
    { "bucket and prefix run together", S3_STATE_PREFIX, S("dem"), S("o/"),
      2, "p" },
    { "deepest level", S3_STATE_PREFIX, S("demo"), S(DEEPEST),
      sizeof(DEEPEST) - 1, "lmno" },
    { "below the deepest level", S3_STATE_PREFIX, S("demo"), S(DEEPEST "33/"),
      sizeof(DEEPEST) - 1, "lmno" },
    { "far below it", S3_STATE_PREFIX, S("demo"), S(DEEPEST "33/34/x"),
      sizeof(DEEPEST) - 1, "lmno" }
};


static s3_state_t *
new_state(void)
{
    s3_state_t  *state;

    state = calloc(1, sizeof(s3_state_t));
    assert_non_null(state);

    state->magic = S3_STATE_MAGIC;
    state->layout = S3_STATE_LAYOUT;
    state->nlevels = S3_STATE_LEVELS;
    state->nobjects = S3_STATE_OBJECTS;
    state->epoch = EPOCH;

    return state;
}


/* how the file lies on disk: s3edged and the module are built apart */

static void
test_layout(void **unused)
{
    (void) unused;

    assert_int_equal(offsetof(s3_state_t, layout), 8);
    assert_int_equal(offsetof(s3_state_t, clean), 20);
    assert_int_equal(offsetof(s3_state_t, boot), 28);
    assert_int_equal(offsetof(s3_state_t, epoch), 64);
    assert_int_equal(offsetof(s3_state_t, all), 72);
    assert_int_equal(offsetof(s3_state_t, levels_map), 80);
    assert_int_equal(offsetof(s3_state_t, objects_map), 80 + 128);
    assert_int_equal(offsetof(s3_state_t, levels), 80 + 128 + 2048);
    assert_int_equal(offsetof(s3_state_t, objects),
                     80 + 128 + 2048 + 8 * S3_STATE_LEVELS);
    assert_int_equal(sizeof(s3_state_t),
                     80 + 128 + 2048
                     + 8 * (S3_STATE_LEVELS + S3_STATE_OBJECTS));
}


static void
test_check(void **unused)
{
    s3_state_t  *state;

    (void) unused;

    state = new_state();
    assert_int_equal(s3_state_check(state), 1);

    state->magic++;
    assert_int_equal(s3_state_check(state), 0);
    state->magic--;

    state->layout--;
    assert_int_equal(s3_state_check(state), 0);
    state->layout++;

    state->nlevels /= 2;
    assert_int_equal(s3_state_check(state), 0);
    state->nlevels = S3_STATE_LEVELS;

    state->nobjects *= 2;
    assert_int_equal(s3_state_check(state), 0);
    state->nobjects = S3_STATE_OBJECTS;

    assert_int_equal(s3_state_check(state), 1);
    free(state);
}


static void
look(const s3_state_t *state, s3_state_view_t *views)
{
    size_t    i;
    s3_str_t  bucket, key;

    for (i = 0; i < OBJECTS; i++) {
        bucket = guard_in(&objects[i].bucket);
        key = guard_in(&objects[i].key);
        views[i] = s3_state_view(state, &bucket, &key);
    }

    guard_reset();
}


static size_t
purge(s3_state_t *state, const purge_row_t *r, uint32_t now)
{
    size_t    heeded;
    s3_str_t  bucket, key;

    bucket = guard_in(&r->bucket);
    key = guard_in(&r->key);
    heeded = s3_state_purge(state, r->scope, &bucket, &key, now, NULL);
    guard_reset();

    return heeded;
}


static void
test_hard(void **unused)
{
    char                hit[OBJECTS + 1];
    size_t              i, j, n;
    s3_str_t            got, want;
    s3_state_t         *state;
    s3_state_view_t     before[OBJECTS], after[OBJECTS];
    const purge_row_t  *r;

    (void) unused;

    state = new_state();
    look(state, before);

    for (i = 0; i < guard_count(purge_rows); i++) {
        r = &purge_rows[i];
        guard_int(r->name, "heeded", (int64_t) purge(state, r, 0),
                  (int64_t) r->heeded);
        look(state, after);

        for (j = 0, n = 0; j < OBJECTS; j++) {
            guard_int(r->name, "soft", after[j].soft, 0);

            if (after[j].generation != before[j].generation) {
                assert_true(after[j].generation > before[j].generation);
                hit[n++] = objects[j].letter;
            }

            before[j] = after[j];
        }

        got.data = (unsigned char *) hit;
        got.len = n;
        want.data = (unsigned char *) r->hit;
        want.len = strlen(r->hit);
        guard_bytes(r->name, "purged", &got, &want);
    }

    free(state);
}


static void
test_soft(void **unused)
{
    size_t              i, j;
    uint32_t            now;
    s3_state_t         *state;
    s3_state_view_t     before[OBJECTS], after[OBJECTS];
    const purge_row_t  *r;

    (void) unused;

    state = new_state();
    look(state, before);

    for (i = 0; i < guard_count(purge_rows); i++) {
        r = &purge_rows[i];
        now = 1000 + (uint32_t) i;

        guard_int(r->name, "heeded", (int64_t) purge(state, r, now),
                  (int64_t) r->heeded);

        /* a clock that was set back */

        (void) purge(state, r, 1);
        look(state, after);

        for (j = 0; j < OBJECTS; j++) {
            guard_int(r->name, "generation", (int64_t) after[j].generation,
                      (int64_t) EPOCH);
            guard_int(r->name, "soft", after[j].soft,
                      strchr(r->hit, objects[j].letter) != NULL
                          ? now : before[j].soft);
            before[j] = after[j];
        }
    }

    /* a hard purge leaves the time, and the last possible time is one */

    (void) purge(state, &purge_rows[0], 0);
    (void) purge(state, &purge_rows[1], UINT32_MAX);
    look(state, after);

    for (j = 0; j < OBJECTS; j++) {
        assert_int_equal(after[j].generation, EPOCH + 1);
        assert_int_equal(after[j].soft,
                         strcmp((char *) objects[j].bucket.data, "demo") == 0
                             ? UINT32_MAX : before[j].soft);
    }

    free(state);
}


/* every second of many neighbours is purged; the hash may take a few others */

static void
test_neighbours(void **unused)
{
    int              len;
    char             text[32];
    size_t           i, pass, others;
    s3_str_t         bucket = S("demo"), key;
    s3_state_t      *state;
    s3_state_view_t  view;

    (void) unused;

    state = new_state();
    key.data = (unsigned char *) text;
    others = 0;

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < MANY; i++) {
            len = snprintf(text, sizeof(text), "img/%zu.jpg", i);
            assert_in_range(len, 1, sizeof(text) - 1);
            key.len = (size_t) len;

            if (pass == 0 && i % 2 == 0) {
                (void) s3_state_purge(state, S3_STATE_OBJECT, &bucket, &key,
                                      0, NULL);
            }

            if (pass == 1) {
                view = s3_state_view(state, &bucket, &key);

                assert_true(i % 2 == 1 || view.generation > EPOCH);
                others += i % 2 == 1 && view.generation > EPOCH;
            }
        }
    }

    /* 2048 * 2048 / 2^20: four are to be expected */

    assert_in_range(others, 0, 20);
    free(state);
}


/* all that a purge changes is the counter that it names, and the map's word */

static void
test_parts(void **unused)
{
    size_t               i;
    s3_str_t             bucket, key;
    uint32_t            *word;
    s3_state_t          *state, *was;
    s3_state_counter_t  *counter;

    static const s3_state_scope_t  scopes[] = {
        S3_STATE_ALL, S3_STATE_BUCKET, S3_STATE_PREFIX, S3_STATE_OBJECT
    };

    (void) unused;

    state = new_state();
    was = malloc(sizeof(s3_state_t));
    assert_non_null(was);

    bucket.data = (unsigned char *) (uintptr_t) "demo";
    bucket.len = 4;
    key.data = (unsigned char *) (uintptr_t) "a/b";
    key.len = 3;

    for (i = 0; i < 2 * sizeof(scopes) / sizeof(scopes[0]); i++) {

        memcpy(was, state, sizeof(s3_state_t));

        (void) s3_state_purge(state, scopes[i / 2], &bucket, &key,
                              i % 2 != 0 ? 7 : 0, &counter);

        memcpy((char *) was + ((char *) counter - (char *) state), counter,
               sizeof(s3_state_counter_t));

        word = s3_state_map(state, counter);
        assert_int_equal(word == NULL, scopes[i / 2] == S3_STATE_ALL);

        if (word != NULL) {
            memcpy((char *) was + ((char *) word - (char *) state), word,
                   sizeof(uint32_t));
        }

        assert_int_equal(memcmp(was, state, sizeof(s3_state_t)), 0);
    }

    free(was);
    free(state);
}


/*
 * Random purges, against what they mean: nothing that was asked for stays,
 * and what an object once was, it is never again.
 */

static void
test_random(void **unused)
{
    size_t            i, step, len;
    uint64_t          seed = 1;
    s3_str_t          key;
    s3_state_t       *state;
    const object_t   *o, *t;
    s3_state_view_t   before[OBJECTS], after[OBJECTS];
    s3_state_scope_t  scope;

    (void) unused;

    state = new_state();
    look(state, before);

    for (step = 0; step < STEPS; step++) {
        t = &objects[pick(&seed, OBJECTS)];
        scope = (s3_state_scope_t) pick(&seed, S3_STATE_OBJECT + 1);

        key = t->key;

        if (scope == S3_STATE_PREFIX) {
            key.len = pick(&seed, (uint32_t) key.len + 1);
        }

        len = s3_state_purge(state, scope, &t->bucket, &key, 0, NULL);
        assert_true(len <= key.len);
        look(state, after);

        for (i = 0; i < OBJECTS; i++) {
            o = &objects[i];

            if (scope == S3_STATE_ALL
                || (o->bucket.len == t->bucket.len
                    && memcmp(o->bucket.data, t->bucket.data,
                              t->bucket.len) == 0
                    && (scope == S3_STATE_BUCKET
                        || (o->key.len >= key.len
                            && memcmp(o->key.data, key.data, key.len) == 0
                            && (scope == S3_STATE_PREFIX
                                || o->key.len == key.len)))))
            {
                assert_true(after[i].generation > before[i].generation);
            }

            assert_true(after[i].generation >= before[i].generation);
        }

        memcpy(before, after, sizeof(before));
    }

    free(state);
}


static void *
raise_all(void *data)
{
    uint32_t         i, now;
    uint64_t         last;
    raiser_t        *raiser = data;
    s3_str_t         bucket = S("demo"), key = S("dir/sub/x");
    s3_str_t         dir = S("dir/");
    s3_state_view_t  view;

    last = 0;

    for (i = 1; i <= RAISES; i++) {
        now = raiser->first + 2 * i;

        (void) s3_state_purge(raiser->state, S3_STATE_OBJECT, &bucket, &key,
                              0, NULL);
        (void) s3_state_purge(raiser->state, S3_STATE_PREFIX, &bucket, &dir,
                              0, NULL);
        (void) s3_state_purge(raiser->state, S3_STATE_ALL, &bucket, &key, 0,
                              NULL);
        (void) s3_state_purge(raiser->state, S3_STATE_BUCKET, &bucket, &key,
                              now, NULL);

        view = s3_state_view(raiser->state, &bucket, &key);

        /* its own three, at least, and never back */

        if (view.generation < last + 3 || view.soft < now) {
            return data;
        }

        last = view.generation;
    }

    return NULL;
}


static void
test_threads(void **unused)
{
    void             *failed[2];
    size_t            i;
    s3_str_t          bucket = S("demo"), key = S("dir/sub/x");
    raiser_t          raisers[2];
    pthread_t         threads[2];
    s3_state_t       *state;
    s3_state_view_t   view;

    (void) unused;

    state = new_state();

    for (i = 0; i < 2; i++) {
        raisers[i].state = state;
        raisers[i].first = (uint32_t) i;
        assert_int_equal(pthread_create(&threads[i], NULL, raise_all,
                                        &raisers[i]), 0);
    }

    for (i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], &failed[i]), 0);
    }

    assert_null(failed[0]);
    assert_null(failed[1]);

    view = s3_state_view(state, &bucket, &key);

    assert_int_equal(view.generation, EPOCH + 2 * 3 * RAISES);
    assert_int_equal(view.soft, 2 * RAISES + 1);
    assert_int_equal(state->all.generation, 2 * RAISES);

    free(state);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_hard),
        cmocka_unit_test(test_soft),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_threads)
    };

    return cmocka_run_group_tests_name("s3_state", tests, NULL, NULL);
}
