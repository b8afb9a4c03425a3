
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include "s3_types.h"

#include "entity/credentials.h"
#include "entity/model.h"


#define CREDENTIALS_NAME_MAX      128
#define CREDENTIALS_VARIABLE_MAX  128
#define CREDENTIALS_PATH_MAX      4096

#define credentials_field(member)  offsetof(credentials_t, member)


static const char *const  credentials_providers[] =
    { "static", "environment", "file", NULL };
static const char *const  credentials_sources[] = { "file", "api", NULL };


static int
credentials_variable_check(const char *text, error_t *err)
{
    size_t  i;

    for (i = 0; text[i] != '\0'; i++) {
        if ((text[i] < 'A' || text[i] > 'Z') && (text[i] < 'a' || text[i] > 'z')
            && text[i] != '_' && (i == 0 || text[i] < '0' || text[i] > '9'))
        {
            break;
        }
    }

    if (i == 0 || text[i] != '\0') {
        return error_set(err, ERR_INVALID, "the name of a variable is "
                         "expected");
    }

    return 0;
}


static int
credentials_path_check(const char *text, error_t *err)
{
    return text[0] == '/' ? 0 : error_set(err, ERR_INVALID, "an absolute path "
                                          "is expected");
}


static int
credentials_profile_check(const char *text, error_t *err)
{
    return strpbrk(text, "[]\n\r") == NULL && text[0] != '\0'
           ? 0 : error_set(err, ERR_INVALID, "the name of a profile is "
                           "expected");
}


static const field_t  credentials_fields[] = {

    { .name = "name", .flags = FIELD_REQUIRED|FIELD_EMPTY|FIELD_LIST,
      .offset = credentials_field(name), .max = CREDENTIALS_NAME_MAX,
      .help = "as buckets say it" },

    { .name = "provider", .type = FIELD_ENUM, .flags = FIELD_LIST,
      .offset = credentials_field(provider), .words = credentials_providers,
      .option = "--provider", .value = "static|environment|file",
      .help = "where the keys are: here, in variables of s3edged, or in a "
              "file" },

    { .name = "access_key_id", .flags = FIELD_SECRET,
      .offset = credentials_field(access_key), .max = S3_ACCESS_KEY_MAX,
      .option = "--access-key-id", .value = "ID", .help = "of static ones" },

    { .name = "secret_access_key", .flags = FIELD_SECRET,
      .offset = credentials_field(secret_key), .max = S3_SECRET_KEY_MAX,
      .help = "beside access_key_id" },

    { .name = "session_token", .flags = FIELD_SECRET,
      .offset = credentials_field(session_token), .max = S3_TOKEN_MAX,
      .help = "beside access_key_id, if any" },

    { .name = "access_key_id_variable",
      .offset = credentials_field(access_key_variable),
      .max = CREDENTIALS_VARIABLE_MAX, .check = credentials_variable_check,
      .option = "--access-key-id-variable", .value = "VAR",
      .help = "of s3edged; default: AWS_ACCESS_KEY_ID" },

    { .name = "secret_access_key_variable",
      .offset = credentials_field(secret_key_variable),
      .max = CREDENTIALS_VARIABLE_MAX, .check = credentials_variable_check,
      .option = "--secret-access-key-variable", .value = "VAR",
      .help = "of s3edged; default: AWS_SECRET_ACCESS_KEY" },

    { .name = "session_token_variable",
      .offset = credentials_field(session_token_variable),
      .max = CREDENTIALS_VARIABLE_MAX, .check = credentials_variable_check,
      .option = "--session-token-variable", .value = "VAR",
      .help = "of s3edged; default: AWS_SESSION_TOKEN" },

    { .name = "file", .offset = credentials_field(file),
      .max = CREDENTIALS_PATH_MAX, .check = credentials_path_check,
      .option = "--file", .value = "PATH",
      .help = "as of AWS's command line, where s3edged runs; it is watched" },

    { .name = "profile", .offset = credentials_field(profile),
      .max = CREDENTIALS_NAME_MAX, .check = credentials_profile_check,
      .option = "--profile", .value = "NAME",
      .help = "of the file; default: default" },

    { .name = "source", .type = FIELD_ENUM,
      .flags = FIELD_READ_ONLY|FIELD_LIST,
      .offset = credentials_field(source), .words = credentials_sources,
      .help = "file: declared in s3edge.yaml, read-only here" },

    { .name = "created_at", .type = FIELD_STAMP, .flags = FIELD_READ_ONLY,
      .offset = credentials_field(created_at),
      .help = "null for those of the file" }
};


/* ERR_INVALID where a member is not of the provider */

static int
credentials_strange(const credentials_t *c, error_t *err)
{
    size_t  i;

    const struct {
        const char              *name;
        const char              *value;
        credentials_provider_t   provider;
    } members[] = {
        { "access_key_id", c->access_key, CREDENTIALS_STATIC },
        { "secret_access_key", c->secret_key, CREDENTIALS_STATIC },
        { "session_token", c->session_token, CREDENTIALS_STATIC },
        { "access_key_id_variable", c->access_key_variable,
          CREDENTIALS_ENVIRONMENT },
        { "secret_access_key_variable", c->secret_key_variable,
          CREDENTIALS_ENVIRONMENT },
        { "session_token_variable", c->session_token_variable,
          CREDENTIALS_ENVIRONMENT },
        { "file", c->file, CREDENTIALS_SHARED },
        { "profile", c->profile, CREDENTIALS_SHARED }
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].value != NULL && members[i].provider != c->provider) {
            return error_set(err, ERR_INVALID, "%s: it is not expected with "
                             "provider %s", members[i].name,
                             credentials_providers[c->provider]);
        }
    }

    return 0;
}


static int
credentials_check(void *obj, error_t *err)
{
    int                   rc;
    const credentials_t  *c;

    c = obj;

    rc = model_name_check(c->name, err);

    if (rc == 0 && model_keys_word(c->name)) {
        return error_set(err, ERR_INVALID, "name: \"%s\" has a meaning of its "
                         "own", c->name);
    }

    if (rc == 0) {
        rc = credentials_strange(c, err);
    }

    if (rc != 0) {
        return rc;
    }

    if (c->provider == CREDENTIALS_SHARED && c->file == NULL) {
        return error_set(err, ERR_INVALID, "file: it is required with "
                         "provider file");
    }

    return c->provider == CREDENTIALS_STATIC && !c->locked
           ? model_keys_check(c->access_key, c->secret_key, c->session_token,
                              err)
           : 0;
}


/* another provider has other members */

static void
credentials_amend(json_t *had, const json_t *said)
{
    if (json_object_get(said, "provider") != NULL
        && !json_equal(json_object_get(said, "provider"),
                       json_object_get(had, "provider")))
    {
        (void) json_object_clear(had);
    }
}


static bool
credentials_keeps(const void *obj, const json_t *said, bool patch)
{
    const credentials_t  *c;

    c = obj;

    return patch && c->provider == CREDENTIALS_STATIC
           && !model_says_keys(said);
}


const field_table_t  credentials_table = {
    .entity = "credentials",
    .seal = "credentials/",
    .fields = credentials_fields,
    .len = sizeof(credentials_fields) / sizeof(credentials_fields[0]),
    .size = sizeof(credentials_t),
    .created_at = credentials_field(created_at),
    .revision = credentials_field(revision),
    .source = credentials_field(source),
    .locked = credentials_field(locked),
    .check = credentials_check,
    .amend = credentials_amend,
    .keeps = credentials_keeps
};


void
credentials_free(credentials_t *credentials)
{
    field_free(&credentials_table, credentials);
}


void
credentials_release(credentials_list_t *list)
{
    size_t  i;

    for (i = 0; i < list->len; i++) {
        credentials_free(list->items[i]);
    }

    free(list->items);
    list->items = NULL;
    list->len = 0;
}


int
credentials_add(credentials_list_t *list, credentials_t *credentials,
    error_t *err)
{
    credentials_t  **items;

    if (list->len == CREDENTIALS_MAX) {
        credentials_free(credentials);
        return error_set(err, ERR_LIMIT, "more than %d credentials",
                         CREDENTIALS_MAX);
    }

    items = realloc(list->items, (list->len + 1) * sizeof(credentials_t *));
    if (items == NULL) {
        credentials_free(credentials);
        return error_nomem(err);
    }

    list->items = items;
    list->items[list->len++] = credentials;

    return 0;
}


static int
credentials_cmp(const void *one, const void *two)
{
    const credentials_t *const  *a;
    const credentials_t *const  *b;

    a = one;
    b = two;

    return strcmp((*a)->name, (*b)->name);
}


void
credentials_sort(credentials_list_t *list)
{
    if (list->len > 1) {
        qsort(list->items, list->len, sizeof(credentials_t *),
              credentials_cmp);
    }
}


const credentials_t *
credentials_find(const credentials_list_t *list, const char *name)
{
    size_t  i;

    for (i = 0; i < list->len; i++) {
        if (strcmp(list->items[i]->name, name) == 0) {
            return list->items[i];
        }
    }

    return NULL;
}
