
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/keylist.h"
#include "cli/output.h"
#include "cli/purge.h"


enum {
    PURGE_BUCKET = 0,
    PURGE_KEY,
    PURGE_PREFIX,
    PURGE_KEYS_FROM,
    PURGE_ALL,
    PURGE_SOFT,
    PURGE_DRY_RUN
};


static int purge_prefix(command_call_t *call, json_t *body);
static int purge_send_keys(command_call_t *call, json_t *body);
static int purge_collect(command_call_t *call, keylist_t *list);
static int purge_batches(command_call_t *call, const keylist_t *list,
    json_t *body, json_t **ret_sum);
static void purge_sum(json_t *sum, const json_t *answer);
static void purge_reach(const json_t *answer);
static int64_t purge_number(const json_t *answer, const char *key);


const option_t  purge_options[PURGE_OPTIONS] = {
    { "--bucket", "NAME", "of this bucket" },
    { "--key", "KEY", "this object; more than once for more" },
    { "--prefix", "PREFIX", "what is below it, up to its last \"/\"" },
    { "--keys-from", "FILE", "one key a line; \"-\" is stdin" },
    { "--all", NULL, "everything, or all of the bucket" },
    { "--soft", NULL, "expire, and keep for 304 and stale-if-error" },
    { "--dry-run", NULL, "purge nothing, tell what it would reach" }
};


int
purge_run(command_call_t *call)
{
    int                 rc, ways;
    json_t             *body;
    const char *const  *given;

    given = call->options.values;

    ways = (given[PURGE_KEY] != NULL || given[PURGE_KEYS_FROM] != NULL)
           + (given[PURGE_PREFIX] != NULL) + (given[PURGE_ALL] != NULL);

    if (ways != 1) {
        return output_error(EXIT_USAGE, "what to purge? --key and "
                            "--keys-from, or --prefix, or --all");
    }

    if (given[PURGE_ALL] != NULL) {
        return purge_all(call, given[PURGE_BUCKET],
                         given[PURGE_SOFT] != NULL,
                         given[PURGE_DRY_RUN] != NULL);
    }

    if (given[PURGE_BUCKET] == NULL) {
        return output_error(EXIT_USAGE, "--bucket is expected");
    }

    body = json_pack("{s:s, s:b, s:b}", "bucket", given[PURGE_BUCKET],
                     "soft", given[PURGE_SOFT] != NULL,
                     "dry_run", given[PURGE_DRY_RUN] != NULL);

    if (body == NULL) {
        return output_error(EXIT_USAGE, "--bucket is not UTF-8");
    }

    rc = given[PURGE_PREFIX] != NULL ? purge_prefix(call, body)
                                     : purge_send_keys(call, body);

    json_decref(body);

    return rc;
}


static int
purge_prefix(command_call_t *call, json_t *body)
{
    int          rc;
    char        *prefix;
    json_t      *answer;
    const char  *verb, *heeded;

    prefix = keylist_encode(call->options.values[PURGE_PREFIX]);

    rc = json_object_set_new(body, "prefix",
                             prefix != NULL ? json_string(prefix) : NULL);
    rc |= json_object_set_new(body, "encoding", json_string("url"));

    free(prefix);

    if (rc != 0) {
        return output_error(EXIT_REFUSED, "out of memory");
    }

    rc = client_call(call->client, "POST", "/api/cache/purge", body, 0,
                     &answer);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    heeded = json_string_value(json_object_get(answer, "heeded"));
    verb = call->options.values[PURGE_SOFT] != NULL ? "expired" : "purged";

    output_line("all below %s/%s %s %s", output_text(answer, "bucket"),
                heeded != NULL ? heeded : "",
                call->options.values[PURGE_DRY_RUN] != NULL ? "would be"
                                                            : "is", verb);

    if (json_is_true(json_object_get(answer, "widened"))) {
        output_line("the prefix was widened to the \"/\" before");
    }

    purge_reach(answer);
    json_decref(answer);

    return EXIT_DONE;
}


static int
purge_send_keys(command_call_t *call, json_t *body)
{
    int          rc;
    json_t      *sum;
    keylist_t    list;

    memset(&list, 0, sizeof(keylist_t));
    sum = NULL;

    rc = purge_collect(call, &list);

    if (rc == EXIT_DONE && list.n == 0) {
        rc = output_error(EXIT_USAGE, "there is no key to purge");
    }

    if (rc == EXIT_DONE) {
        rc = purge_batches(call, &list, body, &sum);
    }

    keylist_release(&list);

    if (rc != EXIT_DONE) {
        json_decref(sum);
        return rc;
    }

    if (call->json) {
        return output_json(sum);
    }

    output_line("%" PRId64 " %s of bucket %s %s %s",
                purge_number(sum, "keys"),
                purge_number(sum, "keys") == 1 ? "key" : "keys",
                output_text(sum, "bucket"),
                call->options.values[PURGE_DRY_RUN] != NULL ? "would be"
                : purge_number(sum, "keys") == 1 ? "is" : "are",
                call->options.values[PURGE_SOFT] != NULL ? "expired"
                                                         : "purged");
    purge_reach(sum);
    json_decref(sum);

    return EXIT_DONE;
}


static int
purge_collect(command_call_t *call, keylist_t *list)
{
    int     rc;
    size_t  i;

    rc = EXIT_DONE;

    for (i = 0; rc == EXIT_DONE && i < call->options.ngiven; i++) {
        if (strcmp(call->options.given[i].name, "--key") == 0) {
            rc = keylist_add(list, call->options.given[i].value);

        } else if (strcmp(call->options.given[i].name, "--keys-from") == 0) {
            rc = keylist_read(list, call->options.given[i].value);
        }
    }

    return rc;
}


static int
purge_batches(command_call_t *call, const keylist_t *list, json_t *body,
    json_t **ret_sum)
{
    int      rc;
    size_t   next;
    json_t  *answer;

    next = 0;

    while (next < list->n) {
        rc = keylist_take(list, &next, body);

        if (rc == EXIT_DONE) {
            rc = client_call(call->client, "POST", "/api/cache/purge", body,
                             0, &answer);
        }

        if (rc != EXIT_DONE) {
            return rc;
        }

        if (*ret_sum == NULL) {
            *ret_sum = answer;
            continue;
        }

        purge_sum(*ret_sum, answer);
        json_decref(answer);
    }

    return EXIT_DONE;
}


static void
purge_sum(json_t *sum, const json_t *answer)
{
    size_t   i;
    json_t  *complete;

    static const char *const  members[] = { "keys", "objects", "bytes" };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (json_object_get(answer, members[i]) != NULL) {
            (void) json_object_set_new(sum, members[i], json_integer(
                                       purge_number(sum, members[i])
                                       + purge_number(answer, members[i])));
        }
    }

    complete = json_object_get(answer, "complete");

    if (json_is_false(complete)) {
        (void) json_object_set(sum, "complete", complete);
    }
}


/* of a dry run */

static void
purge_reach(const json_t *answer)
{
    char  size[OUTPUT_TEXT_MAX];

    if (json_object_get(answer, "objects") == NULL) {
        return;
    }

    output_line("on disk: %" PRId64 " objects, %s%s",
                purge_number(answer, "objects"),
                output_size(purge_number(answer, "bytes"), size),
                json_is_false(json_object_get(answer, "complete"))
                ? ", and more: counting took too long" : "");
}


static int64_t
purge_number(const json_t *answer, const char *key)
{
    return json_integer_value(json_object_get(answer, key));
}


int
purge_all(command_call_t *call, const char *bucket, bool soft, bool dry_run)
{
    int          rc;
    json_t      *body, *answer;
    const char  *verb, *aux;

    body = json_pack("{s:s*, s:b, s:b}", "bucket", bucket, "soft", soft,
                     "dry_run", dry_run);

    if (body == NULL) {
        return output_error(EXIT_USAGE, "--bucket is not UTF-8");
    }

    rc = client_call(call->client, "POST", "/api/cache/clear", body, 0,
                     &answer);

    json_decref(body);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    verb = soft ? "expired" : "cleared";
    aux = dry_run ? "would be" : "is";

    if (bucket != NULL) {
        output_line("the cache of bucket %s %s %s", bucket, aux, verb);

    } else {
        output_line("the whole cache %s %s", aux, verb);
    }

    purge_reach(answer);
    json_decref(answer);

    return EXIT_DONE;
}
