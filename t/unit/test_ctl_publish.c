
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "creds/publish.h"


static char  dir[64];


static const char *
path(const char *name)
{
    static char  text[128];

    (void) snprintf(text, sizeof(text), "%s/%s", dir, name);

    return text;
}


static void
expect(const char *name, const char *want)
{
    strbuf_t  text;

    strbuf_init(&text, 4096);

    if (want == NULL) {
        assert_int_equal(file_read(path(name), &text, NULL), ERR_NOT_FOUND);

    } else {
        assert_int_equal(file_read(path(name), &text, NULL), 0);
        assert_string_equal(text.data, want);
    }

    strbuf_release(&text);
}


#define KEYS(access, secret)                                                  \
    "aws_access_key_id = " access "\naws_secret_access_key = " secret "\n"


static void
test_steps(void **state)
{
    error_t       err;
    publish_t    *p;
    struct stat   st;

    (void) state;

    /* the first config */

    assert_int_equal(publish_new(dir, getegid(), &p, &err), 0);
    assert_int_equal(publish_add(p, "_default", "A", "s", NULL, &err), 0);
    assert_int_equal(publish_add(p, "_default", "B", "t", NULL, &err), 0);
    assert_int_equal(publish_add(p, "demo", "D", "d", "tok", &err), 0);
    assert_int_equal(publish_create(p, &err), 0);
    assert_int_equal(publish_replace(p, &err), 0);
    assert_int_equal(publish_sweep(p, &err), 0);
    publish_free(p);

    expect("_default", KEYS("A", "s"));
    expect("demo", KEYS("D", "d") "aws_session_token = tok\n");
    assert_int_equal(stat(path("demo"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);

    /* one that fails: all is as it was */

    assert_int_equal(publish_new(dir, FILE_GID_KEEP, &p, &err), 0);
    assert_int_equal(publish_add(p, "_default", "A2", "s2", NULL, &err), 0);
    assert_int_equal(publish_add(p, "new", "N", "n", NULL, &err), 0);
    assert_int_equal(publish_create(p, &err), 0);
    expect("_default", KEYS("A", "s"));
    expect("new", KEYS("N", "n"));
    assert_int_equal(publish_replace(p, &err), 0);
    expect("_default", KEYS("A2", "s2"));
    publish_undo(p);
    publish_undo(p);
    publish_free(p);

    expect("_default", KEYS("A", "s"));
    expect("new", NULL);
    expect("demo", KEYS("D", "d") "aws_session_token = tok\n");

    /* one that needs less */

    assert_int_equal(publish_new(dir, FILE_GID_KEEP, &p, &err), 0);
    assert_int_equal(publish_add(p, "demo", "D", "d2", NULL, &err), 0);
    assert_int_equal(publish_create(p, &err), 0);
    assert_int_equal(publish_replace(p, &err), 0);
    assert_int_equal(publish_sweep(p, &err), 0);
    publish_free(p);

    expect("_default", NULL);
    expect("demo", KEYS("D", "d2"));

    assert_int_equal(file_remove(path("demo"), &err), 0);
}


/* nginx.user is another one: its group gets what has not changed, too */

static void
test_group(void **state)
{
    gid_t         gid;
    error_t       err;
    publish_t    *p;
    struct stat   st;

    (void) state;

    if (geteuid() != 0) {
        skip();
    }

    for (gid = 1; gid <= 2; gid++) {
        assert_int_equal(publish_new(dir, gid, &p, &err), 0);
        assert_int_equal(publish_add(p, "demo", "D", "d", NULL, &err), 0);
        assert_int_equal(publish_create(p, &err), 0);
        assert_int_equal(publish_replace(p, &err), 0);
        publish_free(p);

        assert_int_equal(stat(path("demo"), &st), 0);
        assert_int_equal(st.st_gid, gid);
        expect("demo", KEYS("D", "d"));
    }

    assert_int_equal(file_remove(path("demo"), &err), 0);
}


static int
setup(void **state)
{
    (void) state;

    (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");

    return mkdtemp(dir) != NULL ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    return rmdir(dir);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_group)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
