
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "api/generation.h"
#include "base/json.h"
#include "registry/document.h"


#define GENERATION_LIMIT     100
#define GENERATION_CONF_MAX  (64 * 1024 * 1024)


static bool generation_in_file(const revision_change_t *change,
    const char **ret_kind);
static bool generation_number(const request_t *request, int64_t *ret_n,
    reply_t *reply);
static json_t *generation_json(const revision_t *revision);
static json_t *generation_changes(const revision_changes_t *changes);
static bool generation_left(const request_t *request, int64_t n,
    json_t **ret_left, reply_t *reply);
static void generation_reply(const request_t *request, int64_t n,
    json_t *left, reply_t *reply);


static const char *const  generation_list_params[] =
    { "limit", "before", NULL };
static const char *const  generation_diff_params[] = { "to", NULL };
static const char *const  generation_no_params[] = { NULL };


void
generation_list(const request_t *request, reply_t *reply)
{
    size_t            i;
    json_t           *list;
    int64_t           limit, before;
    error_t           err;
    revision_page_t   page;

    limit = GENERATION_LIMIT;
    before = 0;

    if (query_check(request->query, generation_list_params, &err) != ERR_OK
        || query_int(request->query, "limit", 1, REVISION_PAGE_MAX, &limit,
                     &err) != ERR_OK
        || query_int(request->query, "before", 1, INT64_MAX, &before, &err)
           != ERR_OK
        || reconcile_list(control_history(request->control), before,
                          (size_t) limit, &page, &err) != ERR_OK)
    {
        reply_failure(reply, &err);
        return;
    }

    list = json_array();

    for (i = 0; list != NULL && i < page.len; i++) {
        if (json_array_append_new(list, generation_json(&page.rows[i]))
            == -1)
        {
            json_decref(list);
            list = NULL;
        }
    }

    revision_page_release(&page);

    reply_json(reply, 200, json_pack("{s:o}", "generations", list));
}


void
generation_get(const request_t *request, reply_t *reply)
{
    int64_t  n;

    if (generation_number(request, &n, reply)) {
        generation_reply(request, n, NULL, reply);
    }
}


void
generation_diff(const request_t *request, reply_t *reply)
{
    int64_t              n, to;
    error_t              err;
    revision_changes_t   changes;

    to = 0;

    if (!generation_number(request, &n, reply)) {
        return;
    }

    if (query_check(request->query, generation_diff_params, &err) != ERR_OK
        || query_int(request->query, "to", 1, INT64_MAX, &to, &err) != ERR_OK
        || reconcile_between(control_history(request->control), n, to,
                             &changes, &err) != ERR_OK)
    {
        reply_failure(reply, &err);
        return;
    }

    reply_json(reply, 200, json_pack("{s:I, s:o, s:o}",
                                     "from", (json_int_t) n, "to",
                                     to != 0 ? json_integer(to) : json_null(),
                                     "changes",
                                     generation_changes(&changes)));

    revision_changes_release(&changes);
}


void
generation_conf(const request_t *request, reply_t *reply)
{
    size_t               len;
    int64_t              n;
    error_t              err;
    strbuf_t             text;
    revision_t           revision;
    revision_changes_t   changes;

    if (!generation_number(request, &n, reply)) {
        return;
    }

    if (query_check(request->query, generation_no_params, &err) != ERR_OK
        || reconcile_get(control_history(request->control), n, &revision,
                         &changes, &err) != ERR_OK)
    {
        reply_failure(reply, &err);
        return;
    }

    strbuf_init(&text, GENERATION_CONF_MAX);

    if (revision.generation == 0
        || control_conf(request->control, revision.generation, &text, &err)
           != ERR_OK)
    {
        (void) error_set(&err, ERR_NOT_FOUND, "nginx's configuration of "
                         "generation %lld is not kept", (long long) n);
        reply_failure(reply, &err);

    } else {
        len = text.len;
        reply_text(reply, 200, "text/plain; charset=utf-8",
                   strbuf_steal(&text), len);
    }

    strbuf_release(&text);
    revision_release(&revision);
    revision_changes_release(&changes);
}


void
generation_rollback(const request_t *request, reply_t *reply)
{
    int       rc;
    json_t   *left, *body;
    int64_t   n;
    error_t   err;

    static const char *const  no_keys[] = { NULL };

    if (!generation_number(request, &n, reply)
        || request_json(request, true, &body, reply) != ERR_OK)
    {
        return;
    }

    rc = json_check_keys(body, "", no_keys, &err);
    json_decref(body);

    if (rc != ERR_OK) {
        reply_failure(reply, &err);
        return;
    }

    reply_audit(reply, json_pack("{s:I}", "generation", (json_int_t) n));

    if (!generation_left(request, n, &left, reply)) {
        return;
    }

    if (reconcile_rollback(control_history(request->control), n,
                           request->order, &err)
        != ERR_OK)
    {
        json_decref(left);
        reply_failure(reply, &err);
        return;
    }

    if (request->order->pending) {
        json_decref(left);
        reply_accepted(reply, request->order);
        return;
    }

    generation_reply(request, request->order->revision, left, reply);
}


/* what the YAML has changed since, and a rollback leaves */

static bool
generation_left(const request_t *request, int64_t n, json_t **ret_left,
    reply_t *reply)
{
    size_t               i;
    json_t              *left;
    error_t              err;
    revision_changes_t   changes;

    if (reconcile_between(control_history(request->control), n, 0, &changes,
                          &err)
        != ERR_OK)
    {
        reply_failure(reply, &err);
        return false;
    }

    left = json_array();

    for (i = 0; left != NULL && i < changes.len; i++) {

        if (generation_in_file(&changes.items[i], NULL)
            && json_array_append_new(left, json_string(changes.items[i].name))
               == -1)
        {
            json_decref(left);
            left = NULL;
        }
    }

    revision_changes_release(&changes);

    if (left == NULL) {
        reply_json(reply, 500, NULL);
        return false;
    }

    *ret_left = left;

    return true;
}


/* *ret_kind may be NULL */

static bool
generation_in_file(const revision_change_t *change, const char **ret_kind)
{
    bool  file;

    file = strncmp(change->kind, DOCUMENT_FILE, sizeof(DOCUMENT_FILE) - 1)
           == 0;

    if (ret_kind != NULL) {
        *ret_kind = change->kind + (file ? sizeof(DOCUMENT_FILE) - 1 : 0);
    }

    return file;
}


static bool
generation_number(const request_t *request, int64_t *ret_n, reply_t *reply)
{
    char       *end;
    long long   n;

    n = strtoll(request->arg, &end, 10);

    if (*end != '\0' || n <= 0 || request->arg[0] < '0'
        || request->arg[0] > '9')
    {
        reply_error(reply, 404, error_name(ERR_NOT_FOUND), NULL,
                    "a generation is a number");
        return false;
    }

    *ret_n = n;

    return true;
}


/* with its changes; takes over left, which may be NULL */

static void
generation_reply(const request_t *request, int64_t n, json_t *left,
    reply_t *reply)
{
    int                  rc;
    json_t              *json;
    error_t              err;
    revision_t           revision;
    revision_changes_t   changes;

    if (reconcile_get(control_history(request->control), n, &revision,
                      &changes, &err)
        != ERR_OK)
    {
        json_decref(left);
        reply_failure(reply, &err);
        return;
    }

    json = generation_json(&revision);
    rc = json_object_set_new(json, "changes", generation_changes(&changes));

    if (left != NULL) {
        rc |= json_object_set_new(json, "left", left);
    }

    if (rc != 0) {
        json_decref(json);
        json = NULL;
    }

    revision_release(&revision);
    revision_changes_release(&changes);

    reply_json(reply, 200, json);
}


static json_t *
generation_json(const revision_t *r)
{
    return json_pack("{s:I, s:s, s:o, s:o, s:o, s:s, s:s?, s:s?, s:s?, s:s?, "
                     "s:o, s:I}",
                     "generation", (json_int_t) r->n,
                     "state", r->state,
                     "at", reply_time(r->at),
                     "ended_at", reply_time(r->ended_at),
                     "nginx_generation", r->generation != 0
                         ? json_integer(r->generation) : json_null(),
                     "actor", r->actor,
                     "address", r->address,
                     "client", r->client,
                     "message", r->message,
                     "error", r->error,
                     "undoes", r->undoes != 0 ? json_integer(r->undoes)
                                              : json_null(),
                     "count", (json_int_t) r->changes);
}


static json_t *
generation_changes(const revision_changes_t *changes)
{
    bool                file;
    size_t              i;
    const char         *kind;
    json_t             *list, *item;
    revision_change_t  *c;

    list = json_array();

    for (i = 0; list != NULL && i < changes->len; i++) {

        c = &changes->items[i];

        file = generation_in_file(c, &kind);

        item = json_pack("{s:s, s:s, s:s, s:o, s:o}",
                         "kind", kind,
                         "name", c->name,
                         "source", file ? "file" : "api",
                         "before", document_json(c->before),
                         "after", document_json(c->after));

        if (json_array_append_new(list, item) == -1) {
            json_decref(list);
            list = NULL;
        }
    }

    return list;
}
