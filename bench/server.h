
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The least that answers HTTP over kept connections: epoll, recv(), and one
 * writev() for each response, on 127.0.0.1.  One request at a time on each
 * connection, which is what bench/load and nginx send.
 */

#ifndef SERVER_H
#define SERVER_H

#include <stddef.h>


#define SERVER_HEAD_MAX  1024


/* body: stays as it is until the next answer on the same connection */

typedef struct {
    size_t                 head_len;
    size_t                 body_len;
    const unsigned char   *body;
    unsigned char         *room;       /* of the connection, as asked for */
    char                   head[SERVER_HEAD_MAX];
} server_answer_t;


/* path: up to " HTTP/1."; -1: the connection is closed */
typedef int (*server_answer_pt)(void *data, const char *path,
    server_answer_t *answer);


/* does not return, unless something is wrong; room: bytes, may be 0 */
int server_run(const char *port, size_t room, server_answer_pt answer,
    void *data);


#endif
