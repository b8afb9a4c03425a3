
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/listen.h"


#define LISTEN_BACKLOG  128


static int listen_address(const char *address, uint16_t port,
    struct sockaddr_storage *sa, socklen_t *ret_len, error_t *err);


int
listen_open(const char *address, uint16_t port, int *ret_fd, error_t *err)
{
    int                      rc, fd, on;
    socklen_t                len;
    struct sockaddr_storage  sa;

    len = 0;

    rc = listen_address(address, port, &sa, &len, err);

    if (rc != ERR_OK) {
        return rc;
    }

    fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1) {
        return error_errno(err, ERR_IO, "socket()");
    }

    on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(int)) == -1
        || bind(fd, (struct sockaddr *) &sa, len) == -1
        || listen(fd, LISTEN_BACKLOG) == -1)
    {
        rc = errno == EADDRINUSE ? ERR_CONFLICT : ERR_IO;
        rc = error_errno(err, rc, "cannot listen on %s port %" PRIu16,
                         address, port);
        (void) close(fd);
        return rc;
    }

    *ret_fd = fd;

    return ERR_OK;
}


static int
listen_address(const char *address, uint16_t port,
    struct sockaddr_storage *sa, socklen_t *ret_len, error_t *err)
{
    struct sockaddr_in   *v4;
    struct sockaddr_in6  *v6;

    memset(sa, 0, sizeof(struct sockaddr_storage));

    v4 = (struct sockaddr_in *) sa;
    v6 = (struct sockaddr_in6 *) sa;

    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *ret_len = sizeof(struct sockaddr_in);
        return ERR_OK;
    }

    if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *ret_len = sizeof(struct sockaddr_in6);
        return ERR_OK;
    }

    return error_set(err, ERR_INVALID,
                     "\"%s\" is no IPv4 or IPv6 address to listen on",
                     address);
}
