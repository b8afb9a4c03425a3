
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>

#include "config/config.h"
#include "config/target.h"


#define API   "port 14000 is the control API of s3edge"
#define EDGE  "is s3edge itself"
#define LINK  "is a link-local address, or one of a cloud's metadata"


static const struct {
    const char      *server;       /* settings */
    const char      *endpoint;
    const char      *what;         /* NULL: it may be there */
} rows[] = {
    { "", "http://127.0.0.1:7480", NULL },
    { "", "http://192.0.2.77:9000", NULL },
    { "", "https://s3.example.com", NULL },
    { "", "http://127.0.0.1:9000", EDGE },
    { "", "http://127.9.9.9:9001", EDGE },
    { "", "http://[::1]:9000", EDGE },
    { "", "http://0.0.0.0:9000", EDGE },
    { "", "http://[::ffff:127.0.0.1]:9000", EDGE },
    { "", "http://127.0.0.1:14000", API },
    { "", "http://0.0.0.0:14000", API },
    { "", "http://[::]:14000", API },
    { "", "http://127.0.0.2:14000", NULL },
    { "", "http://169.254.169.254", LINK },
    { "", "http://169.254.1.1:9999", LINK },
    { "", "http://[fe80::1]", LINK },
    { "", "http://[::ffff:169.254.169.254]", LINK },
    { "", "http://[fd00:ec2::254]", LINK },
    { "http_port: off", "http://127.0.0.1:9000", NULL },
    { "http_port: 80", "http://127.0.0.1", EDGE },
    { "https_port: 443", "https://127.0.0.1", EDGE },

    /* a server of the same port, at another address */

    { "listen: 192.0.2.1", "http://127.0.0.1:9000", NULL },
    { "listen: 192.0.2.1", "http://192.0.2.1:9000", EDGE },
    { "listen: 127.0.0.1", "http://127.0.0.1:9000", EDGE },
    { "listen: 0.0.0.0", "http://127.0.0.1:9000", EDGE },
    { "api_listen: 127.0.0.2", "http://127.0.0.1:14000", NULL },
    { "api_listen: 0.0.0.0, api_token_file: /t", "http://127.0.0.1:14000",
      API }
};


static int
load(const char *server, const char *s3, const char *buckets,
    config_t **ret_config, error_t *err)
{
    char  text[512];

    (void) snprintf(text, sizeof(text), "server: {%s}\ns3: {%s}\n%s", server,
                    s3, buckets);

    return config_parse("f", text, strlen(text), ret_config, err);
}


static void
check_row(size_t i)
{
    int        rc;
    char       s3[256];
    char       buckets[256];
    error_t    err;
    config_t  *config;

    (void) snprintf(buckets, sizeof(buckets),
                    "buckets: [{name: a, endpoint: \"%s\"}]",
                    rows[i].endpoint);
    (void) snprintf(s3, sizeof(s3), "endpoint: \"%s\"", rows[i].endpoint);

    rc = load(rows[i].server, "", buckets, &config, &err);

    if (rc == 0) {
        config_unref(config);
    }

    guard_int(rows[i].endpoint, "bucket", rc,
              rows[i].what != NULL ? ERR_INVALID : 0);

    if (rows[i].what != NULL
        && (strstr(err.message, "f:3: buckets[0].endpoint: ") == NULL
            || strstr(err.message, rows[i].what) == NULL
            || strstr(err.message, "s3.allow_local_endpoints") == NULL))
    {
        fail_msg("%s: \"%s\"", rows[i].endpoint, err.message);
    }

    rc = load(rows[i].server, s3, "", &config, &err);

    if (rc == 0) {
        config_unref(config);
    }

    guard_int(rows[i].endpoint, "section s3", rc,
              rows[i].what != NULL ? ERR_INVALID : 0);

    /* and with the setting */

    rc = load(rows[i].server, "allow_local_endpoints: true", buckets, &config,
              &err);
    guard_int(rows[i].endpoint, "allowed", rc, 0);
    config_unref(config);
}


static void
test_rows(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {
        check_row(i);
    }
}


/* a name that resolves to such an address, and one that does so in part */

static void
test_names(void **state)
{
    char             texts[1][ERROR_MESSAGE_MAX];
    error_t          err;
    config_t        *config;
    resolve_map_t    map;
    lookup_answer_t  answers[3];

    static char  names[][16] = { "imds.test", "none.test", "s3.test" };
    static char  imds[] = "192.0.2.7 169.254.169.254";
    static char  s3[] = "192.0.2.7 [2001:db8::1]";

    (void) state;

    memset(answers, 0, sizeof(answers));

    answers[0].host = names[0];
    answers[0].addresses = imds;
    answers[1].host = names[1];
    answers[2].host = names[2];
    answers[2].addresses = s3;

    map.hosts = answers;
    map.len = guard_count(answers);

    assert_int_equal(load("", "", "buckets:\n"
                          "  - {name: a, endpoint: \"http://imds.test\"}\n"
                          "  - {name: b, endpoint: \"http://none.test\"}\n"
                          "  - {name: c, endpoint: \"http://s3.test\"}\n",
                          &config, &err), 0);

    assert_int_equal(target_check(config, config->buckets.items[0], &map,
                                  &err), ERR_INVALID);
    assert_string_equal(err.message, "endpoint: imds.test is at "
                        "169.254.169.254 port 80, which " LINK
                        "; set s3.allow_local_endpoints to ask there all the "
                        "same");
    assert_int_equal(target_check(config, config->buckets.items[1], &map,
                                  NULL), 0);
    assert_int_equal(target_check(config, config->buckets.items[2], &map,
                                  NULL), 0);

    assert_int_equal(target_failed(config, &config->buckets, &map, texts, 1),
                     1);
    assert_non_null(strstr(texts[0], "bucket \"a\" is not served: "));

    config_unref(config);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_names)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
