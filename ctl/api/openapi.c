
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "api/openapi.h"


/* made by the build from openapi.json */

extern const unsigned char  openapi_json[];
extern const size_t         openapi_json_len;


void
openapi_get(const request_t *request, reply_t *reply)
{
    (void) request;

    reply->status = 200;
    reply->type = "application/json";
    reply->fixed = openapi_json;
    reply->len = openapi_json_len;

    reply_header(reply, "Cache-Control", "no-cache");
}
