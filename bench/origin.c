
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

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "object.h"


#define REQUEST_MAX  8192
#define HEAD_MAX     512
#define EVENTS_MAX   256


typedef struct {
    int             fd;
    size_t          in_len;
    size_t          out_len;
    size_t          out_sent;
    char            in[REQUEST_MAX + 1];
    unsigned char   out[HEAD_MAX + OBJECT_MAX];
} conn_t;


typedef struct {
    int                      epoll;
    int                      listener;
    size_t                   nobjects;
    const volatile uint32_t *versions;
} origin_t;


static int origin_listen(origin_t *o, const char *port);
static int origin_accept(origin_t *o);
static int origin_watch(origin_t *o, conn_t *c, int op, uint32_t events);
static int origin_read(origin_t *o, conn_t *c);
static int origin_answer(origin_t *o, conn_t *c);
static int origin_send(origin_t *o, conn_t *c);
static void origin_close(conn_t *c);


int
main(int argc, char **argv)
{
    int                  i, n, rc;
    conn_t              *c;
    origin_t             o;
    struct epoll_event   events[EVENTS_MAX];

    o.versions = argc == 3 ? object_versions(argv[2], &o.nobjects) : NULL;

    if (o.versions == NULL || origin_listen(&o, argv[1]) != 0) {
        (void) fprintf(stderr, "usage: origin PORT VERSIONS\n");
        return 2;
    }

    for ( ;; ) {
        n = epoll_wait(o.epoll, events, EVENTS_MAX, -1);

        if (n == -1 && errno != EINTR) {
            return 1;
        }

        for (i = 0; i < n; i++) {
            c = events[i].data.ptr;

            if (c == NULL) {
                if (origin_accept(&o) != 0) {
                    return 1;
                }

                continue;
            }

            rc = (events[i].events & EPOLLOUT) ? origin_send(&o, c)
                                               : origin_read(&o, c);

            if (rc != 0) {
                origin_close(c);
            }
        }
    }
}


static int
origin_listen(origin_t *o, const char *port)
{
    int                 one;
    struct epoll_event  event;
    struct sockaddr_in  in;

    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_port = htons((uint16_t) strtoul(port, NULL, 10));
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    one = 1;
    o->epoll = epoll_create1(0);
    o->listener = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, 0);

    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN;

    if (o->epoll == -1 || o->listener == -1
        || setsockopt(o->listener, SOL_SOCKET, SO_REUSEADDR, &one,
                      sizeof(one)) == -1
        || bind(o->listener, (struct sockaddr *) &in, sizeof(in)) == -1
        || listen(o->listener, 1024) == -1)
    {
        return -1;
    }

    return epoll_ctl(o->epoll, EPOLL_CTL_ADD, o->listener, &event);
}


static int
origin_accept(origin_t *o)
{
    int      one;
    conn_t  *c;

    c = malloc(sizeof(conn_t));
    if (c == NULL) {
        return -1;
    }

    c->fd = accept(o->listener, NULL, NULL);
    c->in_len = 0;
    c->out_len = 0;
    c->out_sent = 0;

    if (c->fd == -1) {
        free(c);
        return 0;
    }

    one = 1;
    (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

    if (origin_watch(o, c, EPOLL_CTL_ADD, EPOLLIN) != 0) {
        origin_close(c);
    }

    return 0;
}


static int
origin_watch(origin_t *o, conn_t *c, int op, uint32_t events)
{
    struct epoll_event  event;

    memset(&event, 0, sizeof(event));

    event.events = events;
    event.data.ptr = c;

    return epoll_ctl(o->epoll, op, c->fd, &event);
}


static int
origin_read(origin_t *o, conn_t *c)
{
    ssize_t  n;

    n = recv(c->fd, c->in + c->in_len, REQUEST_MAX - c->in_len,
             MSG_DONTWAIT);

    if (n == -1 && errno == EAGAIN) {
        return 0;
    }

    if (n <= 0) {
        return -1;
    }

    c->in_len += (size_t) n;
    c->in[c->in_len] = '\0';

    if (strstr(c->in, "\r\n\r\n") == NULL) {
        return c->in_len == REQUEST_MAX ? -1 : 0;
    }

    c->in_len = 0;

    return origin_answer(o, c) != 0 ? -1 : origin_send(o, c);
}


/* one request at a time on each connection, as nginx sends them */

static int
origin_answer(origin_t *o, conn_t *c)
{
    int        len;
    char      *end, *slash;
    size_t     size;
    uint32_t   n, version;

    end = strstr(c->in, " HTTP/1.");

    if (strncmp(c->in, "GET /", 5) != 0 || end == NULL) {
        return -1;
    }

    *end = '\0';
    slash = strrchr(c->in, '/');
    n = (uint32_t) strtoul(slash + 1, NULL, 10);

    version = n < o->nobjects ? o->versions[n] : 0;
    size = object_size(n, version);

    len = snprintf((char *) c->out, HEAD_MAX,
                   "HTTP/1.1 200 OK\r\n"
                   "Content-Type: application/octet-stream\r\n"
                   "Content-Length: %zu\r\n"
                   "ETag: \"%u-%u\"\r\n"
                   "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                   "x-amz-request-id: 0123456789ABCDEF\r\n"
                   "Connection: keep-alive\r\n\r\n",
                   size, (unsigned) n, (unsigned) version);

    object_bytes(n, version, 0, size, c->out + len);

    c->out_len = (size_t) len + size;
    c->out_sent = 0;

    return 0;
}


static int
origin_send(origin_t *o, conn_t *c)
{
    ssize_t  n;

    while (c->out_sent < c->out_len) {
        n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent,
                 MSG_NOSIGNAL|MSG_DONTWAIT);

        if (n == -1 && errno == EAGAIN) {
            return origin_watch(o, c, EPOLL_CTL_MOD, EPOLLOUT);
        }

        if (n <= 0) {
            return -1;
        }

        c->out_sent += (size_t) n;
    }

    return origin_watch(o, c, EPOLL_CTL_MOD, EPOLLIN);
}


static void
origin_close(conn_t *c)
{
    (void) close(c->fd);
    free(c);
}
