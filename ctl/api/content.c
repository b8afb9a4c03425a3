
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/content.h"
#include "api/keys.h"
#include "base/json.h"
#include "cache/objects.h"


#define CONTENT_LIMIT    100
#define CONTENT_WAIT_MS  30000     /* that a page may take */


static int content_query(const query_t *query, objects_query_t *wanted,
    s3_str_t *ret_prefix, error_t *err);
static json_t *content_page(const objects_page_t *page);
static json_t *content_item(const objects_item_t *item, int64_t now);
static const char *content_state(const objects_item_t *item, int64_t now);
static json_t *content_str(const s3_str_t *text);
static void content_progress(const request_t *request, unsigned status,
    reply_t *reply);


static const char *const  content_params[] = {
    "bucket", "prefix", "key", "marker", "limit", NULL
};


static const char *const  content_reclaim_names[] = { "rate", NULL };


void
content_list(const request_t *request, reply_t *reply)
{
    error_t            err;
    s3_str_t           prefix;
    objects_page_t     page;
    objects_query_t    query;
    const services_t  *services;

    services = control_services(request->control);
    prefix.data = NULL;

    memset(&query, 0, sizeof(objects_query_t));

    query.disk = services->disk;
    query.counters = services->counters;
    query.wait_ms = CONTENT_WAIT_MS;

    if (content_query(request->query, &query, &prefix, &err) != ERR_OK
        || objects_list(&query, &page, &err) != ERR_OK)
    {
        reply_failure(reply, &err);

    } else {
        reply_json(reply, 200, content_page(&page));
        objects_page_release(&page);
    }

    free(prefix.data);
}


/* ret_prefix->data is to free(), also on failure */

static int
content_query(const query_t *query, objects_query_t *wanted,
    s3_str_t *ret_prefix, error_t *err)
{
    int        rc;
    int64_t    limit;
    s3_str_t   prefix, key;

    limit = CONTENT_LIMIT;
    prefix.data = NULL;
    key.data = NULL;

    rc = query_check(query, content_params, err);

    if (rc == ERR_OK) {
        rc = query_text(query, "bucket", &wanted->bucket, err);
    }

    if (rc == ERR_OK) {
        rc = query_int(query, "limit", 1, OBJECTS_PAGE_MAX, &limit, err);
    }

    if (rc != ERR_OK) {
        return rc;
    }

    query_bytes(query, "prefix", &prefix);
    query_bytes(query, "key", &key);
    query_bytes(query, "marker", &wanted->marker);

    wanted->limit = (size_t) limit;
    wanted->whole = key.data != NULL;

    if (prefix.data != NULL && key.data != NULL) {
        return error_set(err, ERR_INVALID, "prefix: not with \"key\"");
    }

    if (key.data != NULL) {
        prefix = key;
    }

    if (prefix.data == NULL) {
        return ERR_OK;
    }

    if (wanted->bucket == NULL) {
        return error_set(err, ERR_INVALID, "bucket: expected with a prefix "
                         "or a key");
    }

    if (keys_encode(&prefix, ret_prefix) != ERR_OK) {
        return error_nomem(err);
    }

    wanted->prefix = *ret_prefix;

    return ERR_OK;
}


static json_t *
content_page(const objects_page_t *page)
{
    size_t    i;
    json_t   *objects;
    int64_t   now;

    now = (int64_t) time(NULL);
    objects = json_array();

    for (i = 0; objects != NULL && i < page->len; i++) {
        if (json_array_append_new(objects, content_item(&page->items[i], now))
            == -1)
        {
            json_decref(objects);
            objects = NULL;
        }
    }

    return json_pack("{s:o, s:o, s:b, s:I}",
                     "objects", objects,
                     "next", page->more && page->len != 0
                             ? content_str(&page->items[page->len - 1].text)
                             : json_null(),
                     "complete", page->complete,
                     "files", (json_int_t) page->files);
}


static json_t *
content_item(const objects_item_t *item, int64_t now)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:i, s:I, s:I, s:s?, s:o, s:I, "
                     "s:o, s:o, s:s, s:o}",
                     "bucket", content_str(&item->key.bucket),
                     "key", keys_text(&item->key.key),
                     "encoded", content_str(&item->key.key),
                     "variant", content_str(&item->key.variant),
                     "status", (int) item->status,
                     "size", (json_int_t) item->size,
                     "bytes", (json_int_t) item->disk,
                     "etag", item->etag,
                     "stored_at", reply_time(item->stored_at),
                     "age", (json_int_t) (now > item->stored_at
                                          ? now - item->stored_at : 0),
                     "fresh_until", reply_time(item->fresh_until),
                     "stale_until", reply_time(item->stale_until),
                     "state", content_state(item, now),
                     "raw", content_str(&item->text));
}


static const char *
content_state(const objects_item_t *item, int64_t now)
{
    if (item->verdict == COUNTERS_DEAD) {
        return "dead";
    }

    return item->verdict == COUNTERS_EXPIRED || item->fresh_until < now
           ? "expired" : "live";
}


/* ASCII, but for an ETag, which is left out where it is not */

static json_t *
content_str(const s3_str_t *text)
{
    return json_stringn(text->len != 0 ? (char *) text->data : "",
                        text->len);
}


void
content_reclaim(const request_t *request, reply_t *reply)
{
    json_t     *json;
    int64_t     rate;
    error_t     err;
    reclaim_t  *reclaim;

    rate = RECLAIM_RATE_DEFAULT;
    reclaim = control_services(request->control)->reclaim;

    if (request_json(request, true, &json, reply) != ERR_OK) {
        return;
    }

    if (json_check_keys(json, "", content_reclaim_names, &err) != ERR_OK
        || json_get_int(json, "", "rate", JSON_OPTIONAL, 1, RECLAIM_RATE_MAX,
                        &rate, &err) != ERR_OK
        || reclaim_start(reclaim, (unsigned) rate, &err) != ERR_OK)
    {
        reply_failure(reply, &err);

    } else {
        content_progress(request, 202, reply);
    }

    reply_audit(reply, json_pack("{s:I}", "rate", (json_int_t) rate));
    json_decref(json);
}


void
content_reclaim_get(const request_t *request, reply_t *reply)
{
    content_progress(request, 200, reply);
}


void
content_reclaim_cancel(const request_t *request, reply_t *reply)
{
    reclaim_cancel(control_services(request->control)->reclaim);

    content_progress(request, 200, reply);
}


static void
content_progress(const request_t *request, unsigned status, reply_t *reply)
{
    reclaim_progress_t  p;

    reclaim_progress(control_services(request->control)->reclaim, &p);

    reply_json(reply, status,
               json_pack("{s:s, s:i, s:I, s:I, s:I, s:I, s:o, s:o, s:s?}",
                         "state", reclaim_state_name(p.state),
                         "rate", (int) p.rate,
                         "seen", (json_int_t) p.seen,
                         "deleted", (json_int_t) p.deleted,
                         "bytes", (json_int_t) p.bytes,
                         "errors", (json_int_t) p.errors,
                         "started_at", reply_time(p.started_at),
                         "ended_at", reply_time(p.ended_at),
                         "message", p.message[0] != '\0' ? p.message : NULL));
}
