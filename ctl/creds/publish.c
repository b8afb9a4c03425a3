
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "s3_crypto.h"

#include "base/file.h"
#include "base/strbuf.h"
#include "creds/publish.h"


#define PUBLISH_FILE_MAX  65536
#define PUBLISH_PATH_MAX  4096
#define PUBLISH_MODE      0640


typedef struct {
    char            *name;
    strbuf_t         text;
    strbuf_t         old;          /* what _replace() overwrote */
    bool             created;
    bool             replaced;
} publish_file_t;


struct publish_s {
    char            *dir;
    gid_t            gid;
    publish_file_t  *files;
    size_t           nfiles;
};


int
publish_new(const char *dir, gid_t gid, publish_t **ret_publish, error_t *err)
{
    publish_t  *publish;

    publish = calloc(1, sizeof(publish_t));
    if (publish == NULL) {
        return error_nomem(err);
    }

    publish->gid = gid;
    publish->dir = strdup(dir);

    if (publish->dir == NULL) {
        free(publish);
        return error_nomem(err);
    }

    *ret_publish = publish;

    return 0;
}


void
publish_free(publish_t *publish)
{
    size_t  i;

    if (publish == NULL) {
        return;
    }

    for (i = 0; i < publish->nfiles; i++) {
        strbuf_wipe(&publish->files[i].text);
        strbuf_wipe(&publish->files[i].old);
        free(publish->files[i].name);
    }

    free(publish->files);
    free(publish->dir);
    free(publish);
}


static publish_file_t *
publish_find(const publish_t *publish, const char *name)
{
    size_t  i;

    for (i = 0; i < publish->nfiles; i++) {
        if (strcmp(publish->files[i].name, name) == 0) {
            return &publish->files[i];
        }
    }

    return NULL;
}


int
publish_add(publish_t *publish, const char *name, const char *access_key,
    const char *secret_key, const char *session_token, error_t *err)
{
    publish_file_t  *files, *f;

    if (publish_find(publish, name) != NULL) {
        return 0;
    }

    files = realloc(publish->files,
                    (publish->nfiles + 1) * sizeof(publish_file_t));
    if (files == NULL) {
        return error_nomem(err);
    }

    publish->files = files;

    f = &files[publish->nfiles];
    memset(f, 0, sizeof(publish_file_t));

    f->name = strdup(name);
    if (f->name == NULL) {
        return error_nomem(err);
    }

    publish->nfiles++;

    strbuf_init(&f->old, PUBLISH_FILE_MAX);
    strbuf_init(&f->text, PUBLISH_FILE_MAX);
    strbuf_printf(&f->text, "aws_access_key_id = %s\n", access_key);
    strbuf_printf(&f->text, "aws_secret_access_key = %s\n", secret_key);

    if (session_token != NULL) {
        strbuf_printf(&f->text, "aws_session_token = %s\n", session_token);
    }

    return strbuf_check(&f->text, err);
}


static int
publish_path(const publish_t *publish, const char *name, strbuf_t *ret_path,
    error_t *err)
{
    strbuf_init(ret_path, PUBLISH_PATH_MAX);
    strbuf_printf(ret_path, "%s/%s", publish->dir, name);

    return strbuf_check(ret_path, err);
}


static int
publish_write(const publish_t *publish, const char *name,
    const strbuf_t *text, error_t *err)
{
    int       rc;
    strbuf_t  path;

    rc = publish_path(publish, name, &path, err);

    if (rc == 0) {
        rc = file_replace(path.data, text->data, text->len, PUBLISH_MODE,
                          publish->gid, err);
    }

    strbuf_release(&path);

    return rc;
}


/* the text on disk; ERR_NOT_FOUND */

static int
publish_read(const publish_t *publish, const char *name, strbuf_t *ret_text,
    error_t *err)
{
    int       rc;
    strbuf_t  path;

    rc = publish_path(publish, name, &path, err);

    if (rc == 0) {
        rc = file_read(path.data, ret_text, err);
    }

    strbuf_release(&path);

    return rc;
}


static void
publish_wipe(char *text)
{
    if (text != NULL) {
        s3_wipe(text, strlen(text));
        free(text);
    }
}


/* "NAME = VALUE\n" at *p, which moves on; NULL: there is something else */

static char *
publish_line(const char **p, const char *name)
{
    char        *value;
    size_t       len;
    const char  *text;

    len = strlen(name);

    if (strncmp(*p, name, len) != 0 || strncmp(*p + len, " = ", 3) != 0) {
        return NULL;
    }

    text = *p + len + 3;
    len = strcspn(text, "\n");

    if (len == 0 || text[len] != '\n') {
        return NULL;
    }

    value = strndup(text, len);
    *p = text + len + 1;

    return value;
}


int
publish_load(const char *dir, const char *name, char **ret_access_key,
    char **ret_secret_key, char **ret_session_token, error_t *err)
{
    int          rc;
    char        *access, *secret, *token;
    strbuf_t     path, text;
    const char  *p;

    strbuf_init(&path, PUBLISH_PATH_MAX);
    strbuf_init(&text, PUBLISH_FILE_MAX);
    strbuf_printf(&path, "%s/%s", dir, name);

    rc = strbuf_check(&path, err);

    if (rc == 0) {
        rc = file_read(path.data, &text, err);
    }

    if (rc == 0) {
        p = text.len != 0 ? text.data : "";
        access = publish_line(&p, "aws_access_key_id");
        secret = access != NULL ? publish_line(&p, "aws_secret_access_key")
                                : NULL;
        token = secret != NULL ? publish_line(&p, "aws_session_token") : NULL;

        if (secret != NULL && *p == '\0') {
            *ret_access_key = access;
            *ret_secret_key = secret;
            *ret_session_token = token;

        } else {
            publish_wipe(access);
            publish_wipe(secret);
            publish_wipe(token);
            rc = error_set(err, ERR_INVALID, "\"%s\" is not as it was "
                           "written", path.data);
        }
    }

    strbuf_release(&path);
    strbuf_wipe(&text);

    return rc;
}


int
publish_create(publish_t *publish, error_t *err)
{
    int              rc;
    size_t           i;
    strbuf_t         path;
    publish_file_t  *f;

    for (i = 0; i < publish->nfiles; i++) {

        f = &publish->files[i];

        rc = publish_path(publish, f->name, &path, err);

        if (rc == 0 && !file_exists(path.data)) {
            rc = publish_write(publish, f->name, &f->text, err);
            f->created = rc == 0;
        }

        strbuf_release(&path);

        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/* may workers read it?  Those of another nginx.user could, before */

static bool
publish_shared(const publish_t *publish, const char *name)
{
    bool         shared;
    strbuf_t     path;
    struct stat  st;

    shared = publish_path(publish, name, &path, NULL) == 0
             && stat(path.data, &st) == 0
             && (publish->gid == FILE_GID_KEEP || st.st_gid == publish->gid);

    strbuf_release(&path);

    return shared;
}


int
publish_replace(publish_t *publish, error_t *err)
{
    int              rc;
    size_t           i;
    publish_file_t  *f;

    for (i = 0; i < publish->nfiles; i++) {

        f = &publish->files[i];

        if (f->created) {
            continue;
        }

        strbuf_clear(&f->old);

        rc = publish_read(publish, f->name, &f->old, err);
        if (rc != 0) {
            return rc;
        }

        if (f->old.len == f->text.len
            && memcmp(f->old.data, f->text.data, f->text.len) == 0
            && publish_shared(publish, f->name))
        {
            continue;
        }

        rc = publish_write(publish, f->name, &f->text, err);
        if (rc != 0) {
            return rc;
        }

        f->replaced = true;
    }

    return 0;
}


static int
publish_remove(const publish_t *publish, const char *name, error_t *err)
{
    int       rc;
    strbuf_t  path;

    rc = publish_path(publish, name, &path, err);

    if (rc == 0) {
        rc = file_remove(path.data, err);
    }

    strbuf_release(&path);

    return rc;
}


int
publish_sweep(publish_t *publish, error_t *err)
{
    int             rc;
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(publish->dir);
    if (dir == NULL) {
        return error_errno(err, ERR_IO, "cannot open \"%s\"", publish->dir);
    }

    rc = 0;

    while (rc == 0 && (entry = readdir(dir)) != NULL) {

        if (strcmp(entry->d_name, ".") != 0
            && strcmp(entry->d_name, "..") != 0
            && publish_find(publish, entry->d_name) == NULL)
        {
            rc = publish_remove(publish, entry->d_name, err);
        }
    }

    (void) closedir(dir);

    return rc;
}


void
publish_undo(publish_t *publish)
{
    size_t           i;
    publish_file_t  *f;

    for (i = 0; i < publish->nfiles; i++) {

        f = &publish->files[i];

        if (f->created) {
            (void) publish_remove(publish, f->name, NULL);
        }

        if (f->replaced) {
            (void) publish_write(publish, f->name, &f->old, NULL);
        }

        f->created = false;
        f->replaced = false;
    }
}
