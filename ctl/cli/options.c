
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/output.h"


#define OPTIONS_WIDTH  34          /* columns before the help */


static int options_argument(const char *text, options_t *options);
static const option_t *options_find(const option_t *table, size_t n,
    const char *name, size_t len);


int
options_take(const option_t *table, size_t n, int argc, char **argv, int *i,
    options_t *options)
{
    size_t           len;
    const char      *text, *value;
    const option_t  *option;

    text = argv[(*i)++];

    if (text[0] != '-' || text[1] == '\0') {
        return options_argument(text, options);
    }

    if (strcmp(text, "--") == 0) {

        while (*i < argc) {
            if (options_argument(argv[(*i)++], options) != EXIT_DONE) {
                return EXIT_USAGE;
            }
        }

        return EXIT_DONE;
    }

    if (strcmp(text, "-h") == 0) {
        text = "--help";
    }

    len = strcspn(text, "=");
    value = text[len] == '=' ? text + len + 1 : NULL;

    option = options_find(table, n, text, len);

    if (option == NULL) {
        return output_error(EXIT_USAGE, "unknown option \"%.*s\"; see -h",
                            (int) len, text);
    }

    if (option->value == NULL) {

        if (value != NULL) {
            return output_error(EXIT_USAGE, "%s takes no value",
                                option->name);
        }

        value = "";

    } else if (value == NULL) {

        if (*i == argc) {
            return output_error(EXIT_USAGE, "%s wants a value: %s",
                                option->name, option->value);
        }

        value = argv[(*i)++];
    }

    if (options->ngiven == OPTIONS_GIVEN_MAX) {
        return output_error(EXIT_USAGE, "more than %d options",
                            OPTIONS_GIVEN_MAX);
    }

    options->given[options->ngiven].name = option->name;
    options->given[options->ngiven++].value = value;
    options->values[option - table] = value;

    return EXIT_DONE;
}


static int
options_argument(const char *text, options_t *options)
{
    if (options->nargs == OPTIONS_ARGS_MAX) {
        return output_error(EXIT_USAGE, "unexpected argument \"%s\"", text);
    }

    options->args[options->nargs++] = text;

    return EXIT_DONE;
}


static const option_t *
options_find(const option_t *table, size_t n, const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strlen(table[i].name) == len
            && strncmp(table[i].name, name, len) == 0)
        {
            return &table[i];
        }
    }

    return NULL;
}


const char *
options_value(const options_t *options, const char *name)
{
    size_t  i;

    for (i = options->ngiven; i > 0; i--) {
        if (strcmp(options->given[i - 1].name, name) == 0) {
            return options->given[i - 1].value;
        }
    }

    return NULL;
}


void
options_help(const option_t *table, size_t n)
{
    int     width;
    size_t  i;

    for (i = 0; i < n; i++) {
        width = printf("  %s%s%s", table[i].name,
                       table[i].value != NULL ? " " : "",
                       table[i].value != NULL ? table[i].value : "");

        (void) printf("%*s%s\n",
                      width < OPTIONS_WIDTH ? OPTIONS_WIDTH - width : 1, "",
                      table[i].help);
    }
}
