
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Runs a program: no shell, a deadline, captured output.
 */

#ifndef _PROC_H_INCLUDED_
#define _PROC_H_INCLUDED_


#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"


typedef struct {
    const char *const  *argv;      /* argv[0] is a path, or found in PATH */
    unsigned            timeout_ms;
    bool                daemon;    /* the end is the exit of the program, not
                                      of the output it hands on to children */
    bool                inherit;   /* output goes to our stderr, not to us */
} proc_t;


/*
 * Waits until the program has ended and closed its output (stdout and stderr
 * together, NUL-terminated; what is over ret_output->max is dropped).
 * ret_output is initialised by the caller.  *ret_status is the exit status,
 * or 128 + signal.
 * ERR_TIMEOUT: it was killed.  ERR_NOT_FOUND: no such program.
 * Standard input is /dev/null; no descriptor but 0, 1, 2 is handed on, and
 * no signal is blocked.  Any thread may call.
 */
int proc_run(const proc_t *proc, strbuf_t *ret_output, int *ret_status,
    error_t *err);

/*
 * Reaps what has ended of the processes that came to us when their parents
 * ended: daemons, where we are a subreaper, and anybody's as process 1.  What
 * proc_run() has started is left to it.  Never blocks; any thread may call.
 */
void proc_reap(void);


#endif /* _PROC_H_INCLUDED_ */
