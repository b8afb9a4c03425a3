
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/keylist.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/warm.h"


enum {
    WARM_PREFIX = 0,
    WARM_KEYS_FROM,
    WARM_CONCURRENCY
};


static int warm_body(command_call_t *call, json_t **ret_body);
static int warm_batches(command_call_t *call, json_t *body);
static int warm_job(command_call_t *call, const json_t *body);
static int warm_done(const json_t *job);
static void warm_line(const json_t *job, char *text, size_t size);
static int64_t warm_number(const json_t *job, const char *key);


const option_t  warm_options[WARM_OPTIONS] = {
    { "--prefix", "PREFIX", "all keys that begin with it; \"\": all" },
    { "--keys-from", "FILE", "one key a line; \"-\" is stdin" },
    { "--concurrency", "N", "objects at once, up to 64; default: 8" }
};


int
warm_run(command_call_t *call)
{
    int      rc;
    char    *prefix;
    json_t  *body;

    body = NULL;

    rc = warm_body(call, &body);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->options.values[WARM_PREFIX] == NULL) {
        rc = warm_batches(call, body);
        json_decref(body);
        return rc;
    }

    prefix = keylist_encode(call->options.values[WARM_PREFIX]);

    rc = prefix != NULL
         && json_object_set_new(body, "prefix", json_string(prefix)) == 0
         && json_object_set_new(body, "encoding", json_string("url")) == 0
         ? warm_job(call, body)
         : output_error(EXIT_REFUSED, "out of memory");

    free(prefix);
    json_decref(body);

    return rc;
}


static int
warm_body(command_call_t *call, json_t **ret_body)
{
    char               *end;
    json_t             *body;
    long long           n;
    const char *const  *given;

    given = call->options.values;

    if ((given[WARM_PREFIX] != NULL)
        == (given[WARM_KEYS_FROM] != NULL || call->options.nargs > 1))
    {
        return output_error(EXIT_USAGE, "keys (or --keys-from), or --prefix, "
                            "are expected");
    }

    body = json_pack("{s:s}", "bucket", call->options.args[0]);

    if (body == NULL) {
        return output_error(EXIT_USAGE, "the bucket's name is not UTF-8");
    }

    if (given[WARM_CONCURRENCY] != NULL) {
        n = strtoll(given[WARM_CONCURRENCY], &end, 10);

        if (end == given[WARM_CONCURRENCY] || *end != '\0'
            || json_object_set_new(body, "concurrency", json_integer(n)) != 0)
        {
            json_decref(body);
            return output_error(EXIT_USAGE, "--concurrency: a number is "
                                "expected");
        }
    }

    *ret_body = body;

    return EXIT_DONE;
}


static int
warm_batches(command_call_t *call, json_t *body)
{
    int         rc;
    size_t      i, next;
    keylist_t   list;

    memset(&list, 0, sizeof(keylist_t));
    rc = EXIT_DONE;

    for (i = 1; rc == EXIT_DONE && i < call->options.nargs; i++) {
        rc = keylist_add(&list, call->options.args[i]);
    }

    if (rc == EXIT_DONE && call->options.values[WARM_KEYS_FROM] != NULL) {
        rc = keylist_read(&list, call->options.values[WARM_KEYS_FROM]);
    }

    if (rc == EXIT_DONE && list.n == 0) {
        rc = output_error(EXIT_USAGE, "there is no key to fetch");
    }

    next = 0;

    while (rc == EXIT_DONE && next < list.n) {
        rc = keylist_take(&list, &next, body);

        if (rc == EXIT_DONE) {
            rc = warm_job(call, body);
        }
    }

    keylist_release(&list);

    return rc;
}


static int
warm_job(command_call_t *call, const json_t *body)
{
    int       rc;
    char      path[128];
    json_t   *job;

    progress_catch();

    rc = client_call(call->client, "POST", "/api/cache/warm", body, 0, &job);

    if (rc != EXIT_DONE) {
        return rc;
    }

    (void) snprintf(path, sizeof(path), "/api/cache/warm/%.64s",
                    output_text(job, "id"));
    json_decref(job);

    rc = progress_wait(call->client, path, warm_line, &job);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        rc = strcmp(output_text(job, "state"), "done") == 0
             && warm_number(job, "errors") == 0 ? EXIT_DONE : EXIT_REFUSED;

        (void) output_json(job);
        return rc;
    }

    rc = warm_done(job);
    json_decref(job);

    return rc;
}


static int
warm_done(const json_t *job)
{
    char         size[OUTPUT_TEXT_MAX];
    const char  *state, *message;

    state = output_text(job, "state");
    message = json_string_value(json_object_get(job, "message"));

    output_line("%" PRId64 " objects, %s: %" PRId64 " were in the cache, %"
                PRId64 " came from the origin, %" PRId64 " failed",
                warm_number(job, "done"),
                output_size(warm_number(job, "bytes"), size),
                warm_number(job, "hits"), warm_number(job, "misses"),
                warm_number(job, "errors"));

    if (strcmp(state, "done") != 0) {
        return output_error(EXIT_REFUSED, "%s%s%s", state,
                            message != NULL ? ": " : "",
                            message != NULL ? message : "");
    }

    if (warm_number(job, "errors") != 0) {
        return output_error(EXIT_REFUSED, "the first that failed: %s",
                            message != NULL ? message : "-");
    }

    return EXIT_DONE;
}


static void
warm_line(const json_t *job, char *text, size_t size)
{
    char  bar[64], bytes[OUTPUT_TEXT_MAX];

    progress_bar(warm_number(job, "done"), warm_number(job, "total"), bar,
                 sizeof(bar));

    (void) snprintf(text, size, "%s %" PRId64 "/%" PRId64 "%s, %s, %" PRId64
                    " failed", bar, warm_number(job, "done"),
                    warm_number(job, "total"),
                    json_is_true(json_object_get(job, "counted")) ? "" : "+",
                    output_size(warm_number(job, "bytes"), bytes),
                    warm_number(job, "errors"));
}


static int64_t
warm_number(const json_t *job, const char *key)
{
    return json_integer_value(json_object_get(job, key));
}
