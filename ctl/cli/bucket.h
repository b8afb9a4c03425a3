
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edgectl bucket: add, set, list, show, rm.
 */

#ifndef _CLI_BUCKET_H_INCLUDED_
#define _CLI_BUCKET_H_INCLUDED_


#include "cli/command.h"


int bucket_run_add(command_call_t *call);
int bucket_run_set(command_call_t *call);
int bucket_run_list(command_call_t *call);
int bucket_run_show(command_call_t *call);
int bucket_run_rm(command_call_t *call);


#endif /* _CLI_BUCKET_H_INCLUDED_ */
