
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * "s3edgectl generations": what was wanted when, and the way back.
 */

#ifndef _CLI_GENERATIONS_H_INCLUDED_
#define _CLI_GENERATIONS_H_INCLUDED_


#include "cli/command.h"


#define GENERATIONS_LIST_OPTIONS  2
#define GENERATIONS_DIFF_OPTIONS  1


extern const option_t  generations_list_options[GENERATIONS_LIST_OPTIONS];
extern const option_t  generations_diff_options[GENERATIONS_DIFF_OPTIONS];


int generations_run_list(command_call_t *call);
int generations_run_show(command_call_t *call);
int generations_run_diff(command_call_t *call);
int generations_run_rollback(command_call_t *call);


#endif /* _CLI_GENERATIONS_H_INCLUDED_ */
