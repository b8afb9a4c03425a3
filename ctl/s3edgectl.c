
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The command line of s3edged: a client of its REST API.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/http.h"
#include "base/version.h"
#include "cli/audit.h"
#include "cli/bucket.h"
#include "cli/cache.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/credentials.h"
#include "cli/explain.h"
#include "cli/generations.h"
#include "cli/member.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/purge.h"
#include "cli/status.h"
#include "cli/warm.h"
#include "entity/credentials.h"
#include "entity/model.h"


#define MAIN_WIDTH  34             /* columns before the help */


enum {
    MAIN_JSON = 0,
    MAIN_API,
    MAIN_TOKEN_FILE,
    MAIN_MESSAGE,
    MAIN_HELP,
    MAIN_VERSION,
    MAIN_MAX
};


static const command_t *main_find(int argc, char **argv, int *i,
    options_t *options, int *ret_code);
static int main_run(const command_t *command, int argc, char **argv, int i,
    options_t *before);
static int main_call(const command_t *command, options_t *options);
static void main_usage(const char *group);
static void main_help(const command_t *command);
static int main_command_text(const command_t *command);


static const option_t  main_options[MAIN_MAX] = {
    { "--json", NULL, "print JSON" },
    { "--api", "URL", "of s3edged; default: S3EDGE_API, "
      CLIENT_API_DEFAULT },
    { "--token-file", "FILE", "of the API; default: S3EDGE_TOKEN_FILE" },
    { "--message", "TEXT", "why: kept with a change, see \"generations\"" },
    { "--help", NULL, "print this (-h), or a command's help" },
    { "--version", NULL, "print the version of s3edgectl" }
};


static const command_t  main_commands[] = {

    { "audit", NULL, NULL, 0, "who changed what, the latest first",
      audit_run, audit_options, AUDIT_OPTIONS },

    { "bucket", "add", "NAME", 1, "register a bucket; returns once it is "
      "served", bucket_run_add, member_key_options, MEMBER_KEY_OPTIONS },

    { "bucket", "set", "NAME [KEY=VALUE...]", 1, "change a registered bucket; "
      "KEY= takes a setting away", bucket_run_set, member_key_options,
      MEMBER_KEY_OPTIONS },

    { "bucket", "list", NULL, 0, "list the buckets", bucket_run_list,
      NULL, 0 },

    { "bucket", "show", "NAME", 1, "print one bucket", bucket_run_show,
      NULL, 0 },

    { "bucket", "rm", "NAME", 1, "remove a registered bucket",
      bucket_run_rm, NULL, 0 },

    { "cache", "clear", NULL, 0, "forget all cached objects, or those of "
      "a bucket", cache_run_clear, cache_clear_options,
      CACHE_CLEAR_OPTIONS },

    { "cache", "ls", NULL, 0, "list what is on disk", cache_run_ls,
      cache_ls_options, CACHE_LS_OPTIONS },

    { "cache", "reclaim", NULL, 0, "delete what was purged from the disk",
      cache_run_reclaim, cache_reclaim_options, CACHE_RECLAIM_OPTIONS },

    { "cache", "show", "BUCKET KEY", 2, "print what is on disk of an object",
      cache_run_show, NULL, 0 },

    { "credentials", "add", "NAME", 1, "register keys under a name, for "
      "buckets", credentials_run_add, member_key_options,
      MEMBER_KEY_OPTIONS },

    { "credentials", "set", "NAME [KEY=VALUE...]", 1, "change them, such as "
      "to rotate keys", credentials_run_set, member_key_options,
      MEMBER_KEY_OPTIONS },

    { "credentials", "list", NULL, 0, "list the credentials",
      credentials_run_list, NULL, 0 },

    { "credentials", "show", "NAME", 1, "print them, without keys",
      credentials_run_show, NULL, 0 },

    { "credentials", "rm", "NAME", 1, "remove some that no bucket uses",
      credentials_run_rm, NULL, 0 },

    { "explain", NULL, "REQUEST", 1, "how a request (URL, file or \"-\") is "
      "signed, and where a server differs", explain_run, explain_options,
      EXPLAIN_OPTIONS },

    { "generations", "list", NULL, 0, "what was wanted when, the latest "
      "first", generations_run_list, generations_list_options,
      GENERATIONS_LIST_OPTIONS },

    { "generations", "show", "N", 1, "print one change", generations_run_show,
      NULL, 0 },

    { "generations", "diff", "N", 1, "what has changed since, or up to "
      "another one", generations_run_diff, generations_diff_options,
      GENERATIONS_DIFF_OPTIONS },

    { "generations", "rollback", "N", 1, "go back to it, as a new change",
      generations_run_rollback, NULL, 0 },

    { "purge", NULL, NULL, 0, "forget objects by key or prefix, or all",
      purge_run, purge_options, PURGE_OPTIONS },

    { "status", NULL, NULL, 0, "is it serving, how much, how well",
      status_run, NULL, 0 },

    { "version", NULL, NULL, 0, "versions of s3edgectl, s3edged, module "
      "and nginx", status_run_version, NULL, 0 },

    { "warm", NULL, "BUCKET [KEY...]", 1, "fetch objects into the cache",
      warm_run, warm_options, WARM_OPTIONS }
};

#define MAIN_COMMANDS  (sizeof(main_commands) / sizeof(main_commands[0]))


/* entities: add and set have the options of their members, too */

static const struct {
    const char           *group;
    const field_table_t  *fields;
} main_entities[] = {
    { "bucket", &model_bucket_table },
    { "credentials", &credentials_table }
};


int
main(int argc, char **argv)
{
    int               i, code;
    options_t         options;
    const command_t  *command;

    memset(&options, 0, sizeof(options_t));

    i = 1;
    code = EXIT_DONE;

    command = main_find(argc, argv, &i, &options, &code);

    if (command != NULL) {
        code = main_run(command, argc, argv, i, &options);
    }

    /* a full disk or a closed pipe must not look like success */

    if (fflush(stdout) == EOF && code == EXIT_DONE) {
        code = output_error(EXIT_REFUSED, "cannot write to stdout");
    }

    return code;
}


/* global options, then the group, then its verb.  NULL: *ret_code it is */

static const command_t *
main_find(int argc, char **argv, int *i, options_t *options, int *ret_code)
{
    size_t       k;
    const char  *group, *verb;

    while (*i < argc && options->nargs == 0) {
        *ret_code = options_take(main_options, MAIN_MAX, argc, argv, i,
                                 options);

        if (*ret_code != EXIT_DONE) {
            return NULL;
        }
    }

    if (options->values[MAIN_VERSION] != NULL) {
        output_line("s3edgectl %s", S3EDGE_VERSION);
        return NULL;
    }

    if (options->values[MAIN_HELP] != NULL) {
        main_usage(options->nargs != 0 ? options->args[0] : NULL);
        return NULL;
    }

    if (options->nargs == 0) {
        *ret_code = output_error(EXIT_USAGE, "a command is expected; see -h");
        return NULL;
    }

    group = options->args[0];
    verb = *i < argc ? argv[*i] : "";

    for (k = 0; k < MAIN_COMMANDS; k++) {

        if (strcmp(group, main_commands[k].group) != 0) {
            continue;
        }

        if (main_commands[k].verb == NULL) {
            return &main_commands[k];
        }

        if (strcmp(verb, "-h") == 0 || strcmp(verb, "--help") == 0) {
            main_usage(group);
            return NULL;
        }

        if (strcmp(verb, main_commands[k].verb) == 0) {
            (*i)++;
            return &main_commands[k];
        }
    }

    *ret_code = output_error(EXIT_USAGE, "unknown command \"%s%s%s\"; see -h",
                             group, verb[0] != '\0' ? " " : "", verb);

    return NULL;
}


static const field_table_t *
main_fields(const command_t *command)
{
    size_t  i;

    for (i = 0; i < sizeof(main_entities) / sizeof(main_entities[0]); i++) {
        if (strcmp(command->group, main_entities[i].group) == 0
            && (strcmp(command->verb, "add") == 0
                || strcmp(command->verb, "set") == 0))
        {
            return main_entities[i].fields;
        }
    }

    return NULL;
}


/* those of the table of its members, and its own */

static size_t
main_take_options(const command_t *command, option_t *table)
{
    size_t                i, n;
    const field_t        *f;
    const field_table_t  *fields;

    n = 0;
    fields = main_fields(command);

    for (i = 0; fields != NULL && i < fields->len; i++) {

        f = &fields->fields[i];

        if (f->option != NULL) {
            table[n].name = f->option;
            table[n].value = f->value;
            table[n++].help = f->help;
        }
    }

    if (command->noptions != 0) {
        memcpy(table + n, command->options,
               command->noptions * sizeof(option_t));
    }

    return n + command->noptions;
}


/* what is left are the command's options and arguments, and global options */

static int
main_run(const command_t *command, int argc, char **argv, int i,
    options_t *before)
{
    int        rc;
    size_t     n;
    option_t   table[OPTIONS_MAX];
    options_t  options;

    options = *before;
    options.nargs = 0;

    memcpy(table, main_options, sizeof(main_options));

    n = MAIN_MAX + main_take_options(command, table + MAIN_MAX);

    while (i < argc) {
        rc = options_take(table, n, argc, argv, &i, &options);

        if (rc != EXIT_DONE) {
            return rc;
        }
    }

    if (options.values[MAIN_HELP] != NULL) {
        main_help(command);
        return EXIT_DONE;
    }

    if (options.nargs > command->nargs
        && (command->args == NULL || strstr(command->args, "...") == NULL))
    {
        return output_error(EXIT_USAGE, "unexpected argument \"%s\"; see -h",
                            options.args[command->nargs]);
    }

    if (options.nargs < command->nargs) {
        return output_error(EXIT_USAGE, "%s is expected; see -h",
                            command->args);
    }

    return main_call(command, &options);
}


static int
main_call(const command_t *command, options_t *options)
{
    int              rc;
    http_t          *http;
    error_t          err;
    client_t         client;
    const char      *api, *token_file;
    command_call_t   call;

    api = options->values[MAIN_API];
    token_file = options->values[MAIN_TOKEN_FILE];

    if (api == NULL) {
        api = getenv("S3EDGE_API");
    }

    if (token_file == NULL) {
        token_file = getenv("S3EDGE_TOKEN_FILE");
    }

    if (http_curl_new(&http, &err) != ERR_OK) {
        return output_error(EXIT_REFUSED, "%s", err.message);
    }

    rc = client_init(&client, http, api, token_file);

    if (rc == EXIT_DONE) {
        rc = client_message(&client, options->values[MAIN_MESSAGE]);
    }

    if (rc == EXIT_DONE) {
        memset(&call, 0, sizeof(command_call_t));

        call.client = &client;
        call.json = options->values[MAIN_JSON] != NULL;
        call.options = *options;

        memset(call.options.values, 0, sizeof(call.options.values));
        memcpy(call.options.values, options->values + MAIN_MAX,
               command->noptions * sizeof(char *));

        rc = command->run(&call);
    }

    client_release(&client);
    http_free(http);

    return rc;
}


/* group NULL: all commands */

static void
main_usage(const char *group)
{
    int     width;
    size_t  i;

    (void) printf("usage: s3edgectl [option...] command [option...]\n\n");

    for (i = 0; i < MAIN_COMMANDS; i++) {

        if (group != NULL && strcmp(group, main_commands[i].group) != 0) {
            continue;
        }

        width = printf("  ") + main_command_text(&main_commands[i]);

        (void) printf("%*s%s\n", MAIN_WIDTH - width, "",
                      main_commands[i].help);
    }

    (void) printf("\n");
    options_help(main_options, MAIN_MAX);
    (void) printf("\nexit status: 0 done, 1 refused, 2 usage, "
                  "3 s3edged cannot be reached\n");
}


static void
main_help(const command_t *command)
{
    option_t  table[OPTIONS_MAX];

    (void) printf("usage: s3edgectl ");
    (void) main_command_text(command);
    (void) printf(" [option...]\n\n  %s\n\n", command->help);

    options_help(table, main_take_options(command, table));
    options_help(main_options, MAIN_MAX);
}


static int
main_command_text(const command_t *command)
{
    return printf("%s%s%s%s%s", command->group,
                  command->verb != NULL ? " " : "",
                  command->verb != NULL ? command->verb : "",
                  command->args != NULL ? " " : "",
                  command->args != NULL ? command->args : "");
}
