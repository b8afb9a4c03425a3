
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/conns.h"


struct conn_s {
    int              fd;           /* a duplicate: the other may be closed,
                                      and its number be another's; -1: free */
    bool             works;
    bool             shut;
    uint64_t         since;        /* of conns_s.clock */
};


struct conns_s {
    pthread_mutex_t  mutex;        /* guards all of this */
    size_t           room;
    size_t           keep;
    size_t           work;
    size_t           working;
    uint64_t         clock;        /* one for each touch */
    conn_t           items[];
};


static void conns_shut_oldest(conns_t *conns);


int
conns_new(size_t room, size_t keep, size_t work, conns_t **ret_conns,
    error_t *err)
{
    size_t    i;
    conns_t  *conns;

    conns = calloc(1, sizeof(conns_t) + room * sizeof(conn_t));

    if (conns == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_init(&conns->mutex, NULL);

    conns->room = room;
    conns->keep = keep;
    conns->work = work;

    for (i = 0; i < room; i++) {
        conns->items[i].fd = -1;
    }

    *ret_conns = conns;

    return ERR_OK;
}


void
conns_free(conns_t *conns)
{
    size_t  i;

    if (conns == NULL) {
        return;
    }

    for (i = 0; i < conns->room; i++) {
        conns_del(conns, &conns->items[i]);
    }

    (void) pthread_mutex_destroy(&conns->mutex);
    free(conns);
}


conn_t *
conns_add(conns_t *conns, int fd)
{
    size_t   i;
    conn_t  *conn;

    (void) pthread_mutex_lock(&conns->mutex);

    conns_shut_oldest(conns);

    conn = NULL;

    for (i = 0; i < conns->room && conn == NULL; i++) {

        if (conns->items[i].fd == -1) {
            conn = &conns->items[i];
        }
    }

    if (conn != NULL) {
        conn->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        conn->works = false;
        conn->shut = false;
        conn->since = conns->clock++;

        if (conn->fd == -1) {
            conn = NULL;
        }
    }

    (void) pthread_mutex_unlock(&conns->mutex);

    return conn;
}


/* room for the one that comes */

static void
conns_shut_oldest(conns_t *conns)
{
    size_t   i, n;
    conn_t  *conn, *oldest;

    n = 0;
    oldest = NULL;

    for (i = 0; i < conns->room; i++) {
        conn = &conns->items[i];

        if (conn->fd == -1 || conn->shut) {
            continue;
        }

        n++;

        if (!conn->works && (oldest == NULL || conn->since < oldest->since)) {
            oldest = conn;
        }
    }

    if (n >= conns->keep && oldest != NULL) {
        oldest->shut = true;
        (void) shutdown(oldest->fd, SHUT_RDWR);
    }
}


void
conns_del(conns_t *conns, conn_t *conn)
{
    if (conn == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&conns->mutex);

    if (conn->fd != -1) {
        (void) close(conn->fd);
        conn->fd = -1;
    }

    (void) pthread_mutex_unlock(&conns->mutex);
}


void
conns_touch(conns_t *conns, conn_t *conn)
{
    if (conn == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&conns->mutex);
    conn->since = conns->clock++;
    (void) pthread_mutex_unlock(&conns->mutex);
}


bool
conns_begin(conns_t *conns, conn_t *conn)
{
    bool  begun;

    (void) pthread_mutex_lock(&conns->mutex);

    begun = conns->working < conns->work;

    if (begun) {
        conns->working++;
    }

    if (begun && conn != NULL) {
        conn->works = true;
    }

    (void) pthread_mutex_unlock(&conns->mutex);

    return begun;
}


void
conns_end(conns_t *conns, conn_t *conn)
{
    (void) pthread_mutex_lock(&conns->mutex);

    conns->working--;

    if (conn != NULL) {
        conn->works = false;
        conn->since = conns->clock++;
    }

    (void) pthread_mutex_unlock(&conns->mutex);
}
