
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The clients of bench/churn: requests for the objects of object.h, each byte
 * of which is looked at.
 *
 *     churn [OPTION ...] PORT VERSIONS
 *
 *     -c CONNECTIONS  (32)
 *     -s SLOW         of these, that read bit by bit (4)
 *     -n REQUESTS     (1)
 *     -f FROM         numbers from OBJECT_FILL + FROM on, three times each
 *
 * VERSIONS has 64 bits for each object: in the first half of the file the
 * versions that the origin serves, in the second the oldest that is right,
 * once a purge has been answered.  Of the objects few are asked for often.
 *
 * A connection may break.  Prints what came as "name value" pairs.  Exit
 * status 1: bytes were wrong, or older than they may be, or a response was
 * not 200, or none came in 30 s.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "object.h"


#define CONNS_MAX   256
#define BUF_SIZE    65536
#define SLOW_SIZE   1500
#define SLOW_EVERY  0.002          /* seconds */

/* one of so many gives up in the middle */
#define ABORT       100

/* objects of a prefix: a purge of one is a run in VERSIONS */
#define PREFIX      2000

/* spreads those that are asked for often */
#define STRIDE      1000003


typedef struct {
    int             fd;            /* -1: none */
    int             slow;
    uint32_t        number;
    uint32_t        least;         /* versions that are right */
    uint32_t        version;
    size_t          len;           /* of what is in buf: a header */
    size_t          size;          /* of the body; 0: header not there */
    size_t          done;
    size_t          stop;          /* gives up there; 0: does not */
    char            buf[BUF_SIZE + 1];
} conn_t;


typedef struct {
    uint16_t        port;
    int             epoll;
    unsigned long   nconns;
    unsigned long   nslow;
    unsigned long   fill;          /* 0: does not */
    unsigned long   requests;
    unsigned long   sent;
    unsigned long   done;
    unsigned long   hits;
    unsigned long   broken;
    unsigned long   aborted;
    unsigned long   slow;
    unsigned long   wrong;
    uint64_t        bytes;
    uint64_t        random;
    uint32_t        nobjects;
    const volatile uint32_t  *versions;
    const volatile uint32_t  *least;
    conn_t          conns[CONNS_MAX];
} churn_t;


static int churn_options(churn_t *l, int argc, char **argv);
static int churn_run(churn_t *l);
static double churn_now(void);
static int churn_open(churn_t *l, conn_t *c);
static void churn_close(conn_t *c);
static uint32_t churn_number(churn_t *l);
static int churn_send(churn_t *l, conn_t *c);
static int churn_event(churn_t *l, conn_t *c);
static int churn_head(churn_t *l, conn_t *c);
static int churn_body(churn_t *l, conn_t *c, const char *data, size_t len);
static int churn_next(churn_t *l, conn_t *c);
static int churn_wrong(churn_t *l, conn_t *c, const char *what);


int
main(int argc, char **argv)
{
    int       rc;
    double    from;
    churn_t  *l;

    l = calloc(1, sizeof(churn_t));

    if (l == NULL || churn_options(l, argc, argv) != 0) {
        (void) fprintf(stderr, "churn: wrong options\n");
        return 2;
    }

    from = churn_now();
    rc = churn_run(l);

    (void) printf("requests %lu hits %lu bytes %llu broken %lu aborted %lu "
                  "slow %lu wrong %lu seconds %.1f\n", l->done, l->hits,
                  (unsigned long long) l->bytes, l->broken, l->aborted,
                  l->slow, l->wrong, churn_now() - from);

    rc = (rc != 0 || l->wrong != 0);
    free(l);

    return rc;
}


static int
churn_options(churn_t *l, int argc, char **argv)
{
    int     c;
    size_t  n;

    l->nconns = 32;
    l->nslow = 4;
    l->requests = 1;

    while ((c = getopt(argc, argv, "c:s:n:f:")) != -1) {

        switch (c) {

        case 'c':
            l->nconns = strtoul(optarg, NULL, 10);
            break;

        case 's':
            l->nslow = strtoul(optarg, NULL, 10);
            break;

        case 'n':
            l->requests = strtoul(optarg, NULL, 10);
            break;

        case 'f':
            l->fill = OBJECT_FILL + strtoul(optarg, NULL, 10);
            break;

        default:
            return -1;
        }
    }

    if (argc - optind != 2 || l->nconns == 0 || l->nconns > CONNS_MAX
        || l->nslow > l->nconns)
    {
        return -1;
    }

    l->port = (uint16_t) strtoul(argv[optind], NULL, 10);
    l->random = (uint64_t) time(NULL) << 20 ^ (uint64_t) getpid();
    l->epoll = epoll_create1(0);
    l->versions = object_versions(argv[optind + 1], &n);

    if (l->epoll == -1 || l->versions == NULL) {
        return -1;
    }

    l->nobjects = (uint32_t) (n / 2);
    l->least = l->versions + l->nobjects;

    return 0;
}


static int
churn_run(churn_t *l)
{
    int                  i, n;
    double               last, slow, now;
    conn_t              *c;
    unsigned long        k;
    struct epoll_event   events[CONNS_MAX];

    for (k = 0; k < l->nconns; k++) {
        l->conns[k].fd = -1;
        l->conns[k].slow = (k < l->nslow);

        if (churn_next(l, &l->conns[k]) != 0) {
            return -1;
        }
    }

    last = churn_now();
    slow = last;

    while (l->done < l->requests) {

        n = epoll_wait(l->epoll, events, CONNS_MAX, 1);
        now = churn_now();

        if (n == -1 || now - last > 30) {
            (void) fprintf(stderr, "churn: no response in 30 s\n");
            return -1;
        }

        for (i = 0; i < n; i++) {
            last = now;

            if (churn_event(l, events[i].data.ptr) != 0) {
                return -1;
            }
        }

        if (now - slow < SLOW_EVERY) {
            continue;
        }

        slow = now;

        for (k = 0; k < l->nslow; k++) {
            c = &l->conns[k];

            if (c->fd != -1 && churn_event(l, c) != 0) {
                return -1;
            }
        }
    }

    return 0;
}


static double
churn_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}


static int
churn_open(churn_t *l, conn_t *c)
{
    int                 one, size;
    struct sockaddr_in  in;
    struct epoll_event  event;

    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_port = htons(l->port);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    one = 1;
    size = 4096;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);

    if (c->fd == -1
        || (c->slow && setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size,
                                  sizeof(size)) == -1)
        || connect(c->fd, (struct sockaddr *) &in, sizeof(in)) == -1
        || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one))
           == -1)
    {
        (void) fprintf(stderr, "churn: connect(): %s\n", strerror(errno));
        return -1;
    }

    if (c->slow) {
        return 0;
    }

    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN;
    event.data.ptr = c;

    return epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event);
}


static void
churn_close(conn_t *c)
{
    (void) close(c->fd);
    c->fd = -1;
}


static uint32_t
churn_number(churn_t *l)
{
    double  u;

    if (l->fill) {
        return (uint32_t) (l->fill + l->sent / 3);
    }

    l->random = object_mix(l->random);
    u = (double) (l->random >> 11) / (double) (1ULL << 53);
    u = u * u * u * u;

    return (uint32_t) ((uint64_t) (u * (double) l->nobjects) * STRIDE
                       % l->nobjects);
}


static int
churn_send(churn_t *l, conn_t *c)
{
    int     len;
    char    text[128];
    size_t  size;

    c->number = churn_number(l);
    c->least = 0;
    c->len = 0;
    c->size = 0;
    c->done = 0;
    c->stop = 0;

    if (c->number < l->nobjects) {
        c->least = l->least[c->number];
        size = object_size(c->number, c->least);

        if (l->random % ABORT == 0) {
            c->stop = 1 + (l->random >> 16) % size;
        }
    }

    l->sent++;
    l->slow += (c->slow != 0);

    len = snprintf(text, sizeof(text), "GET /churn/p%04u/%08u HTTP/1.1\r\n"
                   "Host: churn\r\n\r\n", (unsigned) (c->number / PREFIX),
                   (unsigned) c->number);

    return send(c->fd, text, (size_t) len, MSG_NOSIGNAL) == len ? 0 : -1;
}


static int
churn_event(churn_t *l, conn_t *c)
{
    int      rc;
    size_t   room;
    ssize_t  n;

    room = c->size ? BUF_SIZE : BUF_SIZE - c->len;

    if (c->slow && room > SLOW_SIZE) {
        room = SLOW_SIZE;
    }

    /* what it leaves unread is what the server has to get rid of */

    if (c->size && c->stop != 0 && room > c->stop - c->done) {
        room = c->stop - c->done;
    }

    n = recv(c->fd, c->buf + (c->size ? 0 : c->len), room, MSG_DONTWAIT);

    if (n == -1 && errno == EAGAIN) {
        return 0;
    }

    if (n <= 0) {
        l->broken++;
        churn_close(c);
        return churn_next(l, c);
    }

    if (c->size) {
        rc = churn_body(l, c, c->buf, (size_t) n);

    } else {
        c->len += (size_t) n;
        rc = churn_head(l, c);
    }

    if (rc != 0) {
        return -1;
    }

    if (c->stop != 0 && c->done >= c->stop) {
        l->done++;
        l->aborted++;
        churn_close(c);
        return churn_next(l, c);
    }

    if (c->size != 0 && c->done == c->size) {
        l->done++;
        return churn_next(l, c);
    }

    return 0;
}


/* ETag: "NUMBER-VERSION" */

static int
churn_head(churn_t *l, conn_t *c)
{
    char      *end, *p;
    size_t     size;
    uint32_t   now;

    c->buf[c->len] = '\0';

    end = strstr(c->buf, "\r\n\r\n");
    if (end == NULL) {
        return c->len == BUF_SIZE ? churn_wrong(l, c, "header") : 0;
    }

    end[2] = '\0';
    end += 4;

    if (strncmp(c->buf, "HTTP/1.1 200 ", 13) != 0) {
        return churn_wrong(l, c, c->buf);
    }

    p = strstr(c->buf, "\r\nContent-Length: ");
    size = p ? strtoul(p + 18, NULL, 10) : 0;

    p = strstr(c->buf, "\r\nETag: \"");

    if (p == NULL || strtoul(p + 9, &p, 10) != c->number || *p != '-') {
        return churn_wrong(l, c, "another object");
    }

    c->version = (uint32_t) strtoul(p + 1, NULL, 10);
    now = c->number < l->nobjects ? l->versions[c->number] : 0;

    if (c->version < c->least || c->version > now) {
        return churn_wrong(l, c, "another version");
    }

    if (size != object_size(c->number, c->version)) {
        return churn_wrong(l, c, "size");
    }

    l->hits += (strstr(c->buf, "\r\nX-Cache: HIT\r\n") != NULL);

    c->size = size;

    return churn_body(l, c, end, c->len - (size_t) (end - c->buf));
}


static int
churn_body(churn_t *l, conn_t *c, const char *data, size_t len)
{
    static unsigned char  want[BUF_SIZE];

    if (len > c->size - c->done) {
        return churn_wrong(l, c, "more bytes than there are");
    }

    object_bytes(c->number, c->version, c->done, len, want);

    if (memcmp(data, want, len) != 0) {
        return churn_wrong(l, c, "bytes");
    }

    c->done += len;
    l->bytes += len;

    return 0;
}


/* a connection that breaks as it is used again is one that nginx closed */

static int
churn_next(churn_t *l, conn_t *c)
{
    if (l->sent >= l->requests + l->broken) {
        if (c->fd != -1) {
            churn_close(c);
        }

        return 0;
    }

    for ( ;; ) {
        if (c->fd == -1 && churn_open(l, c) != 0) {
            return -1;
        }

        if (churn_send(l, c) == 0) {
            return 0;
        }

        l->broken++;
        churn_close(c);
    }
}


static int
churn_wrong(churn_t *l, conn_t *c, const char *what)
{
    l->wrong++;

    (void) fprintf(stderr, "churn: wrong: %s: object %u of %u, version %u, "
                   "at least %u, at %zu of %zu\n", what, (unsigned) c->number,
                   (unsigned) l->nobjects, (unsigned) c->version,
                   (unsigned) c->least, c->done, c->size);
    return -1;
}
