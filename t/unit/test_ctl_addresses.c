
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files of addresses: when they are written, and what is in them.
 */


#include "guard.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "nginx/addresses.h"
#include "nginx/upstream.h"
#include "origin/names.h"


static char         dir[256];
static char         saved[300];
static const char  *answer;        /* of "moving"; NULL: none */
static resolve_t   *resolve;
static addresses_t *addresses;


static const char  yaml[] =
    "buckets:\n"
    "  - {name: a, endpoint: \"http://moving:81\"}\n"
    "  - {name: b, endpoint: \"http://moving:82\"}\n"
    "  - {name: c, endpoint: \"http://moving:81\", origin_bucket: d}\n"
    "  - {name: e, endpoint: \"http://10.0.0.9:84\"}\n";


static int
lookup(const char *host, char text[LOOKUP_TEXT_MAX], unsigned *ret_ttl)
{
    *ret_ttl = 1;

    if (strcmp(host, "moving") == 0 && answer != NULL) {
        (void) snprintf(text, LOOKUP_TEXT_MAX, "%s", answer);
        return 0;
    }

    (void) snprintf(text, LOOKUP_TEXT_MAX, "no such name");

    return ERR_NOT_FOUND;
}


static config_t *
load(const char *text)
{
    size_t     i;
    error_t    err;
    config_t  *config;

    if (config_parse("f", text, strlen(text), &config, &err) != 0) {
        fail_msg("%s", err.message);
    }

    for (i = 0; i < config->buckets.len; i++) {
        assert_int_equal(config_resolve(config, config->buckets.items[i],
                                        &err), 0);
    }

    return config;
}


/* as a change of the config does it */

static void
apply(config_t *config)
{
    error_t         err;
    resolve_map_t   map;

    static const char *const  hosts[] = { "moving" };

    assert_int_equal(resolve_hosts(resolve, hosts, 1, 5000, &map, &err), 0);
    assert_int_equal(addresses_prepare(addresses, config, &config->buckets,
                                       &map, &err), 0);
    resolve_commit(resolve, &map);
    addresses_commit(addresses, config, &config->buckets, resolve);
    resolve_map_release(&map);
}


/* the file of the upstream with that port, in text */

static void
text_of(const config_t *config, unsigned port, strbuf_t *text, char path[512])
{
    size_t       i, n;
    error_t      err;
    upstream_t  *list;

    assert_int_equal(upstream_list(&config->buckets, &list, &n, &err), 0);
    assert_int_equal(n, 2);

    path[0] = '\0';

    for (i = 0; i < n; i++) {
        if (list[i].port == port) {
            (void) snprintf(path, 512, "%s/%s", dir, list[i].name);
        }
    }

    upstream_free(list, n);

    strbuf_init(text, 4096);
    assert_int_equal(file_read(path, text, &err), 0);
}


static void
has(const config_t *config, unsigned port, const char *expected)
{
    char      path[512];
    strbuf_t  text;

    text_of(config, port, &text, path);
    assert_string_equal(text.data, expected);
    strbuf_release(&text);
}


static bool
reported(void)
{
    bool     event;
    error_t  err;

    assert_int_equal(addresses_report(addresses, &event, &err), 0);

    return event;
}


static size_t
files(void)
{
    DIR            *d;
    size_t          n;
    struct dirent  *entry;

    d = opendir(dir);
    assert_non_null(d);

    for (n = 0; (entry = readdir(d)) != NULL; n += entry->d_name[0] != '.') {
        /* void */
    }

    (void) closedir(d);

    return n;
}


static int
setup(void **state)
{
    error_t         err;
    resolve_conf_t  conf;

    (void) state;

    (void) snprintf(dir, sizeof(dir), "/tmp/test_ctl_addresses.%ld",
                    (long) getpid());
    (void) snprintf(saved, sizeof(saved), "%s.saved", dir);
    (void) unlink(saved);

    conf.path = saved;
    conf.lookup = lookup;
    conf.thread = false;
    conf.changed = NULL;
    conf.data = NULL;

    answer = NULL;

    return mkdir(dir, 0755) != 0
           || addresses_new(dir, &addresses, &err) != 0
           || resolve_new(&conf, &resolve, &err) != 0;
}


static int
teardown(void **state)
{
    char            path[512];
    DIR            *d;
    struct dirent  *entry;

    (void) state;

    resolve_free(resolve);
    addresses_free(addresses);
    (void) unlink(saved);

    d = opendir(dir);

    while (d != NULL && (entry = readdir(d)) != NULL) {
        (void) snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        (void) unlink(path);
    }

    (void) closedir(d);

    return rmdir(dir);
}


/* look at the names, long after the last time, and publish */

static bool
look(void)
{
    static int64_t  now = INT64_C(1) << 40;

    now += NAMES_RETRY_MAX_MS;
    resolve_look(resolve, now);

    return addresses_publish(addresses, resolve);
}


static void
test_follow(void **state)
{
    config_t  *config;

    (void) state;

    config = load(yaml);
    apply(config);

    has(config, 81, "version 1\nnone\n");
    has(config, 82, "version 1\nnone\n");
    assert_false(reported());

    answer = "10.0.0.1 [2001:db8::1]";
    assert_true(look());
    has(config, 81, "version 1\n10.0.0.1:81\n[2001:db8::1]:81\n");
    has(config, 82, "version 1\n10.0.0.1:82\n[2001:db8::1]:82\n");
    assert_true(reported());
    assert_false(reported());

    /* a name that is gone keeps what it has; the same is not written again */

    answer = NULL;
    assert_true(look());
    answer = "10.0.0.1 [2001:db8::1]";
    assert_true(look());
    has(config, 81, "version 1\n10.0.0.1:81\n[2001:db8::1]:81\n");
    assert_false(reported());

    /* nor after another change of the config, or a restart */

    apply(config);
    assert_false(reported());
    assert_int_equal(files(), 2);

    config_unref(config);
}


/* an address that is refused is never in a file */

static void
test_refused(void **state)
{
    config_t  *config;

    (void) state;

    answer = "10.0.0.1";
    config = load(yaml);
    apply(config);
    has(config, 81, "version 1\n10.0.0.1:81\n");

    answer = "10.0.0.1 169.254.169.254";
    assert_true(look());
    has(config, 81, "version 1\nnone\n");
    assert_true(reported());

    answer = "10.0.0.2";
    assert_true(look());
    has(config, 81, "version 1\n10.0.0.2:81\n");

    config_unref(config);
}


/* damaged ones are written anew, others removed, and failures said once */

static void
test_damage(void **state)
{
    bool       event;
    char       path[512], why[ERROR_MESSAGE_MAX];
    error_t    err;
    config_t  *config, *less;
    strbuf_t   text;

    (void) state;

    answer = "10.0.0.1";
    config = load(yaml);
    less = load("buckets:\n  - {name: a, endpoint: \"http://moving:81\"}\n"
                "  - {name: b, endpoint: \"https://moving:82\"}\n");
    apply(config);
    assert_false(reported());

    text_of(config, 81, &text, path);
    strbuf_release(&text);

    assert_int_equal(truncate(path, 3), 0);
    apply(config);
    has(config, 81, "version 1\n10.0.0.1:81\n");

    apply(less);
    assert_int_equal(files(), 2);
    has(less, 82, "version 1\n10.0.0.1:82\n");

    /* in its place is what cannot be replaced */

    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0755), 0);

    answer = "10.0.0.2";
    assert_false(look());
    has(less, 82, "version 1\n10.0.0.2:82\n");

    assert_int_not_equal(addresses_report(addresses, &event, &err), 0);
    assert_true(event);
    assert_non_null(strstr(err.message, path));

    assert_false(addresses_publish(addresses, resolve));
    assert_int_equal(addresses_report(addresses, &event, &err), 0);
    assert_true(addresses_failing(addresses, why));
    assert_non_null(strstr(why, path));

    assert_int_equal(rmdir(path), 0);
    assert_true(addresses_publish(addresses, resolve));
    assert_false(addresses_failing(addresses, why));
    has(less, 81, "version 1\n10.0.0.2:81\n");

    config_unref(config);
    config_unref(less);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_follow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
