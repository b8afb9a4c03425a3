
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "cli/cors.h"
#include "cli/output.h"


#define CORS_FILE_MAX  131072


int
cors_add(const char *path, json_t *body)
{
    int       rc;
    json_t   *json, *rules;
    error_t   err;
    strbuf_t  text;

    json = NULL;
    strbuf_init(&text, CORS_FILE_MAX);

    if (file_read(path, &text, &err) != ERR_OK
        || json_parse(text.data != NULL ? text.data : "", text.len, &json,
                      &err)
           != ERR_OK)
    {
        strbuf_release(&text);
        return output_error(EXIT_USAGE, "--cors: %s", err.message);
    }

    strbuf_release(&text);

    /* {"CORSRules": [...]}, or the array alone */

    rules = json_is_object(json) ? json_object_get(json, "CORSRules") : json;
    rc = EXIT_DONE;

    if (!json_is_array(rules)) {
        rc = output_error(EXIT_USAGE, "--cors: %s has no array of rules, "
                          "CORSRules", path);

    } else if (json_object_set(body, "cors", rules) == -1) {
        rc = output_error(EXIT_REFUSED, "out of memory");
    }

    json_decref(json);

    return rc;
}
