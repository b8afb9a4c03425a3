
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <string.h>

#include "api/bucket.h"
#include "base/json.h"


void
bucket_list(const request_t *request, reply_t *reply)
{
    size_t           i;
    json_t          *items;
    error_t          err;
    model_buckets_t  list;

    model_buckets_init(&list);

    if (control_buckets(request->control, &list, &err) != ERR_OK) {
        reply_failure(reply, &err);
        return;
    }

    items = json_array();

    for (i = 0; items != NULL && i < list.len; i++) {
        if (json_array_append_new(items, bucket_json(list.items[i])) == -1) {
            json_decref(items);
            items = NULL;
        }
    }

    model_buckets_release(&list);

    reply_json(reply, 200, json_pack("{s:o}", "buckets", items));
}


void
bucket_create(const request_t *request, reply_t *reply)
{
    json_t          *json;
    error_t          err;
    model_bucket_t  *wanted, *made;

    wanted = NULL;
    made = NULL;

    if (request_json(request, false, &json, reply) != ERR_OK) {
        return;
    }

    reply_audit(reply, json_pack("{s:O*}", "name",
                                 json_object_get(json, "name")));

    if (model_bucket_parse(json, &field_json_lang, &wanted, &err) != ERR_OK
        || control_bucket_add(request->control, wanted, &made, &err)
           != ERR_OK)
    {
        reply_failure(reply, &err);

    } else {
        reply_json(reply, 201, bucket_json(made));
        reply_header(reply, "Location", "/api/buckets/%s", made->name);
    }

    json_decref(json);
    model_bucket_free(wanted);
    model_bucket_free(made);
}


void
bucket_get(const request_t *request, reply_t *reply)
{
    error_t          err;
    model_bucket_t  *bucket;

    if (control_bucket_get(request->control, request->arg, &bucket, &err)
        != ERR_OK)
    {
        reply_failure(reply, &err);
        return;
    }

    reply_json(reply, 200, bucket_json(bucket));

    model_bucket_free(bucket);
}


void
bucket_delete(const request_t *request, reply_t *reply)
{
    error_t  err;

    if (control_bucket_del(request->control, request->arg, &err) != ERR_OK) {
        reply_failure(reply, &err);
        return;
    }

    reply_empty(reply, 204);
}


json_t *
bucket_json(const model_bucket_t *bucket)
{
    return field_print(&model_bucket_table, bucket, FIELD_ANSWER);
}
