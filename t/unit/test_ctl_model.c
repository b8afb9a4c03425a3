
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include "base/strbuf.h"
#include "entity/model.h"


typedef struct {
    const char  *name;
    const char  *text;
    int          rc;
} text_row_t;


static const text_row_t  endpoint_rows[] = {
    { "http", "http://s3.example.com", 0 },
    { "https and port", "https://s3.example.com:8443", 0 },
    { "IPv4", "http://127.0.0.1:9000", 0 },
    { "IPv6", "http://[::1]:9000", 0 },
    { "one label", "http://minio", 0 },
    { "highest port", "http://h:65535", 0 },
    { "empty", "", ERR_INVALID },
    { "no scheme", "s3.example.com", ERR_INVALID },
    { "other scheme", "ftp://h", ERR_INVALID },
    { "upper-case scheme", "HTTP://h", ERR_INVALID },
    { "no host", "http://", ERR_INVALID },
    { "no host, port", "http://:80", ERR_INVALID },
    { "path", "http://h/", ERR_INVALID },
    { "query", "http://h?x", ERR_INVALID },
    { "user", "http://u@h", ERR_INVALID },
    { "no port", "http://h:", ERR_INVALID },
    { "port 0", "http://h:0", ERR_INVALID },
    { "port too high", "http://h:65536", ERR_INVALID },
    { "port too long", "http://h:000080", ERR_INVALID },
    { "port and more", "http://h:80;", ERR_INVALID },
    { "two dots", "http://a..b", ERR_INVALID },
    { "leading dot", "http://.a", ERR_INVALID },
    { "leading dash", "http://-a", ERR_INVALID },
    { "blank", "http://a b", ERR_INVALID },
    { "out of the config", "http://a;}", ERR_INVALID },
    { "variable", "http://$host", ERR_INVALID },
    { "newline", "http://a\nb", ERR_INVALID },
    { "quote", "http://a\"b", ERR_INVALID },
    { "open bracket", "http://[::1", ERR_INVALID },
    { "not IPv6", "http://[zz]", ERR_INVALID },
    { "empty IPv6", "http://[]", ERR_INVALID }
};


static const text_row_t  region_rows[] = {
    { "usual", "eu-central-1", 0 },
    { "one", "x", 0 },
    { "empty", "", ERR_INVALID },
    { "blank", "eu 1", ERR_INVALID },
    { "quote", "eu\"", ERR_INVALID },
    { "slash", "eu/1", ERR_INVALID },
    { "dot", "eu.1", ERR_INVALID },
    { "64", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      0 },
    { "65", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      ERR_LIMIT }
};


typedef struct {
    const char  *name;
    const char  *access;
    const char  *secret;
    const char  *token;
    int          rc;
} keys_row_t;


static const keys_row_t  keys_rows[] = {
    { "pair", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+b=", NULL, 0 },
    { "with token", "A", "s", "t==", 0 },
    { "no secret", "A", NULL, NULL, ERR_INVALID },
    { "no access key", NULL, "s", NULL, ERR_INVALID },
    { "token alone", NULL, NULL, "t", ERR_INVALID },
    { "slash in access key", "A/B", "s", NULL, ERR_INVALID },
    { "newline in secret", "A", "s\naws_x = 1", NULL, ERR_INVALID },
    { "blank in secret", "A", "s s", NULL, ERR_INVALID },
    { "not ASCII", "A", "s\xc3\xa4", NULL, ERR_INVALID },
    { "newline in token", "A", "s", "t\n", ERR_INVALID }
};


typedef struct {
    const char           *name;
    const char           *bucket;
    const char           *endpoint;
    const char           *origin;
    const char           *prefix;
    model_addressing_t    addressing;
    model_credentials_t   credentials;
    const char           *access;
    int                   rc;
    const char           *field;   /* how the message begins */
} bucket_row_t;


static const bucket_row_t  bucket_rows[] = {
    { "least", "demo", NULL, NULL, NULL, 0, 0, NULL, 0, NULL },
    { "all", "demo", "https://h.example", "other", "a/b c/", MODEL_VIRTUAL,
      MODEL_ANONYMOUS, NULL, 0, NULL },
    { "no name", NULL, NULL, NULL, NULL, 0, 0, NULL, ERR_INVALID, "name: " },
    { "name", "a/b", NULL, NULL, NULL, 0, 0, NULL, ERR_INVALID, "name: " },
    { "dots", "a..b", NULL, NULL, NULL, 0, 0, NULL, ERR_INVALID, "name: " },
    { "origin bucket", "a", NULL, "b\"", NULL, 0, 0, NULL, ERR_INVALID,
      "origin_bucket: " },
    { "prefix slash", "a", NULL, NULL, "/x/", 0, 0, NULL, ERR_INVALID,
      "prefix: " },
    { "prefix end", "a", NULL, NULL, "x", 0, 0, NULL, ERR_INVALID,
      "prefix: " },
    { "prefix control", "a", NULL, NULL, "x\n/", 0, 0, NULL, ERR_INVALID,
      "prefix: " },
    { "virtual upper", "a", NULL, "Abc", NULL, MODEL_VIRTUAL, 0, NULL,
      ERR_INVALID, "addressing: " },
    { "virtual address", "a", "http://10.0.0.1", NULL, NULL, MODEL_VIRTUAL, 0,
      NULL, ERR_INVALID, "addressing: " },
    { "virtual IPv6", "a", "http://[::1]", NULL, NULL, MODEL_VIRTUAL, 0, NULL,
      ERR_INVALID, "addressing: " },
    { "own without keys", "a", NULL, NULL, NULL, 0, MODEL_OWN, NULL,
      ERR_INVALID, "access_key_id: " },
    { "keys of nobody", "a", NULL, NULL, NULL, 0, MODEL_ANONYMOUS, "A",
      ERR_INVALID, "access_key_id: " }
};


typedef struct {
    const char  *text;
    bool         tls;
    const char  *host;
    unsigned     port;
} split_row_t;


static const split_row_t  split_rows[] = {
    { "http://h", false, "h", 80 },
    { "https://h", true, "h", 443 },
    { "http://h:8080", false, "h", 8080 },
    { "https://[::1]", true, "[::1]", 443 },
    { "http://[::1]:81", false, "[::1]", 81 }
};


static void
test_endpoint(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < guard_count(endpoint_rows); i++) {
        guard_int(endpoint_rows[i].name, "result",
                  model_endpoint_check("endpoint", endpoint_rows[i].text,
                                       NULL), endpoint_rows[i].rc);
    }
}


static void
test_split(void **state)
{
    bool         tls;
    size_t       i, len;
    unsigned     port;
    const char  *host;

    (void) state;

    for (i = 0; i < guard_count(split_rows); i++) {
        model_endpoint_split(split_rows[i].text, &tls, &host, &len, &port);

        guard_int(split_rows[i].text, "tls", tls, split_rows[i].tls);
        guard_int(split_rows[i].text, "port", port, split_rows[i].port);
        guard_int(split_rows[i].text, "host", (int64_t) len,
                  (int64_t) strlen(split_rows[i].host));
        assert_memory_equal(host, split_rows[i].host, len);
    }
}


static void
test_region(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < guard_count(region_rows); i++) {
        guard_int(region_rows[i].name, "result",
                  model_region_check("region", region_rows[i].text, NULL),
                  region_rows[i].rc);
    }
}


static void
test_keys(void **state)
{
    int                 rc;
    size_t              i;
    error_t             err;
    const keys_row_t   *row;

    (void) state;

    for (i = 0; i < guard_count(keys_rows); i++) {
        row = &keys_rows[i];

        rc = model_keys_check(row->access, row->secret, row->token, &err);
        guard_int(row->name, "result", rc, row->rc);

        /* a value is never repeated in a message */

        if (rc != 0 && row->secret != NULL && strlen(row->secret) > 1) {
            assert_null(strstr(err.message, row->secret));
        }
    }
}


static void
test_bucket(void **state)
{
    int                  rc;
    size_t               i;
    error_t              err;
    model_bucket_t      *b, *copy;
    const bucket_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(bucket_rows); i++) {
        row = &bucket_rows[i];

        b = model_bucket_new();
        assert_int_equal(model_set(&b->name, row->bucket, NULL), 0);
        assert_int_equal(model_set(&b->endpoint, row->endpoint, NULL), 0);
        assert_int_equal(model_set(&b->origin_bucket, row->origin, NULL), 0);
        assert_int_equal(model_set(&b->prefix, row->prefix, NULL), 0);
        assert_int_equal(model_set(&b->access_key, row->access, NULL), 0);
        b->addressing = row->addressing;
        b->credentials = row->credentials;

        rc = model_bucket_check(b, &err);
        guard_int(row->name, "result", rc, row->rc);

        if (rc != 0
            && strncmp(err.message, row->field, strlen(row->field)) != 0)
        {
            fail_msg("%s: \"%s\"", row->name, err.message);
        }

        if (rc == 0) {
            assert_string_equal(b->origin_bucket,
                                row->origin != NULL ? row->origin
                                                    : row->bucket);
            copy = model_bucket_dup(b);
            assert_string_equal(copy->name, b->name);
            assert_int_equal(copy->addressing, b->addressing);
            assert_int_equal(copy->credentials, b->credentials);
            model_bucket_free(copy);
        }

        model_bucket_free(b);
    }
}


static void
test_ttl(void **state)
{
    int64_t          seconds;
    error_t          err;
    unsigned         i;
    model_bucket_t  *b;

    (void) state;

    b = model_bucket_new();

    assert_int_equal(field_time_parse("1h30m", &seconds, &err), 0);
    assert_int_equal(seconds, 5400);
    assert_int_equal(field_time_parse("soon", &seconds, &err), ERR_INVALID);
    assert_int_equal(field_time_parse("-1s", &seconds, &err), ERR_INVALID);
    assert_int_equal(field_time_parse("", &seconds, &err), ERR_INVALID);

    assert_int_equal(model_ttl_add(b, 0, 1, &err), 0);
    assert_int_equal(model_ttl_add(b, 0, 2, &err), ERR_CONFLICT);
    assert_string_equal(err.message, "ttl: the default is given twice");

    for (i = 1; i < MODEL_TTL_RULES_MAX; i++) {
        assert_int_equal(model_ttl_add(b, 400 + i, 1, &err), 0);
    }

    assert_int_equal(model_ttl_add(b, 599, 1, &err), ERR_LIMIT);
    assert_int_equal(model_ttl_add(b, 401, 1, &err), ERR_CONFLICT);

    model_bucket_free(b);
}


static void
test_list(void **state)
{
    size_t            i;
    error_t           err;
    model_bucket_t   *b;
    model_buckets_t   list, copy;

    static const char *const  names[] = { "b", "c", "a" };

    (void) state;

    model_buckets_init(&list);

    for (i = 0; i < guard_count(names); i++) {
        b = model_bucket_new();
        assert_int_equal(model_set(&b->name, names[i], NULL), 0);
        assert_int_equal(model_buckets_add(&list, b, &err), 0);
    }

    model_buckets_sort(&list);
    assert_int_equal(model_buckets_copy(&list, &copy, &err), 0);
    model_buckets_release(&list);

    assert_int_equal(copy.len, 3);
    assert_string_equal(copy.items[0]->name, "a");
    assert_string_equal(copy.items[2]->name, "c");
    assert_non_null(model_buckets_find(&copy, "b"));
    assert_null(model_buckets_find(&copy, "d"));

    while (copy.len < MODEL_BUCKETS_MAX) {
        assert_int_equal(model_buckets_add(&copy, model_bucket_new(), &err),
                         0);
    }

    assert_int_equal(model_buckets_add(&copy, model_bucket_new(), &err),
                     ERR_LIMIT);
    model_buckets_release(&copy);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_endpoint),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_region),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_ttl),
        cmocka_unit_test(test_list)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
