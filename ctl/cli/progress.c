
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/progress.h"


#define PROGRESS_WIDTH    24
#define PROGRESS_LINE     160
#define PROGRESS_FIRST    20       /* ms; each wait is half as long again */
#define PROGRESS_LAST     500


static void progress_signal(int signo);
static void progress_draw(const json_t *job, progress_line_pt line);


static volatile sig_atomic_t  progress_stop;


static void
progress_signal(int signo)
{
    progress_stop = signo;
}


void
progress_catch(void)
{
    struct sigaction  action;

    memset(&action, 0, sizeof(struct sigaction));
    action.sa_handler = progress_signal;

    (void) sigaction(SIGINT, &action, NULL);
    (void) sigaction(SIGTERM, &action, NULL);
}


int
progress_wait(client_t *client, const char *path, progress_line_pt line,
    json_t **ret_json)
{
    int               rc;
    bool              cancel, canceled, terminal;
    long              wait_ms;
    json_t           *job;
    struct timespec   ts;

    terminal = isatty(STDERR_FILENO) == 1;
    canceled = false;
    wait_ms = PROGRESS_FIRST;

    for ( ;; ) {
        cancel = progress_stop && !canceled;
        canceled = canceled || cancel;

        rc = client_call(client, cancel ? "DELETE" : "GET", path, NULL, 0,
                         &job);

        if (rc != EXIT_DONE) {
            break;
        }

        if (terminal) {
            progress_draw(job, line);
        }

        if (strcmp(output_text(job, "state"), "running") != 0) {
            *ret_json = job;
            break;
        }

        json_decref(job);

        ts.tv_sec = 0;
        ts.tv_nsec = wait_ms * 1000000L;
        (void) nanosleep(&ts, NULL);

        wait_ms = wait_ms * 3 / 2 < PROGRESS_LAST ? wait_ms * 3 / 2
                                                  : PROGRESS_LAST;
    }

    if (terminal) {
        (void) fputc('\n', stderr);
    }

    return rc;
}


static void
progress_draw(const json_t *job, progress_line_pt line)
{
    char  text[PROGRESS_LINE];

    line(job, text, sizeof(text));

    output_draw(text);
}


void
progress_bar(int64_t done, int64_t total, char *text, size_t size)
{
    int  full;

    full = total > 0 && done >= 0
           ? (int) ((double) (done < total ? done : total)
                    / (double) total * PROGRESS_WIDTH)
           : 0;

    (void) snprintf(text, size, "[%.*s%*s]", full,
                    "########################", PROGRESS_WIDTH - full, "");
}
