
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a subcommand is: a row of the table in s3edgectl.c.
 */

#ifndef _CLI_COMMAND_H_INCLUDED_
#define _CLI_COMMAND_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>

#include "cli/client.h"
#include "cli/options.h"


typedef struct {
    client_t        *client;
    bool             json;
    options_t        options;      /* of the command's own table */
} command_call_t;


/* returns the exit code */
typedef int (*command_pt)(command_call_t *call);


typedef struct {
    const char      *group;        /* "bucket" */
    const char      *verb;         /* "add"; NULL: the group is the command */
    const char      *args;         /* "NAME", for the help; NULL: none;
                                      "NAME [KEY...]": or more */
    size_t           nargs;
    const char      *help;         /* one line */
    command_pt       run;
    const option_t  *options;
    size_t           noptions;
} command_t;


#endif /* _CLI_COMMAND_H_INCLUDED_ */
