
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bucket.h"
#include "cli/cors.h"
#include "cli/member.h"
#include "cli/output.h"
#include "s3_uri.h"


#define BUCKET_PATH        "/api/buckets"
#define BUCKET_PATH_MAX    4096
#define BUCKET_TTL_MAX     4096
#define BUCKET_PAIR        24      /* columns of a name */


enum {
    ADD_ENDPOINT = 0,
    ADD_REGION,
    ADD_ADDRESSING,
    ADD_ORIGIN_BUCKET,
    ADD_PREFIX,
    ADD_TTL,
    ADD_TTL_RULE,
    ADD_TTL_MODE,
    ADD_STORE_PRIVATE,
    ADD_REVALIDATE,
    ADD_STALE,
    ADD_CACHE_CONTROL,
    ADD_ERRORS,
    ADD_ALLOW,
    ADD_CORS,
    ADD_REQUEST_PAYER,
    ADD_ACCEPT_ENCODING,
    ADD_EXPECTED_OWNER,
    ADD_ACCESS_KEY_ID,
    ADD_SECRET_FROM_ENV,
    ADD_SECRET_FILE,
    ADD_TOKEN_FROM_ENV,
    ADD_ANONYMOUS
};


const option_t  bucket_add_options[BUCKET_ADD_OPTIONS] = {
    { "--endpoint", "URL", "of the origin; default: AWS's of the region" },
    { "--region", "REGION", "of the origin; default: the daemon's" },
    { "--addressing", "path|virtual", "how the origin is asked" },
    { "--origin-bucket", "NAME", "its name at the origin; default: NAME" },
    { "--prefix", "P/", "put before each key" },
    { "--ttl", "TIME[,STATUS=TIME]...", "such as 1h or 1h,404=10s" },
    { "--ttl-rule", "[STATUS=]TIME KEYS", "for some keys: PREFIX, *SUFFIX, "
      "~REGEX; again and again" },
    { "--ttl-mode", "override|honour|cap", "what the origin's says counts" },
    { "--store-private", NULL, "keep what the origin marks private" },
    { "--stale-while-revalidate", "TIME", "default: the daemon's" },
    { "--stale-if-error", "TIME", "default: the daemon's" },
    { "--cache-control", "VALUE", "for clients; default: the origin's" },
    { "--errors", "pass|hide", "the origin's bodies of errors" },
    { "--allow", "WORD[,WORD]...", "what anybody may read: none, object, "
      "list, version, override, sub" },
    { "--cors", "FILE", "CORS rules, in S3's JSON" },
    { "--request-payer", NULL, "this account pays for what is read" },
    { "--accept-encoding", "gzip|none", "what the origin is asked for" },
    { "--expected-owner", "ACCOUNT", "whose the origin's bucket is" },
    { "--access-key-id", "ID", "default: the daemon's keys" },
    { "--secret-from-env", "VAR", "the secret key is in this variable" },
    { "--secret-file", "FILE|-", "the secret key is in this file, or stdin" },
    { "--session-token-from-env", "VAR", "the same for a session token" },
    { "--anonymous", NULL, "do not sign requests to the origin" }
};


/* options that are members of the request as they are */

static const struct {
    unsigned         option;
    const char      *key;
} bucket_members[] = {
    { ADD_ENDPOINT, "endpoint" },
    { ADD_REGION, "region" },
    { ADD_ADDRESSING, "addressing" },
    { ADD_ORIGIN_BUCKET, "origin_bucket" },
    { ADD_PREFIX, "prefix" },
    { ADD_TTL_MODE, "ttl_mode" },
    { ADD_REVALIDATE, "stale_while_revalidate" },
    { ADD_STALE, "stale_if_error" },
    { ADD_CACHE_CONTROL, "cache_control" },
    { ADD_ERRORS, "errors" },
    { ADD_ALLOW, "allow" },
    { ADD_ACCEPT_ENCODING, "accept_encoding" },
    { ADD_EXPECTED_OWNER, "expected_owner" },
    { ADD_ACCESS_KEY_ID, "access_key_id" }
};


/* the same without a value */

static const struct {
    unsigned         option;
    const char      *key;
} bucket_flags[] = {
    { ADD_ANONYMOUS, "anonymous" },
    { ADD_STORE_PRIVATE, "store_private" },
    { ADD_REQUEST_PAYER, "request_payer" }
};


static int bucket_add_check(const char *const *values);
static int bucket_add_secrets(const char *const *values, json_t *body);
static int bucket_add_rules(const options_t *options, json_t *body);
static int bucket_add_ttl(const char *text, json_t *body);
static void bucket_print(const json_t *bucket);
static const char *bucket_ttl(const json_t *bucket,
    char text[BUCKET_TTL_MAX]);
static int bucket_path(const char *name, char path[BUCKET_PATH_MAX]);


int
bucket_run_add(command_call_t *call)
{
    int                 rc;
    size_t              i;
    json_t             *body, *answer;
    const char         *value;
    const char *const  *values;

    values = call->options.values;

    rc = bucket_add_check(values);

    if (rc != EXIT_DONE) {
        return rc;
    }

    body = json_object();
    answer = NULL;

    rc = member_add(body, "name", call->options.args[0]);

    for (i = 0; i < sizeof(bucket_members) / sizeof(bucket_members[0]); i++) {
        value = values[bucket_members[i].option];

        if (rc == EXIT_DONE && value != NULL) {
            rc = member_add(body, bucket_members[i].key, value);
        }
    }

    for (i = 0; i < sizeof(bucket_flags) / sizeof(bucket_flags[0]); i++) {
        if (rc == EXIT_DONE && values[bucket_flags[i].option] != NULL
            && json_object_set_new(body, bucket_flags[i].key, json_true())
               == -1)
        {
            rc = output_error(EXIT_REFUSED, "out of memory");
        }
    }

    if (rc == EXIT_DONE && values[ADD_CORS] != NULL) {
        rc = cors_add(values[ADD_CORS], body);
    }

    if (rc == EXIT_DONE && values[ADD_TTL_RULE] != NULL) {
        rc = bucket_add_rules(&call->options, body);
    }

    if (rc == EXIT_DONE && values[ADD_TTL] != NULL) {
        rc = bucket_add_ttl(values[ADD_TTL], body);
    }

    if (rc == EXIT_DONE) {
        rc = bucket_add_secrets(values, body);
    }

    if (rc == EXIT_DONE) {
        rc = client_call(call->client, "POST", BUCKET_PATH, body, 0, &answer);
    }

    json_decref(body);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    output_line("bucket %s is served from %s", output_text(answer, "name"),
                output_text(answer, "endpoint"));
    json_decref(answer);

    return EXIT_DONE;
}


static int
bucket_add_check(const char *const *values)
{
    bool  key, env, file, token;

    key = values[ADD_ACCESS_KEY_ID] != NULL;
    env = values[ADD_SECRET_FROM_ENV] != NULL;
    file = values[ADD_SECRET_FILE] != NULL;
    token = values[ADD_TOKEN_FROM_ENV] != NULL;

    if (env && file) {
        return output_error(EXIT_USAGE, "--secret-from-env and --secret-file "
                            "exclude each other");
    }

    if (key && !env && !file) {
        return output_error(EXIT_USAGE, "--access-key-id wants "
                            "--secret-from-env or --secret-file beside it");
    }

    if ((env || file || token) && !key) {
        return output_error(EXIT_USAGE,
                            "a secret wants --access-key-id beside it");
    }

    if (values[ADD_ANONYMOUS] != NULL && key) {
        return output_error(EXIT_USAGE, "--anonymous and --access-key-id "
                            "exclude each other");
    }

    return EXIT_DONE;
}


/* a secret is never an argument: other users see those in /proc */

static int
bucket_add_secrets(const char *const *values, json_t *body)
{
    int  rc;

    rc = EXIT_DONE;

    if (values[ADD_SECRET_FROM_ENV] != NULL) {
        rc = member_env("--secret-from-env",
                               values[ADD_SECRET_FROM_ENV],
                               "secret_access_key", body);
    }

    if (rc == EXIT_DONE && values[ADD_SECRET_FILE] != NULL) {
        rc = member_file(values[ADD_SECRET_FILE], body);
    }

    if (rc == EXIT_DONE && values[ADD_TOKEN_FROM_ENV] != NULL) {
        rc = member_env("--session-token-from-env",
                               values[ADD_TOKEN_FROM_ENV], "session_token",
                               body);
    }

    return rc;
}


/* "404=10s *.m3u8": keys are all behind the first blank */

static int
bucket_add_rules(const options_t *options, json_t *body)
{
    char         head[64];
    size_t       i, len;
    json_t      *list, *rule;
    const char  *value, *time;

    list = json_array();

    for (i = 0; i < options->ngiven; i++) {

        if (strcmp(options->given[i].name, "--ttl-rule") != 0) {
            continue;
        }

        value = options->given[i].value;
        len = strcspn(value, " ");

        if (value[len] == '\0' || len >= sizeof(head)) {
            json_decref(list);
            return output_error(EXIT_USAGE, "--ttl-rule: a time and keys are "
                                "expected, such as \"5s *.m3u8\"");
        }

        memcpy(head, value, len);
        head[len] = '\0';

        time = strchr(head, '=');

        rule = json_pack("{s:s, s:s}", "keys", value + len + 1,
                         "ttl", time != NULL ? time + 1 : head);

        if (time != NULL && rule != NULL) {
            (void) json_object_set_new(rule, "status",
                                       json_integer(strtol(head, NULL, 10)));
        }

        if (json_array_append_new(list, rule) == -1) {
            json_decref(list);
            return output_error(EXIT_USAGE, "--ttl-rule: it is not UTF-8");
        }
    }

    if (json_object_set_new(body, "ttl_rules", list) == -1) {
        return output_error(EXIT_REFUSED, "out of memory");
    }

    return EXIT_DONE;
}


/* "1h,404=10s" */

static int
bucket_add_ttl(const char *text, json_t *body)
{
    int      rc;
    char    *copy, *rest, *rule, *time;
    json_t  *ttl;

    copy = strdup(text);
    ttl = json_object();
    rc = EXIT_DONE;

    if (copy == NULL || ttl == NULL
        || json_object_set(body, "ttl", ttl) == -1)
    {
        rc = output_error(EXIT_REFUSED, "out of memory");
        goto done;
    }

    rest = copy;

    while (rc == EXIT_DONE && (rule = strsep(&rest, ",")) != NULL) {
        time = strchr(rule, '=');

        if (time == NULL) {
            time = rule;
            rule = (char *) (uintptr_t) "default";

        } else {
            *time++ = '\0';
        }

        if (json_object_get(ttl, rule) != NULL) {
            rc = output_error(EXIT_USAGE, "--ttl: %s is given twice", rule);

        } else {
            rc = member_add(ttl, rule, time);
        }
    }

done:

    free(copy);
    json_decref(ttl);

    return rc;
}


int
bucket_run_list(command_call_t *call)
{
    int      rc;
    char     ttl[BUCKET_TTL_MAX];
    size_t   i;
    json_t  *answer, *rows, *bucket;

    static const char *const  heads[] = {
        "NAME", "ENDPOINT", "REGION", "ADDRESSING", "TTL", "CREDENTIALS",
        "SOURCE"
    };

    rc = client_call(call->client, "GET", BUCKET_PATH, NULL, 0, &answer);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    rows = json_array();

    json_array_foreach(json_object_get(answer, "buckets"), i, bucket) {

        rc = json_array_append_new(rows,
                 json_pack("[s, s, s, s, s, s, s]",
                           output_text(bucket, "name"),
                           output_text(bucket, "endpoint"),
                           output_text(bucket, "region"),
                           output_text(bucket, "addressing"),
                           bucket_ttl(bucket, ttl),
                           output_text(bucket, "credentials"),
                           output_text(bucket, "source")));

        if (rc == -1) {
            json_decref(rows);
            json_decref(answer);
            return output_error(EXIT_REFUSED, "out of memory");
        }
    }

    output_table(heads, sizeof(heads) / sizeof(heads[0]), rows);

    json_decref(rows);
    json_decref(answer);

    return EXIT_DONE;
}


int
bucket_run_show(command_call_t *call)
{
    int      rc;
    char     path[BUCKET_PATH_MAX];
    json_t  *answer;

    rc = bucket_path(call->options.args[0], path);

    if (rc == EXIT_DONE) {
        rc = client_call(call->client, "GET", path, NULL, 0, &answer);
    }

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    bucket_print(answer);
    json_decref(answer);

    return EXIT_DONE;
}


static void
bucket_print(const json_t *bucket)
{
    char     ttl[BUCKET_TTL_MAX];
    char     time[OUTPUT_TEXT_MAX];
    char     words[OUTPUT_WORDS_MAX];
    size_t   i;
    json_t  *rule, *status;

    static const char *const  keys[] = {
        "name", "endpoint", "region", "addressing", "origin_bucket",
        "prefix", "credentials", "source", "created_at", "ttl_mode",
        "cache_control", "errors", "accept_encoding", "expected_owner"
    };

    static const char *const  times[] = {
        "stale_while_revalidate", "stale_if_error"
    };

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        output_pair_at(BUCKET_PAIR, keys[i], "%s",
                       output_text(bucket, keys[i]));
    }

    output_pair_at(BUCKET_PAIR, "ttl", "%s", bucket_ttl(bucket, ttl));

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        output_pair_at(BUCKET_PAIR, times[i], "%s",
                       output_duration(json_integer_value(
                                           json_object_get(bucket, times[i])),
                                       time));
    }

    output_pair_at(BUCKET_PAIR, "allow", "%s",
                   output_words(bucket, "allow", words));

    output_pair_at(BUCKET_PAIR, "cors", "%zu rules",
                   json_array_size(json_object_get(bucket, "cors")));

    /* but for anonymous, which credentials tells */

    for (i = 1; i < sizeof(bucket_flags) / sizeof(bucket_flags[0]); i++) {
        output_pair_at(BUCKET_PAIR, bucket_flags[i].key, "%s",
                       json_is_true(json_object_get(bucket,
                                                    bucket_flags[i].key))
                       ? "yes" : "no");
    }

    json_array_foreach(json_object_get(bucket, "ttl_rules"), i, rule) {

        status = json_object_get(rule, "status");
        (void) output_duration(json_integer_value(json_object_get(rule,
                                                                  "ttl")),
                               time);

        if (status != NULL) {
            output_pair_at(BUCKET_PAIR, "ttl_rule", "%d=%s %s",
                           (int) json_integer_value(status), time,
                           output_text(rule, "keys"));

        } else {
            output_pair_at(BUCKET_PAIR, "ttl_rule", "%s %s", time,
                           output_text(rule, "keys"));
        }
    }
}


/* "1h,404=10s", as --ttl takes it */

static const char *
bucket_ttl(const json_t *bucket, char text[BUCKET_TTL_MAX])
{
    int          n;
    char         time[OUTPUT_TEXT_MAX];
    size_t       len;
    json_t      *rules, *value;
    const char  *key;

    rules = json_object_get(bucket, "ttl");
    value = json_object_get(rules, "default");

    len = 0;
    text[0] = '\0';

    if (value != NULL) {
        n = snprintf(text, BUCKET_TTL_MAX, "%s",
                     output_duration(json_integer_value(value), time));
        len = n > 0 ? (size_t) n : 0;
    }

    json_object_foreach(rules, key, value) {

        if (strcmp(key, "default") == 0) {
            continue;
        }

        n = snprintf(text + len, BUCKET_TTL_MAX - len, "%s%s=%s",
                     len != 0 ? "," : "", key,
                     output_duration(json_integer_value(value), time));

        if (n < 0 || (size_t) n >= BUCKET_TTL_MAX - len) {
            break;
        }

        len += (size_t) n;
    }

    return text;
}


int
bucket_run_rm(command_call_t *call)
{
    int   rc;
    char  path[BUCKET_PATH_MAX];

    rc = bucket_path(call->options.args[0], path);

    if (rc == EXIT_DONE) {
        rc = client_call(call->client, "DELETE", path, NULL, 0, NULL);
    }

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(json_pack("{s:s}", "removed",
                                     call->options.args[0]));
    }

    output_line("bucket %s is removed", call->options.args[0]);

    return EXIT_DONE;
}


static int
bucket_path(const char *name, char path[BUCKET_PATH_MAX])
{
    size_t    len;
    s3_str_t  text;

    text.data = (unsigned char *) (uintptr_t) name;
    text.len = strlen(name);

    if (text.len == 0 || text.len > S3_BUCKET_MAX) {
        return output_error(EXIT_USAGE, "a bucket's name has 1 to %d bytes",
                            S3_BUCKET_MAX);
    }

    len = sizeof(BUCKET_PATH "/") - 1;
    memcpy(path, BUCKET_PATH "/", len);

    len += s3_uri_encode(&text, S3_URI_COMPONENT,
                         (unsigned char *) path + len);
    path[len] = '\0';

    return EXIT_DONE;
}
