
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edgectl cache: clear, ls, show, reclaim.
 */

#ifndef _CLI_CACHE_H_INCLUDED_
#define _CLI_CACHE_H_INCLUDED_


#include "cli/command.h"


#define CACHE_CLEAR_OPTIONS    3
#define CACHE_LS_OPTIONS       4
#define CACHE_RECLAIM_OPTIONS  1


extern const option_t  cache_clear_options[CACHE_CLEAR_OPTIONS];
extern const option_t  cache_ls_options[CACHE_LS_OPTIONS];
extern const option_t  cache_reclaim_options[CACHE_RECLAIM_OPTIONS];


int cache_run_clear(command_call_t *call);
int cache_run_ls(command_call_t *call);
int cache_run_show(command_call_t *call);
int cache_run_reclaim(command_call_t *call);


#endif /* _CLI_CACHE_H_INCLUDED_ */
