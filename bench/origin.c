
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The origin of bench/churn: the objects of object.h, over HTTP.
 *
 *     origin PORT VERSIONS
 *
 * VERSIONS is a file with 32 bits for each object: the version that is
 * served from now on.  The number of an object is what follows the last slash
 * of the path.
 */

#include <stdio.h>
#include <stdlib.h>

#include "object.h"
#include "server.h"


typedef struct {
    size_t                   nobjects;
    const volatile uint32_t *versions;
} origin_t;


static int origin_answer(void *data, const char *path,
    server_answer_t *answer);


int
main(int argc, char **argv)
{
    origin_t  o;

    o.versions = argc == 3 ? object_versions(argv[2], &o.nobjects) : NULL;

    if (o.versions == NULL
        || server_run(argv[1], OBJECT_MAX, origin_answer, &o) != 0)
    {
        (void) fprintf(stderr, "usage: origin PORT VERSIONS\n");
    }

    return 1;
}


static int
origin_answer(void *data, const char *path, server_answer_t *answer)
{
    origin_t    *o = data;

    int          len;
    size_t       size;
    uint32_t     n, version;
    const char  *slash;

    slash = strrchr(path, '/');
    n = (uint32_t) strtoul(slash + 1, NULL, 10);

    version = n < o->nobjects ? o->versions[n] : 0;
    size = object_size(n, version);

    len = snprintf(answer->head, SERVER_HEAD_MAX,
                   "HTTP/1.1 200 OK\r\n"
                   "Content-Type: application/octet-stream\r\n"
                   "Content-Length: %zu\r\n"
                   "ETag: \"%u-%u\"\r\n"
                   "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                   "x-amz-request-id: 0123456789ABCDEF\r\n"
                   "Connection: keep-alive\r\n\r\n",
                   size, (unsigned) n, (unsigned) version);

    object_bytes(n, version, 0, size, answer->room);

    answer->head_len = (size_t) len;
    answer->body_len = size;
    answer->body = answer->room;

    return 0;
}
