
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cli/cache.h"
#include "cli/output.h"


const option_t  cache_clear_options[CACHE_CLEAR_OPTIONS] = {
    { "--bucket", "NAME", "this bucket only" }
};


int
cache_run_clear(command_call_t *call)
{
    int          rc;
    json_t      *body, *answer;
    const char  *bucket;

    bucket = call->options.values[0];
    body = json_pack("{s:s*}", "bucket", bucket);

    if (body == NULL) {
        return output_error(EXIT_USAGE, "--bucket is not UTF-8");
    }

    rc = client_call(call->client, "POST", "/api/cache/clear", body, 0,
                     &answer);

    json_decref(body);

    if (rc != EXIT_DONE) {
        return rc;
    }

    if (call->json) {
        return output_json(answer);
    }

    if (bucket != NULL) {
        output_line("the cache of bucket %s is cleared", bucket);

    } else {
        output_line("the whole cache is cleared");
    }

    json_decref(answer);

    return EXIT_DONE;
}
