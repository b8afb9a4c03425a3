
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <string.h>

#include "api/bucket.h"
#include "base/json.h"


static json_t *bucket_ttl_json(const model_bucket_t *bucket);
static json_t *bucket_rules_json(const model_bucket_t *bucket);
static json_t *bucket_allow_json(const model_bucket_t *bucket);


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

    if (bucket_parse(json, &wanted, &err) != ERR_OK
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
    return json_pack("{s:s, s:s?, s:s?, s:s, s:s?, s:s, s:o, s:o, s:s, s:b, "
                     "s:I, s:I, s:s?, s:s, s:o, s:b, s:s?, s:s?, s:o, s:s, "
                     "s:s, s:o}",
                     "name", bucket->name,
                     "endpoint", bucket->endpoint,
                     "region", bucket->region,
                     "addressing", model_addressing_name(bucket->addressing),
                     "origin_bucket", bucket->origin_bucket,
                     "prefix", bucket->prefix != NULL ? bucket->prefix : "",
                     "ttl", bucket_ttl_json(bucket),
                     "ttl_rules", bucket_rules_json(bucket),
                     "ttl_mode", model_ttl_mode_name(bucket->ttl_mode),
                     "store_private", bucket->store_private,
                     "stale_while_revalidate",
                         (json_int_t) bucket->stale_while_revalidate,
                     "stale_if_error", (json_int_t) bucket->stale_if_error,
                     "cache_control", bucket->cache_control,
                     "errors", bucket->hide_errors ? "hide" : "pass",
                     "allow", bucket_allow_json(bucket),
                     "request_payer", bucket->request_payer,
                     "accept_encoding", bucket->gzip ? "gzip" : NULL,
                     "expected_owner", bucket->expected_owner,
                     "cors", bucket->cors != NULL
                         ? json_loads(bucket->cors, 0, NULL) : json_array(),
                     "credentials",
                         model_credentials_name(bucket->credentials),
                     "source", model_source_name(bucket->source),
                     "created_at", reply_time(bucket->created_at));
}


static json_t *
bucket_ttl_json(const model_bucket_t *bucket)
{
    int          rc;
    char         key[sizeof("4294967295")];
    size_t       i;
    json_t      *ttl;
    const char  *name;

    ttl = json_object();

    if (ttl == NULL) {
        return NULL;
    }

    for (i = 0; i < bucket->nttl; i++) {

        if (bucket->ttl[i].pattern != NULL) {
            continue;
        }

        if (bucket->ttl[i].status == 0) {
            name = "default";

        } else {
            (void) snprintf(key, sizeof(key), "%u", bucket->ttl[i].status);
            name = key;
        }

        rc = json_object_set_new(ttl, name,
                                 json_integer(bucket->ttl[i].seconds));

        if (rc == -1) {
            json_decref(ttl);
            return NULL;
        }
    }

    return ttl;
}


static json_t *
bucket_rules_json(const model_bucket_t *bucket)
{
    size_t              i;
    json_t             *list, *item;
    const model_ttl_t  *rule;

    list = json_array();

    for (i = 0; list != NULL && i < bucket->nttl; i++) {

        rule = &bucket->ttl[i];

        if (rule->pattern == NULL) {
            continue;
        }

        item = json_pack("{s:s, s:I, s:o*}", "keys", rule->pattern,
                         "ttl", (json_int_t) rule->seconds, "status",
                         rule->status != 0 ? json_integer(rule->status)
                                           : NULL);

        if (json_array_append_new(list, item) == -1) {
            json_decref(list);
            list = NULL;
        }
    }

    return list;
}


static json_t *
bucket_allow_json(const model_bucket_t *bucket)
{
    size_t           i;
    json_t          *list;
    unsigned         right;
    const s3_str_t  *name;

    list = json_array();

    for (i = 0; (name = s3_op_right_name(i, &right)) != NULL; i++) {

        if (list != NULL && (bucket->allow & right)
            && json_array_append_new(list,
                                     json_stringn((const char *) name->data,
                                                  name->len))
               == -1)
        {
            json_decref(list);
            list = NULL;
        }
    }

    return list;
}
