
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/fnv.h"
#include "base/render_text.h"
#include "nginx/include.h"


#define INCLUDE_PATH_MAX  4096
#define INCLUDE_NAME_MAX  64


/* "STATE/nginx/includes/HASH-NAME": the name is for those who look there */

static int
include_path(const config_t *config, const config_hook_file_t *file,
    char path[INCLUDE_PATH_MAX], error_t *err)
{
    int          n;
    char         name[INCLUDE_NAME_MAX + 1];
    size_t       i;
    uint64_t     hash;
    const char  *base;

    base = strrchr(file->path, '/') + 1;

    for (i = 0; i < INCLUDE_NAME_MAX && base[i] != '\0'; i++) {
        name[i] = isalnum((unsigned char) base[i]) || base[i] == '.'
                  || base[i] == '_'
                  ? base[i] : '-';
    }

    name[i] = '\0';

    hash = fnv_add(FNV_INIT, file->path, strlen(file->path) + 1);
    hash = fnv_add(hash, file->text, file->len);

    n = snprintf(path, INCLUDE_PATH_MAX, "%s/" INCLUDE_DIR "/%016" PRIx64
                 "-%s", config->paths.state, hash, name);

    if (n < 0 || n >= INCLUDE_PATH_MAX) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    return 0;
}


void
include_render(const config_t *config, config_hook_t hook,
    const char *indent, strbuf_t *sb)
{
    char                        path[INCLUDE_PATH_MAX];
    size_t                      i;
    const config_hook_files_t  *files;

    files = &config->nginx.include[hook];

    for (i = 0; i < files->nfiles; i++) {

        /* where it is too long, include_write() says so */

        if (include_path(config, &files->files[i], path, NULL) == 0) {
            strbuf_printf(sb, "%s# %s\n%s", indent, files->files[i].path,
                          indent);
            render_line(sb, "include", "%s", path);
        }
    }

    if (files->nfiles != 0) {
        strbuf_putc(sb, '\n');
    }
}


int
include_write(const config_t *config, error_t *err)
{
    int                        rc;
    char                       path[INCLUDE_PATH_MAX];
    size_t                     i;
    unsigned                   h;
    const config_hook_file_t  *file;

    for (h = 0; h < CONFIG_HOOKS; h++) {
        for (i = 0; i < config->nginx.include[h].nfiles; i++) {

            file = &config->nginx.include[h].files[i];

            rc = include_path(config, file, path, err);

            if (rc == 0 && !file_exists(path)) {
                rc = file_replace(path, file->text, file->len, 0600,
                                  FILE_GID_KEEP, err);
            }

            if (rc != 0) {
                return rc;
            }
        }
    }

    return 0;
}


static void
include_rename(const char *copy, const char *path, error_t *err)
{
    char   *p;
    char    text[ERROR_MESSAGE_MAX];
    size_t  before;

    p = strstr(err->message, copy);

    if (p == NULL) {
        return;
    }

    before = (size_t) (p - err->message);

    (void) snprintf(text, sizeof(text), "%.*s%s%s", (int) before,
                    err->message, path, p + strlen(copy));

    memcpy(err->message, text, sizeof(text));
}


void
include_explain(const config_t *config, error_t *err)
{
    char                       path[INCLUDE_PATH_MAX];
    size_t                     i;
    unsigned                   h;
    const config_hook_file_t  *file;

    for (h = 0; h < CONFIG_HOOKS; h++) {
        for (i = 0; i < config->nginx.include[h].nfiles; i++) {

            file = &config->nginx.include[h].files[i];

            if (include_path(config, file, path, NULL) == 0) {
                include_rename(path, file->path, err);
            }
        }
    }
}
