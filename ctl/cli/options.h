
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Options of the command line, by a table: "--name VALUE", "--name=VALUE",
 * "--flag", and "--" that ends them.  Options and arguments mix freely.
 */

#ifndef _CLI_OPTIONS_H_INCLUDED_
#define _CLI_OPTIONS_H_INCLUDED_


#include <stddef.h>


#define OPTIONS_MAX       64
#define OPTIONS_ARGS_MAX  1024
#define OPTIONS_GIVEN_MAX 1024


typedef struct {
    const char      *name;         /* "--endpoint" */
    const char      *value;        /* "URL", for the help; NULL: a flag */
    const char      *help;
} option_t;


/* one as it was given, with its name in the table */

typedef struct {
    const char      *name;
    const char      *value;
} option_given_t;


typedef struct {
    const char      *values[OPTIONS_MAX];    /* by row; NULL: not given;
                                                a flag: ""; twice: the
                                                last */
    const char      *args[OPTIONS_ARGS_MAX];
    size_t           nargs;
    option_given_t   given[OPTIONS_GIVEN_MAX];    /* all, in their order */
    size_t           ngiven;
} options_t;


/*
 * Takes one option, with its value if it has one, or one argument off argv at
 * *i, and moves *i on.  EXIT_USAGE: it has said why.  The values belong to
 * argv.  "-h" stands for "--help".
 */
int options_take(const option_t *table, size_t n, int argc, char **argv,
    int *i, options_t *options);

/* the last of that name; NULL: it was not given */
const char *options_value(const options_t *options, const char *name);

/* one line each, on stdout */
void options_help(const option_t *table, size_t n);


#endif /* _CLI_OPTIONS_H_INCLUDED_ */
