
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The socket that the API listens on.
 */

#ifndef _API_LISTEN_H_INCLUDED_
#define _API_LISTEN_H_INCLUDED_


#include <stdint.h>

#include "base/error.h"


/*
 * An IPv4 or IPv6 address.  ERR_CONFLICT: another has the port.  *ret_fd is
 * to be closed.
 */
int listen_open(const char *address, uint16_t port, int *ret_fd,
    error_t *err);


#endif /* _API_LISTEN_H_INCLUDED_ */
