
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3_types.h"
#include "s3_uri.h"

#include "base/json.h"
#include "nginx/edge.h"


#define EDGE_TIMEOUT_MS   5000
#define EDGE_BODY_MAX     (4 * 1024 * 1024)
#define EDGE_URL_MAX      8192
#define EDGE_KEYS_BYTES   (1024 * 1024)    /* that nginx takes in a body */


struct edge_s {
    http_t          *http;
    char            *socket;
};


int
edge_new(http_t *http, const char *socket, edge_t **ret_edge, error_t *err)
{
    edge_t  *edge;

    edge = malloc(sizeof(edge_t));
    if (edge == NULL) {
        return error_nomem(err);
    }

    edge->http = http;
    edge->socket = strdup(socket);

    if (edge->socket == NULL) {
        free(edge);
        return error_nomem(err);
    }

    *ret_edge = edge;

    return 0;
}


void
edge_free(edge_t *edge)
{
    if (edge != NULL) {
        free(edge->socket);
        free(edge);
    }
}


/* the module's own words for a status that is not 200 */

static int
edge_failed(const http_response_t *response, error_t *err)
{
    int          code;
    json_t      *doc;
    const char  *message;

    doc = NULL;
    message = "no message";
    code = response->status == 404 ? ERR_NOT_FOUND
           : response->status == 400 ? ERR_INVALID : ERR_INTERNAL;

    if (json_parse(response->body.data, response->body.len, &doc, NULL) == 0) {
        (void) json_get_string(doc, "", "message", JSON_OPTIONAL, &message,
                               NULL);
    }

    code = error_set(err, code, "nginx answers %ld: %s", response->status,
                     message);

    json_decref(doc);

    return code;
}


int
edge_call(edge_t *edge, const char *method, const char *path,
    const strbuf_t *body, unsigned timeout_ms, json_t **ret_doc, error_t *err)
{
    int              rc;
    char             url[EDGE_URL_MAX];
    json_t          *doc;
    http_request_t   request;
    http_response_t  response;

    static const char *const  text_plain[] = {
        "Content-Type: text/plain", NULL
    };

    if (snprintf(url, sizeof(url), "http://s3edge%s", path)
        >= (int) sizeof(url))
    {
        return error_set(err, ERR_LIMIT, "a request to nginx is too long");
    }

    memset(&request, 0, sizeof(http_request_t));
    request.method = method;
    request.url = url;
    request.unix_socket = edge->socket;

    if (body != NULL) {
        request.headers = text_plain;
        request.body = body->data;
        request.body_len = body->len;
    }

    request.timeout_ms = timeout_ms;
    request.max_body = EDGE_BODY_MAX;

    rc = http_perform(edge->http, &request, &response, err);
    if (rc != 0) {
        return rc;
    }

    doc = NULL;

    if (response.status != 200) {
        rc = edge_failed(&response, err);

    } else {
        rc = json_parse(response.body.data, response.body.len, &doc, err);

        if (rc == 0 && !json_is_object(doc)) {
            rc = error_set(err, ERR_INTERNAL, "an object is expected");
        }

        if (rc != 0) {
            (void) error_prefix(err, "answer of nginx to %s", path);
        }
    }

    http_response_release(&response);

    if (rc != 0) {
        json_decref(doc);
        return rc;
    }

    *ret_doc = doc;

    return 0;
}


/*
 * A value for each row of a table; a flag is true or false.  What an older
 * module does not count is 0.
 */

static int
edge_values(const json_t *obj, const char *where, s3_stats_scope_t scope,
    uint64_t *values, error_t *err)
{
    int                    rc;
    bool                   flag;
    size_t                 i;
    const s3_stats_row_t  *row;

    for (i = 0; i < s3_stats[scope].n; i++) {
        row = &s3_stats[scope].rows[i];
        values[i] = 0;
        flag = false;

        if (strcmp(row->unit, "flag") == 0) {
            rc = json_get_bool(obj, where, row->name, JSON_OPTIONAL, &flag,
                               err);
            if (rc == 0) {
                values[i] = flag;
            }

        } else {
            rc = json_get_uint64(obj, where, row->name, JSON_OPTIONAL,
                                 &values[i], err);
        }

        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


static int
edge_buckets(json_t *obj, edge_stats_t *stats, error_t *err)
{
    int                   rc;
    void                 *iter;
    json_t               *value;
    edge_bucket_stats_t  *b;

    if (json_object_size(obj) == 0) {
        return 0;
    }

    stats->buckets = calloc(json_object_size(obj),
                            sizeof(edge_bucket_stats_t));
    if (stats->buckets == NULL) {
        return error_nomem(err);
    }

    for (iter = json_object_iter(obj);
         iter != NULL;
         iter = json_object_iter_next(obj, iter))
    {
        b = &stats->buckets[stats->nbuckets];

        b->name = strdup(json_object_iter_key(iter));
        if (b->name == NULL) {
            return error_nomem(err);
        }

        stats->nbuckets++;

        value = json_object_iter_value(iter);

        rc = edge_values(value, b->name, S3_STATS_BUCKET, b->counters, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


static int
edge_disks(json_t *obj, edge_stats_t *stats, error_t *err)
{
    int                 rc;
    void               *iter;
    json_t             *value;
    edge_disk_stats_t  *d;

    if (json_object_size(obj) == 0) {
        return 0;
    }

    stats->disks = calloc(json_object_size(obj), sizeof(edge_disk_stats_t));
    if (stats->disks == NULL) {
        return error_nomem(err);
    }

    for (iter = json_object_iter(obj);
         iter != NULL;
         iter = json_object_iter_next(obj, iter))
    {
        d = &stats->disks[stats->ndisks];

        d->name = strdup(json_object_iter_key(iter));
        if (d->name == NULL) {
            return error_nomem(err);
        }

        stats->ndisks++;

        value = json_object_iter_value(iter);

        rc = edge_values(value, d->name, S3_STATS_DISK, d->values, err);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/* optional: there is none where the settings want none */

static int
edge_memory(const json_t *doc, edge_memory_stats_t *memory, error_t *err)
{
    int          rc;
    json_t      *obj;
    const char  *name;

    obj = NULL;

    rc = json_get_object(doc, "", "memory", JSON_OPTIONAL, &obj, err);
    if (rc != 0 || obj == NULL) {
        return rc;
    }

    rc = json_get_string(obj, "memory", "name", JSON_REQUIRED, &name, err);

    if (rc == 0) {
        rc = edge_values(obj, "memory", S3_STATS_MEMORY, memory->values, err);
    }

    if (rc == 0) {
        (void) snprintf(memory->name, sizeof(memory->name), "%s", name);
        memory->there = true;
    }

    return rc;
}


static int
edge_stats_parse(json_t *doc, edge_stats_t *stats, error_t *err)
{
    int      rc;
    json_t  *obj;

    rc = json_get_int(doc, "", "generation", JSON_REQUIRED, 0, INT64_MAX,
                      &stats->generation, err);

    if (rc == 0) {
        rc = json_get_object(doc, "", "disk", JSON_REQUIRED, &obj, err);
    }

    if (rc == 0) {
        rc = json_get_uint64(obj, "disk", "objects", JSON_REQUIRED,
                             &stats->disk_objects, err);
    }

    if (rc == 0) {
        rc = json_get_uint64(obj, "disk", "bytes", JSON_REQUIRED,
                             &stats->disk_bytes, err);
    }

    if (rc == 0) {
        rc = json_get_uint64(obj, "disk", "max_bytes", JSON_REQUIRED,
                             &stats->disk_max_bytes, err);
    }

    if (rc == 0) {
        rc = json_get_object(doc, "", "total", JSON_REQUIRED, &obj, err);
    }

    if (rc == 0) {
        rc = edge_values(obj, "total", S3_STATS_BUCKET, stats->total, err);
    }

    if (rc == 0) {
        rc = json_get_object(doc, "", "buckets", JSON_REQUIRED, &obj, err);
    }

    if (rc == 0) {
        rc = edge_buckets(obj, stats, err);
    }

    if (rc == 0) {
        rc = json_get_object(doc, "", "disks", JSON_REQUIRED, &obj, err);
    }

    if (rc == 0) {
        rc = edge_disks(obj, stats, err);
    }

    if (rc == 0) {
        rc = edge_memory(doc, &stats->memory, err);
    }

    return rc;
}


int
edge_stats(edge_t *edge, edge_stats_t *ret_stats, error_t *err)
{
    int            rc;
    json_t        *doc;
    edge_stats_t   stats;

    rc = edge_call(edge, "GET", "/stats", NULL, EDGE_TIMEOUT_MS, &doc, err);
    if (rc != 0) {
        return rc;
    }

    memset(&stats, 0, sizeof(edge_stats_t));

    rc = edge_stats_parse(doc, &stats, err);

    json_decref(doc);

    if (rc != 0) {
        (void) error_prefix(err, "answer of nginx to /stats");
        edge_stats_release(&stats);
        return rc;
    }

    edge_stats_sort(&stats);
    *ret_stats = stats;

    return 0;
}


static int
edge_bucket_cmp(const void *one, const void *two)
{
    const edge_bucket_stats_t  *a, *b;

    a = one;
    b = two;

    return strcmp(a->name, b->name);
}


static int
edge_disk_cmp(const void *one, const void *two)
{
    const edge_disk_stats_t  *a, *b;

    a = one;
    b = two;

    return strcmp(a->name, b->name);
}


void
edge_stats_sort(edge_stats_t *stats)
{
    if (stats->nbuckets != 0) {
        qsort(stats->buckets, stats->nbuckets, sizeof(edge_bucket_stats_t),
              edge_bucket_cmp);
    }

    if (stats->ndisks != 0) {
        qsort(stats->disks, stats->ndisks, sizeof(edge_disk_stats_t),
              edge_disk_cmp);
    }
}


void
edge_stats_release(edge_stats_t *stats)
{
    size_t  i;

    for (i = 0; i < stats->nbuckets; i++) {
        free(stats->buckets[i].name);
    }

    for (i = 0; i < stats->ndisks; i++) {
        free(stats->disks[i].name);
    }

    free(stats->buckets);
    free(stats->disks);
    memset(stats, 0, sizeof(edge_stats_t));
}


/* "/purge?bucket=B&prefix=P&soft=1" */

static int
edge_purge_path(const edge_purge_t *purge, strbuf_t *path, error_t *err)
{
    char         name[3 * S3_BUCKET_MAX];
    size_t       len;
    s3_str_t     bucket;
    const char  *with;

    strbuf_puts(path, "/purge");
    with = "?";

    if (purge->scope != EDGE_PURGE_ALL) {

        bucket.len = strlen(purge->bucket);
        bucket.data = (unsigned char *) (uintptr_t) purge->bucket;

        if (bucket.len > S3_BUCKET_MAX) {
            return error_set(err, ERR_NOT_FOUND, "there is no such bucket");
        }

        len = s3_uri_encode(&bucket, S3_URI_COMPONENT,
                            (unsigned char *) name);

        strbuf_puts(path, "?bucket=");
        strbuf_add(path, name, len);
        with = "&";
    }

    if (purge->scope == EDGE_PURGE_PREFIX
        || (purge->scope == EDGE_PURGE_KEYS && purge->nkeys == 1))
    {
        strbuf_puts(path, purge->scope == EDGE_PURGE_PREFIX ? "&prefix="
                                                            : "&key=");
        strbuf_add(path, purge->keys[0].data, purge->keys[0].len);
    }

    if (purge->soft) {
        strbuf_printf(path, "%ssoft=1", with);
    }

    return strbuf_check(path, err);
}


static int
edge_purge_call(edge_t *edge, const char *path, const strbuf_t *body,
    error_t *err)
{
    int      rc;
    json_t  *doc;

    rc = edge_call(edge, "POST", path, body, EDGE_TIMEOUT_MS, &doc, err);

    if (rc == 0) {
        json_decref(doc);
    }

    return rc;
}


/* one key a line, in as many calls as it takes */

static int
edge_purge_keys(edge_t *edge, const edge_purge_t *purge, const char *path,
    error_t *err)
{
    int       rc;
    size_t    i;
    strbuf_t  body;

    strbuf_init(&body, EDGE_KEYS_BYTES);

    rc = 0;

    for (i = 0; rc == 0 && i < purge->nkeys; i++) {

        if (body.len + purge->keys[i].len + 1 > EDGE_KEYS_BYTES) {
            rc = edge_purge_call(edge, path, &body, err);
            strbuf_clear(&body);
        }

        strbuf_add(&body, purge->keys[i].data, purge->keys[i].len);
        strbuf_putc(&body, '\n');

        if (rc == 0) {
            rc = strbuf_check(&body, err);
        }
    }

    if (rc == 0) {
        rc = edge_purge_call(edge, path, &body, err);
    }

    strbuf_release(&body);

    return rc;
}


int
edge_purge(edge_t *edge, const edge_purge_t *purge, error_t *err)
{
    int       rc;
    strbuf_t  path;

    strbuf_init(&path, EDGE_URL_MAX);

    rc = edge_purge_path(purge, &path, err);

    if (rc == 0) {
        rc = purge->scope == EDGE_PURGE_KEYS && purge->nkeys > 1
             ? edge_purge_keys(edge, purge, path.data, err)
             : edge_purge_call(edge, path.data, NULL, err);
    }

    strbuf_release(&path);

    return rc;
}


int
edge_disk(edge_t *edge, const char *zone, bool off, error_t *err)
{
    int      rc;
    char     path[128];
    json_t  *doc;

    (void) snprintf(path, sizeof(path), "/disk?zone=%s&off=%d", zone, off);

    rc = edge_call(edge, "POST", path, NULL, EDGE_STATUS_MS, &doc, err);

    if (rc == 0) {
        json_decref(doc);
    }

    return rc;
}
