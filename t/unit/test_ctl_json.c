
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include "base/json.h"


typedef struct {
    const char  *name;
    const char  *text;
    int          rc;
    const char  *message;          /* how it begins */
} parse_row_t;


static const parse_row_t  parse_rows[] = {
    { "object", "{\"a\": [1, {}]}", 0, NULL },
    { "a string alone", "\"x\"", 0, NULL },
    { "empty", "", ERR_INVALID, "line 1, column 0: " },
    { "trailing bytes", "{} x", ERR_INVALID, "line 1, column 4: " },
    { "duplicate", "{\"a\":1,\n\"a\":2}", ERR_INVALID, "line 2, column " },
    { "bad UTF-8", "\"\xff\"", ERR_INVALID, "line 1, column " },
    { "NUL in a string", "\"a\\u0000b\"", ERR_INVALID, "line 1, column " },
    { "17 deep", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", ERR_LIMIT,
      "nested deeper than 16" },
    { "16 deep", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", 0, NULL }
};


typedef struct {
    const char  *name;
    const char  *text;
    const char  *type;             /* which getter */
    int          required;
    int          rc;
    const char  *message;
} get_row_t;


static const get_row_t  get_rows[] = {
    { "string", "{\"k\":\"v\"}", "string", 1, 0, NULL },
    { "absent string", "{}", "string", 1, ERR_INVALID,
      "o.k: a string is required" },
    { "null string", "{\"k\":null}", "string", 1, ERR_INVALID,
      "o.k: a string is required" },
    { "absent, optional", "{}", "string", 0, 0, NULL },
    { "string from integer", "{\"k\":1}", "string", 0, ERR_INVALID,
      "o.k: a string is expected, not an integer" },
    { "integer", "{\"k\":7}", "int", 1, 0, NULL },
    { "integer from real", "{\"k\":7.0}", "int", 1, ERR_INVALID,
      "o.k: an integer is expected, not a real number" },
    { "integer over", "{\"k\":11}", "int", 1, ERR_INVALID,
      "o.k: an integer from 1 to 10 is expected" },
    { "integer under", "{\"k\":0}", "int", 1, ERR_INVALID,
      "o.k: an integer from 1 to 10 is expected" },
    { "counter", "{\"k\":9223372036854775807}", "uint64", 1, 0, NULL },
    { "negative counter", "{\"k\":-1}", "uint64", 1, ERR_INVALID,
      "o.k: an integer from 0 to 9223372036854775807 is expected" },
    { "boolean", "{\"k\":true}", "bool", 1, 0, NULL },
    { "boolean from string", "{\"k\":\"true\"}", "bool", 1, ERR_INVALID,
      "o.k: a boolean is expected, not a string" },
    { "object", "{\"k\":{}}", "object", 1, 0, NULL },
    { "object from array", "{\"k\":[]}", "object", 1, ERR_INVALID,
      "o.k: an object is expected, not an array" },
    { "array", "{\"k\":[]}", "array", 1, 0, NULL },
    { "array from object", "{\"k\":{}}", "array", 1, ERR_INVALID,
      "o.k: an array is expected, not an object" }
};


static void
test_parse(void **state)
{
    int                 rc;
    size_t              i;
    json_t             *value;
    error_t             err;
    const parse_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(parse_rows); i++) {
        row = &parse_rows[i];
        value = NULL;

        rc = json_parse(row->text, strlen(row->text), &value, &err);
        guard_int(row->name, "result", rc, row->rc);

        if (rc != 0 && strncmp(err.message, row->message,
                               strlen(row->message)) != 0)
        {
            fail_msg("%s: \"%s\"", row->name, err.message);
        }

        json_decref(value);
    }
}


static int
get(const get_row_t *row, const json_t *obj, error_t *err)
{
    int          rc;
    bool         flag;
    json_t      *value;
    int64_t      number;
    uint64_t     counter;
    const char  *text;

    if (strcmp(row->type, "string") == 0) {
        text = "unset";
        rc = json_get_string(obj, "o", "k", row->required, &text, err);

        if (rc != 0 || json_object_get(obj, "k") == NULL) {
            assert_string_equal(text, "unset");

        } else {
            assert_string_equal(text, "v");
        }

        return rc;
    }

    if (strcmp(row->type, "int") == 0) {
        number = -1;
        rc = json_get_int(obj, "o", "k", row->required, 1, 10, &number, err);
        assert_int_equal(number, rc == 0 ? 7 : -1);
        return rc;
    }

    if (strcmp(row->type, "uint64") == 0) {
        counter = 5;
        rc = json_get_uint64(obj, "o", "k", row->required, &counter, err);
        assert_int_equal(counter, rc == 0 ? INT64_MAX : 5);
        return rc;
    }

    if (strcmp(row->type, "bool") == 0) {
        flag = false;
        rc = json_get_bool(obj, "o", "k", row->required, &flag, err);
        assert_int_equal(flag, rc == 0);
        return rc;
    }

    value = NULL;
    rc = strcmp(row->type, "object") == 0
         ? json_get_object(obj, "o", "k", row->required, &value, err)
         : json_get_array(obj, "o", "k", row->required, &value, err);
    assert_int_equal(value != NULL, rc == 0);

    return rc;
}


static void
test_get(void **state)
{
    int               rc;
    size_t            i;
    json_t           *obj;
    error_t           err;
    const get_row_t  *row;

    (void) state;

    for (i = 0; i < guard_count(get_rows); i++) {
        row = &get_rows[i];

        assert_int_equal(json_parse(row->text, strlen(row->text), &obj, &err),
                         0);

        rc = get(row, obj, &err);
        guard_int(row->name, "result", rc, row->rc);

        if (rc != 0) {
            assert_string_equal(err.message, row->message);
        }

        json_decref(obj);
    }
}


static void
test_keys(void **state)
{
    json_t   *obj;
    error_t   err;

    static const char *const  keys[] = { "name", "ttl", NULL };

    (void) state;

    obj = json_pack("{s:i,s:i}", "name", 1, "ttl", 2);
    assert_int_equal(json_check_keys(obj, "", keys, &err), 0);

    assert_int_equal(json_object_set_new(obj, "tll", json_null()), 0);

    assert_int_equal(json_check_keys(obj, "", keys, &err), ERR_INVALID);
    assert_string_equal(err.message, "tll: unknown key; expected one of: "
                                     "name, ttl");

    assert_int_equal(json_check_keys(obj, "a.b", keys, &err), ERR_INVALID);
    assert_memory_equal(err.message, "a.b.tll: ", 9);
    json_decref(obj);

    obj = json_array();
    assert_int_equal(json_check_keys(obj, "", keys, &err), ERR_INVALID);
    assert_string_equal(err.message,
                        "document: an object is expected, not an array");
    json_decref(obj);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_keys)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
