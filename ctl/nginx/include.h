
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files of the operator's own in nginx.conf (config/hook.h).  nginx reads
 * copies, below paths.state and named by what is in them: what it runs, and
 * starts with again, stays as it was tested while the operator edits.
 */

#ifndef _INCLUDE_H_INCLUDED_
#define _INCLUDE_H_INCLUDED_


#include "base/error.h"
#include "base/strbuf.h"
#include "config/config_types.h"


#define INCLUDE_DIR  "nginx/includes"  /* below paths.state */


/* an "include" for each file of the hook */
void include_render(const config_t *config, config_hook_t hook,
    const char *indent, strbuf_t *sb);

/* makes the copies that are not there */
int include_write(const config_t *config, error_t *err);

/* puts the operator's names in place of those of copies: nginx's messages */
void include_explain(const config_t *config, error_t *err);


#endif /* _INCLUDE_H_INCLUDED_ */
