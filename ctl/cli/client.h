
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls of the control API, with messages for people.
 */

#ifndef _CLI_CLIENT_H_INCLUDED_
#define _CLI_CLIENT_H_INCLUDED_


#include <jansson.h>

#include "base/error.h"
#include "base/http.h"


#define CLIENT_API_DEFAULT  "http://127.0.0.1:14000"


typedef struct {
    http_t          *http;
    char            *url;          /* without a trailing slash */
    char            *authorization;    /* a header, with the secret; or NULL */
    char            *message;      /* a header, why; or NULL */
} client_t;


/*
 * url NULL: the default.  token_file NULL: no token.  http stays the
 * caller's.  The result is an exit code, and what is wrong has been said.
 */
int client_init(client_t *client, http_t *http, const char *url,
    const char *token_file);

/* why, for calls that change something; NULL is fine */
int client_message(client_t *client, const char *text);

void client_release(client_t *client);

/*
 * One call.  body (may be NULL) stays the caller's.  EXIT_DONE with a 2xx
 * status and, if it is not 0, with the status "also"; *ret_json (may be NULL)
 * is to json_decref(), and NULL where the answer has no body.  Otherwise an
 * exit code, and what is wrong has been said.
 */
int client_call(client_t *client, const char *method, const char *path,
    const json_t *body, long also, json_t **ret_json);


#endif /* _CLI_CLIENT_H_INCLUDED_ */
