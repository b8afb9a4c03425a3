
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Processes of nginx, as /proc tells of them.
 */

#ifndef _PROCESS_H_INCLUDED_
#define _PROCESS_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>


/* the pid in a pid file; 0: there is none */
pid_t process_pid_file(const char *path);

/* is it a master, and has this word in its command line, where not NULL? */
bool process_is_master(pid_t pid, const char *word);

/* is it a worker that takes requests? */
bool process_serves(pid_t pid);

/* fills pids, with max at most; returns how many: 0 also where it is gone */
size_t process_children(pid_t master, pid_t *pids, size_t max);

/*
 * Tells all processes of nginx but masters that have the file mapped to end
 * when their requests have; returns whether some of them still took new ones.
 */
bool process_quit(const char *mapped);


#endif /* _PROCESS_H_INCLUDED_ */
