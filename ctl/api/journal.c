
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/journal.h"
#include "base/log.h"


#define JOURNAL_LIMIT     100


static json_t *journal_json(const audit_row_t *row);
static const char *journal_address(const struct sockaddr *sa,
    char text[JOURNAL_ADDRESS]);


static const char *const  journal_params[] = { "limit", "before", NULL };

static const char  journal_cut[] = "{\"cut\":true}";


void
journal_list(const request_t *request, reply_t *reply)
{
    size_t         i;
    json_t        *entries;
    int64_t        limit, before;
    error_t        err;
    audit_page_t   page;

    limit = JOURNAL_LIMIT;
    before = 0;

    if (query_check(request->query, journal_params, &err) != ERR_OK
        || query_int(request->query, "limit", 1, AUDIT_PAGE_MAX, &limit,
                     &err) != ERR_OK
        || query_int(request->query, "before", 1, INT64_MAX, &before, &err)
           != ERR_OK
        || audit_list(control_services(request->control)->audit, before,
                      (size_t) limit, &page, &err) != ERR_OK)
    {
        reply_failure(reply, &err);
        return;
    }

    entries = json_array();

    for (i = 0; entries != NULL && i < page.len; i++) {
        if (json_array_append_new(entries, journal_json(&page.rows[i]))
            == -1)
        {
            json_decref(entries);
            entries = NULL;
        }
    }

    audit_release(&page);

    reply_json(reply, 200, json_pack("{s:o}", "entries", entries));
}


static json_t *
journal_json(const audit_row_t *row)
{
    json_t  *arguments;

    arguments = json_loads(row->arguments, 0, NULL);

    if (arguments == NULL) {
        arguments = json_object();
    }

    return json_pack("{s:I, s:o, s:s, s:s?, s:s?, s:s, s:o, s:s}",
                     "id", (json_int_t) row->id,
                     "at", reply_time(row->at),
                     "actor", row->actor,
                     "address", row->address,
                     "client", row->client,
                     "action", row->action,
                     "arguments", arguments,
                     "result", row->result);
}


/* RFC 7240: names with "," between them, each with values behind ";" */

static bool
journal_async(const char *prefer)
{
    size_t       len;
    const char  *p;

    static const char  name[] = "respond-async";

    for (p = prefer; p != NULL && *p != '\0'; p += strcspn(p, ",")) {

        p += strspn(p, ", \t");
        len = strcspn(p, ",; \t");

        if (len == sizeof(name) - 1 && strncasecmp(p, name, len) == 0) {
            return true;
        }
    }

    return false;
}


int
journal_order(const journal_caller_t *caller, char address[JOURNAL_ADDRESS],
    order_t *ret_order, error_t *err)
{
    json_t  *text;

    memset(ret_order, 0, sizeof(order_t));

    ret_order->actor = caller->token ? "token" : "local";
    ret_order->address = journal_address(caller->address, address);
    ret_order->client = caller->agent != NULL
                        && strncmp(caller->agent, "s3edgectl/", 10) == 0
                        ? "s3edgectl" : "api";
    ret_order->async = journal_async(caller->prefer);

    if (caller->message == NULL || caller->message[0] == '\0') {
        return ERR_OK;
    }

    if (strlen(caller->message) > REVISION_MESSAGE_MAX) {
        return error_set(err, ERR_LIMIT, "S3edge-Message: at most %d bytes "
                         "are expected", REVISION_MESSAGE_MAX);
    }

    text = json_string(caller->message);

    if (text == NULL) {
        return error_set(err, ERR_INVALID, "S3edge-Message: UTF-8 is "
                         "expected");
    }

    json_decref(text);
    ret_order->message = caller->message;

    return ERR_OK;
}


void
journal_write(const request_t *request, const reply_t *reply,
    const char *action)
{
    char        *arguments;
    json_t      *json;
    error_t      err;
    audit_row_t  row;

    json = reply->audit != NULL ? json_incref(reply->audit)
           : request->arg[0] != '\0' ? json_pack("{s:s}", "name",
                                                 request->arg)
           : json_object();

    arguments = json_dumps(json, JSON_COMPACT);
    json_decref(json);

    memset(&row, 0, sizeof(audit_row_t));

    row.actor = (char *) (uintptr_t) request->order->actor;
    row.address = (char *) (uintptr_t) request->order->address;
    row.client = (char *) (uintptr_t) request->order->client;
    row.action = (char *) (uintptr_t) action;
    row.arguments = arguments != NULL
                    && strlen(arguments) <= AUDIT_ARGUMENTS_MAX
                    ? arguments : (char *) (uintptr_t) journal_cut;
    row.result = (char *) (uintptr_t)
                 (reply->error != NULL ? reply->error : "ok");

    if (audit_put(control_services(request->control)->audit, &row, &err)
        != ERR_OK)
    {
        log_write(LOG_ERROR, "%s", err.message);
    }

    free(arguments);
}


static const char *
journal_address(const struct sockaddr *sa, char text[JOURNAL_ADDRESS])
{
    const void  *address;

    if (sa == NULL) {
        return NULL;
    }

    if (sa->sa_family == AF_INET6) {
        address = &((const struct sockaddr_in6 *) (const void *) sa)
                   ->sin6_addr;

    } else if (sa->sa_family == AF_INET) {
        address = &((const struct sockaddr_in *) (const void *) sa)->sin_addr;

    } else {
        return NULL;
    }

    return inet_ntop(sa->sa_family, address, text, JOURNAL_ADDRESS);
}
