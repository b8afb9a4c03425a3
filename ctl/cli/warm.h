
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edgectl warm.
 */

#ifndef _CLI_WARM_H_INCLUDED_
#define _CLI_WARM_H_INCLUDED_


#include "cli/command.h"


#define WARM_OPTIONS  3


extern const option_t  warm_options[WARM_OPTIONS];


int warm_run(command_call_t *call);


#endif /* _CLI_WARM_H_INCLUDED_ */
