
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#define _GNU_SOURCE

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "server.h"


#define REQUEST_MAX  8192
#define EVENTS_MAX   256


typedef struct {
    int               fd;
    int               writes;      /* waits until it can write */
    size_t            in_len;
    size_t            sent;
    server_answer_t   answer;
    char              in[REQUEST_MAX + 1];
} conn_t;


typedef struct {
    int               epoll;
    int               listener;
    size_t            room;
    server_answer_pt  answer;
    void             *data;
} server_t;


static int server_listen(server_t *s, const char *port);
static int server_accept(server_t *s);
static int server_watch(server_t *s, conn_t *c, int op, uint32_t events);
static int server_read(server_t *s, conn_t *c);
static int server_send(server_t *s, conn_t *c);
static void server_close(conn_t *c);


int
server_run(const char *port, size_t room, server_answer_pt answer, void *data)
{
    int                  i, n, rc;
    conn_t              *c;
    server_t             s;
    struct epoll_event   events[EVENTS_MAX];

    s.room = room;
    s.answer = answer;
    s.data = data;

    (void) signal(SIGPIPE, SIG_IGN);

    if (server_listen(&s, port) != 0) {
        return -1;
    }

    for ( ;; ) {
        n = epoll_wait(s.epoll, events, EVENTS_MAX, -1);

        if (n == -1 && errno != EINTR) {
            return -1;
        }

        for (i = 0; i < n; i++) {
            c = events[i].data.ptr;

            if (c == NULL) {
                if (server_accept(&s) != 0) {
                    return -1;
                }

                continue;
            }

            rc = c->writes ? server_send(&s, c) : server_read(&s, c);

            if (rc != 0) {
                server_close(c);
            }
        }
    }
}


static int
server_listen(server_t *s, const char *port)
{
    int                 one;
    struct epoll_event  event;
    struct sockaddr_in  in;

    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_port = htons((uint16_t) strtoul(port, NULL, 10));
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    one = 1;
    s->epoll = epoll_create1(0);
    s->listener = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, 0);

    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN;

    if (s->epoll == -1 || s->listener == -1
        || setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one,
                      sizeof(one)) == -1
        || bind(s->listener, (struct sockaddr *) &in, sizeof(in)) == -1
        || listen(s->listener, 1024) == -1)
    {
        return -1;
    }

    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &event);
}


static int
server_accept(server_t *s)
{
    int      one;
    conn_t  *c;

    c = malloc(sizeof(conn_t) + s->room);
    if (c == NULL) {
        return -1;
    }

    c->fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK);
    c->writes = 0;
    c->in_len = 0;
    c->answer.room = (unsigned char *) (c + 1);

    if (c->fd == -1) {
        free(c);
        return 0;
    }

    one = 1;
    (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

    if (server_watch(s, c, EPOLL_CTL_ADD, EPOLLIN) != 0) {
        server_close(c);
    }

    return 0;
}


static int
server_watch(server_t *s, conn_t *c, int op, uint32_t events)
{
    struct epoll_event  event;

    memset(&event, 0, sizeof(event));

    event.events = events;
    event.data.ptr = c;

    c->writes = (events == EPOLLOUT);

    return epoll_ctl(s->epoll, op, c->fd, &event);
}


static int
server_read(server_t *s, conn_t *c)
{
    char     *end;
    ssize_t   n;

    n = recv(c->fd, c->in + c->in_len, REQUEST_MAX - c->in_len, 0);

    if (n == -1 && errno == EAGAIN) {
        return 0;
    }

    if (n <= 0) {
        return -1;
    }

    c->in_len += (size_t) n;
    c->in[c->in_len] = '\0';

    if (c->in_len < 4
        || memcmp(c->in + c->in_len - 4, "\r\n\r\n", 4) != 0)
    {
        return c->in_len == REQUEST_MAX ? -1 : 0;
    }

    end = strstr(c->in, " HTTP/1.");

    if (strncmp(c->in, "GET /", 5) != 0 || end == NULL) {
        return -1;
    }

    *end = '\0';
    c->in_len = 0;
    c->sent = 0;

    return s->answer(s->data, c->in + 4, &c->answer) != 0 ? -1
                                                          : server_send(s, c);
}


static int
server_send(server_t *s, conn_t *c)
{
    size_t            skip;
    ssize_t           n;
    struct iovec      iov[2];
    server_answer_t  *a;

    a = &c->answer;

    while (c->sent < a->head_len + a->body_len) {

        skip = c->sent < a->head_len ? c->sent : a->head_len;

        iov[0].iov_base = a->head + skip;
        iov[0].iov_len = a->head_len - skip;

        skip = c->sent - skip;

        iov[1].iov_base = (void *) (uintptr_t) (a->body + skip);
        iov[1].iov_len = a->body_len - skip;

        n = writev(c->fd, iov, 2);

        if (n == -1 && errno == EAGAIN) {
            return c->writes ? 0 : server_watch(s, c, EPOLL_CTL_MOD, EPOLLOUT);
        }

        if (n <= 0) {
            return -1;
        }

        c->sent += (size_t) n;
    }

    return c->writes ? server_watch(s, c, EPOLL_CTL_MOD, EPOLLIN) : 0;
}


static void
server_close(conn_t *c)
{
    (void) close(c->fd);
    free(c);
}
