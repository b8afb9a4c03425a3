
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>

#include "cli/audit.h"
#include "cli/keylist.h"
#include "cli/output.h"


#define AUDIT_URL_MAX  512


static json_t *audit_row(const json_t *entry);


const option_t  audit_options[AUDIT_OPTIONS] = {
    { "--limit", "N", "at most so many, up to 1000; default: 100" },
    { "--before", "ID", "those before the one with this number" }
};


static const char *const  audit_heads[] = {
    "ID", "AT", "WHO", "FROM", "BY", "ACTION", "RESULT", "ARGUMENTS"
};

#define AUDIT_HEADS  (sizeof(audit_heads) / sizeof(audit_heads[0]))


int
audit_run(command_call_t *call)
{
    int        rc;
    size_t     i;
    json_t    *answer, *rows, *entry;
    strbuf_t   path;

    strbuf_init(&path, AUDIT_URL_MAX);
    strbuf_puts(&path, "/api/audit");
    keylist_query(&path, "limit", call->options.values[0]);
    keylist_query(&path, "before", call->options.values[1]);

    rc = client_call(call->client, "GET", path.data, NULL, 0, &answer);

    strbuf_release(&path);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    rows = json_array();
    rc = 0;

    json_array_foreach(json_object_get(answer, "entries"), i, entry) {
        rc |= json_array_append_new(rows, audit_row(entry));
    }

    if (rc == 0) {
        output_table(audit_heads, AUDIT_HEADS, rows);

    } else {
        rc = output_error(EXIT_REFUSED, "out of memory");
    }

    json_decref(rows);
    json_decref(answer);

    return rc;
}


static json_t *
audit_row(const json_t *entry)
{
    char     id[24];
    char    *arguments;
    json_t  *row;

    (void) snprintf(id, sizeof(id), "%lld", (long long)
                    json_integer_value(json_object_get(entry, "id")));

    arguments = json_dumps(json_object_get(entry, "arguments"), JSON_COMPACT);

    row = json_pack("[s, s, s, s, s, s, s, s?]", id,
                    output_text(entry, "at"), output_text(entry, "actor"),
                    output_text(entry, "address"),
                    output_text(entry, "client"),
                    output_text(entry, "action"),
                    output_text(entry, "result"), arguments);

    free(arguments);

    return row;
}
