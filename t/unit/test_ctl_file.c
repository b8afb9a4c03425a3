
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"


static char  dir[64];


static const char *
path(const char *name)
{
    static char  text[512];

    (void) snprintf(text, sizeof(text), "%s/%s", dir, name);

    return text;
}


static unsigned
entries(const char *name)
{
    DIR       *d;
    unsigned   n;

    d = opendir(name);
    assert_non_null(d);

    for (n = 0; readdir(d) != NULL; n++) { /* void */ }

    (void) closedir(d);

    return n - 2;
}


static void
test_replace(void **state)
{
    error_t      err;
    strbuf_t     text;
    struct stat  st;
    char         longest[256];

    (void) state;

    strbuf_init(&text, 16);

    assert_int_equal(file_read(path("a"), &text, &err), ERR_NOT_FOUND);

    assert_int_equal(file_replace(path("a"), "one", 3, 0640, FILE_GID_KEEP,
                                  &err), 0);
    assert_int_equal(file_replace(path("a"), "second", 6, 0600, getegid(),
                                  &err), 0);

    assert_int_equal(file_read(path("a"), &text, &err), 0);
    assert_string_equal(text.data, "second");
    strbuf_clear(&text);

    assert_int_equal(stat(path("a"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(entries(dir), 1);

    /* a directory cannot be replaced: it stays, and nothing is left over */

    assert_int_equal(file_mkdir(path("d/e"), 0750, FILE_GID_KEEP, &err), 0);
    assert_int_equal(file_replace(path("d/e"), "x", 1, 0600, FILE_GID_KEEP,
                                  &err), ERR_IO);
    assert_int_equal(entries(path("d")), 1);
    assert_int_equal(stat(path("d/e"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0750);

    assert_int_equal(file_replace(path("none/x"), "x", 1, 0600, FILE_GID_KEEP,
                                  &err), ERR_IO);

    /* a name as long as a name may be */

    memset(longest, 'n', 255);
    longest[255] = '\0';

    assert_int_equal(file_replace(path(longest), "x", 1, 0600, FILE_GID_KEEP,
                                  &err), 0);
    assert_int_equal(file_remove(path(longest), &err), 0);
    assert_int_equal(file_remove(path(longest), &err), 0);
    assert_false(file_exists(path(longest)));

    strbuf_release(&text);
}


static void
test_read(void **state)
{
    error_t   err;
    strbuf_t  text;

    (void) state;

    strbuf_init(&text, 4);

    assert_int_equal(file_replace(path("r"), "12345", 5, 0600, FILE_GID_KEEP,
                                  &err), 0);
    assert_int_equal(file_read(path("r"), &text, &err), ERR_LIMIT);
    strbuf_clear(&text);

    assert_int_equal(file_read(dir, &text, &err), ERR_INVALID);

    assert_int_equal(mkfifo(path("fifo"), 0600), 0);
    assert_int_equal(file_read(path("fifo"), &text, &err), ERR_INVALID);

    assert_int_equal(file_replace(path("r"), "1\0" "34", 4, 0600,
                                  FILE_GID_KEEP, &err), 0);
    assert_int_equal(file_read(path("r"), &text, &err), 0);
    assert_int_equal(text.len, 4);

    strbuf_release(&text);
}


static void
test_lock(void **state)
{
    int      fd, other;
    error_t  err;

    (void) state;

    assert_int_equal(file_lock(path("lock"), &fd, &err), 0);
    assert_int_equal(file_lock(path("lock"), &other, &err), ERR_CONFLICT);
    assert_int_equal(close(fd), 0);
    assert_int_equal(file_lock(path("lock"), &fd, &err), 0);
    assert_int_equal(close(fd), 0);
}


static void
test_rename(void **state)
{
    char     *to;
    error_t   err;
    strbuf_t  text;

    (void) state;

    strbuf_init(&text, 16);

    assert_int_equal(file_replace(path("from"), "new", 3, 0600, FILE_GID_KEEP,
                                  &err), 0);

    to = strdup(path("to"));
    assert_int_equal(file_rename(path("from"), to, &err), 0);
    assert_int_equal(file_read(to, &text, &err), 0);
    assert_string_equal(text.data, "new");
    assert_int_equal(file_rename(path("from"), to, &err), ERR_IO);

    free(to);
    strbuf_release(&text);
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
    static const char *const  names[] = {
        "a", "d/e", "d", "r", "fifo", "lock", "from", "to"
    };

    size_t  i;

    (void) state;

    for (i = 0; i < guard_count(names); i++) {
        (void) remove(path(names[i]));
    }

    return rmdir(dir);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_rename)
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
