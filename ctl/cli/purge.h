
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edgectl purge.
 */

#ifndef _CLI_PURGE_H_INCLUDED_
#define _CLI_PURGE_H_INCLUDED_


#include <stdbool.h>

#include "cli/command.h"


#define PURGE_OPTIONS  7


extern const option_t  purge_options[PURGE_OPTIONS];


int purge_run(command_call_t *call);

/*
 * POST /api/cache/clear, and a sentence of what was done; bucket NULL:
 * everything.
 */
int purge_all(command_call_t *call, const char *bucket, bool soft,
    bool dry_run);


#endif /* _CLI_PURGE_H_INCLUDED_ */
