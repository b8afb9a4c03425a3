
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "nginx/process.h"


#define PROCESS_MASTER    "nginx: master process"
#define PROCESS_WORKER    "nginx: worker process"

#define PROCESS_TEXT_MAX  65536
#define PROCESS_MAPS_MAX  (1024 * 1024)


/* a file of /proc, its zero bytes as blanks */

static bool
process_read(pid_t pid, const char *file, strbuf_t *ret_text)
{
    char    path[128];
    size_t  i;

    (void) snprintf(path, sizeof(path), "/proc/%ld/%s", (long) pid, file);

    if (file_read(path, ret_text, NULL) != 0) {
        return false;
    }

    for (i = 0; i < ret_text->len; i++) {
        if (ret_text->data[i] == '\0') {
            ret_text->data[i] = ' ';
        }
    }

    return true;
}


/* does its title begin with this, and have this word in it, if any? */

static bool
process_is(pid_t pid, const char *title, const char *word)
{
    bool      is;
    strbuf_t  text;

    strbuf_init(&text, PROCESS_TEXT_MAX);

    is = process_read(pid, "cmdline", &text)
         && strncmp(text.data, title, strlen(title)) == 0
         && (word == NULL || strstr(text.data, word) != NULL);

    strbuf_release(&text);

    return is;
}


pid_t
process_pid_file(const char *path)
{
    long      pid;
    strbuf_t  text;

    strbuf_init(&text, 64);

    pid = 0;

    /* empty where nginx -t made it */

    if (file_read(path, &text, NULL) == 0) {
        pid = strtol(text.data, NULL, 10);
    }

    strbuf_release(&text);

    return pid > 1 ? (pid_t) pid : 0;
}


bool
process_is_master(pid_t pid, const char *word)
{
    return process_is(pid, PROCESS_MASTER, word);
}


bool
process_serves(pid_t pid)
{
    return process_is(pid, PROCESS_WORKER, NULL)
           && !process_is(pid, PROCESS_WORKER " is shutting down", NULL);
}


size_t
process_children(pid_t master, pid_t *pids, size_t max)
{
    char       file[64];
    char      *p, *end;
    long       pid;
    size_t     n;
    strbuf_t   text;

    n = 0;

    (void) snprintf(file, sizeof(file), "task/%ld/children", (long) master);

    strbuf_init(&text, PROCESS_TEXT_MAX);

    if (process_read(master, file, &text)) {

        for (p = text.data; n < max; p = end) {
            pid = strtol(p, &end, 10);

            if (end == p) {
                break;
            }

            pids[n++] = (pid_t) pid;
        }
    }

    strbuf_release(&text);

    return n;
}


static bool
process_has_mapped(pid_t pid, const char *mapped)
{
    bool      has;
    strbuf_t  maps;

    if (!process_is(pid, "nginx: ", NULL) || process_is_master(pid, NULL)) {
        return false;
    }

    strbuf_init(&maps, PROCESS_MAPS_MAX);

    has = process_read(pid, "maps", &maps)
          && strstr(maps.data, mapped) != NULL;

    strbuf_release(&maps);

    return has;
}


bool
process_quit(const char *mapped)
{
    DIR            *dir;
    bool            serves;
    char           *end, *path;
    long            pid;
    struct dirent  *entry;

    /* the kernel tells names without symlinks */

    path = realpath(mapped, NULL);
    if (path == NULL) {
        return false;
    }

    dir = opendir("/proc");
    if (dir == NULL) {
        free(path);
        return false;
    }

    serves = false;

    while ((entry = readdir(dir)) != NULL) {

        pid = strtol(entry->d_name, &end, 10);

        if (end == entry->d_name || *end != '\0'
            || !process_has_mapped((pid_t) pid, path))
        {
            continue;
        }

        if (kill((pid_t) pid, SIGQUIT) == 0
            && process_serves((pid_t) pid))
        {
            serves = true;
        }
    }

    (void) closedir(dir);
    free(path);

    return serves;
}
