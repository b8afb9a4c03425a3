
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The credential files that workers read: one directory, one file for each
 * set of keys, in the form of an AWS shared credentials file.
 *
 * A change is done in steps, so that it can be taken back: _create() writes
 * what a new config needs, _replace() what changed, _sweep() removes what no
 * config names any more; _undo() takes back the first two.
 */

#ifndef _PUBLISH_H_INCLUDED_
#define _PUBLISH_H_INCLUDED_


#include <sys/types.h>

#include "base/error.h"


typedef struct publish_s  publish_t;


/* gid: of the workers, who may read; FILE_GID_KEEP: the process's own */
int publish_new(const char *dir, gid_t gid, publish_t **ret_publish,
    error_t *err);

/* wipes; NULL is fine; leaves the files as they are */
void publish_free(publish_t *publish);

/* session_token may be NULL; the second of a name is ignored */
int publish_add(publish_t *publish, const char *name, const char *access_key,
    const char *secret_key, const char *session_token, error_t *err);

/*
 * What publish_add() was given when the file of that name was written; to be
 * wiped and freed, *ret_session_token may be NULL.  ERR_NOT_FOUND; ERR_INVALID
 * where it is not as we write it.
 */
int publish_load(const char *dir, const char *name, char **ret_access_key,
    char **ret_secret_key, char **ret_session_token, error_t *err);

int publish_create(publish_t *publish, error_t *err);
int publish_replace(publish_t *publish, error_t *err);
int publish_sweep(publish_t *publish, error_t *err);

/* what cannot be taken back is left */
void publish_undo(publish_t *publish);


#endif /* _PUBLISH_H_INCLUDED_ */
