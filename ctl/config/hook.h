
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files of the operator's own that go into nginx.conf.  They are read with
 * the settings, and are what they were until the settings are read again.
 */

#ifndef _HOOK_H_INCLUDED_
#define _HOOK_H_INCLUDED_


#include "base/error.h"
#include "config/config_types.h"


#define HOOK_FILE_MAX  (1024 * 1024)   /* bytes */


/* its key in section "nginx" */
const char *hook_key(config_hook_t hook);

/* S3EDGE_INCLUDE_HTTP=FILE:FILE goes before the setting */
int hook_env(config_t *config, error_t *err);

/*
 * Reads the files of all hooks.  Messages begin with the setting, or with the
 * variable, and *ret_line is where it is.  ERR_NOT_FOUND: a file that is not
 * there; a glob may have none.  ERR_INVALID: anybody may write to it, or to
 * its directory.
 */
int hook_load(config_t *config, unsigned *ret_line, error_t *err);

void hook_release(config_t *config);


#endif /* _HOOK_H_INCLUDED_ */
