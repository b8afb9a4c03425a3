
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What nginx's master says in its error log when it cannot take a config:
 * it is said nowhere else.
 */

#ifndef _ERRLOG_H_INCLUDED_
#define _ERRLOG_H_INCLUDED_


#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"


#define ERRLOG_PATH_MAX  4096


typedef struct {
    char             path[ERRLOG_PATH_MAX];
    int64_t          at;       /* where to read on; -1: there is no file */
} errlog_t;


/* dir: logging.path; "stderr" is a log that cannot be read */
void errlog_init(errlog_t *log, const char *dir);

/*
 * Reads on from where the last call ended.  ERR_REFUSED with nginx's words
 * where this master has made a complaint of level emerg, otherwise 0, also
 * where the log cannot be read.  Lines of other processes, and what a client
 * got into a line, do not count.
 */
int errlog_check(errlog_t *log, pid_t master, error_t *err);


#endif /* _ERRLOG_H_INCLUDED_ */
