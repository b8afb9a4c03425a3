
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The certificate of https_port where none is configured.
 */

#ifndef _TLS_H_INCLUDED_
#define _TLS_H_INCLUDED_


#include <stdbool.h>

#include "base/error.h"


/*
 * Makes <dir>/cert.pem and <dir>/key.pem (0600) where they are not
 * there, or are no pair (what is there is put aside, see base/damage.h):
 * EC P-256, self-signed, localhost, 127.0.0.1, ::1 and the host name.
 */
int tls_self_signed(const char *dir, bool *ret_made, error_t *err);


#endif /* _TLS_H_INCLUDED_ */
