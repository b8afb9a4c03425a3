
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/etag.h"


#define ETAG_MAX  64


static void
etag_text(int64_t created_at, int64_t revision, char text[ETAG_MAX])
{
    (void) snprintf(text, ETAG_MAX, "\"%" PRIx64 "-%" PRId64 "\"", created_at,
                    revision);
}


void
etag_reply(reply_t *reply, int64_t created_at, int64_t revision)
{
    char  text[ETAG_MAX];

    if (revision != 0) {
        etag_text(created_at, revision, text);
        reply_header(reply, "ETag", "%s", text);
    }
}


/* is it one of the list, or is that "*"?  A weak one never is */

static bool
etag_listed(const char *list, int64_t created_at, int64_t revision)
{
    char    text[ETAG_MAX];
    size_t  len;

    if (revision == 0) {
        return false;
    }

    etag_text(created_at, revision, text);

    for ( ;; ) {

        list += strspn(list, " \t,");
        len = strcspn(list, " \t,");

        if (len == 0) {
            return false;
        }

        if ((len == 1 && *list == '*')
            || (len == strlen(text) && memcmp(list, text, len) == 0))
        {
            return true;
        }

        list += len;
    }
}


bool
etag_allows(const void *data, int64_t created_at, int64_t revision)
{
    const request_t  *request;

    request = data;

    if (request->if_match != NULL
        && !etag_listed(request->if_match, created_at, revision))
    {
        return false;
    }

    return request->if_none_match == NULL
           || !etag_listed(request->if_none_match, created_at, revision);
}
