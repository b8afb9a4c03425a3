
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What was found broken at the start and is done without: a sentence each,
 * for the log and for health, that says what is lost and how to get it back.
 */

#ifndef _DAMAGE_H_INCLUDED_
#define _DAMAGE_H_INCLUDED_


#include <stddef.h>

#include "base/error.h"


#define DAMAGE_MAX       16
#define DAMAGE_PATH_MAX  4096


typedef struct {
    char             texts[DAMAGE_MAX][ERROR_MESSAGE_MAX];
    size_t           len;
} damage_t;


/* what is over DAMAGE_MAX is not kept */
void damage_add(damage_t *damage, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Renames a file, or whatever has its name, to "PATH.damaged-TIME", which is
 * ret_path: nothing is deleted that somebody may still get something out of.
 * ERR_NOT_FOUND.
 */
int damage_aside(const char *path, char ret_path[DAMAGE_PATH_MAX],
    error_t *err);


#endif /* _DAMAGE_H_INCLUDED_ */
