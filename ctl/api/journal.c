
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "api/journal.h"
#include "base/log.h"


#define JOURNAL_LIMIT     100
#define JOURNAL_ADDRESS   64


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


void
journal_write(const request_t *request, const reply_t *reply,
    const journal_caller_t *caller)
{
    char         address[JOURNAL_ADDRESS];
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

    row.actor = (char *) (uintptr_t) (caller->token ? "token" : "local");
    row.address = (char *) (uintptr_t) journal_address(caller->address,
                                                       address);
    row.client = (char *) (uintptr_t)
                 (caller->agent != NULL
                  && strncmp(caller->agent, "s3edgectl/", 10) == 0
                  ? "s3edgectl" : "api");
    row.action = (char *) (uintptr_t) caller->action;
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
