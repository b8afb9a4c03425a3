
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edgectl cache: clear.
 */

#ifndef _CLI_CACHE_H_INCLUDED_
#define _CLI_CACHE_H_INCLUDED_


#include "cli/command.h"


#define CACHE_CLEAR_OPTIONS  1


extern const option_t  cache_clear_options[CACHE_CLEAR_OPTIONS];


int cache_run_clear(command_call_t *call);


#endif /* _CLI_CACHE_H_INCLUDED_ */
