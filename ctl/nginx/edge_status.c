
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What nginx says of itself (see edge.h).
 */


#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "nginx/edge.h"


int
edge_status(edge_t *edge, edge_status_t *ret_status, error_t *err)
{
    int             rc;
    json_t         *doc;
    const char     *version, *nginx;
    edge_status_t   status;

    rc = edge_call(edge, "GET", "/status", NULL, EDGE_STATUS_MS, &doc, err);
    if (rc != 0) {
        return rc;
    }

    memset(&status, 0, sizeof(edge_status_t));

    rc = json_get_string(doc, "", "version", JSON_REQUIRED, &version, err);

    if (rc == 0) {
        rc = json_get_string(doc, "", "nginx", JSON_REQUIRED, &nginx, err);
    }

    if (rc == 0) {
        rc = json_get_int(doc, "", "pid", JSON_REQUIRED, 0, INT32_MAX,
                          &status.pid, err);
    }

    if (rc == 0) {
        rc = json_get_int(doc, "", "generation", JSON_REQUIRED, 0, INT64_MAX,
                          &status.generation, err);
    }

    if (rc == 0) {
        (void) snprintf(status.version, sizeof(status.version), "%s", version);
        (void) snprintf(status.nginx, sizeof(status.nginx), "%s", nginx);
        *ret_status = status;
    }

    json_decref(doc);

    return rc;
}


static bool
edge_can(const json_t *can, const char *word)
{
    size_t       i;
    const char  *text;

    for (i = 0; i < json_array_size(can); i++) {

        text = json_string_value(json_array_get(can, i));

        if (text != NULL && strcmp(text, word) == 0) {
            return true;
        }
    }

    return false;
}


int
edge_abilities(edge_t *edge, ability_set_t *ret_set, error_t *err)
{
    int            rc;
    json_t        *doc;
    size_t         i;
    const json_t  *can;

    rc = edge_call(edge, "GET", "/status", NULL, EDGE_STATUS_MS, &doc, err);
    if (rc != 0) {
        return rc;
    }

    *ret_set = 0;
    can = json_object_get(doc, "can");

    for (i = 0; json_is_array(can) && ability_at(i).word != NULL; i++) {
        if (!edge_can(can, ability_at(i).word)) {
            *ret_set |= (ability_set_t) 1 << i;
        }
    }

    json_decref(doc);

    return 0;
}
