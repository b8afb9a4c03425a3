
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "api/keys.h"
#include "api/purge.h"
#include "base/json.h"
#include "cache/reach.h"


#define PURGE_REACH_MS  20000      /* that a dry run may take */


typedef struct {
    edge_purge_t     purge;
    bool             dry_run;
    keys_t           keys;
} purge_body_t;


static int purge_parse(const json_t *body, const char *const *names,
    purge_body_t *parsed, error_t *err);
static json_t *purge_arguments(const purge_body_t *body);
static int purge_do(const request_t *request, const purge_body_t *body,
    json_t *answer, error_t *err);
static int purge_scope(const purge_body_t *body, json_t *answer);


static const char *const  purge_names[] = {
    "bucket", "key", "keys", "prefix", "encoding", "soft", "dry_run", NULL
};


static const char *const  purge_clear_names[] = {
    "bucket", "soft", "dry_run", NULL
};


static const char *const  purge_scopes[] = { "all", "bucket", "prefix" };


void
purge_keys(const request_t *request, reply_t *reply)
{
    json_t        *json, *answer;
    error_t        err;
    purge_body_t   body;

    if (request_json(request, false, &json, reply) != ERR_OK) {
        return;
    }

    memset(&body, 0, sizeof(purge_body_t));
    answer = json_object();

    if (purge_parse(json, purge_names, &body, &err) != ERR_OK) {
        reply_failure(reply, &err);
        goto done;
    }

    reply_audit(reply, purge_arguments(&body));

    if (body.purge.bucket == NULL) {
        reply_error(reply, 400, error_name(ERR_INVALID), NULL,
                    "bucket: a string is required");
        goto done;
    }

    if (purge_scope(&body, answer) != 0) {
        reply_json(reply, 500, NULL);
        goto done;
    }

    if (purge_do(request, &body, answer, &err) != ERR_OK) {
        reply_failure(reply, &err);
        goto done;
    }

    reply_json(reply, 200, json_incref(answer));

done:

    keys_release(&body.keys);
    json_decref(answer);
    json_decref(json);
}


void
purge_clear(const request_t *request, reply_t *reply)
{
    json_t        *json, *answer;
    error_t        err;
    purge_body_t   body;

    if (request_json(request, true, &json, reply) != ERR_OK) {
        return;
    }

    memset(&body, 0, sizeof(purge_body_t));
    answer = NULL;

    if (purge_parse(json, purge_clear_names, &body, &err) != ERR_OK) {
        reply_failure(reply, &err);
        goto done;
    }

    reply_audit(reply, purge_arguments(&body));

    answer = json_pack("{s:s, s:s*}", "cleared",
                       purge_scopes[body.purge.scope],
                       "bucket", body.purge.bucket);

    if (body.purge.soft) {
        (void) json_object_set_new(answer, "soft", json_true());
    }

    if (body.dry_run) {
        (void) json_object_set_new(answer, "dry_run", json_true());
    }

    if (purge_do(request, &body, answer, &err) != ERR_OK) {
        reply_failure(reply, &err);
        goto done;
    }

    reply_json(reply, 200, json_incref(answer));

done:

    json_decref(answer);
    json_decref(json);
}


/* keys are looked for where the names have them */

static int
purge_parse(const json_t *body, const char *const *names,
    purge_body_t *parsed, error_t *err)
{
    int            rc;
    edge_purge_t  *purge;

    purge = &parsed->purge;

    rc = json_check_keys(body, "", names, err);

    if (rc == ERR_OK) {
        rc = json_get_string(body, "", "bucket", JSON_OPTIONAL,
                             &purge->bucket, err);
    }

    if (rc == ERR_OK) {
        rc = json_get_bool(body, "", "soft", JSON_OPTIONAL, &purge->soft,
                           err);
    }

    if (rc == ERR_OK) {
        rc = json_get_bool(body, "", "dry_run", JSON_OPTIONAL,
                           &parsed->dry_run, err);
    }

    if (rc == ERR_OK && names == purge_names) {
        rc = keys_parse(body, &parsed->keys, err);
    }

    if (rc != ERR_OK) {
        return rc;
    }

    purge->keys = parsed->keys.items;
    purge->nkeys = parsed->keys.n;
    purge->scope = parsed->keys.n != 0
                   ? (parsed->keys.prefix ? EDGE_PURGE_PREFIX
                                          : EDGE_PURGE_KEYS)
                   : (purge->bucket != NULL ? EDGE_PURGE_BUCKET
                                            : EDGE_PURGE_ALL);

    return ERR_OK;
}


static json_t *
purge_arguments(const purge_body_t *body)
{
    json_t  *json;

    json = json_pack("{s:s*, s:b, s:b}", "bucket", body->purge.bucket,
                     "soft", body->purge.soft, "dry_run", body->dry_run);

    return body->keys.n != 0 ? keys_audit(&body->keys, json) : json;
}


/* what was asked for, and what of a prefix is heeded */

static int
purge_scope(const purge_body_t *body, json_t *answer)
{
    int        rc;
    s3_str_t   heeded;

    rc = json_object_set_new(answer, "bucket",
                             json_string(body->purge.bucket));
    rc |= json_object_set_new(answer, "soft",
                              json_boolean(body->purge.soft));
    rc |= json_object_set_new(answer, "dry_run",
                              json_boolean(body->dry_run));

    if (body->purge.scope != EDGE_PURGE_PREFIX) {
        rc |= json_object_set_new(answer, "scope", json_string("keys"));
        rc |= json_object_set_new(answer, "keys", json_integer(
                                  (json_int_t) body->purge.nkeys));
        return rc;
    }

    heeded = body->purge.keys[0];
    heeded.len = reach_heeded(&heeded);

    rc |= json_object_set_new(answer, "scope",
                              json_string(heeded.len != 0 ? "prefix"
                                                          : "bucket"));
    rc |= json_object_set_new(answer, "prefix",
                              keys_text(&body->purge.keys[0]));
    rc |= json_object_set_new(answer, "heeded", keys_text(&heeded));
    rc |= json_object_set_new(answer, "widened",
                              json_boolean(heeded.len
                                           != body->purge.keys[0].len));

    return rc;
}


static int
purge_do(const request_t *request, const purge_body_t *body, json_t *answer,
    error_t *err)
{
    int                rc;
    reach_t            reach;
    edge_purge_t       purge;
    const services_t  *services;

    purge = body->purge;

    if (purge.scope == EDGE_PURGE_PREFIX && purge.keys[0].len == 0) {
        purge.scope = EDGE_PURGE_BUCKET;
    }

    if (!body->dry_run) {
        return control_purge(request->control, &purge, err);
    }

    services = control_services(request->control);

    rc = purge.bucket != NULL
         ? control_bucket_known(request->control, purge.bucket, err)
         : ERR_OK;

    if (rc == ERR_OK) {
        rc = reach_count(services->disk, services->counters, &purge,
                         PURGE_REACH_MS, &reach, err);
    }

    if (rc != ERR_OK) {
        return rc;
    }

    if (json_object_set_new(answer, "objects",
                            json_integer((json_int_t) reach.objects)) != 0
        || json_object_set_new(answer, "bytes",
                               json_integer((json_int_t) reach.bytes)) != 0
        || json_object_set_new(answer, "complete",
                               json_boolean(reach.complete)) != 0)
    {
        return error_nomem(err);
    }

    return ERR_OK;
}
