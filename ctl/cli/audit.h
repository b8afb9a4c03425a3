
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * s3edgectl audit.
 */

#ifndef _CLI_AUDIT_H_INCLUDED_
#define _CLI_AUDIT_H_INCLUDED_


#include "cli/command.h"


#define AUDIT_OPTIONS  2


extern const option_t  audit_options[AUDIT_OPTIONS];


int audit_run(command_call_t *call);


#endif /* _CLI_AUDIT_H_INCLUDED_ */
