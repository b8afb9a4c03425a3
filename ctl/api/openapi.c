
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi.h"
#include "entity/credentials.h"
#include "entity/model.h"
#include "s3_stats.h"


#define OPENAPI_NAME_MAX  64


static void openapi_make(void);
static int openapi_entity(json_t *schemas, const char *name,
    const field_table_t *table);
static int openapi_put(json_t *schemas, const char *prefix, const char *name,
    const field_table_t *table, bool answer);
static int openapi_counters(json_t *schemas, const char *name,
    s3_stats_scope_t scope);
static json_t *openapi_required(const field_table_t *table, bool answer);


/* made by the build from openapi.json */

extern const unsigned char  openapi_json[];
extern const size_t         openapi_json_len;


/* what that file has not: entities as their tables have them */

static const struct {
    const char           *name;
    const field_table_t  *table;
} openapi_entities[] = {
    { "Bucket", &model_bucket_table },
    { "Credentials", &credentials_table }
};


static pthread_once_t   openapi_once = PTHREAD_ONCE_INIT;
static char            *openapi_text;


void
openapi_get(const request_t *request, reply_t *reply)
{
    (void) request;
    (void) pthread_once(&openapi_once, openapi_make);

    if (openapi_text == NULL) {
        reply_json(reply, 500, NULL);
        return;
    }

    reply->status = 200;
    reply->type = "application/json";
    reply->fixed = openapi_text;
    reply->len = strlen(openapi_text);

    reply_header(reply, "Cache-Control", "no-cache");
}


static void
openapi_make(void)
{
    json_t  *document;

    document = openapi_document();

    if (document != NULL) {
        openapi_text = json_dumps(document, JSON_INDENT(2));
        json_decref(document);
    }
}


json_t *
openapi_document(void)
{
    int      rc;
    size_t   i;
    json_t  *document, *schemas;

    document = json_loadb((const char *) openapi_json, openapi_json_len,
                          JSON_REJECT_DUPLICATES, NULL);

    schemas = json_object_get(json_object_get(document, "components"),
                              "schemas");
    rc = 0;

    for (i = 0; i < sizeof(openapi_entities) / sizeof(openapi_entities[0]);
         i++)
    {
        rc |= openapi_entity(schemas, openapi_entities[i].name,
                             openapi_entities[i].table);
    }

    rc |= openapi_counters(schemas, "Counters", S3_STATS_BUCKET);
    rc |= openapi_counters(schemas, "MemoryStats", S3_STATS_MEMORY);

    if (rc != 0) {
        json_decref(document);
        return NULL;
    }

    return document;
}


/* those of a table, beside what the file has */

static int
openapi_counters(json_t *schemas, const char *name, s3_stats_scope_t scope)
{
    int                    rc;
    size_t                 i;
    json_t                *schema, *properties, *required;
    const s3_stats_row_t  *row;

    schema = json_object_get(schemas, name);
    properties = json_object_get(schema, "properties");
    required = json_object_get(schema, "required");
    rc = 0;

    for (i = 0; i < s3_stats[scope].n; i++) {
        row = &s3_stats[scope].rows[i];

        rc |= json_object_set_new(properties, row->name,
                                  json_pack("{s:s, s:s}", "type", "integer",
                                            "description", row->help));
        rc |= json_array_append_new(required, json_string(row->name));
    }

    return rc;
}


/* "NewBucket" is written, "Bucket" is read; "BucketPatch" changes it */

static int
openapi_entity(json_t *schemas, const char *name, const field_table_t *table)
{
    char     full[OPENAPI_NAME_MAX];
    json_t  *patch;

    if (openapi_put(schemas, "New", name, table, false) != 0
        || openapi_put(schemas, "", name, table, true) != 0)
    {
        return -1;
    }

    patch = json_pack("{s:s, s:s, s:o}", "type", "object", "description",
                      "A JSON merge patch (RFC 7396): null takes a member "
                      "away, so that it is as by default.",
                      "properties", field_schema(table, false));

    (void) snprintf(full, sizeof(full), "%sPatch", name);

    return json_object_set_new(schemas, full, patch);
}


/* beside what the file has of it, such as an example */

static int
openapi_put(json_t *schemas, const char *prefix, const char *name,
    const field_table_t *table, bool answer)
{
    char     full[OPENAPI_NAME_MAX];
    json_t  *schema, *properties;

    (void) snprintf(full, sizeof(full), "%s%s", prefix, name);

    schema = json_object_get(schemas, full);

    if (schema == NULL) {
        schema = json_object();

        if (json_object_set_new(schemas, full, schema) == -1) {
            return -1;
        }
    }

    properties = field_schema(table, answer);

    if (json_object_get(schema, "properties") != NULL) {
        (void) json_object_update_missing(properties,
                                          json_object_get(schema,
                                                          "properties"));
    }

    return json_object_set_new(schema, "type", json_string("object"))
           | json_object_set_new(schema, "required",
                                 openapi_required(table, answer))
           | json_object_set_new(schema, "properties", properties);
}


/* of what is read, all */

static json_t *
openapi_required(const field_table_t *table, bool answer)
{
    size_t           i;
    json_t          *list;
    const field_t   *f;

    list = json_array();

    for (i = 0; list != NULL && i < table->len; i++) {

        f = &table->fields[i];

        if (answer ? (f->flags & (FIELD_SECRET|FIELD_INPUT)) == 0
                   : (f->flags & FIELD_REQUIRED) != 0)
        {
            (void) json_array_append_new(list, json_string(f->name));
        }
    }

    return list;
}
