
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/generations.h"
#include "cli/keylist.h"
#include "cli/output.h"


#define GENERATIONS_URL_MAX  512
#define GENERATIONS_N_MAX    24


static int generations_call(command_call_t *call, const char *method,
    const char *tail, const char *to, json_t **ret_answer);
static json_t *generations_row(const json_t *generation);
static const char *generations_number(const json_t *object, const char *key,
    char text[GENERATIONS_N_MAX]);
static void generations_print(const json_t *generation);
static void generations_changes(const json_t *changes);
static void generations_change(const json_t *change);
static char *generations_value(const json_t *value);


const option_t  generations_list_options[GENERATIONS_LIST_OPTIONS] = {
    { "--limit", "N", "at most so many, up to 1000; default: 100" },
    { "--before", "N", "those before that one" }
};


const option_t  generations_diff_options[GENERATIONS_DIFF_OPTIONS] = {
    { "--to", "N", "the other one; default: what is wanted now" }
};


static const char *const  generations_heads[] = {
    "N", "AT", "STATE", "WHO", "FROM", "BY", "CHANGES", "WHY"
};

#define GENERATIONS_HEADS                                                     \
    (sizeof(generations_heads) / sizeof(generations_heads[0]))


int
generations_run_list(command_call_t *call)
{
    int        rc;
    size_t     i;
    json_t    *answer, *rows, *generation;
    strbuf_t   path;

    strbuf_init(&path, GENERATIONS_URL_MAX);
    strbuf_puts(&path, "/api/generations");
    keylist_query(&path, "limit", call->options.values[0]);
    keylist_query(&path, "before", call->options.values[1]);

    rc = client_call(call->client, "GET", path.data, NULL, 0, &answer);

    strbuf_release(&path);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    rows = json_array();
    rc = 0;

    json_array_foreach(json_object_get(answer, "generations"), i, generation) {
        rc |= json_array_append_new(rows, generations_row(generation));
    }

    if (rc == 0) {
        output_table(generations_heads, GENERATIONS_HEADS, rows);

    } else {
        rc = output_error(EXIT_REFUSED, "out of memory");
    }

    json_decref(rows);
    json_decref(answer);

    return rc;
}


int
generations_run_show(command_call_t *call)
{
    int      rc;
    json_t  *answer;

    rc = generations_call(call, "GET", "", NULL, &answer);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    generations_print(answer);
    generations_changes(json_object_get(answer, "changes"));
    json_decref(answer);

    return EXIT_DONE;
}


int
generations_run_diff(command_call_t *call)
{
    int      rc;
    json_t  *answer;

    rc = generations_call(call, "GET", "/diff", call->options.values[0],
                          &answer);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    generations_changes(json_object_get(answer, "changes"));
    json_decref(answer);

    return EXIT_DONE;
}


int
generations_run_rollback(command_call_t *call)
{
    int      rc;
    char     n[GENERATIONS_N_MAX];
    size_t   i;
    json_t  *answer, *name;

    rc = generations_call(call, "POST", "/rollback", NULL, &answer);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    output_line("back to generation %s, as generation %s",
                call->options.args[0],
                generations_number(answer, "generation", n));
    generations_changes(json_object_get(answer, "changes"));

    json_array_foreach(json_object_get(answer, "left"), i, name) {
        output_line("left as the YAML has it: bucket %s",
                    json_string_value(name));
    }

    json_decref(answer);

    return EXIT_DONE;
}


static int
generations_call(command_call_t *call, const char *method, const char *tail,
    const char *to, json_t **ret_answer)
{
    int          rc;
    json_t      *body;
    strbuf_t     path;
    const char  *n;

    n = call->options.args[0];

    if (n[0] == '\0' || n[strspn(n, "0123456789")] != '\0') {
        return output_error(EXIT_USAGE, "N is a number, not \"%s\"", n);
    }

    strbuf_init(&path, GENERATIONS_URL_MAX);
    strbuf_printf(&path, "/api/generations/%s%s", n, tail);
    keylist_query(&path, "to", to);

    body = strcmp(method, "POST") == 0 ? json_object() : NULL;

    rc = strbuf_check(&path, NULL) == ERR_OK
         ? client_call(call->client, method, path.data, body, 0, ret_answer)
         : output_error(EXIT_USAGE, "N is too long");

    json_decref(body);
    strbuf_release(&path);

    return rc;
}


static const char *
generations_number(const json_t *object, const char *key,
    char text[GENERATIONS_N_MAX])
{
    const json_t  *value;

    value = json_object_get(object, key);

    if (!json_is_integer(value)) {
        return "-";
    }

    (void) snprintf(text, GENERATIONS_N_MAX, "%lld",
                    (long long) json_integer_value(value));

    return text;
}


static json_t *
generations_row(const json_t *generation)
{
    char  n[GENERATIONS_N_MAX], count[GENERATIONS_N_MAX];

    return json_pack("[s, s, s, s, s, s, s, s]",
                     generations_number(generation, "generation", n),
                     output_text(generation, "at"),
                     output_text(generation, "state"),
                     output_text(generation, "actor"),
                     output_text(generation, "address"),
                     output_text(generation, "client"),
                     generations_number(generation, "count", count),
                     output_text(generation, json_is_string(
                                 json_object_get(generation, "error"))
                                 ? "error" : "message"));
}


static void
generations_print(const json_t *generation)
{
    char    n[GENERATIONS_N_MAX];
    size_t  i;

    static const char *const  texts[] = {
        "state", "at", "ended_at", "actor", "address", "client", "message",
        "error"
    };

    output_pair("generation", "%s",
                generations_number(generation, "generation", n));

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (json_is_string(json_object_get(generation, texts[i]))) {
            output_pair(texts[i], "%s", output_text(generation, texts[i]));
        }
    }

    if (json_is_integer(json_object_get(generation, "undoes"))) {
        output_pair("undoes", "%s",
                    generations_number(generation, "undoes", n));
    }
}


static void
generations_changes(const json_t *changes)
{
    size_t   i;
    json_t  *change;

    json_array_foreach(changes, i, change) {
        generations_change(change);
    }
}


/* "+ bucket NAME", "- bucket NAME", or "~ bucket NAME" and what differs */

static void
generations_change(const json_t *change)
{
    char        *old, *new;
    json_t      *before, *after, *value, *other;
    const char  *key;

    before = json_object_get(change, "before");
    after = json_object_get(change, "after");

    output_line("%s %s %s", json_is_null(before) ? "+"
                            : json_is_null(after) ? "-" : "~",
                output_text(change, "kind"), output_text(change, "name"));

    json_object_foreach(after, key, value) {

        other = json_object_get(before, key);

        if (json_is_null(before) ? json_is_null(value)
                                 : json_equal(value, other))
        {
            continue;
        }

        old = generations_value(other);
        new = generations_value(value);

        if (json_is_null(before)) {
            output_line("    %s: %s", key, new != NULL ? new : "-");

        } else {
            output_line("    %s: %s -> %s", key, old != NULL ? old : "-",
                        new != NULL ? new : "-");
        }

        free(old);
        free(new);
    }
}


static char *
generations_value(const json_t *value)
{
    return value == NULL || json_is_null(value)
           ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}
