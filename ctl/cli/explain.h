
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edgectl explain: the steps of a request's signature, and the first one
 * that a server took differently.  Works without the daemon.
 */

#ifndef _CLI_EXPLAIN_H_INCLUDED_
#define _CLI_EXPLAIN_H_INCLUDED_


#include "cli/command.h"


#define EXPLAIN_OPTIONS  7


extern const option_t  explain_options[EXPLAIN_OPTIONS];


/* EXIT_REFUSED also where the server's steps differ */
int explain_run(command_call_t *call);


#endif /* _CLI_EXPLAIN_H_INCLUDED_ */
