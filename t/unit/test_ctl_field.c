
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The driver of tables, by a table of its own, and what the tables of entities
 * have to have.
 */

#include <stdlib.h>

#include "guard.h"

#include "base/field.h"
#include "config/config.h"
#include "config/setting.h"
#include "entity/credentials.h"


typedef struct {
    char            *name;
    char            *note;
    char            *secret;
    bool             flag;
    int64_t          size;
    int64_t          time;
    unsigned         mode;
    unsigned         rights;
    int64_t          created_at;
    int64_t          revision;
    unsigned         source;
    bool             locked;
} thing_t;


static int thing_check(void *obj, error_t *err);
static void thing_amend(json_t *had, const json_t *said);
static bool thing_keeps(const void *obj, const json_t *said, bool patch);


static const char *const  modes[] = { "off", "on", "auto", NULL };
static const char *const  rights[] = { "read", "write", NULL };


static const field_t  fields[] = {
    { .name = "name", .flags = FIELD_REQUIRED|FIELD_EMPTY,
      .offset = offsetof(thing_t, name) },
    { .name = "note", .offset = offsetof(thing_t, note), .max = 8,
      .parameter = "note" },
    { .name = "secret", .flags = FIELD_SECRET,
      .offset = offsetof(thing_t, secret) },
    { .name = "flag", .type = FIELD_BOOL, .offset = offsetof(thing_t, flag),
      .preset = true, .parameter = "flag" },
    { .name = "size", .type = FIELD_SIZE, .offset = offsetof(thing_t, size),
      .preset = FIELD_UNSET, .max = 1 << 20, .parameter = "size" },
    { .name = "time", .type = FIELD_TIME, .offset = offsetof(thing_t, time),
      .preset = FIELD_UNSET, .parameter = "time" },
    { .name = "mode", .type = FIELD_ENUM, .offset = offsetof(thing_t, mode),
      .preset = 2, .words = modes, .parameter = "mode" },
    { .name = "rights", .type = FIELD_WORDS,
      .offset = offsetof(thing_t, rights), .preset = 1, .words = rights,
      .parameter = "rights" },
    { .name = "created_at", .type = FIELD_STAMP, .flags = FIELD_READ_ONLY,
      .offset = offsetof(thing_t, created_at) }
};


static const field_table_t  table = {
    .entity = "thing", .seal = "", .fields = fields,
    .len = guard_count(fields), .size = sizeof(thing_t),
    .created_at = offsetof(thing_t, created_at),
    .revision = offsetof(thing_t, revision),
    .source = offsetof(thing_t, source), .locked = offsetof(thing_t, locked),
    .check = thing_check, .amend = thing_amend, .keeps = thing_keeps
};


typedef struct {
    const char  *name;
    const char  *json;
    bool         yaml;
    const char  *message;          /* its beginning; or what is declared */
} parse_row_t;


static const parse_row_t  good[] = {
    { "nothing", "{}", false, "{}" },
    { "null", "{\"note\":null,\"mode\":null}", false, "{}" },
    { "as by default", "{\"flag\":true,\"mode\":\"auto\","
      "\"rights\":[\"read\"]}", false, "{}" },
    { "values", "{\"flag\":false,\"size\":\"2k\",\"time\":\"1m\","
      "\"mode\":\"off\",\"rights\":[\"write\"],\"note\":\"a\"}", false,
      "{\"note\":\"a\",\"flag\":false,\"size\":2048,\"time\":60,"
      "\"mode\":\"off\",\"rights\":[\"write\"]}" },
    { "numbers", "{\"size\":0,\"time\":0}", false, "{\"size\":0,\"time\":0}" },
    { "texts of YAML", "{\"flag\":\"false\",\"size\":\"1m\","
      "\"time\":\"0\"}", true, "{\"flag\":false,\"size\":1048576,\"time\":0}" },
    { "words in a text", "{\"rights\":\" write, read\"}", false,
      "{\"rights\":[\"read\",\"write\"]}" },
    { "no words", "{\"rights\":\"none\"}", false, "{\"rights\":[]}" },
    { "an empty text", "{\"note\":\"\"}", false, "{}" },
    { "a secret is not printed", "{\"secret\":\"s\"}", false, "{}" },
    { "ours", "{\"created_at\":\"x\"}", false, "{}" }
};


static const parse_row_t  bad[] = {
    { "no object", "[]", false, "an object is expected, not an array" },
    { "no map", "[]", true, "a map is expected, not a list" },
    { "unknown", "{\"nam\":1}", false, "nam: unknown key; expected one of: "
      "name, note, secret, flag, size, time, mode, rights" },
    { "ours, of YAML", "{\"created_at\":\"x\"}", true, "created_at: unknown" },
    { "text", "{\"note\":1}", false,
      "note: a string is expected, not an integer" },
    { "text of YAML", "{\"note\":[]}", true, "note: a text is expected, not a "
      "list" },
    { "empty text of YAML", "{\"note\":\"\"}", true, "note: it must not be "
      "empty" },
    { "long text", "{\"note\":\"123456789\"}", false, "note: more than 8 "
      "bytes" },
    { "secret", "{\"secret\":{}}", false,
      "secret: a string is expected, not an object" },
    { "flag", "{\"flag\":\"yes\"}", false, "flag: true or false is expected" },
    { "flag, number", "{\"flag\":1}", false, "flag: true or false" },
    { "size", "{\"size\":\"1x\"}", false, "size: a size such as" },
    { "size, overflow", "{\"size\":\"9999999999g\"}", false, "size: a size "
      "such as" },
    { "large", "{\"size\":\"2m\"}", false, "size: a size from 0 to 1048576" },
    { "negative", "{\"size\":-1}", false, "size: a size from 0" },
    { "size, real", "{\"size\":1.5}", false, "size: a size such as" },
    { "time", "{\"time\":\"soon\"}", false, "time: a time such as" },
    { "time, negative", "{\"time\":-1}", false, "time: 0 to 315360000" },
    { "time, list", "{\"time\":[]}", false, "time: a time such as" },
    { "mode", "{\"mode\":\"maybe\"}", false,
      "mode: \"off\", \"on\" or \"auto\" is expected" },
    { "mode, flag", "{\"mode\":true}", false, "mode: a string is expected, not "
      "a boolean" },
    { "word", "{\"rights\":[\"all\"]}", false,
      "rights: none, or some of read and write, is expected" },
    { "word twice", "{\"rights\":\"read read\"}", false,
      "rights: read is given twice" },
    { "no word", "{\"rights\":[1]}", false,
      "rights: an array of texts is expected" },
    { "empty words", "{\"rights\":\"\"}", false, "rights: none, or some" },
    { "words, object", "{\"rights\":{}}", false,
      "rights: a string or an array is expected, not an object" }
};


/* RFC 7396, appendix A */

static const struct {
    const char  *target;
    const char  *patch;
    const char  *result;
} merges[] = {
    { "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
    { "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
    { "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
    { "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
    { "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
    { "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
    { "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
      "{\"a\":{\"b\":\"d\"}}" },
    { "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
    { "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
    { "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
    { "{\"a\":\"foo\"}", "null", "null" },
    { "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
    { "{\"e\":null}", "{\"a\":1}", "{\"a\":1,\"e\":null}" },
    { "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
    { "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" }
};


static int
thing_check(void *obj, error_t *err)
{
    thing_t  *thing;

    thing = obj;

    return thing->name != NULL ? 0 : error_set(err, ERR_INVALID,
                                               "name: it is required");
}


static void
thing_amend(json_t *had, const json_t *said)
{
    (void) had;
    (void) said;
}


static bool
thing_keeps(const void *obj, const json_t *said, bool patch)
{
    (void) obj;

    return patch && json_object_get(said, "secret") == NULL;
}


static json_t *
json(const char *text)
{
    json_t  *value;

    value = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(value);

    return value;
}


static void
test_good(void **state)
{
    void               *obj, *copy;
    size_t              i;
    error_t             err;
    json_t             *value, *declared, *want;
    const parse_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(good); i++) {

        row = &good[i];
        obj = field_new(&table);
        value = json(row->json);

        if (field_parse(&table, value, row->yaml ? &field_yaml_lang
                                                 : &field_json_lang, obj, &err)
            != 0)
        {
            fail_msg("%s: %s", row->name, err.message);
        }

        json_decref(value);

        declared = field_print(&table, obj, FIELD_DECLARED);
        want = json(row->message);

        guard_int(row->name, "declared", json_equal(declared, want), 1);

        /* what is declared gives the same, and so does a copy */

        copy = field_new(&table);
        assert_int_equal(field_parse(&table, declared, &field_json_lang, copy,
                                     NULL), 0);
        assert_int_equal(field_set(&((thing_t *) copy)->secret,
                                   ((thing_t *) obj)->secret, NULL), 0);
        assert_true(field_equal(&table, obj, copy));
        field_free(&table, copy);

        copy = field_dup(&table, obj);
        assert_true(field_equal(&table, obj, copy));
        assert_int_equal(field_set(&((thing_t *) copy)->note, "other", NULL),
                         0);
        assert_false(field_equal(&table, obj, copy));

        field_free(&table, copy);
        field_free(&table, obj);
        json_decref(declared);
        json_decref(want);
    }
}


static void
test_bad(void **state)
{
    void               *obj;
    size_t              i;
    json_t             *value;
    error_t             err;
    const parse_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(bad); i++) {

        row = &bad[i];
        obj = field_new(&table);
        value = json(row->json);

        if (field_parse(&table, value, row->yaml ? &field_yaml_lang
                                                 : &field_json_lang, obj, &err)
            == 0
            || strncmp(err.message, row->message, strlen(row->message)) != 0)
        {
            fail_msg("%s: \"%s\"", row->name, err.message);
        }

        json_decref(value);
        field_free(&table, obj);
    }
}


static void
test_render(void **state)
{
    void      *obj;
    json_t    *value;
    strbuf_t   sb;

    (void) state;

    strbuf_init(&sb, 4096);

    obj = field_new(&table);
    field_render(&table, obj, &sb);
    assert_int_equal(sb.len, 0);

    value = json("{\"note\":\"a b\",\"flag\":false,\"size\":\"1k\","
                 "\"time\":\"1m\",\"mode\":\"on\",\"rights\":\"none\"}");
    assert_int_equal(field_parse(&table, value, &field_json_lang, obj, NULL),
                     0);
    field_render(&table, obj, &sb);
    assert_string_equal(sb.data, "        note \"a b\";\n        flag off;\n"
                        "        size 1024;\n        time 60s;\n"
                        "        mode on;\n        rights none;\n");
    json_decref(value);

    /* 0 is what nginx has by default */

    strbuf_clear(&sb);
    value = json("{\"note\":null,\"size\":0,\"time\":0}");
    assert_int_equal(field_parse(&table, value, &field_json_lang, obj, NULL),
                     0);
    field_render(&table, obj, &sb);
    assert_null(strstr(sb.data, "size"));
    assert_null(strstr(sb.data, "time"));

    json_decref(value);
    field_free(&table, obj);
    strbuf_release(&sb);
}


static void
test_edit(void **state)
{
    void     *old, *obj;
    json_t   *value;
    error_t   err;
    thing_t  *thing;

    (void) state;

    value = json("{\"name\":\"a\",\"secret\":\"s\",\"time\":5,\"note\":\"n\"}");
    assert_int_equal(field_read(&table, value, &field_json_lang, &old, NULL),
                     0);
    json_decref(value);

    ((thing_t *) old)->created_at = 7;
    ((thing_t *) old)->revision = 3;

    value = json("{\"note\":null,\"mode\":\"off\"}");
    assert_int_equal(field_edit(&table, old, value, true, &obj, NULL), 0);
    thing = obj;
    assert_string_equal(thing->name, "a");
    assert_string_equal(thing->secret, "s");
    assert_null(thing->note);
    assert_int_equal(thing->time, 5);
    assert_int_equal(thing->mode, 0);
    assert_int_equal(thing->created_at, 7);
    assert_int_equal(thing->revision, 3);
    field_free(&table, obj);

    assert_int_equal(field_edit(&table, old, value, false, &obj, NULL), 0);
    thing = obj;
    assert_null(thing->secret);
    assert_int_equal(thing->time, FIELD_UNSET);
    field_free(&table, obj);
    json_decref(value);

    value = json("{\"name\":\"b\"}");
    assert_int_equal(field_edit(&table, old, value, true, &obj, &err),
                     ERR_INVALID);
    assert_string_equal(err.message, "name: it cannot be changed");
    json_decref(value);

    field_free(&table, old);
}


static void
test_merge(void **state)
{
    size_t   i;
    json_t  *target, *patch, *result, *want;

    (void) state;

    for (i = 0; i < guard_count(merges); i++) {

        target = json(merges[i].target);
        patch = json(merges[i].patch);
        want = json(merges[i].result);
        result = field_merge(target, patch);

        if (!json_equal(result, want)) {
            fail_msg("%s and %s", merges[i].target, merges[i].patch);
        }

        json_decref(target);
        json_decref(patch);
        json_decref(want);
        json_decref(result);
    }
}


/* what a row names is there: of an entity, by all who read its table */

static void
test_tables(void **state)
{
    char              *text;
    size_t             i, k;
    json_t            *schema;
    error_t            err;
    config_t          *config;
    const field_t     *f;

    static const field_table_t *const  tables[] = {
        &table, &model_bucket_table, &credentials_table
    };

    (void) state;

    assert_int_equal(config_parse("f", "", 0, &config, &err), 0);

    for (i = 0; i < guard_count(tables); i++) {
        for (k = 0; k < tables[i]->len; k++) {

            f = &tables[i]->fields[k];

            if (f->inherits != NULL && setting_at(config, f->inherits) == NULL)
            {
                fail_msg("%s inherits from nothing", f->name);
            }

            if (f->without != NULL && f->parameter == NULL) {
                fail_msg("%s is no parameter", f->name);
            }

            if (f->option != NULL && f->help == NULL) {
                fail_msg("%s has no help", f->name);
            }

            assert_ptr_equal(field_find(tables[i], f->name), f);
        }

        schema = field_schema(tables[i], false);
        text = json_dumps(schema, 0);
        assert_non_null(text);
        free(text);
        json_decref(schema);
    }

    config_unref(config);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_render),
        cmocka_unit_test(test_edit),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_tables)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
