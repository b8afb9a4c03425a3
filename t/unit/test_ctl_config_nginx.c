
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Section nginx: sizes, and files of the operator's own.
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"


static char  dir[] = "/tmp/s3edge-unit-XXXXXX";


static const struct {
    const char  *name;
    const char  *text;
    const char  *message;          /* all of it; NULL: it is fine */
} rows[] = {
    { "auto", "nginx: {worker_connections: auto, worker_rlimit_nofile: auto, "
      "map_hash_max_size: auto}\ncache: {keys_zone: auto}\n", NULL },
    { "set", "nginx: {worker_connections: 65536, worker_rlimit_nofile: 65536, "
      "server_names_hash_bucket_size: 128}\ncache: {keys_zone: 1536k}\n",
      NULL },
    { "no connections", "nginx:\n  worker_connections: 0\n",
      "f:2: nginx.worker_connections: an integer from 64 to 1048576 or auto is "
      "expected" },
    { "fewer files than connections",
      "nginx:\n  worker_connections: 4096\n  worker_rlimit_nofile: 4095\n",
      "f:3: nginx.worker_rlimit_nofile: worker_connections at least, 4096, is "
      "expected" },
    { "small zone", "cache:\n  keys_zone: 1023k\n",
      "f:2: cache.keys_zone: a size from 1048576 to 68719476736 bytes or auto "
      "is expected" },
    { "no zone", "cache:\n  keys_zone: 0\n",
      "f:2: cache.keys_zone: a size from 1048576 to 68719476736 bytes or auto "
      "is expected" },
    { "for ever", "nginx:\n  shutdown_timeout: 2d\n",
      "f:2: nginx.shutdown_timeout: at most 86400s is expected" },
    { "at once", "nginx:\n  shutdown_timeout: 0s\n",
      "f:2: nginx.shutdown_timeout: more than 0 is expected" },
    { "no old ones", "nginx:\n  old_workers: 0\n",
      "f:2: nginx.old_workers: an integer from 1 to 64 is expected" },
    { "files", "nginx:\n  include_main: /a\n  include_http: [/b, /c/*]\n",
      NULL },
    { "a relative file", "nginx:\n  include_http:\n    - /a\n    - b.conf\n",
      "f:4: nginx.include_http: an absolute path is expected" },
    { "a map", "nginx:\n  include_server: {a: b}\n",
      "f:2: nginx.include_server: a text or a list is expected, not a map" }
};


static void
test_values(void **state)
{
    int        rc;
    size_t     i;
    error_t    err;
    config_t  *config;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {

        rc = config_parse("f", rows[i].text, strlen(rows[i].text), &config,
                          &err);

        if (rows[i].message == NULL) {
            guard_int(rows[i].name, "result", rc, 0);
            config_unref(config);
            continue;
        }

        assert_int_not_equal(rc, 0);
        assert_string_equal(err.message, rows[i].message);
    }
}


/* as many buckets as there may be, and one more */

static void
test_many(void **state)
{
    size_t     i, n;
    error_t    err;
    config_t  *config;
    strbuf_t   text;

    (void) state;

    for (n = MODEL_BUCKETS_MAX; n <= MODEL_BUCKETS_MAX + 1; n++) {

        strbuf_init(&text, CONFIG_FILE_MAX);
        strbuf_puts(&text, "buckets:\n");

        for (i = 0; i < n; i++) {
            strbuf_printf(&text, "  - name: b%05zu\n", i);
        }

        if (n == MODEL_BUCKETS_MAX) {
            assert_int_equal(config_parse("f", text.data, text.len, &config,
                                          &err), 0);
            assert_int_equal(config->buckets.len, n);
            config_unref(config);

        } else {
            assert_int_not_equal(config_parse("f", text.data, text.len,
                                              &config, &err), 0);
            assert_string_equal(err.message,
                                "f:16386: more than 16384 members");
        }

        strbuf_release(&text);
    }
}


static void
put(const char *name, const char *text, mode_t mode)
{
    char     path[512];
    error_t  err;

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);

    assert_int_equal(file_replace(path, text, strlen(text), 0600,
                                  FILE_GID_KEEP, &err), 0);
    assert_int_equal(chmod(path, mode), 0);
}


static int
load(const char *value, config_t **ret_config, error_t *err)
{
    char  text[2048], path[512];

    (void) snprintf(path, sizeof(path), "%s/f.yaml", dir);
    (void) snprintf(text, sizeof(text), "nginx:\n  include_http: %s\n", value);
    put("f.yaml", text, 0600);

    return config_load(path, ret_config, err);
}


static void
test_files(void **state)
{
    char                        text[2048];
    error_t                     err;
    config_t                   *config;
    const config_hook_files_t  *hook;

    (void) state;

    assert_non_null(mkdtemp(dir));
    put("b.conf", "b;\n", 0644);
    put("a.conf", "a;\n", 0600);
    put("open.cnf", "a;\n", 0646);

    /* in the order that is said, those of a glob by name; as they were */

    (void) snprintf(text, sizeof(text), "['%s/none/*', %s/b.conf, "
                    "'%s/*.conf']", dir, dir, dir);
    assert_int_equal(load(text, &config, &err), 0);
    put("b.conf", "c;\n", 0644);

    hook = &config->nginx.include[CONFIG_HOOK_HTTP];
    assert_int_equal(hook->nfiles, 3);
    assert_string_equal(hook->files[0].text, "b;\n");
    assert_string_equal(hook->files[1].text, "a;\n");
    assert_string_equal(hook->files[2].text, "b;\n");
    assert_int_equal(config->nginx.include[CONFIG_HOOK_MAIN].nfiles, 0);
    config_unref(config);

    (void) snprintf(text, sizeof(text), "%s/none", dir);
    assert_int_equal(load(text, &config, &err), ERR_NOT_FOUND);
    (void) snprintf(text, sizeof(text), "%s/f.yaml:2: nginx.include_http: "
                    "cannot open \"%s/none\": No such file or directory",
                    dir, dir);
    assert_string_equal(err.message, text);

    (void) snprintf(text, sizeof(text), "%s/open.cnf", dir);
    assert_int_equal(load(text, &config, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, ": anybody may write to \""));

    assert_int_equal(load("/dev", &config, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "is not a regular file"));

    assert_int_equal(chmod(dir, 01777), 0);
    (void) snprintf(text, sizeof(text), "'%s/*.conf'", dir);
    assert_int_equal(load(text, &config, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, ": anybody may put files into \""));
    assert_int_equal(chmod(dir, 0700), 0);

    /* the environment goes before */

    (void) snprintf(text, sizeof(text), "%s/a.conf:%s/b.conf", dir, dir);
    assert_int_equal(setenv("S3EDGE_INCLUDE_HTTP", text, 1), 0);
    assert_int_equal(load("/dev", &config, &err), 0);
    assert_int_equal(config->nginx.include[CONFIG_HOOK_HTTP].nfiles, 2);
    config_unref(config);

    assert_int_equal(setenv("S3EDGE_INCLUDE_HTTP", "/dev/null/x", 1), 0);
    assert_int_not_equal(load("/dev", &config, &err), 0);
    assert_string_equal(err.message, "S3EDGE_INCLUDE_HTTP: cannot open "
                                     "\"/dev/null/x\": Not a directory");
    assert_int_equal(unsetenv("S3EDGE_INCLUDE_HTTP"), 0);
}


static void
test_remove(void **state)
{
    char    path[512];
    size_t  i;

    static const char *const  names[] =
        { "a.conf", "b.conf", "open.cnf", "f.yaml" };

    (void) state;

    for (i = 0; i < guard_count(names); i++) {
        (void) snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        assert_int_equal(unlink(path), 0);
    }

    assert_int_equal(rmdir(dir), 0);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_remove)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
