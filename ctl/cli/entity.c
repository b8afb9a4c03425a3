
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/entity.h"
#include "cli/member.h"
#include "cli/output.h"
#include "s3_types.h"
#include "s3_uri.h"


#define ENTITY_PATH_MAX  4096
#define ENTITY_PAIR      24        /* columns of a name */
#define ENTITY_HEAD_MAX  32


static int entity_take(const entity_t *entity, const command_call_t *call,
    json_t *body);
static int entity_take_option(const entity_t *entity, const field_t *f,
    const options_t *options, json_t *body);
static int entity_take_pair(const entity_t *entity, const char *pair,
    const options_t *options, json_t *body);
static int entity_row(const entity_t *entity, const json_t *item,
    json_t *rows);
static void entity_show_one(const entity_t *entity, const field_t *f,
    const json_t *json);
static const char *entity_text(const entity_t *entity, const field_t *f,
    const json_t *json, char text[ENTITY_TEXT_MAX]);
static const entity_member_t *entity_member(const entity_t *entity,
    const char *name);
static int entity_path(const entity_t *entity, const char *name,
    char path[ENTITY_PATH_MAX]);


int
entity_add(command_call_t *call, const entity_t *entity)
{
    int      rc;
    json_t  *body, *answer;

    body = json_object();
    answer = NULL;

    rc = member_add(body, "name", call->options.args[0]);

    if (rc == EXIT_DONE) {
        rc = entity_take(entity, call, body);
    }

    if (rc == EXIT_DONE) {
        rc = client_call(call->client, "POST", entity->path, body, 0, &answer);
    }

    json_decref(body);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    entity->added(answer);
    json_decref(answer);

    return EXIT_DONE;
}


int
entity_set(command_call_t *call, const entity_t *entity)
{
    int      rc;
    char     path[ENTITY_PATH_MAX];
    json_t  *body, *answer;

    body = json_object();
    answer = NULL;

    rc = entity_path(entity, call->options.args[0], path);

    if (rc == EXIT_DONE) {
        rc = entity_take(entity, call, body);
    }

    if (rc == EXIT_DONE && json_object_size(body) == 0) {
        rc = output_error(EXIT_USAGE, "what is to be changed?  An option, or "
                          "KEY=VALUE, is expected");
    }

    if (rc == EXIT_DONE) {
        rc = client_call(call->client, "PATCH", path, body, 0, &answer);
    }

    json_decref(body);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    output_line("%s %s is changed", entity->table->entity,
                output_text(answer, "name"));
    json_decref(answer);

    return EXIT_DONE;
}


static int
entity_take(const entity_t *entity, const command_call_t *call, json_t *body)
{
    int     rc;
    size_t  i;

    rc = EXIT_DONE;

    for (i = 0; rc == EXIT_DONE && i < entity->table->len; i++) {
        rc = entity_take_option(entity, &entity->table->fields[i],
                                &call->options, body);
    }

    for (i = 1; rc == EXIT_DONE && i < call->options.nargs; i++) {
        rc = entity_take_pair(entity, call->options.args[i], &call->options,
                              body);
    }

    return rc == EXIT_DONE ? entity->take(&call->options, body) : rc;
}


static int
entity_take_option(const entity_t *entity, const field_t *f,
    const options_t *options, json_t *body)
{
    const char             *value;
    const entity_member_t  *member;

    value = f->option != NULL ? options_value(options, f->option) : NULL;

    if (value == NULL) {
        return EXIT_DONE;
    }

    member = entity_member(entity, f->name);

    if (member != NULL && member->take != NULL) {
        return member->take(options, value, body);
    }

    return member_add(body, f->name, f->type == FIELD_BOOL ? "true" : value);
}


/* "ttl_mode=cap"; nothing behind "=": as by default */

static int
entity_take_pair(const entity_t *entity, const char *pair,
    const options_t *options, json_t *body)
{
    char                    name[ENTITY_HEAD_MAX];
    size_t                  len;
    const char             *value;
    const field_t          *f;
    const entity_member_t  *member;

    len = strcspn(pair, "=");

    if (pair[len] == '\0' || len >= sizeof(name)) {
        return output_error(EXIT_USAGE, "KEY=VALUE is expected, not \"%s\"",
                            pair);
    }

    memcpy(name, pair, len);
    name[len] = '\0';
    value = pair + len + 1;

    f = field_find(entity->table, name);

    if (f == NULL || (f->flags & FIELD_READ_ONLY)) {
        return output_error(EXIT_USAGE, "%s: it is no member of a %s that can "
                            "be set", name, entity->table->entity);
    }

    /* a secret is never an argument: other users see those in /proc */

    if ((f->flags & FIELD_SECRET) && f->option == NULL && value[0] != '\0') {
        return output_error(EXIT_USAGE, "%s: a secret is no argument; see -h",
                            name);
    }

    if (value[0] == '\0') {
        (void) json_object_set_new(body, name, json_null());
        return EXIT_DONE;
    }

    member = entity_member(entity, name);

    return member != NULL && member->take != NULL
           ? member->take(options, value, body)
           : member_add(body, name, value);
}


int
entity_list(command_call_t *call, const entity_t *entity)
{
    int             rc;
    char            heads[OUTPUT_COLUMNS_MAX][ENTITY_HEAD_MAX];
    size_t          i, k, n;
    json_t         *answer, *rows, *item;
    const char     *columns[OUTPUT_COLUMNS_MAX];
    const field_t  *f;

    rc = client_call(call->client, "GET", entity->path, NULL, 0, &answer);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    for (i = 0, n = 0; i < entity->table->len; i++) {

        f = &entity->table->fields[i];

        if (!(f->flags & FIELD_LIST) || n == OUTPUT_COLUMNS_MAX) {
            continue;
        }

        (void) snprintf(heads[n], ENTITY_HEAD_MAX, "%s", f->name);

        for (k = 0; heads[n][k] != '\0'; k++) {
            heads[n][k] = heads[n][k] == '_'
                          ? ' ' : (char) toupper((unsigned char) heads[n][k]);
        }

        columns[n] = heads[n];
        n++;
    }

    rows = json_array();

    json_array_foreach(json_object_get(answer, entity->list), i, item) {

        if (entity_row(entity, item, rows) != 0) {
            json_decref(rows);
            json_decref(answer);
            return output_error(EXIT_REFUSED, "out of memory");
        }
    }

    output_table(columns, n, rows);

    json_decref(rows);
    json_decref(answer);

    return EXIT_DONE;
}


static int
entity_row(const entity_t *entity, const json_t *item, json_t *rows)
{
    char            text[ENTITY_TEXT_MAX];
    size_t          i;
    json_t         *row;
    const field_t  *f;

    row = json_array();

    for (i = 0; row != NULL && i < entity->table->len; i++) {

        f = &entity->table->fields[i];

        if ((f->flags & FIELD_LIST)
            && json_array_append_new(row, json_string(entity_text(entity, f,
                                                                  item,
                                                                  text)))
               == -1)
        {
            json_decref(row);
            return -1;
        }
    }

    return json_array_append_new(rows, row);
}


int
entity_show(command_call_t *call, const entity_t *entity)
{
    int             rc;
    char            path[ENTITY_PATH_MAX];
    size_t          i;
    json_t         *answer;
    const field_t  *f;

    rc = entity_path(entity, call->options.args[0], path);

    if (rc == EXIT_DONE) {
        rc = client_call(call->client, "GET", path, NULL, 0, &answer);
    }

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    for (i = 0; i < entity->table->len; i++) {

        f = &entity->table->fields[i];

        if (!(f->flags & (FIELD_INPUT|FIELD_SECRET))) {
            entity_show_one(entity, f, answer);
        }
    }

    json_decref(answer);

    return EXIT_DONE;
}


static void
entity_show_one(const entity_t *entity, const field_t *f, const json_t *json)
{
    char                    text[ENTITY_TEXT_MAX];
    const entity_member_t  *member;

    member = entity_member(entity, f->name);

    if (member != NULL && member->show != NULL) {
        member->show(json);
        return;
    }

    output_pair_at(ENTITY_PAIR, f->name, "%s",
                   entity_text(entity, f, json, text));
}


static const char *
entity_text(const entity_t *entity, const field_t *f, const json_t *json,
    char text[ENTITY_TEXT_MAX])
{
    const json_t           *value;
    const entity_member_t  *member;

    member = entity_member(entity, f->name);

    if (member != NULL && member->text != NULL) {
        return member->text(json, text);
    }

    value = json_object_get(json, f->name);

    if (f->type == FIELD_BOOL) {
        return json_is_true(value) ? "yes" : "no";
    }

    if (f->type == FIELD_WORDS) {
        return output_words(json, f->name, text);
    }

    if (json_is_integer(value)) {
        return f->type == FIELD_SIZE
               ? output_size(json_integer_value(value), text)
               : output_duration(json_integer_value(value), text);
    }

    return output_text(json, f->name);
}


static const entity_member_t *
entity_member(const entity_t *entity, const char *name)
{
    const entity_member_t  *member;

    for (member = entity->members; member->name != NULL; member++) {
        if (strcmp(member->name, name) == 0) {
            return member;
        }
    }

    return NULL;
}


int
entity_rm(command_call_t *call, const entity_t *entity)
{
    int   rc;
    char  path[ENTITY_PATH_MAX];

    rc = entity_path(entity, call->options.args[0], path);

    if (rc == EXIT_DONE) {
        rc = client_call(call->client, "DELETE", path, NULL, 0, NULL);
    }

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(json_pack("{s:s}", "removed",
                                     call->options.args[0]));
    }

    output_line("%s %s is removed", entity->table->entity,
                call->options.args[0]);

    return EXIT_DONE;
}


static int
entity_path(const entity_t *entity, const char *name,
    char path[ENTITY_PATH_MAX])
{
    int       n;
    size_t    len;
    s3_str_t  text;

    text.data = (unsigned char *) (uintptr_t) name;
    text.len = strlen(name);

    if (text.len == 0 || text.len > S3_BUCKET_MAX) {
        return output_error(EXIT_USAGE, "a name has 1 to %d bytes",
                            S3_BUCKET_MAX);
    }

    n = snprintf(path, ENTITY_PATH_MAX, "%s/", entity->path);

    len = (size_t) n + s3_uri_encode(&text, S3_URI_COMPONENT,
                                     (unsigned char *) path + n);
    path[len] = '\0';

    return EXIT_DONE;
}
