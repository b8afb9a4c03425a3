
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bucket changed by a document (see model.h).
 */


#include <string.h>

#include "entity/model.h"


/* where a bucket's keys come from is one decision: none of it is merged */

static const char *const  model_key_members[] = {
    "anonymous", "credentials", "access_key_id", "secret_access_key",
    "session_token"
};

#define MODEL_KEY_MEMBERS                                                     \
    (sizeof(model_key_members) / sizeof(model_key_members[0]))

#define MODEL_KEY_SECRETS  2       /* the first one that is a secret */


static bool
model_says(const json_t *json, size_t from)
{
    size_t  i;

    for (i = from; i < MODEL_KEY_MEMBERS; i++) {
        if (json_object_get(json, model_key_members[i]) != NULL) {
            return true;
        }
    }

    return false;
}


/* what a document says with what the bucket had, if that is a patch */

static json_t *
model_edit_document(const model_bucket_t *old, const json_t *json, bool patch)
{
    size_t   i;
    json_t  *had, *document;

    had = patch ? field_print(&model_bucket_table, old, FIELD_DECLARED)
                : json_object();

    for (i = 0; i < MODEL_KEY_SECRETS && model_says(json, 0); i++) {
        (void) json_object_del(had, model_key_members[i]);
    }

    document = had != NULL ? field_merge(had, json) : NULL;

    json_decref(had);

    if (document != NULL
        && json_object_set_new(document, "name", json_string(old->name)) == -1)
    {
        json_decref(document);
        return NULL;
    }

    return document;
}


/* keys are in no answer, so that they stay where nothing else is said */

static bool
model_edit_keeps(const json_t *json, bool patch, const model_bucket_t *bucket)
{
    const char  *credentials;

    if (bucket->anonymous || model_says(json, MODEL_KEY_SECRETS)) {
        return false;
    }

    credentials = json_string_value(json_object_get(json, "credentials"));

    return credentials != NULL ? strcmp(credentials, "own") == 0 : patch;
}


static int
model_edit_keep(const model_bucket_t *old, model_bucket_t *bucket,
    error_t *err)
{
    if (field_set(&bucket->access_key, old->access_key, err) != 0
        || field_set(&bucket->secret_key, old->secret_key, err) != 0
        || field_set(&bucket->session_token, old->session_token, err) != 0)
    {
        return ERR_NOMEM;
    }

    bucket->locked = old->locked;

    return 0;
}


int
model_bucket_edit(const model_bucket_t *old, const json_t *json, bool patch,
    model_bucket_t **ret_bucket, error_t *err)
{
    int              rc;
    json_t          *document;
    const char      *name;
    model_bucket_t  *bucket;

    if (!json_is_object(json)) {
        return field_mismatch("", field_json_lang.map, json, &field_json_lang,
                              err);
    }

    name = json_string_value(json_object_get(json, "name"));

    if (json_object_get(json, "name") != NULL
        && (name == NULL || strcmp(name, old->name) != 0))
    {
        return error_set(err, ERR_INVALID, "name: it cannot be changed");
    }

    document = model_edit_document(old, json, patch);
    bucket = model_bucket_new();

    rc = document != NULL && bucket != NULL
         ? field_parse(&model_bucket_table, document, &field_json_lang, bucket,
                       err)
         : error_nomem(err);

    json_decref(document);

    if (rc == 0 && model_edit_keeps(json, patch, bucket)) {
        rc = model_edit_keep(old, bucket, err);
    }

    if (rc == 0) {
        bucket->source = old->source;
        bucket->created_at = old->created_at;
        bucket->revision = old->revision;

        rc = model_bucket_table.check(bucket, err);
    }

    if (rc != 0) {
        model_bucket_free(bucket);
        return rc;
    }

    *ret_bucket = bucket;

    return 0;
}
