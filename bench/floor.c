
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What no server can go below: the system calls, and nothing else.
 *
 *     floor PORT SIZE KEYS FILE
 *
 * KEYS objects of SIZE bytes, those of FILE, the first eight of which are the
 * number of the object.  It is what follows the last "_" of the path.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"


#define DIGITS  8


typedef struct {
    size_t            size;
    unsigned long     keys;
    unsigned char    *bodies;
    size_t            head_len;
    char              head[SERVER_HEAD_MAX];
} floor_t;


static int floor_objects(floor_t *f, const char *file);
static int floor_answer(void *data, const char *path,
    server_answer_t *answer);


int
main(int argc, char **argv)
{
    floor_t  f;

    if (argc != 5) {
        (void) fprintf(stderr, "usage: floor PORT SIZE KEYS FILE\n");
        return 2;
    }

    f.size = strtoul(argv[2], NULL, 10);
    f.keys = strtoul(argv[3], NULL, 10);

    if (f.size < DIGITS || f.keys == 0 || floor_objects(&f, argv[4]) != 0
        || server_run(argv[1], 0, floor_answer, &f) != 0)
    {
        perror("floor");
    }

    return 1;
}


/* with as many header bytes as an object of S3's has behind s3edge */

static int
floor_objects(floor_t *f, const char *file)
{
    int             n;
    FILE           *in;
    char            number[DIGITS + 1];
    unsigned long   i;

    f->bodies = malloc(f->size * f->keys);
    in = fopen(file, "r");

    if (f->bodies == NULL || in == NULL
        || fread(f->bodies, 1, f->size, in) != f->size)
    {
        return -1;
    }

    for (i = f->keys; i-- > 0; /* void */ ) {
        memcpy(f->bodies + i * f->size, f->bodies, f->size);
        (void) snprintf(number, sizeof(number), "%08lu", i % 100000000);
        memcpy(f->bodies + i * f->size, number, DIGITS);
    }

    n = snprintf(f->head, SERVER_HEAD_MAX,
                 "HTTP/1.1 200 OK\r\n"
                 "Server: nginx/1.22.1\r\n"
                 "Date: Wed, 25 Nov 2026 12:00:00 GMT\r\n"
                 "Content-Type: image/jpeg\r\n"
                 "Content-Length: %zu\r\n"
                 "Connection: keep-alive\r\n"
                 "Last-Modified: Mon, 02 Nov 2026 10:11:12 GMT\r\n"
                 "ETag: \"9b2cf535f27731c97434364500000000\"\r\n"
                 "x-amz-id-2: Uuag1LuByRx9e6j5Onimru9pO4ZVKnJ2Qz7/C1NPcfT\r\n"
                 "x-amz-request-id: 5ea74e39bdc11b665718042894ad686e\r\n"
                 "x-amz-server-side-encryption: AES256\r\n"
                 "Cache-Control: max-age=604800\r\n"
                 "Age: 0\r\n"
                 "X-Cache: HIT\r\n"
                 "Accept-Ranges: bytes\r\n\r\n", f->size);

    f->head_len = (size_t) n;

    return fclose(in);
}


static int
floor_answer(void *data, const char *path, server_answer_t *answer)
{
    floor_t        *f = data;

    const char     *number;
    unsigned long   n;

    number = strrchr(path, '_');
    n = number != NULL ? strtoul(number + 1, NULL, 10) : 0;

    memcpy(answer->head, f->head, f->head_len);

    answer->head_len = f->head_len;
    answer->body_len = f->size;
    answer->body = f->bodies + n % f->keys * f->size;

    return 0;
}
