
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
 *     -f FIRST        where in the sequence of requests to begin (0)
 *     -k KEYS         how many different numbers; without it, no two are alike
 *     -u              KEYS by chance, all alike
 *     -z S            KEYS by chance, by Zipf's law with that exponent
 *     -t STRIDE       from one number to the next (1)
 *     -m METHOD       (GET)
 *     -b FILE         the body wanted; its first 8 bytes are the number
 *     -s SIZE,...     sizes of bodies: of which number is which, see below
 *     -x VALUE        the X-Cache wanted
 *     -y              leave the core to others while there is nothing to read
 *     -l              print the latency too
 *
 * ADDRESS is 127.0.0.1:PORT or unix:PATH; "@" in PATH is the number, in 8
 * digits.  Prints the seconds that it took; with -l also the median and the
 * 99th percentile of the time from a request to the end of its response, in
 * microseconds, and the bytes of all bodies.  Exit status 1: a response was
 * not 200, or not what was wanted, or a connection broke.
 *
 * What is by chance depends on nothing but the place in the sequence: all
 * servers get the same requests, and runs with -f go on where others ended.
 *
 * With -s, the body of number N is the first bytes of FILE, as many as the
 * SIZE at (N * 2654435761 mod 2^32 >> 16) mod COUNT says.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <sched.h>
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

#include "histogram.h"
#include "keys.h"


#define HEAD_MAX       8192
#define READ_MAX       (256 * 1024)
#define DIGITS         8
#define CONNS_MAX      256

typedef struct {
    int             fd;
    unsigned long   number;
    uint64_t        from;          /* when it was sent, ns */
    size_t          len;           /* of the header, read so far */
    size_t          body;          /* its length as announced */
    size_t          got;           /* of the body, read and checked so far */
    unsigned        in_body:1;
    char           *buf;
    char            digits[24];    /* of the number */
} conn_t;


typedef struct {
    unsigned long   nconns;
    unsigned long   requests;
    unsigned long   sent;
    unsigned long   done;
    keys_t          keys;
    const char     *method;
    const char     *path;
    const char     *cache;         /* NULL: whatever it is */
    char           *want;          /* NULL: any body */
    size_t          want_len;
    size_t          size;          /* of a connection's buffer */
    uint64_t        bytes;
    unsigned        yield:1;
    unsigned        latency:1;
    int             epoll;
    histogram_t     times;
    conn_t          conns[CONNS_MAX];
} load_t;


static int load_options(load_t *l, int argc, char **argv);
static int load_settle(load_t *l);
static int load_number(const char *text, unsigned long *ret_number);
static int load_file(load_t *l, const char *name);
static int load_open(load_t *l, conn_t *c, const char *address);
static int load_connect(const char *address);
static int load_run(load_t *l);
static uint64_t load_now(void);
static int load_send(load_t *l, conn_t *c);
static int load_read(load_t *l, conn_t *c);
static int load_head(load_t *l, conn_t *c, size_t *ret_len);
static int load_field(load_t *l, conn_t *c);
static int load_body(const load_t *l, conn_t *c, const char *p, size_t len);
static int load_fail(const char *what);


int
main(int argc, char **argv)
{
    load_t         *l;
    uint64_t        from;
    unsigned long   i;

    l = calloc(1, sizeof(load_t));

    if (l == NULL || load_options(l, argc, argv) != 0 || load_settle(l) != 0) {
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

    (void) printf("%.6f", (double) (load_now() - from) / 1e9);

    if (l->latency) {
        (void) printf(" %.2f %.2f %llu", histogram_part(&l->times, 0.5) / 1e3,
                      histogram_part(&l->times, 0.99) / 1e3,
                      (unsigned long long) l->bytes);
    }

    (void) printf("\n");

    return 0;
}


static int
load_options(load_t *l, int argc, char **argv)
{
    int    c, rc;
    char  *end;

    l->nconns = l->requests = l->keys.stride = 1;
    l->method = "GET";
    rc = 0;

    while (rc == 0 && (c = getopt(argc, argv, "c:n:f:k:uz:t:m:b:s:x:yl")) != -1)
    {
        switch (c) {

        case 'c':
            rc = load_number(optarg, &l->nconns);
            break;

        case 'n':
            rc = load_number(optarg, &l->requests);
            break;

        case 'f':
            l->keys.first = strtoul(optarg, &end, 10);
            rc = *end == '\0' ? 0 : -1;
            break;

        case 'k':
            rc = load_number(optarg, &l->keys.count);
            break;

        case 'u':
            l->keys.order = KEYS_UNIFORM;
            break;

        case 'z':
            l->keys.order = KEYS_ZIPF;
            l->keys.exponent = strtod(optarg, &end);
            rc = *end == '\0' ? 0 : -1;
            break;

        case 't':
            rc = load_number(optarg, &l->keys.stride);
            break;

        case 'm':
            l->method = optarg;
            break;

        case 'b':
            rc = load_file(l, optarg);
            break;

        case 's':
            rc = keys_sizes(&l->keys, optarg);
            break;

        case 'x':
            l->cache = optarg;
            break;

        case 'y':
            l->yield = 1;
            break;

        case 'l':
            l->latency = 1;
            break;

        default:
            rc = -1;
        }
    }

    if (rc != 0 || argc - optind != 2 || l->nconns > CONNS_MAX) {
        return load_fail("wrong options");
    }

    l->path = argv[argc - 1];

    return 0;
}


static int
load_settle(load_t *l)
{
    if (keys_settle(&l->keys, l->want_len) != 0) {
        return load_fail("wrong keys or sizes");
    }

    if (l->nconns > l->requests) {
        l->nconns = l->requests;
    }

    l->size = l->want_len < READ_MAX ? l->want_len : READ_MAX;
    l->size += HEAD_MAX;
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
    uint64_t            last;
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

        } else if (n == -1 || load_now() - last > 30000000000) {
            return load_fail("no response in 30 s");

        } else if (l->yield) {
            (void) sched_yield();
        }

        for (i = 0; i < n; i++) {
            if (load_read(l, events[i].data.ptr) != 0) {
                return -1;
            }
        }
    }

    return 0;
}


static uint64_t
load_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
}


static int
load_send(load_t *l, conn_t *c)
{
    int          len;
    char         text[1024];
    const char  *at;

    c->number = keys_number(&l->keys, l->sent++);
    c->len = 0;
    c->got = 0;
    c->in_body = 0;

    (void) snprintf(c->digits, sizeof(c->digits), "%08lu", c->number);

    at = strchr(l->path, '@');

    if (at != NULL) {
        len = snprintf(text, sizeof(text), "%s %.*s%s%s HTTP/1.1\r\n"
                       "Host: bench\r\n\r\n", l->method,
                       (int) (at - l->path), l->path, c->digits, at + 1);

    } else {
        len = snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\n"
                       "Host: bench\r\n\r\n", l->method, l->path);
    }

    c->from = load_now();

    if (len < 0 || (size_t) len >= sizeof(text)
        || send(c->fd, text, (size_t) len, MSG_NOSIGNAL) != len)
    {
        return load_fail("send()");
    }

    return 0;
}


/* a body is checked as it comes, and not kept */

static int
load_read(load_t *l, conn_t *c)
{
    size_t   len;
    ssize_t  n;

    n = recv(c->fd, c->buf + c->len, l->size - c->len, MSG_DONTWAIT);

    if (n == -1 && errno == EAGAIN) {
        return 0;
    }

    if (n <= 0) {
        return load_fail("the connection broke, or the header is too long");
    }

    len = (size_t) n;

    if (!c->in_body && load_head(l, c, &len) != 0) {
        return -1;
    }

    if (!c->in_body) {
        return 0;
    }

    if (load_body(l, c, c->buf + c->len, len) != 0) {
        return -1;
    }

    c->len = 0;

    if (c->got < c->body) {
        return 0;
    }

    histogram_add(&l->times, load_now() - c->from);

    l->bytes += c->body;
    l->done++;

    return l->sent < l->requests ? load_send(l, c) : 0;
}


/* *ret_len bytes were read; when the header ends in them, what is behind */

static int
load_head(load_t *l, conn_t *c, size_t *ret_len)
{
    char    *end;
    size_t   all;

    all = c->len + *ret_len;
    c->buf[all] = '\0';

    end = strstr(c->buf, "\r\n\r\n");

    if (end == NULL) {
        c->len = all;
        return 0;
    }

    end[2] = '\0';

    if (load_field(l, c) != 0) {
        return -1;
    }

    c->in_body = 1;
    c->len = (size_t) (end - c->buf) + 4;
    *ret_len = all - c->len;

    return 0;
}


static int
load_field(load_t *l, conn_t *c)
{
    size_t       len;
    const char  *value;

    if (strncmp(c->buf, "HTTP/1.1 200 ", 13) != 0) {
        return load_fail(c->buf);
    }

    if (l->cache != NULL) {
        len = strlen(l->cache);
        value = strcasestr(c->buf, "\r\nX-Cache: ");

        if (value == NULL || strncmp(value + 11, l->cache, len) != 0
            || value[11 + len] != '\r')
        {
            return load_fail(c->buf);
        }
    }

    value = strcasestr(c->buf, "\r\nContent-Length: ");
    if (value == NULL) {
        return load_fail("no Content-Length");
    }

    c->body = strtoul(value + 18, NULL, 10);

    if (l->want == NULL) {
        return 0;
    }

    len = keys_size(&l->keys, c->number, l->want_len);

    return c->body == len ? 0 : load_fail("not the length of the object");
}


static int
load_body(const load_t *l, conn_t *c, const char *p, size_t len)
{
    size_t  from, n;

    from = c->got;
    c->got += len;

    if (c->got > c->body) {
        return load_fail("more than Content-Length");
    }

    if (l->want == NULL) {
        return 0;
    }

    if (from < DIGITS) {
        n = DIGITS - from < len ? DIGITS - from : len;

        if (memcmp(p, c->digits + from, n) != 0) {
            return load_fail("these are not the bytes");
        }

        p += n;
        len -= n;
        from += n;
    }

    if (memcmp(p, l->want + from, len) != 0) {
        return load_fail("these are not the bytes");
    }

    return 0;
}


static int
load_fail(const char *what)
{
    (void) fprintf(stderr, "load: %s\n", what);

    return -1;
}
