
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guard.h"

#include "base/file.h"
#include "config/config.h"
#include "creds/provider.h"


typedef struct {
    const char  *name;
    const char  *text;
    const char  *message;          /* all of it */
} mistake_row_t;


static const mistake_row_t  mistakes[] = {
    { "credentials, word", "buckets:\n  - name: a\n    credentials: a/b\n",
      "f:3: buckets[0].credentials: none, inherit, own or a name is expected" },
    { "credentials, unknown", "buckets:\n  - name: a\n    credentials: x\n",
      "f:3: buckets[0].credentials: there is no \"x\" in section credentials" },
    { "credentials, own", "buckets:\n  - name: a\n    credentials: own\n",
      "f:3: buckets[0].credentials: own needs access_key_id and "
      "secret_access_key" },
    { "credentials, two", "buckets:\n  - name: a\n    credentials: x\n"
      "    anonymous: true\ncredentials:\n  - {name: x, provider: environment}"
      "\n",
      "f:3: buckets[0].credentials: a name is not expected beside anonymous" },
    { "credentials, half", "credentials:\n  - name: x\n"
      "    access_key_id: A\n",
      "f:2: credentials[0].secret_access_key: it is required beside "
      "access_key_id" },
    { "credentials, provider", "credentials:\n  - name: x\n"
      "    provider: vault\n",
      "f:3: credentials[0].provider: \"static\", \"environment\" or \"file\" "
      "is expected" },
    { "credentials, file", "credentials:\n  - name: x\n"
      "    provider: file\n",
      "f:2: credentials[0].file: it is required with provider file" },
    { "credentials, path", "credentials:\n  - name: x\n"
      "    provider: file\n    file: a\n",
      "f:4: credentials[0].file: an absolute path is expected" },
    { "credentials, strange", "credentials:\n  - name: x\n"
      "    provider: environment\n    file: /a\n",
      "f:4: credentials[0].file: it is not expected with provider "
      "environment" },
    { "credentials, name", "credentials:\n  - name: own\n",
      "f:2: credentials[0].name: \"own\" has a meaning of its own" },
    { "credentials twice", "credentials:\n"
      "  - {name: x, provider: environment}\n"
      "  - {name: x, provider: environment}\n",
      "f:3: credentials[1].name: \"x\" is declared twice" }
};


typedef struct {
    const char  *name;
    const char  *text;             /* of the file */
    const char  *profile;
    const char  *keys;             /* NULL: none */
} file_row_t;


#define PAIR(access, secret)                                                  \
    "aws_access_key_id = " access "\naws_secret_access_key=" secret "\n"


static const file_row_t  files[] = {
    { "profile", "[default]\n" PAIR("A", "a") "[edge]\n" PAIR("B", "b"),
      "edge", "B b -" },
    { "default", "[edge]\n" PAIR("B", "b") "[default]\n" PAIR("A", "a"),
      NULL, "A a -" },
    { "no section", PAIR("A", "a"), NULL, "A a -" },
    { "no section, and another profile", PAIR("A", "a"), "edge", NULL },
    { "as in config", "[profile edge]\r\n" PAIR("B", "b"), "edge", "B b -" },
    { "token", "[default]\n" PAIR("A", "a") "aws_session_token = t==\n",
      NULL, "A a t==" },
    { "blanks, comments and other members", "# x\n  [ default ]\n; y\n"
      "region = eu\n\n  aws_access_key_id=A  \n\taws_secret_access_key = a",
      NULL, "A a -" },
    { "twice: the last", "[default]\n" PAIR("A", "a") PAIR("B", "b"), NULL,
      "B b -" },
    { "half", "[default]\naws_access_key_id = A\n", NULL, NULL },
    { "half in another", "[default]\naws_access_key_id = A\n[x]\n"
      "aws_secret_access_key = a\n", NULL, NULL },
    { "empty", "", NULL, NULL },
    { "no value", "[default]\n" PAIR("A", ""), NULL, NULL },
    { "no keys at all", "[\n]\n=\n[]\n", NULL, NULL },
    { "not ASCII", "[default]\n" PAIR("A", "\xc3\xa4"), NULL, NULL },
    { "a blank in a key", "[default]\n" PAIR("A", "a b"), NULL, NULL }
};


static void
test_mistakes(void **state)
{
    size_t                 i;
    error_t                err;
    config_t              *config;
    const mistake_row_t   *row;

    (void) state;

    for (i = 0; i < guard_count(mistakes); i++) {

        row = &mistakes[i];

        if (config_parse("f", row->text, strlen(row->text), &config, &err)
            == 0)
        {
            fail_msg("%s: no error", row->name);
        }

        if (strcmp(err.message, row->message) != 0) {
            fail_msg("%s:\n\"%s\", not\n\"%s\"", row->name, err.message,
                     row->message);
        }
    }
}


static void
test_yaml(void **state)
{
    error_t    err;
    config_t  *c;

    static const char  text[] =
        "buckets:\n"
        "  - {name: a, credentials: team}\n"
        "  - {name: b, credentials: none}\n"
        "  - {name: c, credentials: inherit}\n"
        "credentials:\n"
        "  - {name: team, access_key_id: AKID, secret_access_key: s}\n"
        "  - {name: env, provider: environment}\n";

    (void) state;

    assert_int_equal(config_parse("f", text, strlen(text), &c, &err), 0);
    assert_int_equal(c->credentials.len, 2);
    assert_string_equal(c->credentials.items[0]->name, "env");
    assert_string_equal(c->credentials.items[1]->secret_key, "s");
    assert_int_equal(c->buckets.items[0]->credentials, MODEL_NAMED);
    assert_string_equal(model_bucket_credentials(c->buckets.items[0]), "team");
    assert_int_equal(c->buckets.items[1]->credentials, MODEL_ANONYMOUS);
    assert_int_equal(c->buckets.items[2]->credentials, MODEL_INHERIT);
    config_unref(c);
}


static void
test_file(void **state)
{
    int                rc;
    char               dir[64], path[128], keys[64], profile[64];
    size_t             i;
    error_t            err;
    credentials_t      c;
    provider_keys_t    got;
    const file_row_t  *row;

    (void) state;

    (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void) snprintf(path, sizeof(path), "%s/keys", dir);

    memset(&c, 0, sizeof(credentials_t));
    c.name = dir;
    c.provider = CREDENTIALS_SHARED;
    c.file = path;

    assert_int_equal(provider_stamp(&c), 1);
    assert_int_equal(provider_load(&c, &got, &err), ERR_NOT_FOUND);

    for (i = 0; i < guard_count(files); i++) {

        row = &files[i];

        assert_int_equal(file_replace(path, row->text, strlen(row->text), 0600,
                                      FILE_GID_KEEP, &err), 0);

        (void) snprintf(profile, sizeof(profile), "%s",
                        row->profile != NULL ? row->profile : "");
        c.profile = row->profile != NULL ? profile : NULL;

        rc = provider_load(&c, &got, &err);

        if (rc != 0) {
            guard_int(row->name, "refused", row->keys == NULL, 1);
            assert_null(strstr(err.message, "a b"));
            continue;
        }

        (void) snprintf(keys, sizeof(keys), "%s %s %s", got.access_key,
                        got.secret_key, got.session_token != NULL
                        ? got.session_token : "-");

        if (row->keys == NULL || strcmp(keys, row->keys) != 0) {
            fail_msg("%s: \"%s\"", row->name, keys);
        }

        provider_release(&got);
    }

    assert_true(provider_stamp(&c) > 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}


static void
test_environment(void **state)
{
    char             name[] = "env", access[] = "S3EDGE_UNIT_ID";
    char             secret[] = "S3EDGE_UNIT_SECRET";
    char             token[] = "S3EDGE_UNIT_TOKEN";
    error_t          err;
    credentials_t    c;
    provider_keys_t  got;

    (void) state;

    memset(&c, 0, sizeof(credentials_t));
    c.name = name;
    c.provider = CREDENTIALS_ENVIRONMENT;
    c.access_key_variable = access;
    c.secret_key_variable = secret;
    c.session_token_variable = token;

    (void) unsetenv(access);
    assert_int_equal(setenv(secret, "TheSecret", 1), 0);
    assert_int_equal(provider_load(&c, &got, &err), ERR_NOT_FOUND);
    assert_null(strstr(err.message, "TheSecret"));

    assert_int_equal(setenv(access, "AKID", 1), 0);
    assert_int_equal(provider_load(&c, &got, &err), 0);
    assert_string_equal(got.secret_key, "TheSecret");
    assert_null(got.session_token);
    provider_release(&got);
}


typedef struct {
    const char  *name;
    const char  *old;              /* JSON of a bucket */
    const char  *said;
    bool         patch;
    const char  *credentials;      /* NULL: refused */
} edit_row_t;


#define KEYS  "\"access_key_id\":\"A\",\"secret_access_key\":\"s\""


static const edit_row_t  edits[] = {
    { "keys stay", KEYS, "{\"errors\":\"hide\"}", true, "own" },
    { "keys go", KEYS, "{\"access_key_id\":null}", true, "inherit" },
    { "keys of a document go", KEYS, "{}", false, "inherit" },
    { "own stays", KEYS, "{\"credentials\":\"own\"}", false, "own" },
    { "own without keys", "", "{\"credentials\":\"own\"}", false, NULL },
    { "a name for keys", KEYS, "{\"credentials\":\"x\"}", true, "x" },
    { "keys for a name", "\"credentials\":\"x\"", "{" KEYS "}", true, "own" },
    { "a name stays", "\"credentials\":\"x\"", "{\"errors\":\"hide\"}", true,
      "x" },
    { "a name goes", "\"credentials\":\"x\"", "{\"credentials\":null}", true,
      "inherit" },
    { "a name for none", "\"anonymous\":true", "{\"credentials\":\"x\"}",
      true, "x" },
    { "none for keys", KEYS, "{\"anonymous\":true}", true, "none" },
    { "none by its word", KEYS, "{\"credentials\":\"none\"}", true, "none" },
    { "no longer none", "\"anonymous\":true", "{\"anonymous\":false}", true,
      "inherit" },
    { "inherit", "\"anonymous\":true", "{\"credentials\":\"inherit\"}", true,
      "inherit" },
    { "both", "", "{\"credentials\":\"x\"," KEYS "}", true, NULL }
};


static void
test_edit(void **state)
{
    int                rc;
    char               text[256];
    void              *old, *obj;
    size_t             i;
    json_t            *json;
    const edit_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(edits); i++) {

        row = &edits[i];

        (void) snprintf(text, sizeof(text), "{\"name\":\"b\"%s%s}",
                        row->old[0] != '\0' ? "," : "", row->old);

        json = json_loads(text, 0, NULL);
        assert_int_equal(field_read(&model_bucket_table, json,
                                    &field_json_lang, &old, NULL), 0);
        json_decref(json);

        json = json_loads(row->said, 0, NULL);
        rc = field_edit(&model_bucket_table, old, json, row->patch, &obj,
                        NULL);
        json_decref(json);

        guard_int(row->name, "result", rc == 0, row->credentials != NULL);

        if (rc == 0) {
            if (strcmp(model_bucket_credentials(obj), row->credentials) != 0) {
                fail_msg("%s: \"%s\"", row->name,
                         model_bucket_credentials(obj));
            }

            field_free(&model_bucket_table, obj);
        }

        field_free(&model_bucket_table, old);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_yaml),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_edit)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
