
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where a bucket's keys come from, in a change of it: that is one decision, of
 * which nothing is merged (see model.h).
 */


#include <string.h>

#include "entity/model.h"


static const char *const  model_sources_of_keys[] =
    { "anonymous", "credentials", NULL };
static const char *const  model_secrets[] =
    { "access_key_id", "secret_access_key", "session_token", NULL };


static bool
model_says(const json_t *json, const char *const *names)
{
    for ( /* void */ ; *names != NULL; names++) {
        if (json_object_get(json, *names) != NULL) {
            return true;
        }
    }

    return false;
}


bool
model_says_keys(const json_t *said)
{
    return model_says(said, model_secrets);
}


void
model_bucket_amend(json_t *had, const json_t *said)
{
    size_t  i;

    if (!model_says(said, model_sources_of_keys) && !model_says_keys(said)) {
        return;
    }

    for (i = 0; model_sources_of_keys[i] != NULL; i++) {
        (void) json_object_del(had, model_sources_of_keys[i]);
    }
}


bool
model_bucket_keeps(const void *obj, const json_t *said, bool patch)
{
    const char            *credentials;
    const model_bucket_t  *bucket;

    bucket = obj;

    if (bucket->anonymous || model_says_keys(said)) {
        return false;
    }

    credentials = json_string_value(json_object_get(said, "credentials"));

    return credentials != NULL ? strcmp(credentials, "own") == 0 : patch;
}
