
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A number of HTTP requests over kept connections, one at a time on each.
 *
 *     load [OPTION ...] ADDRESS PATH
 *
 *     -c CONNECTIONS  (1)
 *     -n REQUESTS     (1)
 *     -k KEYS         how many different numbers (REQUESTS)
 *     -t STRIDE       from one number to the next (1)
 *     -m METHOD       (GET)
 *     -b FILE         the body wanted; its first 8 bytes are the number
 *     -x VALUE        the X-Cache wanted
 *
 * ADDRESS is 127.0.0.1:PORT or unix:PATH; "@" in PATH is the number, in 8
 * digits.  Prints the seconds that it took.  Exit status 1: a response was
 * not 200, or not what was wanted, or a connection broke.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>


#define HEAD_MAX       8192
#define DIGITS         8
#define CONNS_MAX      256


typedef struct {
    int             fd;
    unsigned long   number;
    size_t          len;           /* read so far, at most size */
    size_t          head;          /* 0: not all there yet */
    size_t          body;
    char           *buf;
} conn_t;


typedef struct {
    unsigned long   nconns;
    unsigned long   requests;
    unsigned long   keys;
    unsigned long   stride;
    unsigned long   sent;
    unsigned long   done;
    const char     *method;
    const char     *path;
    const char     *cache;         /* NULL: whatever it is */
    char           *want;          /* NULL: any body */
    size_t          want_len;
    size_t          size;          /* of a connection's buffer */
    int             epoll;
    conn_t          conns[CONNS_MAX];
} load_t;


static int load_options(load_t *l, int argc, char **argv);
static int load_number(const char *text, unsigned long *ret_number);
static int load_file(load_t *l, const char *name);
static int load_open(load_t *l, conn_t *c, const char *address);
static int load_connect(const char *address);
static int load_run(load_t *l);
static double load_now(void);
static int load_send(load_t *l, conn_t *c);
static int load_read(load_t *l, conn_t *c);
static int load_head(conn_t *c);
static int load_check(load_t *l, conn_t *c);
static const char *load_field(conn_t *c, const char *name);
static int load_fail(const char *what);


int
main(int argc, char **argv)
{
    double          from;
    load_t         *l;
    unsigned long   i;

    l = calloc(1, sizeof(load_t));

    if (l == NULL || load_options(l, argc, argv) != 0) {
        return 2;
    }

    for (i = 0; i < l->nconns; i++) {
        if (load_open(l, &l->conns[i], argv[argc - 2]) != 0) {
            return 1;
        }
    }

    from = load_now();

    if (load_run(l) != 0) {
        return 1;
    }

    (void) printf("%.6f\n", load_now() - from);

    return 0;
}


static int
load_options(load_t *l, int argc, char **argv)
{
    int  c, rc;

    l->nconns = l->requests = l->stride = 1;
    l->method = "GET";
    rc = 0;

    while (rc == 0 && (c = getopt(argc, argv, "c:n:k:t:m:b:x:")) != -1) {

        switch (c) {

        case 'c':
            rc = load_number(optarg, &l->nconns);
            break;

        case 'n':
            rc = load_number(optarg, &l->requests);
            break;

        case 'k':
            rc = load_number(optarg, &l->keys);
            break;

        case 't':
            rc = load_number(optarg, &l->stride);
            break;

        case 'm':
            l->method = optarg;
            break;

        case 'b':
            rc = load_file(l, optarg);
            break;

        case 'x':
            l->cache = optarg;
            break;

        default:
            rc = -1;
        }
    }

    if (rc != 0 || argc - optind != 2 || l->nconns > CONNS_MAX) {
        return load_fail("wrong options");
    }

    if (l->keys == 0) {
        l->keys = l->requests;
    }

    if (l->nconns > l->requests) {
        l->nconns = l->requests;
    }

    l->path = argv[argc - 1];
    l->size = HEAD_MAX + l->want_len;
    l->epoll = epoll_create1(0);

    return l->epoll == -1 ? load_fail("epoll_create1()") : 0;
}


static int
load_number(const char *text, unsigned long *ret_number)
{
    char           *end;
    unsigned long   n;

    n = strtoul(text, &end, 10);

    if (n == 0 || *end != '\0') {
        return -1;
    }

    *ret_number = n;

    return 0;
}


static int
load_file(load_t *l, const char *name)
{
    long   size;
    FILE  *fp;

    fp = fopen(name, "rb");
    if (fp == NULL) {
        return -1;
    }

    if (fseek(fp, 0, SEEK_END) != 0 || (size = ftell(fp)) < DIGITS) {
        (void) fclose(fp);
        return -1;
    }

    rewind(fp);

    l->want_len = (size_t) size;
    l->want = malloc(l->want_len);

    if (l->want == NULL || fread(l->want, l->want_len, 1, fp) != 1) {
        (void) fclose(fp);
        return -1;
    }

    return fclose(fp);
}


static int
load_open(load_t *l, conn_t *c, const char *address)
{
    struct epoll_event  event;

    c->buf = malloc(l->size + 1);
    if (c->buf == NULL) {
        return load_fail("malloc()");
    }

    c->fd = load_connect(address);
    if (c->fd == -1) {
        return load_fail("connect()");
    }

    memset(&event, 0, sizeof(struct epoll_event));

    event.events = EPOLLIN;
    event.data.ptr = c;

    return epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event);
}


static int
load_connect(const char *address)
{
    int                  fd, rc, one;
    unsigned long        port;
    struct sockaddr_in   in;
    struct sockaddr_un   un;

    if (strncmp(address, "unix:", 5) == 0) {
        memset(&un, 0, sizeof(un));
        un.sun_family = AF_UNIX;

        rc = snprintf(un.sun_path, sizeof(un.sun_path), "%s", address + 5);

        if (rc < 0 || (size_t) rc >= sizeof(un.sun_path)) {
            return -1;
        }

        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        rc = connect(fd, (struct sockaddr *) &un, sizeof(un));

    } else {
        if (strncmp(address, "127.0.0.1:", 10) != 0
            || load_number(address + 10, &port) != 0)
        {
            return -1;
        }

        memset(&in, 0, sizeof(in));
        in.sin_family = AF_INET;
        in.sin_port = htons((uint16_t) port);
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

        fd = socket(AF_INET, SOCK_STREAM, 0);
        rc = connect(fd, (struct sockaddr *) &in, sizeof(in));

        if (rc == 0) {
            one = 1;
            rc = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        }
    }

    return rc == 0 ? fd : -1;
}


/*
 * Does not sleep: to wake a process on another core is dear in a virtual
 * machine, and would be the server's time.
 */

static int
load_run(load_t *l)
{
    int                 i, n;
    double              last;
    unsigned long       k;
    struct epoll_event  events[CONNS_MAX];

    last = load_now();

    for (k = 0; k < l->nconns; k++) {
        if (load_send(l, &l->conns[k]) != 0) {
            return -1;
        }
    }

    while (l->done < l->requests) {

        n = epoll_wait(l->epoll, events, CONNS_MAX, 0);

        if (n > 0) {
            last = load_now();

        } else if (n == -1 || load_now() - last > 30) {
            return load_fail("no response in 30 s");
        }

        for (i = 0; i < n; i++) {
            if (load_read(l, events[i].data.ptr) != 0) {
                return -1;
            }
        }
    }

    return 0;
}


static double
load_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}


static int
load_send(load_t *l, conn_t *c)
{
    int          len;
    char         text[1024];
    const char  *at;

    c->number = (l->sent++ % l->keys) * l->stride;
    c->len = 0;
    c->head = 0;

    at = strchr(l->path, '@');

    if (at != NULL) {
        len = snprintf(text, sizeof(text), "%s %.*s%08lu%s HTTP/1.1\r\n"
                       "Host: bench\r\n\r\n", l->method,
                       (int) (at - l->path), l->path, c->number, at + 1);

    } else {
        len = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\n"
                       "Host: bench\r\n\r\n", l->method, l->path);
    }

    if (len < 0 || (size_t) len >= sizeof(text)
        || send(c->fd, text, (size_t) len, MSG_NOSIGNAL) != len)
    {
        return load_fail("send()");
    }

    return 0;
}


static int
load_read(load_t *l, conn_t *c)
{
    ssize_t  n;

    n = recv(c->fd, c->buf + c->len, l->size - c->len, MSG_DONTWAIT);

    if (n == -1 && errno == EAGAIN) {
        return 0;
    }

    if (n <= 0) {
        return load_fail("the connection broke, or the response is too long");
    }

    c->len += (size_t) n;

    if (c->head == 0 && load_head(c) != 0) {
        return -1;
    }

    if (c->head == 0 || c->len < c->head + c->body) {
        return 0;
    }

    if (load_check(l, c) != 0) {
        return -1;
    }

    l->done++;

    return l->sent < l->requests ? load_send(l, c) : 0;
}


static int
load_head(conn_t *c)
{
    char        *end;
    const char  *length;

    c->buf[c->len] = '\0';

    end = strstr(c->buf, "\r\n\r\n");
    if (end == NULL) {
        return 0;
    }

    end[2] = '\0';

    length = load_field(c, "\r\nContent-Length: ");
    if (length == NULL) {
        return load_fail("no Content-Length");
    }

    c->head = (size_t) (end - c->buf) + 4;
    c->body = strtoul(length, NULL, 10);

    return 0;
}


static int
load_check(load_t *l, conn_t *c)
{
    char        *body, digits[24];
    size_t       len;
    const char  *value;

    if (strncmp(c->buf, "HTTP/1.1 200 ", 13) != 0) {
        return load_fail(c->buf);
    }

    if (l->cache != NULL) {
        len = strlen(l->cache);
        value = load_field(c, "\r\nX-Cache: ");

        if (value == NULL || strncmp(value, l->cache, len) != 0
            || value[len] != '\r')
        {
            return load_fail(c->buf);
        }
    }

    if (l->want == NULL) {
        return 0;
    }

    body = c->buf + c->head;
    (void) snprintf(digits, sizeof(digits), "%08lu", c->number);

    if (c->body != l->want_len
        || memcmp(body, digits, DIGITS) != 0
        || memcmp(body + DIGITS, l->want + DIGITS, l->want_len - DIGITS) != 0)
    {
        return load_fail("these are not the bytes");
    }

    return 0;
}


static const char *
load_field(conn_t *c, const char *name)
{
    char  *p;

    p = strstr(c->buf, name);

    return p == NULL ? NULL : p + strlen(name);
}


static int
load_fail(const char *what)
{
    (void) fprintf(stderr, "load: %s\n", what);

    return -1;
}
