
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edgectl status and version.
 */

#ifndef _CLI_STATUS_H_INCLUDED_
#define _CLI_STATUS_H_INCLUDED_


#include "cli/command.h"


/* EXIT_REFUSED where the daemon says it is degraded */
int status_run(command_call_t *call);

/* says the version of s3edgectl also where it cannot reach the daemon */
int status_run_version(command_call_t *call);


#endif /* _CLI_STATUS_H_INCLUDED_ */
