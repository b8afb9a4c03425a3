
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edge.yaml: what is refused is refused with a line, what is taken can be
 * resolved and shown.
 */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "config/config.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t     i;
    error_t    err;
    config_t  *config;

    if (config_parse("f", (const char *) data, size, &config, &err) != 0) {
        fuzz_check(strncmp(err.message, "f:", 2) == 0);
        return 0;
    }

    for (i = 0; i < config->buckets.len; i++) {
        fuzz_check(config_resolve(config, config->buckets.items[i], &err)
                   == 0);
    }

    json_decref(config_json(config));
    config_unref(config);

    return 0;
}
