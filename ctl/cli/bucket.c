
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bucket.h"
#include "cli/cors.h"
#include "cli/entity.h"
#include "cli/member.h"
#include "cli/output.h"
#include "entity/model.h"


#define BUCKET_PAIR  24            /* columns of a name */


static int bucket_take(const options_t *options, json_t *body);
static int bucket_take_ttl(const options_t *options, const char *value,
    json_t *body);
static int bucket_take_rules(const options_t *options, const char *value,
    json_t *body);
static int bucket_take_cors(const options_t *options, const char *value,
    json_t *body);
static const char *bucket_ttl(const json_t *bucket,
    char text[ENTITY_TEXT_MAX]);
static void bucket_show_rules(const json_t *bucket);
static void bucket_show_cors(const json_t *bucket);
static void bucket_added(const json_t *answer);


static const entity_member_t  bucket_members[] = {
    { "ttl", bucket_take_ttl, bucket_ttl, NULL },
    { "ttl_rules", bucket_take_rules, NULL, bucket_show_rules },
    { "cors", bucket_take_cors, NULL, bucket_show_cors },
    { NULL, NULL, NULL, NULL }
};


static const entity_t  bucket_entity = {
    &model_bucket_table, "/api/buckets", "buckets", bucket_members,
    bucket_take, bucket_added
};


int
bucket_run_add(command_call_t *call)
{
    return entity_add(call, &bucket_entity);
}


int
bucket_run_set(command_call_t *call)
{
    return entity_set(call, &bucket_entity);
}


int
bucket_run_list(command_call_t *call)
{
    return entity_list(call, &bucket_entity);
}


int
bucket_run_show(command_call_t *call)
{
    return entity_show(call, &bucket_entity);
}


int
bucket_run_rm(command_call_t *call)
{
    return entity_rm(call, &bucket_entity);
}


static void
bucket_added(const json_t *answer)
{
    output_line("bucket %s is served from %s", output_text(answer, "name"),
                output_text(answer, "endpoint"));
}


static int
bucket_take(const options_t *options, json_t *body)
{
    if (options_value(options, "--anonymous") != NULL
        && options_value(options, "--access-key-id") != NULL)
    {
        return output_error(EXIT_USAGE, "--anonymous and --access-key-id "
                            "exclude each other");
    }

    return member_keys(options, body);
}


/* "404=10s *.m3u8": keys are all behind the first blank */

static int
bucket_take_rules(const options_t *options, const char *value, json_t *body)
{
    char         head[64];
    size_t       i, len;
    json_t      *list, *rule;
    const char  *time;

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
bucket_take_ttl(const options_t *options, const char *value, json_t *body)
{
    int      rc;
    char    *copy, *rest, *rule, *time;
    json_t  *ttl;

    (void) options;

    copy = strdup(value);
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


/* "1h,404=10s", as --ttl takes it */

static const char *
bucket_ttl(const json_t *bucket, char text[ENTITY_TEXT_MAX])
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
        n = snprintf(text, ENTITY_TEXT_MAX, "%s",
                     output_duration(json_integer_value(value), time));
        len = n > 0 ? (size_t) n : 0;
    }

    json_object_foreach(rules, key, value) {

        if (strcmp(key, "default") == 0) {
            continue;
        }

        n = snprintf(text + len, ENTITY_TEXT_MAX - len, "%s%s=%s",
                     len != 0 ? "," : "", key,
                     output_duration(json_integer_value(value), time));

        if (n < 0 || (size_t) n >= ENTITY_TEXT_MAX - len) {
            break;
        }

        len += (size_t) n;
    }

    return text;
}


static void
bucket_show_rules(const json_t *bucket)
{
    char     time[OUTPUT_TEXT_MAX];
    size_t   i;
    json_t  *rule, *status;

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


static int
bucket_take_cors(const options_t *options, const char *value, json_t *body)
{
    (void) options;

    return cors_add(value, body);
}


static void
bucket_show_cors(const json_t *bucket)
{
    output_pair_at(BUCKET_PAIR, "cors", "%zu rules",
                   json_array_size(json_object_get(bucket, "cors")));
}
