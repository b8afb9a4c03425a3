
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
#include "base/seal.h"


static const unsigned char  key_one[SEAL_KEY_LEN] = { 1, 2, 3 };
static const unsigned char  key_two[SEAL_KEY_LEN] = { 1, 2, 4 };


static void
test_round(void **state)
{
    seal_t    one, two;
    size_t    i;
    error_t   err;
    strbuf_t  sealed, again, plain;

    static const char  secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    (void) state;

    seal_init(&one, key_one);
    seal_init(&two, key_two);
    strbuf_init(&sealed, 1024);
    strbuf_init(&again, 1024);
    strbuf_init(&plain, 1024);

    assert_int_equal(seal_close(&one, "demo/secret_key", secret,
                                sizeof(secret) - 1, &sealed, &err), 0);
    assert_int_equal(sealed.len, sizeof(secret) - 1 + SEAL_OVERHEAD);

    /* a nonce of its own each time, and nothing of the text */

    assert_int_equal(seal_close(&one, "demo/secret_key", secret,
                                sizeof(secret) - 1, &again, &err), 0);
    assert_memory_not_equal(sealed.data + 1, again.data + 1, 12);
    assert_memory_not_equal(sealed.data + 13, secret, 8);

    assert_int_equal(seal_open(&one, "demo/secret_key", sealed.data,
                               sealed.len, &plain, &err), 0);
    assert_string_equal(plain.data, secret);
    strbuf_clear(&plain);

    assert_int_equal(seal_open(&two, "demo/secret_key", sealed.data,
                               sealed.len, &plain, &err), ERR_INVALID);
    assert_int_equal(seal_open(&one, "demo/access_key", sealed.data,
                               sealed.len, &plain, &err), ERR_INVALID);

    for (i = 0; i < sealed.len; i++) {
        sealed.data[i] ^= 1;
        assert_int_equal(seal_open(&one, "demo/secret_key", sealed.data,
                                   sealed.len, &plain, &err), ERR_INVALID);
        sealed.data[i] ^= 1;

        assert_int_equal(seal_open(&one, "demo/secret_key", sealed.data, i,
                                   &plain, &err), ERR_INVALID);
    }

    assert_int_equal(plain.len, 0);

    strbuf_release(&sealed);
    strbuf_release(&again);
    strbuf_release(&plain);
    seal_release(&one);
    seal_release(&two);
}


static void
test_empty(void **state)
{
    seal_t    seal;
    error_t   err;
    strbuf_t  sealed, plain;

    (void) state;

    seal_init(&seal, key_one);
    strbuf_init(&sealed, 1024);
    strbuf_init(&plain, 1024);

    assert_int_equal(seal_close(&seal, "", "", 0, &sealed, &err), 0);
    assert_int_equal(seal_open(&seal, "", sealed.data, sealed.len, &plain,
                               &err), 0);
    assert_int_equal(plain.len, 0);

    strbuf_release(&sealed);
    strbuf_release(&plain);
}


static void
test_load(void **state)
{
    char         dir[64], path[128];
    seal_t       one, two;
    error_t      err;
    struct stat  st;

    (void) state;

    (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void) snprintf(path, sizeof(path), "%s/secret.key", dir);

    assert_int_equal(seal_load(path, &one, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, SEAL_KEY_LEN);

    assert_int_equal(seal_load(path, &two, &err), 0);
    assert_memory_equal(one.key, two.key, SEAL_KEY_LEN);

    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(seal_load(path, &two, &err), ERR_INVALID);

    assert_int_equal(file_replace(path, "short", 5, 0600, FILE_GID_KEEP, &err),
                     0);
    assert_int_equal(seal_load(path, &two, &err), ERR_INVALID);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_load)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
