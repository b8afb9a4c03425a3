
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cache.h"
#include "cli/keylist.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/purge.h"


#define CACHE_URL_MAX  16384


static int cache_page(const json_t *answer);
static json_t *cache_row(const json_t *object);
static void cache_show(const json_t *object);
static const char *cache_key(const json_t *object);
static void cache_reclaim_line(const json_t *job, char *text, size_t size);
static int64_t cache_number(const json_t *object, const char *key);


const option_t  cache_clear_options[CACHE_CLEAR_OPTIONS] = {
    { "--bucket", "NAME", "this bucket only" },
    { "--soft", NULL, "expire, and keep for 304 and stale-if-error" },
    { "--dry-run", NULL, "clear nothing, tell what it would reach" }
};


const option_t  cache_ls_options[CACHE_LS_OPTIONS] = {
    { "--bucket", "NAME", "of this bucket only" },
    { "--prefix", "PREFIX", "keys that begin with this; with --bucket" },
    { "--limit", "N", "at most so many, up to 1000; default: 100" },
    { "--marker", "MARKER", "what follows it: \"next\" of the page before" }
};


const option_t  cache_reclaim_options[CACHE_RECLAIM_OPTIONS] = {
    { "--rate", "N", "files a second; default: 500" }
};


static const char *const  cache_heads[] = {
    "STATE", "STATUS", "SIZE", "AGE", "FRESH UNTIL", "OBJECT"
};

#define CACHE_HEADS  (sizeof(cache_heads) / sizeof(cache_heads[0]))


int
cache_run_clear(command_call_t *call)
{
    return purge_all(call, call->options.values[0],
                     call->options.values[1] != NULL,
                     call->options.values[2] != NULL);
}


int
cache_run_ls(command_call_t *call)
{
    int        rc;
    json_t    *answer;
    strbuf_t   path;

    strbuf_init(&path, CACHE_URL_MAX);
    strbuf_puts(&path, "/api/cache/objects");
    keylist_query(&path, "bucket", call->options.values[0]);
    keylist_query(&path, "prefix", call->options.values[1]);
    keylist_query(&path, "limit", call->options.values[2]);
    keylist_query(&path, "marker", call->options.values[3]);

    rc = client_call(call->client, "GET", path.data, NULL, 0, &answer);

    strbuf_release(&path);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    rc = cache_page(answer);
    json_decref(answer);

    return rc;
}


static int
cache_page(const json_t *answer)
{
    int          rc;
    size_t       i;
    json_t      *rows, *object;
    const char  *next;

    rows = json_array();
    rc = 0;

    json_array_foreach(json_object_get(answer, "objects"), i, object) {
        rc |= json_array_append_new(rows, cache_row(object));
    }

    if (rc != 0) {
        json_decref(rows);
        return output_error(EXIT_REFUSED, "out of memory");
    }

    output_table(cache_heads, CACHE_HEADS, rows);
    json_decref(rows);

    next = json_string_value(json_object_get(answer, "next"));

    if (next != NULL) {
        (void) output_error(EXIT_DONE, "there are more: --marker '%s'", next);
    }

    if (json_is_false(json_object_get(answer, "complete"))) {
        return output_error(EXIT_REFUSED, "this is not all: to read the "
                            "cache took too long");
    }

    return EXIT_DONE;
}


static json_t *
cache_row(const json_t *object)
{
    char         size[OUTPUT_TEXT_MAX], age[OUTPUT_TEXT_MAX], status[16];
    char        *name;
    json_t      *row;
    strbuf_t     text;
    const char  *variant;

    variant = json_string_value(json_object_get(object, "variant"));

    strbuf_init(&text, CACHE_URL_MAX);
    strbuf_printf(&text, "%s/%s%s%s", output_text(object, "bucket"),
                  cache_key(object),
                  variant != NULL && variant[0] != '\0' ? "?" : "",
                  variant != NULL ? variant : "");

    name = strbuf_steal(&text);

    (void) snprintf(status, sizeof(status), "%" PRId64,
                    cache_number(object, "status"));

    row = json_pack("[s, s, s, s, s, s?]", output_text(object, "state"),
                    status,
                    output_size(cache_number(object, "size"), size),
                    output_duration(cache_number(object, "age"), age),
                    output_text(object, "fresh_until"), name);

    strbuf_release(&text);
    free(name);

    return row;
}


/* the one that names it, where the other can't */

static const char *
cache_key(const json_t *object)
{
    const char  *key;

    key = json_string_value(json_object_get(object, "key"));

    return key != NULL && strstr(key, "\xef\xbf\xbd") == NULL
           ? key : output_text(object, "encoded");
}


int
cache_run_show(command_call_t *call)
{
    int        rc;
    size_t     i;
    json_t    *answer, *object;
    strbuf_t   path;

    strbuf_init(&path, CACHE_URL_MAX);
    strbuf_puts(&path, "/api/cache/objects?limit=1000");
    keylist_query(&path, "bucket", call->options.args[0]);
    keylist_query(&path, "key", call->options.args[1]);

    rc = client_call(call->client, "GET", path.data, NULL, 0, &answer);

    strbuf_release(&path);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    json_array_foreach(json_object_get(answer, "objects"), i, object) {

        if (i != 0) {
            output_line("%s", "");
        }

        cache_show(object);
    }

    if (i == 0) {
        rc = output_error(EXIT_REFUSED, "%s/%s is not on disk",
                          call->options.args[0], call->options.args[1]);
    }

    json_decref(answer);

    return rc;
}


static void
cache_show(const json_t *object)
{
    char  text[OUTPUT_TEXT_MAX];

    output_pair("object", "%s/%s", output_text(object, "bucket"),
                cache_key(object));
    output_pair("variant", "%s", output_text(object, "variant"));
    output_pair("state", "%s", output_text(object, "state"));
    output_pair("status", "%" PRId64, cache_number(object, "status"));
    output_pair("size", "%" PRId64 ", %s on disk",
                cache_number(object, "size"),
                output_size(cache_number(object, "bytes"), text));
    output_pair("etag", "%s", output_text(object, "etag"));
    output_pair("stored at", "%s, %s ago", output_text(object, "stored_at"),
                output_duration(cache_number(object, "age"), text));
    output_pair("fresh until", "%s", output_text(object, "fresh_until"));
    output_pair("stale until", "%s", output_text(object, "stale_until"));
    output_pair("raw", "%s", output_text(object, "raw"));
}


int
cache_run_reclaim(command_call_t *call)
{
    int          rc;
    char        *end, size[OUTPUT_TEXT_MAX];
    long long    rate;
    json_t      *body, *job;
    const char  *text;

    text = call->options.values[0];
    rate = 0;

    if (text != NULL) {
        rate = strtoll(text, &end, 10);

        if (end == text || *end != '\0' || rate <= 0) {
            return output_error(EXIT_USAGE, "--rate: a number of files a "
                                "second is expected");
        }
    }

    body = json_pack("{s:o*}", "rate", text != NULL ? json_integer(rate)
                                                    : NULL);

    progress_catch();

    rc = client_call(call->client, "POST", "/api/cache/reclaim", body, 0,
                     NULL);

    json_decref(body);

    if (rc == EXIT_DONE) {
        rc = progress_wait(call->client, "/api/cache/reclaim",
                           cache_reclaim_line, &job);
    }

    if (rc != EXIT_DONE) {
        return rc;
    }

    rc = strcmp(output_text(job, "state"), "done") == 0 ? EXIT_DONE
                                                        : EXIT_REFUSED;

    if (call->json) {
        (void) output_json(job);
        return rc;
    }

    output_line("%" PRId64 " files deleted, %s", cache_number(job, "deleted"),
                output_size(cache_number(job, "bytes"), size));

    if (rc != EXIT_DONE) {
        rc = output_error(rc, "reclaim %s%s%s", output_text(job, "state"),
                          json_is_string(json_object_get(job, "message"))
                          ? ": " : "",
                          json_is_string(json_object_get(job, "message"))
                          ? output_text(job, "message") : "");
    }

    json_decref(job);

    return rc;
}


static void
cache_reclaim_line(const json_t *job, char *text, size_t size)
{
    char  bytes[OUTPUT_TEXT_MAX];

    (void) snprintf(text, size, "%" PRId64 " files seen, %" PRId64
                    " deleted, %s", cache_number(job, "seen"),
                    cache_number(job, "deleted"),
                    output_size(cache_number(job, "bytes"), bytes));
}


static int64_t
cache_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}
