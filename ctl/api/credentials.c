
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include "api/credentials.h"
#include "api/etag.h"
#include "base/strbuf.h"


#define CREDENTIALS_NAMES_MAX  (4 * 1024 * 1024)


static void credentials_edit(const request_t *request, bool patch,
    reply_t *reply);
static void credentials_reply(const request_t *request, const char *name,
    unsigned status, reply_t *reply);
static json_t *credentials_json(const request_t *request, const char *name,
    credentials_t **ret_credentials, error_t *err);
static json_t *credentials_users(const request_t *request, const char *name);


void
credentials_list(const request_t *request, reply_t *reply)
{
    char           *rest, *name;
    json_t         *items, *json;
    error_t         err;
    strbuf_t        names;
    credentials_t  *credentials;

    strbuf_init(&names, CREDENTIALS_NAMES_MAX);

    if (control_creds_names(request->control, &names, &err) != ERR_OK) {
        reply_failure(reply, &err);
        strbuf_release(&names);
        return;
    }

    items = json_array();
    rest = names.data;

    while ((name = strsep(&rest, "\n")) != NULL && *name != '\0') {

        json = credentials_json(request, name, &credentials, &err);

        /* one that has gone meanwhile */

        if (json != NULL) {
            (void) json_array_append_new(items, json);
            credentials_free(credentials);
        }
    }

    strbuf_release(&names);

    reply_json(reply, 200, json_pack("{s:o}", "credentials", items));
}


void
credentials_create(const request_t *request, reply_t *reply)
{
    int             rc;
    void           *obj;
    json_t         *json;
    error_t         err;
    credentials_t  *wanted;

    if (request_json(request, false, &json, reply) != ERR_OK) {
        return;
    }

    reply_audit(reply, json_pack("{s:O*}", "name",
                                 json_object_get(json, "name")));

    rc = field_read(&credentials_table, json, &field_json_lang, &obj, &err);

    json_decref(json);

    if (rc != ERR_OK) {
        reply_failure(reply, &err);
        return;
    }

    wanted = obj;

    if (control_creds_add(request->control, wanted, request->order, &err)
        != ERR_OK)
    {
        reply_failure(reply, &err);

    } else if (request->order->pending) {
        reply_accepted(reply, request->order);

    } else {
        credentials_reply(request, wanted->name, 201, reply);
    }

    credentials_free(wanted);
}


void
credentials_get(const request_t *request, reply_t *reply)
{
    credentials_reply(request, request->arg, 200, reply);
}


void
credentials_put(const request_t *request, reply_t *reply)
{
    credentials_edit(request, false, reply);
}


void
credentials_patch(const request_t *request, reply_t *reply)
{
    credentials_edit(request, true, reply);
}


static void
credentials_edit(const request_t *request, bool patch, reply_t *reply)
{
    bool            created;
    json_t         *json;
    error_t         err;
    control_edit_t  edit;

    if (request_json(request, false, &json, reply) != ERR_OK) {
        return;
    }

    reply_audit(reply, reply_members(request->arg, json));

    edit.name = request->arg;
    edit.json = json;
    edit.patch = patch;
    edit.allowed = etag_allows;
    edit.data = request;
    edit.order = request->order;

    if (control_creds_edit(request->control, &edit, &created, &err) != ERR_OK)
    {
        reply_failure(reply, &err);

    } else if (request->order->pending) {
        reply_accepted(reply, request->order);

    } else {
        credentials_reply(request, request->arg, created ? 201 : 200, reply);
    }

    json_decref(json);
}


void
credentials_delete(const request_t *request, reply_t *reply)
{
    error_t  err;

    if (control_creds_del(request->control, request->arg, request->order,
                          &err)
        != ERR_OK)
    {
        reply_failure(reply, &err);

    } else if (request->order->pending) {
        reply_accepted(reply, request->order);

    } else {
        reply_empty(reply, 204);
    }
}


static void
credentials_reply(const request_t *request, const char *name, unsigned status,
    reply_t *reply)
{
    json_t         *json;
    error_t         err;
    credentials_t  *credentials;

    json = credentials_json(request, name, &credentials, &err);

    if (json == NULL) {
        reply_failure(reply, &err);
        return;
    }

    reply_json(reply, status, json);
    etag_reply(reply, credentials->created_at, credentials->revision);

    if (status == 201) {
        reply_header(reply, "Location", "/api/credentials/%s",
                     credentials->name);
    }

    credentials_free(credentials);
}


/* no key is in it; NULL: err says why */

static json_t *
credentials_json(const request_t *request, const char *name,
    credentials_t **ret_credentials, error_t *err)
{
    char     problem[ERROR_MESSAGE_MAX];
    json_t  *json;

    if (control_creds_get(request->control, name, ret_credentials, problem,
                          err)
        != ERR_OK)
    {
        return NULL;
    }

    json = field_print(&credentials_table, *ret_credentials, FIELD_ANSWER);

    if (json == NULL
        || json_object_set_new(json, "used_by",
                               credentials_users(request, name)) == -1
        || json_object_set_new(json, "problem",
                               problem[0] != '\0' ? json_string(problem)
                                                  : json_null()) == -1)
    {
        json_decref(json);
        credentials_free(*ret_credentials);
        (void) error_nomem(err);
        return NULL;
    }

    return json;
}


static json_t *
credentials_users(const request_t *request, const char *name)
{
    char      *rest, *bucket;
    json_t    *list;
    strbuf_t   names;

    strbuf_init(&names, CREDENTIALS_NAMES_MAX);
    list = NULL;

    if (control_creds_users(request->control, name, &names, NULL) == ERR_OK) {

        list = json_array();
        rest = names.data;

        while ((bucket = strsep(&rest, "\n")) != NULL && *bucket != '\0') {
            (void) json_array_append_new(list, json_string(bucket));
        }
    }

    strbuf_release(&names);

    return list;
}
