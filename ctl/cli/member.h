
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Members of a request's body, from the command line, the environment or a
 * file.  All return an exit code, after an error on stderr.
 */

#ifndef _CLI_MEMBER_H_INCLUDED_
#define _CLI_MEMBER_H_INCLUDED_


#include <jansson.h>

#include "cli/options.h"


#define MEMBER_KEY_OPTIONS  3


/* of keys, beside --access-key-id: no secret is an argument */
extern const option_t  member_key_options[MEMBER_KEY_OPTIONS];


int member_add(json_t *body, const char *key, const char *value);

/* what the environment has as name; option is that of the command line */
int member_env(const char *option, const char *name, const char *key,
    json_t *body);

/* the secrets beside --access-key-id, from where those options say */
int member_keys(const options_t *options, json_t *body);

/* secret_access_key: the first line of a file, or of stdin ("-") */
int member_file(const char *path, json_t *body);


#endif /* _CLI_MEMBER_H_INCLUDED_ */
