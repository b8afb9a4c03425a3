
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From an entity to JSON, to nginx, and to the schema of it (see field.h).
 */


#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/field.h"
#include "base/render_text.h"


#define FIELD_SCHEMAS   "#/components/schemas/"
#define FIELD_TIME_MAX  32


json_t *
field_stamp(int64_t seconds)
{
    char       text[FIELD_TIME_MAX];
    time_t     t;
    struct tm  tm;

    t = (time_t) seconds;

    if (seconds == 0 || gmtime_r(&t, &tm) == NULL
        || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    {
        return json_null();
    }

    return json_string(text);
}


static json_t *
field_print_words(const char *const *words, unsigned bits)
{
    size_t   i;
    json_t  *list;

    list = json_array();

    for (i = 0; list != NULL && words[i] != NULL; i++) {
        if ((bits & 1U << i) != 0
            && json_array_append_new(list, json_string(words[i])) == -1)
        {
            json_decref(list);
            list = NULL;
        }
    }

    return list;
}


static json_t *
field_print_one(const field_t *f, const void *obj, field_form_t form)
{
    void        *at;
    const char  *text;
    unsigned     n;

    at = field_at(f, obj);

    switch (f->type) {

    case FIELD_BOOL:
        return json_boolean(*(bool *) at);

    case FIELD_SIZE:
    case FIELD_TIME:
        return *(int64_t *) at == FIELD_UNSET ? json_null()
                                              : json_integer(*(int64_t *) at);

    case FIELD_STAMP:
        return field_stamp(*(int64_t *) at);

    case FIELD_ENUM:
        n = *(unsigned *) at;
        return n == 0 && (f->flags & FIELD_EMPTY) ? json_null()
                                                  : json_string(f->words[n]);

    case FIELD_WORDS:
        return field_print_words(f->words, *(unsigned *) at);

    case FIELD_CUSTOM:
        return f->custom->print(obj, form);

    default:
        text = *(char **) at;
        return text != NULL || (f->flags & FIELD_EMPTY)
               ? json_string(text != NULL ? text : "") : json_null();
    }
}


/* is it as by default? */

static bool
field_preset(const field_t *f, const void *obj)
{
    void  *at;

    at = field_at(f, obj);

    switch (f->type) {

    case FIELD_BOOL:
        return *(bool *) at == (f->preset != 0);

    case FIELD_SIZE:
    case FIELD_TIME:
        return *(int64_t *) at == f->preset;

    case FIELD_ENUM:
    case FIELD_WORDS:
        return *(unsigned *) at == (unsigned) f->preset;

    case FIELD_TEXT:
        return *(char **) at == NULL;

    default:
        return false;
    }
}


json_t *
field_print(const field_table_t *table, const void *obj, field_form_t form)
{
    size_t          i;
    json_t         *json, *value;
    const field_t  *f;

    json = json_object();

    for (i = 0; json != NULL && i < table->len; i++) {

        f = &table->fields[i];

        if ((f->flags & FIELD_SECRET)
            || (form == FIELD_ANSWER && (f->flags & FIELD_INPUT))
            || (form == FIELD_DECLARED
                && ((f->flags & FIELD_READ_ONLY) || field_preset(f, obj))))
        {
            continue;
        }

        value = field_print_one(f, obj, form);

        if (form == FIELD_DECLARED && json_is_null(value)) {
            continue;
        }

        if (json_object_set_new(json, f->name, value) == -1) {
            json_decref(json);
            return NULL;
        }
    }

    return json;
}


static void
field_render_words(const field_t *f, unsigned bits, strbuf_t *sb)
{
    size_t  i;

    for (i = 0; f->words[i] != NULL; i++) {
        if (bits & 1U << i) {
            strbuf_printf(sb, " %s", f->words[i]);
        }
    }

    strbuf_puts(sb, bits == 0 ? " none;\n" : ";\n");
}


static void
field_render_text(const char *text, strbuf_t *sb)
{
    size_t  i;

    for (i = 0; isalnum((unsigned char) text[i]) || text[i] == '-'; i++) {
        /* void */
    }

    if (text[i] == '\0') {
        strbuf_puts(sb, text);

    } else {
        render_quote(sb, "%s", text);
    }
}


static void
field_render_one(const field_t *f, const void *obj, strbuf_t *sb)
{
    void     *at;
    int64_t   n;

    at = field_at(f, obj);

    switch (f->type) {

    case FIELD_BOOL:
        strbuf_printf(sb, " %s;\n", *(bool *) at ? "on" : "off");
        break;

    case FIELD_TIME:
    case FIELD_SIZE:
        n = *(int64_t *) at;
        strbuf_printf(sb, " %" PRId64 "%s;\n", n,
                      f->type == FIELD_TIME ? "s" : "");
        break;

    case FIELD_ENUM:
        strbuf_printf(sb, " %s;\n", f->words[*(unsigned *) at]);
        break;

    case FIELD_WORDS:
        field_render_words(f, *(unsigned *) at, sb);
        break;

    default:
        strbuf_putc(sb, ' ');
        field_render_text(*(char **) at, sb);
        strbuf_puts(sb, ";\n");
    }
}


void
field_render(const field_table_t *table, const void *obj, strbuf_t *sb)
{
    size_t          i;
    const field_t  *f;

    for (i = 0; i < table->len; i++) {

        f = &table->fields[i];

        if (f->type == FIELD_CUSTOM && f->custom->render != NULL) {
            f->custom->render(obj, sb);

        } else if (f->parameter != NULL && !field_preset(f, obj)
                   && ((f->type != FIELD_TIME && f->type != FIELD_SIZE)
                       || *(int64_t *) field_at(f, obj) > 0))
        {
            strbuf_printf(sb, "        %s", f->parameter);
            field_render_one(f, obj, sb);
        }
    }
}


/* the words of an enum, or of a list; from one on */

static json_t *
field_schema_words(const field_t *f, size_t from)
{
    size_t   i;
    json_t  *list;

    list = json_array();

    for (i = from; f->words[i] != NULL; i++) {
        (void) json_array_append_new(list, json_string(f->words[i]));
    }

    return list;
}


static json_t *
field_schema_text(const field_t *f, bool answer)
{
    json_t  *schema;

    schema = json_pack("{s:s}", "type", "string");

    if (answer) {
        if (!(f->flags & FIELD_EMPTY) && f->inherits == NULL) {
            (void) json_object_set_new(schema, "nullable", json_true());
        }

        return schema;
    }

    if (f->max != 0) {
        (void) json_object_set_new(schema, "maxLength", json_integer(f->max));
    }

    if (f->flags & FIELD_SECRET) {
        (void) json_object_set_new(schema, "format", json_string("password"));
        (void) json_object_set_new(schema, "writeOnly", json_true());
    }

    return schema;
}


static json_t *
field_schema_ref(const char *prefix, const char *name)
{
    return json_pack("{s:[{s:s++}]}", "allOf", "$ref", FIELD_SCHEMAS, prefix,
                     name);
}


/* NULL is an error that the set after it passes on */

static json_t *
field_schema_one(const field_t *f, bool answer)
{
    bool  null;

    if (f->schema != NULL) {
        return field_schema_ref(answer ? "" : "New", f->schema);
    }

    switch (f->type) {

    case FIELD_BOOL:
        return answer ? json_pack("{s:s}", "type", "boolean")
                      : json_pack("{s:s, s:b}", "type", "boolean",
                                  "default", f->preset != 0);

    case FIELD_TIME:
        return answer ? json_pack("{s:s, s:i}", "type", "integer",
                                  "minimum", 0)
                      : field_schema_ref("", "Duration");

    case FIELD_SIZE:
        return answer ? json_pack("{s:s, s:b}", "type", "integer",
                                  "nullable", 1)
                      : field_schema_ref("", "Size");

    case FIELD_STAMP:
        return json_pack("{s:s, s:s, s:b}", "type", "string",
                         "format", "date-time", "nullable", 1);

    case FIELD_ENUM:
        null = answer && (f->flags & FIELD_EMPTY) != 0;
        return json_pack("{s:s, s:o, s:s*, s:b}", "type", "string",
                         "enum", field_schema_words(f, null),
                         "default", answer ? NULL : f->words[f->preset],
                         "nullable", null);

    case FIELD_WORDS:
        return json_pack("{s:s, s:{s:s, s:o}, s:b, s:o*}", "type", "array",
                         "items", "type", "string",
                         "enum", field_schema_words(f, 0),
                         "uniqueItems", 1,
                         "default", answer ? NULL
                             : field_print_words(f->words,
                                                 (unsigned) f->preset));

    default:
        return field_schema_text(f, answer);
    }
}


json_t *
field_schema(const field_table_t *table, bool answer)
{
    size_t          i;
    json_t         *properties, *one;
    const field_t  *f;

    properties = json_object();

    for (i = 0; properties != NULL && i < table->len; i++) {

        f = &table->fields[i];

        if (f->flags & (answer ? FIELD_SECRET|FIELD_INPUT : FIELD_READ_ONLY)) {
            continue;
        }

        one = field_schema_one(f, answer);

        if (f->help != NULL) {
            (void) json_object_set_new(one, "description",
                                       json_string(f->help));
        }

        if (json_object_set_new(properties, f->name, one) == -1) {
            json_decref(properties);
            return NULL;
        }
    }

    return properties;
}
