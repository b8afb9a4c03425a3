
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From JSON to an entity (see field.h).
 */


#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "s3_ttl.h"

#include "base/field.h"


#define FIELD_BLANKS  " ,"


const field_lang_t  field_json_lang =
    { "a string", "an array", "an object", false };
const field_lang_t  field_yaml_lang = { "a text", "a list", "a map", true };


const char *
field_kind(const json_t *value, const field_lang_t *lang)
{
    switch (json_typeof(value)) {

    case JSON_OBJECT:
        return lang->map;

    case JSON_ARRAY:
        return lang->list;

    case JSON_STRING:
        return lang->text;

    case JSON_INTEGER:
        return "an integer";

    case JSON_REAL:
        return "a real number";

    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";

    default:
        return "nothing";
    }
}


int
field_mismatch(const char *path, const char *what, const json_t *value,
    const field_lang_t *lang, error_t *err)
{
    return error_set(err, ERR_INVALID, "%s%s%s is expected, not %s", path,
                     path[0] != '\0' ? ": " : "", what,
                     field_kind(value, lang));
}


/* "override", "honour" or "cap" */

static void
field_choice(const char *const *words, strbuf_t *sb)
{
    size_t  i;

    for (i = 0; words[i] != NULL; i++) {
        strbuf_printf(sb, "%s\"%s\"", i == 0 ? "" : words[i + 1] != NULL
                                      ? ", " : " or ", words[i]);
    }
}


static int
field_parse_text(const field_t *f, const char *text, const field_lang_t *lang,
    void *obj, error_t *err)
{
    int  rc;

    if (lang->yaml && text[0] == '\0') {
        return error_set(err, ERR_INVALID, "it must not be empty");
    }

    if (f->check != NULL) {
        rc = f->check(text, err);
        if (rc != 0) {
            return rc;
        }
    }

    if (f->max != 0 && strlen(text) > (size_t) f->max) {
        return error_set(err, ERR_LIMIT, "more than %" PRId64 " bytes",
                         f->max);
    }

    return field_set(field_at(f, obj), text, err);
}


static int
field_parse_bool(const json_t *value, bool *ret_flag, error_t *err)
{
    const char  *text;

    text = json_is_boolean(value) ? json_is_true(value) ? "true" : "false"
                                  : json_string_value(value);

    if (text == NULL
        || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
    {
        return error_set(err, ERR_INVALID, "true or false is expected");
    }

    *ret_flag = text[0] == 't';

    return 0;
}


static int
field_parse_enum(const field_t *f, const char *text, void *obj, error_t *err)
{
    int       rc;
    unsigned  i;
    strbuf_t  sb;

    for (i = 0; f->words[i] != NULL; i++) {
        if (strcmp(text, f->words[i]) == 0) {
            *(unsigned *) field_at(f, obj) = i;
            return 0;
        }
    }

    strbuf_init(&sb, ERROR_MESSAGE_MAX);
    field_choice(f->words, &sb);

    rc = error_set(err, ERR_INVALID, "%s is expected", sb.data);

    strbuf_release(&sb);

    return rc;
}


static int
field_word_unknown(const field_t *f, error_t *err)
{
    int       rc;
    size_t    i;
    strbuf_t  sb;

    strbuf_init(&sb, ERROR_MESSAGE_MAX);

    for (i = 0; f->words[i] != NULL; i++) {
        strbuf_printf(&sb, "%s%s", i == 0 ? "" : f->words[i + 1] != NULL
                                   ? ", " : " and ", f->words[i]);
    }

    rc = error_set(err, ERR_INVALID, "none, or some of %s, is expected",
                   sb.data);

    strbuf_release(&sb);

    return rc;
}


/* adds the word to *bits */

static int
field_word(const field_t *f, const char *word, size_t len, unsigned *bits,
    error_t *err)
{
    unsigned  i;

    for (i = 0; f->words[i] != NULL; i++) {

        if (strlen(f->words[i]) != len || memcmp(f->words[i], word, len) != 0)
        {
            continue;
        }

        if (*bits & 1U << i) {
            return error_set(err, ERR_INVALID, "%s is given twice",
                             f->words[i]);
        }

        *bits |= 1U << i;
        return 0;
    }

    return field_word_unknown(f, err);
}


/* words with commas or blanks between them, or "none" */

static int
field_parse_words(const field_t *f, const char *text, unsigned *ret_bits,
    error_t *err)
{
    int          rc;
    size_t       len;
    const char  *p;

    p = text + strspn(text, FIELD_BLANKS);

    if (strcmp(p, "none") == 0) {
        return 0;
    }

    do {
        len = strcspn(p, FIELD_BLANKS);

        rc = field_word(f, p, len, ret_bits, err);
        if (rc != 0) {
            return rc;
        }

        p += len;
        p += strspn(p, FIELD_BLANKS);

    } while (*p != '\0');

    return 0;
}


static int
field_parse_list(const field_t *f, const json_t *list,
    const field_lang_t *lang, unsigned *ret_bits, error_t *err)
{
    int      rc;
    size_t   i;
    json_t  *item;

    json_array_foreach(list, i, item) {

        if (!json_is_string(item)) {
            return error_set(err, ERR_INVALID, "%s of texts is expected, not "
                             "%s", lang->list, field_kind(list, lang));
        }

        rc = field_word(f, json_string_value(item), json_string_length(item),
                        ret_bits, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/* decimal digits, and what follows them */

static bool
field_digits(const char *text, int64_t *ret_number, const char **ret_end)
{
    char       *end;
    long long   n;

    if (!isdigit((unsigned char) text[0])) {
        return false;
    }

    errno = 0;
    n = strtoll(text, &end, 10);

    *ret_number = n;
    *ret_end = end;

    return errno == 0;
}


int
field_size_parse(const char *text, int64_t *ret_bytes, error_t *err)
{
    int          shift;
    int64_t      n;
    const char  *end, *unit;

    static const char  units[] = "kmgt";

    shift = 0;

    if (field_digits(text, &n, &end)) {

        unit = *end != '\0' ? strchr(units, tolower((unsigned char) *end))
                            : NULL;

        if (unit != NULL) {
            shift = 10 * (int) (unit - units + 1);
            end++;
        }

        if (*end == '\0' && n <= (INT64_MAX >> shift)) {
            *ret_bytes = n << shift;
            return 0;
        }
    }

    return error_set(err, ERR_INVALID,
                     "a size such as \"512m\" or \"10g\" is expected");
}


static int
field_parse_size(const field_t *f, const json_t *value, int64_t *ret_bytes,
    error_t *err)
{
    int      rc;
    int64_t  n;

    if (json_is_integer(value)) {
        n = json_integer_value(value);

    } else {
        rc = field_size_parse(json_is_string(value) ? json_string_value(value)
                                                    : "", &n, err);
        if (rc != 0) {
            return rc;
        }
    }

    if (n < f->min || n > f->max) {
        return error_set(err, ERR_INVALID, "a size from %" PRId64 " to %"
                         PRId64 " bytes is expected", f->min, f->max);
    }

    *ret_bytes = n;

    return 0;
}


int
field_time_parse(const char *text, int64_t *ret_seconds, error_t *err)
{
    int64_t   seconds;
    s3_str_t  s;

    s.len = strlen(text);
    s.data = (unsigned char *) (uintptr_t) text;

    seconds = s3_ttl_parse(&s);

    if (seconds < 0) {
        return error_set(err, ERR_INVALID, "a time such as \"90s\", \"10m\", "
                         "\"1h30m\" or \"7d\" is expected, up to 10 years");
    }

    *ret_seconds = seconds;

    return 0;
}


int
field_time(const json_t *value, int64_t *ret_seconds, error_t *err)
{
    int64_t  seconds;

    if (json_is_string(value)) {
        return field_time_parse(json_string_value(value), ret_seconds, err);
    }

    if (!json_is_integer(value)) {
        return error_set(err, ERR_INVALID,
                         "a time such as \"1h30m\", or seconds, is expected");
    }

    seconds = json_integer_value(value);

    if (seconds < 0 || seconds > S3_TTL_MAX) {
        return error_set(err, ERR_INVALID,
                         "0 to %lld seconds are expected", S3_TTL_MAX);
    }

    *ret_seconds = seconds;

    return 0;
}


/* the message has no path */

static int
field_parse_plain(const field_t *f, const json_t *value,
    const field_lang_t *lang, void *obj, error_t *err)
{
    int       rc;
    unsigned  bits;

    switch (f->type) {

    case FIELD_BOOL:
        return field_parse_bool(value, field_at(f, obj), err);

    case FIELD_SIZE:
        return field_parse_size(f, value, field_at(f, obj), err);

    case FIELD_TIME:
        return field_time(value, field_at(f, obj), err);

    case FIELD_WORDS:
        bits = 0;

        rc = json_is_array(value)
             ? field_parse_list(f, value, lang, &bits, err)
             : field_parse_words(f, json_string_value(value), &bits, err);

        if (rc == 0) {
            *(unsigned *) field_at(f, obj) = bits;
        }

        return rc;

    case FIELD_ENUM:
        return field_parse_enum(f, json_string_value(value), obj, err);

    default:
        return field_parse_text(f, json_string_value(value), lang, obj, err);
    }
}


int
field_parse_one(const field_t *f, const json_t *value,
    const field_lang_t *lang, void *obj, error_t *err)
{
    int   rc;
    char  what[64];

    if (f->type == FIELD_CUSTOM) {
        return f->custom->parse(obj, value, lang, err);
    }

    if (!json_is_string(value)
        && (f->type == FIELD_TEXT || f->type == FIELD_ENUM))
    {
        return field_mismatch(f->name, lang->text, value, lang, err);
    }

    if (!json_is_string(value) && !json_is_array(value)
        && f->type == FIELD_WORDS)
    {
        (void) snprintf(what, sizeof(what), "%s or %s", lang->text,
                        lang->list);
        return field_mismatch(f->name, what, value, lang, err);
    }

    rc = field_parse_plain(f, value, lang, obj, err);

    if (rc != 0) {
        (void) error_prefix(err, "%s", f->name);
    }

    return rc;
}


static int
field_unknown(const field_table_t *table, const char *key, error_t *err)
{
    int          rc;
    size_t       i;
    strbuf_t     list;
    const char  *comma;

    strbuf_init(&list, ERROR_MESSAGE_MAX);
    comma = "";

    for (i = 0; i < table->len; i++) {
        if (!(table->fields[i].flags & FIELD_READ_ONLY)) {
            strbuf_printf(&list, "%s%s", comma, table->fields[i].name);
            comma = ", ";
        }
    }

    rc = error_set(err, ERR_INVALID, "%.64s: unknown key; expected one of: %s",
                   key, list.data);

    strbuf_release(&list);

    return rc;
}


int
field_parse(const field_table_t *table, const json_t *json,
    const field_lang_t *lang, void *obj, error_t *err)
{
    int             rc;
    size_t          i;
    json_t         *value;
    const char     *key;
    const field_t  *f;

    if (!json_is_object(json)) {
        return field_mismatch("", lang->map, json, lang, err);
    }

    /* the cast: jansson's iterators are not const, but change nothing */

    json_object_foreach((json_t *) (uintptr_t) json, key, value) {

        f = field_find(table, key);

        if (f == NULL || (lang->yaml && (f->flags & FIELD_READ_ONLY))) {
            return field_unknown(table, key, err);
        }
    }

    for (i = 0; i < table->len; i++) {

        f = &table->fields[i];
        value = json_object_get(json, f->name);

        if (value == NULL || json_is_null(value)
            || (f->flags & FIELD_READ_ONLY))
        {
            continue;
        }

        rc = field_parse_one(f, value, lang, obj, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


int
field_read(const field_table_t *table, const json_t *json,
    const field_lang_t *lang, void **ret_obj, error_t *err)
{
    int    rc;
    void  *obj;

    obj = field_new(table);
    if (obj == NULL) {
        return error_nomem(err);
    }

    rc = field_parse(table, json, lang, obj, err);

    if (rc == 0) {
        rc = table->check(obj, err);
    }

    if (rc != 0) {
        field_free(table, obj);
        return rc;
    }

    *ret_obj = obj;

    return 0;
}
