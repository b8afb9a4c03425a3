
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The control API's HTTP server.
 */

#ifndef _API_SERVER_H_INCLUDED_
#define _API_SERVER_H_INCLUDED_


#include <stdint.h>

#include "base/error.h"
#include "core/control.h"


typedef struct server_s  server_t;


typedef struct {
    const char      *listen;       /* an IPv4 or IPv6 address */
    uint16_t         port;
    const char      *token;        /* NULL: none is asked for */
    control_t       *control;      /* outlives the server */
} server_conf_t;


/*
 * Binds, and answers from threads of its own until server_stop().  What conf
 * points to is copied, but for control.  ERR_CONFLICT: the address is in use.
 */
int server_start(const server_conf_t *conf, server_t **ret_server,
    error_t *err);

/* waits for the requests that are being answered; NULL is fine */
void server_stop(server_t *server);


#endif /* _API_SERVER_H_INCLUDED_ */
