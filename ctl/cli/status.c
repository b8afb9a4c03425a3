
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <string.h>

#include "base/version.h"
#include "cli/output.h"
#include "cli/status.h"


static void status_print(const json_t *health, const json_t *cache);
static void status_print_nginx(const json_t *health);
static void status_print_cache(const json_t *cache);
static void status_print_memory(const json_t *memory);
static int64_t status_number(const json_t *object, const char *key);


int
status_run(command_call_t *call)
{
    int      rc, down;
    json_t  *health, *cache;

    cache = NULL;

    rc = client_call(call->client, "GET", "/api/health", NULL, 503, &health);

    if (rc != EXIT_DONE) {
        return rc;
    }

    down = strcmp(output_text(health, "status"), "down") == 0;

    if (json_is_true(json_object_get(json_object_get(health, "nginx"),
                                     "answers")))
    {
        rc = client_call(call->client, "GET", "/api/cache/stats", NULL, 503,
                         &cache);

        if (rc != EXIT_DONE) {
            json_decref(health);
            return rc;
        }
    }

    /* nginx may have gone between the two calls */

    if (json_object_get(cache, "total") == NULL) {
        json_decref(cache);
        cache = NULL;
    }

    if (call->json) {
        rc = output_json(json_pack("{s:O, s:O?}", "health", health,
                                   "cache", cache));

    } else {
        status_print(health, cache);
    }

    json_decref(health);
    json_decref(cache);

    return rc == EXIT_DONE && down ? EXIT_REFUSED : rc;
}


static void
status_print(const json_t *health, const json_t *cache)
{
    size_t   i;
    json_t  *reason;

    output_pair("status", "%s", output_text(health, "status"));

    json_array_foreach(json_object_get(health, "reasons"), i, reason) {
        output_pair("reason", "%s", json_string_value(reason));
    }

    output_pair("started", "%s", output_text(health, "started_at"));
    status_print_nginx(health);
    output_pair("generation", "%" PRId64 ", applied %s",
                status_number(health, "generation"),
                output_text(health, "applied_at"));
    output_pair("buckets", "%" PRId64, status_number(health, "buckets"));

    if (cache != NULL) {
        status_print_cache(cache);
    }
}


static void
status_print_nginx(const json_t *health)
{
    const json_t  *nginx;

    nginx = json_object_get(health, "nginx");

    if (!json_is_true(json_object_get(nginx, "running"))) {
        output_pair("nginx", "not running");
        return;
    }

    output_pair("nginx", "%s, pid %" PRId64 "%s",
                output_text(nginx, "version"), status_number(nginx, "pid"),
                json_is_true(json_object_get(nginx, "answers"))
                    ? "" : ", does not answer");
}


static void
status_print_cache(const json_t *cache)
{
    char           size[OUTPUT_TEXT_MAX], max[OUTPUT_TEXT_MAX];
    const json_t  *total, *disk, *rate;

    total = json_object_get(cache, "total");
    disk = json_object_get(cache, "disk");
    rate = json_object_get(total, "hit_rate");

    output_pair("requests", "%" PRId64, status_number(total, "requests"));
    output_pair("hits", "%" PRId64, status_number(total, "hits"));
    output_pair("misses", "%" PRId64, status_number(total, "misses"));

    if (json_is_number(rate)) {
        output_pair("hit rate", "%.1f %%", 100 * json_number_value(rate));

    } else {
        output_pair("hit rate", "-");
    }

    output_pair("sent", "%s",
                output_size(status_number(total, "bytes_sent"), size));
    status_print_memory(json_object_get(cache, "memory"));
    output_pair("disk", "%" PRId64 " objects, %s of %s",
                status_number(disk, "objects"),
                output_size(status_number(disk, "bytes"), size),
                output_size(status_number(disk, "max_bytes"), max));
}


static void
status_print_memory(const json_t *memory)
{
    char     used[OUTPUT_TEXT_MAX], size[OUTPUT_TEXT_MAX];
    int64_t  room;

    if (!json_is_object(memory)) {
        return;
    }

    room = status_number(memory, "size");

    output_pair("memory", "%" PRId64 " objects, %s of %s (%.1f %%)",
                status_number(memory, "objects"),
                output_size(status_number(memory, "used"), used),
                output_size(room, size),
                room > 0 ? 100.0 * (double) status_number(memory, "used")
                           / (double) room : 0.0);
}


static int64_t
status_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}


int
status_run_version(command_call_t *call)
{
    int      rc;
    json_t  *answer;

    answer = NULL;

    rc = client_call(call->client, "GET", "/api/version", NULL, 0, &answer);

    if (call->json) {
        /* one document in any case; the error is on stderr */

        (void) output_json(json_pack("{s:s, s:o?}", "s3edgectl",
                                     S3EDGE_VERSION, "s3edged", answer));
        return rc;
    }

    output_pair("s3edgectl", "%s", S3EDGE_VERSION);

    if (rc == EXIT_DONE) {
        output_pair("s3edged", "%s", output_text(answer, "version"));
        output_pair("module", "%s", output_text(answer, "module"));
        output_pair("nginx", "%s", output_text(answer, "nginx"));
    }

    json_decref(answer);

    return rc;
}
