
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <string.h>

#include "api/bucket.h"
#include "api/etag.h"
#include "base/json.h"


static void bucket_reply(reply_t *reply, unsigned status,
    const model_bucket_t *bucket);
static void bucket_edit(const request_t *request, bool patch, reply_t *reply);


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
        || control_bucket_add(request->control, wanted, request->order, &made,
                              &err)
           != ERR_OK)
    {
        reply_failure(reply, &err);

    } else if (request->order->pending) {
        reply_accepted(reply, request->order);

    } else {
        bucket_reply(reply, 201, made);
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

    bucket_reply(reply, 200, bucket);

    model_bucket_free(bucket);
}


void
bucket_put(const request_t *request, reply_t *reply)
{
    bucket_edit(request, false, reply);
}


void
bucket_patch(const request_t *request, reply_t *reply)
{
    bucket_edit(request, true, reply);
}


static void
bucket_edit(const request_t *request, bool patch, reply_t *reply)
{
    bool             created;
    json_t          *json;
    error_t          err;
    control_edit_t   edit;
    model_bucket_t  *bucket;

    if (request_json(request, false, &json, reply) != ERR_OK) {
        return;
    }

    reply_audit(reply, reply_members(request->arg, json));

    edit.name = request->arg;
    edit.json = json;
    edit.patch = patch;
    edit.allowed = etag_allows;
    edit.data = request;
    edit.order = request->order;

    if (control_bucket_edit(request->control, &edit, &created, &bucket, &err)
        != ERR_OK)
    {
        reply_failure(reply, &err);

    } else if (request->order->pending) {
        reply_accepted(reply, request->order);

    } else {
        bucket_reply(reply, created ? 201 : 200, bucket);
        model_bucket_free(bucket);
    }

    json_decref(json);
}


static void
bucket_reply(reply_t *reply, unsigned status, const model_bucket_t *bucket)
{
    reply_json(reply, status, bucket_json(bucket));
    etag_reply(reply, bucket->created_at, bucket->revision);

    if (status == 201) {
        reply_header(reply, "Location", "/api/buckets/%s", bucket->name);
    }
}


void
bucket_delete(const request_t *request, reply_t *reply)
{
    error_t  err;

    if (control_bucket_del(request->control, request->arg, request->order,
                           &err)
        != ERR_OK)
    {
        reply_failure(reply, &err);

    } else if (request->order->pending) {
        reply_accepted(reply, request->order);

    } else {
        reply_empty(reply, 204);
    }
}


json_t *
bucket_json(const model_bucket_t *bucket)
{
    return field_print(&model_bucket_table, bucket, FIELD_ANSWER);
}
