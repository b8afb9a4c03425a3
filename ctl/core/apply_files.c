
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files of configurations that are kept (see apply.c).
 */


#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "core/apply.h"


int
apply_path(const apply_run_t *run, const char *file,
    char path[APPLY_PATH_MAX], error_t *err)
{
    int  n;

    n = snprintf(path, APPLY_PATH_MAX, "%s/nginx/%s",
                 run->config->paths.state, file);

    if (n < 0 || n >= APPLY_PATH_MAX) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    return 0;
}


int
apply_path_generation(const apply_run_t *run, int64_t generation,
    char path[APPLY_PATH_MAX], error_t *err)
{
    char  file[64];

    (void) snprintf(file, sizeof(file), "generations/%lld.conf",
                    (long long) generation);

    return apply_path(run, file, path, err);
}


void
apply_prune(const apply_run_t *run)
{
    DIR            *dir;
    char           *end;
    char            path[APPLY_PATH_MAX];
    int64_t         n;
    struct dirent  *entry;

    if (apply_path(run, "generations", path, NULL) != 0) {
        return;
    }

    dir = opendir(path);
    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {

        n = strtoll(entry->d_name, &end, 10);

        if (end != entry->d_name && strcmp(end, ".conf") == 0
            && n <= run->generation - APPLY_GENERATIONS_MAX
            && apply_path_generation(run, n, path, NULL) == 0)
        {
            (void) file_remove(path, NULL);
        }
    }

    (void) closedir(dir);
}


void
apply_prune_included(const apply_run_t *run, const char *folder)
{
    DIR            *dir;
    char            path[APPLY_PATH_MAX];
    char            file[NAME_MAX + sizeof("snippets/")];
    struct dirent  *entry;

    if (apply_path(run, folder, path, NULL) != 0) {
        return;
    }

    dir = opendir(path);
    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {

        (void) snprintf(file, sizeof(file), "%s/%s", folder, entry->d_name);

        if (entry->d_name[0] != '.'
            && strstr(run->text.data, file) == NULL
            && (!run->had_old || run->old.len == 0
                || strstr(run->old.data, file) == NULL)
            && apply_path(run, file, path, NULL) == 0)
        {
            (void) file_remove(path, NULL);
        }
    }

    (void) closedir(dir);
}


/* is nginx.conf that of this generation?  Its text is read, too */

static bool
apply_is(const apply_run_t *run, int64_t generation, strbuf_t *ret_text)
{
    char  path[APPLY_PATH_MAX];

    strbuf_clear(ret_text);

    return apply_path_generation(run, generation, path, NULL) == 0
           && file_read(path, ret_text, NULL) == 0
           && ret_text->len == run->old.len
           && memcmp(ret_text->data, run->old.data, run->old.len) == 0;
}


int
apply_recover(const apply_t *apply, const config_t *config, error_t *err)
{
    int             rc;
    char            path[APPLY_PATH_MAX];
    strbuf_t        text;
    apply_run_t     run;
    edge_status_t   status;

    memset(&run, 0, sizeof(apply_run_t));
    run.config = config;
    strbuf_init(&run.old, APPLY_CONF_MAX);
    strbuf_init(&text, APPLY_CONF_MAX);

    rc = apply_path(&run, "nginx.conf", path, err);

    if (rc == 0) {
        rc = file_read(path, &run.old, err);

        if (rc == ERR_NOT_FOUND) {
            rc = 0;
        }
    }

    if (rc != 0
        || (edge_status(apply->conf.edge, &status, NULL) == 0
            && apply_is(&run, status.generation, &text))
        || apply_is(&run, apply->generation, &text) || text.len == 0)
    {
        goto done;
    }

    rc = file_replace(path, text.data, text.len, 0644, FILE_GID_KEEP, err);

done:

    strbuf_release(&run.old);
    strbuf_release(&text);

    return rc;
}
