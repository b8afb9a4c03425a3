
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "api/keys.h"
#include "api/warming.h"
#include "base/json.h"


#define WARMING_CONCURRENCY  8


static int warming_parse(const json_t *body, warm_request_t *wanted,
    keys_t *keys, error_t *err);
static int warming_check(const request_t *request,
    const warm_request_t *wanted, char url[SERVICES_URL_MAX],
    char path[SERVICES_URL_MAX], error_t *err);
static json_t *warming_json(const warm_progress_t *progress);


static const char *const  warming_names[] = {
    "bucket", "key", "keys", "prefix", "encoding", "concurrency", NULL
};


void
warming_start(const request_t *request, reply_t *reply)
{
    char              url[SERVICES_URL_MAX];
    char              path[SERVICES_URL_MAX];
    json_t           *json;
    keys_t            keys;
    error_t           err;
    warm_request_t    wanted;
    warm_progress_t   progress;

    if (request_json(request, false, &json, reply) != ERR_OK) {
        return;
    }

    memset(&keys, 0, sizeof(keys_t));
    memset(&wanted, 0, sizeof(warm_request_t));

    if (warming_parse(json, &wanted, &keys, &err) != ERR_OK) {
        reply_failure(reply, &err);
        goto done;
    }

    reply_audit(reply, keys_audit(&keys,
                                  json_pack("{s:s, s:i}", "bucket",
                                            wanted.bucket, "concurrency",
                                            (int) wanted.concurrency)));
    wanted.edge = url;
    wanted.socket = path;

    if (warming_check(request, &wanted, url, path, &err) != ERR_OK
        || warm_start(control_services(request->control)->warm, &wanted,
                      &progress, &err) != ERR_OK)
    {
        reply_failure(reply, &err);
        goto done;
    }

    reply_json(reply, 202, warming_json(&progress));
    reply_header(reply, "Location", "/api/cache/warm/%s", progress.id);

done:

    keys_release(&keys);
    json_decref(json);
}


static int
warming_parse(const json_t *body, warm_request_t *wanted, keys_t *keys,
    error_t *err)
{
    int      rc;
    int64_t  concurrency;

    concurrency = WARMING_CONCURRENCY;

    rc = json_check_keys(body, "", warming_names, err);

    if (rc == ERR_OK) {
        rc = json_get_string(body, "", "bucket", JSON_REQUIRED,
                             &wanted->bucket, err);
    }

    if (rc == ERR_OK) {
        rc = json_get_int(body, "", "concurrency", JSON_OPTIONAL, 1,
                          WARM_CONCURRENCY_MAX, &concurrency, err);
    }

    if (rc == ERR_OK) {
        rc = keys_parse(body, keys, err);
    }

    if (rc != ERR_OK) {
        return rc;
    }

    wanted->concurrency = (unsigned) concurrency;

    if (keys->prefix) {
        wanted->prefix = &keys->items[0];

    } else {
        wanted->keys = keys->items;
        wanted->nkeys = keys->n;
    }

    return ERR_OK;
}


/* a bucket below a prefix of the origin's answers no lists */

static int
warming_check(const request_t *request, const warm_request_t *wanted,
    char url[SERVICES_URL_MAX], char path[SERVICES_URL_MAX], error_t *err)
{
    int              rc;
    config_t        *config;
    model_bucket_t  *bucket;

    rc = control_bucket_get(request->control, wanted->bucket, &bucket, err);

    if (rc != ERR_OK) {
        return rc;
    }

    if (wanted->prefix != NULL && bucket->prefix != NULL) {
        rc = error_set(err, ERR_INVALID, "prefix: bucket \"%s\" has a prefix "
                       "at the origin and answers no lists; name the keys",
                       bucket->name);
    }

    model_bucket_free(bucket);

    if (rc != ERR_OK) {
        return rc;
    }

    config = control_config(request->control);

    services_list_socket(config, path);

    rc = config->cache.enabled
         ? services_edge_url(config, url, err)
         : error_set(err, ERR_INVALID, "cache.enabled is off: there is no "
                     "cache to fill");

    config_unref(config);

    return rc;
}


void
warming_list(const request_t *request, reply_t *reply)
{
    size_t            i, n;
    json_t           *jobs;
    warm_progress_t   list[WARM_JOBS_MAX];

    n = warm_list(control_services(request->control)->warm, list);
    jobs = json_array();

    for (i = 0; jobs != NULL && i < n; i++) {
        if (json_array_append_new(jobs, warming_json(&list[i])) == -1) {
            json_decref(jobs);
            jobs = NULL;
        }
    }

    reply_json(reply, 200, json_pack("{s:o}", "jobs", jobs));
}


void
warming_get(const request_t *request, reply_t *reply)
{
    error_t           err;
    warm_progress_t   progress;

    if (warm_get(control_services(request->control)->warm, request->arg,
                 &progress, &err) != ERR_OK)
    {
        reply_failure(reply, &err);
        return;
    }

    reply_json(reply, 200, warming_json(&progress));
}


void
warming_cancel(const request_t *request, reply_t *reply)
{
    error_t           err;
    warm_progress_t   progress;

    if (warm_cancel(control_services(request->control)->warm, request->arg,
                    &progress, &err) != ERR_OK)
    {
        reply_failure(reply, &err);
        return;
    }

    reply_json(reply, 200, warming_json(&progress));
}


static json_t *
warming_json(const warm_progress_t *p)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:I, "
                     "s:o, s:o, s:s?}",
                     "id", p->id,
                     "bucket", p->bucket,
                     "state", warm_state_name(p->state),
                     "concurrency", (int) p->concurrency,
                     "counted", p->counted,
                     "total", (json_int_t) p->total,
                     "done", (json_int_t) p->done,
                     "bytes", (json_int_t) p->bytes,
                     "hits", (json_int_t) p->hits,
                     "misses", (json_int_t) p->misses,
                     "errors", (json_int_t) p->errors,
                     "started_at", reply_time(p->started_at),
                     "ended_at", reply_time(p->ended_at),
                     "message", p->message[0] != '\0' ? p->message : NULL);
}
