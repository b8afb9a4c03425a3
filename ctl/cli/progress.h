
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A job of the daemon that is waited for: a bar on stderr, where that is a
 * terminal, and Ctrl-C, which cancels the job.
 */

#ifndef _CLI_PROGRESS_H_INCLUDED_
#define _CLI_PROGRESS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "cli/client.h"


/* the line for the terminal, of an answer */
typedef void (*progress_line_pt)(const json_t *job, char *text, size_t size);


/* from here on Ctrl-C cancels: to be called before the job is asked for */
void progress_catch(void);

/*
 * Asks path until the member "state" is not "running" any more.  *ret_json
 * is the last answer, to json_decref().
 */
int progress_wait(client_t *client, const char *path, progress_line_pt line,
    json_t **ret_json);

/* "[#####     ]"; size of at least 32 */
void progress_bar(int64_t done, int64_t total, char *text, size_t size);


#endif /* _CLI_PROGRESS_H_INCLUDED_ */
