
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs the program nginx, and reads what it says.
 */

#ifndef _PROGRAM_H_INCLUDED_
#define _PROGRAM_H_INCLUDED_


#include <stdbool.h>

#include "base/error.h"
#include "nginx/nginx_types.h"


/*
 * nginx -t.  ERR_REFUSED: err has nginx's own first "emerg" or "error".
 * ERR_UNAVAILABLE: there is no such program.  ERR_TIMEOUT.
 */
int program_test(const char *binary, const char *prefix, const char *conf,
    error_t *err);

/* starts a daemon; as above.  inherit: its log is our stderr */
int program_start(const char *binary, const char *prefix, const char *conf,
    bool inherit, error_t *err);

/* nginx -V.  ERR_UNAVAILABLE also where it is no nginx */
int program_build(const char *binary, nginx_build_t *ret_build, error_t *err);


#endif /* _PROGRAM_H_INCLUDED_ */
