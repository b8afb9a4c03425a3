
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "config/hook.h"
#include "config/value.h"


static const struct {
    const char  *key;
    const char  *variable;
} hook_names[CONFIG_HOOKS] = {
    { "include_main", "S3EDGE_INCLUDE_MAIN" },
    { "include_http", "S3EDGE_INCLUDE_HTTP" },
    { "include_server", "S3EDGE_INCLUDE_SERVER" }
};


const char *
hook_key(config_hook_t hook)
{
    return hook_names[hook].key;
}


int
hook_env(config_t *config, error_t *err)
{
    int                   rc;
    char                 *path;
    size_t                len;
    unsigned              h;
    const char           *p;
    config_hook_files_t  *hook;

    static const value_t  value = { VALUE_PATTERNS, 0, 0, NULL };

    for (h = 0; h < CONFIG_HOOKS; h++) {

        p = getenv(hook_names[h].variable);

        if (p == NULL || p[0] == '\0') {
            continue;
        }

        hook = &config->nginx.include[h];
        hook->line = 0;
        value_list_release(&hook->patterns);

        for ( /* void */ ; *p != '\0'; p += len + (p[len] == ':')) {

            len = strcspn(p, ":");

            path = strndup(p, len);
            if (path == NULL) {
                return error_nomem(err);
            }

            rc = value_set(&value, &hook->patterns, path, err);

            free(path);

            if (rc != 0) {
                (void) error_prefix(err, "%s", hook_names[h].variable);
                return rc;
            }
        }
    }

    return 0;
}


static bool
hook_is_open(const char *path)
{
    struct stat  st;

    return stat(path, &st) == 0 && (st.st_mode & S_IWOTH) != 0;
}


/*
 * What nginx's master would run as root is not anybody's to write, or to put
 * there.
 */

static int
hook_check(const char *path, error_t *err)
{
    char    dir[VALUE_TEXT_MAX + 1];
    size_t  i, len;

    for (i = 0; path[i] != '\0'; i++) {
        if ((unsigned char) path[i] < 0x20 || path[i] == 0x7f) {
            return error_set(err, ERR_INVALID, "a file has control characters "
                             "in its name");
        }
    }

    if (hook_is_open(path)) {
        return error_set(err, ERR_INVALID, "anybody may write to \"%s\": its "
                         "mode should be 0644 or less", path);
    }

    /* it is absolute */

    len = (size_t) (strrchr(path, '/') - path) + 1;

    if (len >= sizeof(dir)) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    memcpy(dir, path, len);
    dir[len] = '\0';

    if (hook_is_open(dir)) {
        return error_set(err, ERR_INVALID, "anybody may put files into "
                         "\"%s\": its mode should be 0755 or less", dir);
    }

    return 0;
}


static int
hook_add(config_hook_files_t *hook, const char *path, error_t *err)
{
    int                  rc;
    strbuf_t             text;
    config_hook_file_t  *file;

    if (hook->nfiles == CONFIG_HOOK_FILES) {
        return error_set(err, ERR_LIMIT, "more than %d files",
                         CONFIG_HOOK_FILES);
    }

    rc = hook_check(path, err);
    if (rc != 0) {
        return rc;
    }

    strbuf_init(&text, HOOK_FILE_MAX);

    rc = file_read(path, &text, err);

    if (rc == 0 && strlen(text.data) != text.len) {
        rc = error_set(err, ERR_INVALID, "\"%s\" is no text", path);
    }

    if (rc == 0) {
        file = &hook->files[hook->nfiles++];

        file->path = strdup(path);
        file->text = strdup(text.data);
        file->len = text.len;

        if (file->path == NULL || file->text == NULL) {
            rc = error_nomem(err);
        }
    }

    strbuf_release(&text);

    return rc;
}


/* a directory that is not there has no files */

static int
hook_glob_failed(const char *path, int error)
{
    (void) path;

    return error != ENOENT && error != ENOTDIR;
}


static int
hook_glob(config_hook_files_t *hook, const char *pattern, error_t *err)
{
    int     rc;
    size_t  i;
    glob_t  found;

    switch (glob(pattern, 0, hook_glob_failed, &found)) {

    case 0:
        rc = 0;
        break;

    case GLOB_NOMATCH:
        return 0;

    case GLOB_NOSPACE:
        rc = error_nomem(err);
        goto done;

    default:
        rc = error_set(err, ERR_IO, "cannot read the directory of \"%s\"",
                       pattern);
        goto done;
    }

    for (i = 0; rc == 0 && i < found.gl_pathc; i++) {
        rc = hook_add(hook, found.gl_pathv[i], err);
    }

done:

    globfree(&found);

    return rc;
}


int
hook_load(config_t *config, unsigned *ret_line, error_t *err)
{
    int                   rc;
    size_t                i;
    unsigned              h;
    const char           *pattern;
    config_hook_files_t  *hook;

    for (h = 0; h < CONFIG_HOOKS; h++) {

        hook = &config->nginx.include[h];

        for (i = 0; i < hook->patterns.len; i++) {

            pattern = hook->patterns.items[i];

            rc = strpbrk(pattern, "*?[") != NULL
                 ? hook_glob(hook, pattern, err)
                 : hook_add(hook, pattern, err);

            if (rc != 0) {
                *ret_line = hook->line;
                (void) error_prefix(err, "%s%s",
                                    hook->line != 0 ? "nginx." : "",
                                    hook->line != 0 ? hook_names[h].key
                                                    : hook_names[h].variable);
                return rc;
            }
        }
    }

    return 0;
}


void
hook_release(config_t *config)
{
    size_t                i;
    unsigned              h;
    config_hook_files_t  *hook;

    for (h = 0; h < CONFIG_HOOKS; h++) {

        hook = &config->nginx.include[h];

        for (i = 0; i < hook->nfiles; i++) {
            free(hook->files[i].path);
            free(hook->files[i].text);
        }

        hook->nfiles = 0;
    }
}
