
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "config/target.h"
#include "nginx/addresses.h"
#include "nginx/upstream.h"


#define ADDRESSES_FILE_MAX  (16 * 1024)    /* as the module has it */
#define ADDRESSES_PATH_MAX  4096
#define ADDRESSES_MODE      0644
#define ADDRESSES_VERSION   "version 1\n"


struct addresses_s {
    char            *dir;          /* constant */

    pthread_mutex_t  mutex;        /* guards the rest, and the directory */
    config_t        *config;       /* NULL: nothing is committed */
    upstream_t      *list;         /* sorted by name */
    char           **texts;        /* of their files; NULL: not known */
    size_t           len;
    bool             replaced;     /* for addresses_report() */
    bool             failed;       /* the same */
    int              failing;      /* 0, or a code, and why: */
    error_t          reason;
};


int
addresses_new(const char *dir, addresses_t **ret_addresses, error_t *err)
{
    addresses_t  *addresses;

    addresses = calloc(1, sizeof(addresses_t));
    if (addresses == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_init(&addresses->mutex, NULL);

    addresses->dir = strdup(dir);

    if (addresses->dir == NULL) {
        addresses_free(addresses);
        return error_nomem(err);
    }

    *ret_addresses = addresses;

    return 0;
}


static void
addresses_clear(addresses_t *addresses)
{
    size_t  i;

    for (i = 0; i < addresses->len; i++) {
        free(addresses->texts[i]);
    }

    free(addresses->texts);
    upstream_free(addresses->list, addresses->len);
    config_unref(addresses->config);

    addresses->texts = NULL;
    addresses->list = NULL;
    addresses->config = NULL;
    addresses->len = 0;
}


void
addresses_free(addresses_t *addresses)
{
    if (addresses == NULL) {
        return;
    }

    addresses_clear(addresses);
    (void) pthread_mutex_destroy(&addresses->mutex);
    free(addresses->dir);
    free(addresses);
}


static int
addresses_path(const addresses_t *addresses, const char *name,
    char path[ADDRESSES_PATH_MAX], error_t *err)
{
    int  n;

    n = snprintf(path, ADDRESSES_PATH_MAX, "%s/%s", addresses->dir, name);

    if (n < 0 || n >= ADDRESSES_PATH_MAX) {
        return error_set(err, ERR_LIMIT, "a path is too long");
    }

    return 0;
}


/* the file of an upstream */

static int
addresses_text(const config_t *config, const upstream_t *upstream,
    const resolve_map_t *resolved, strbuf_t *sb, error_t *err)
{
    size_t                  len;
    const char             *p;
    const lookup_answer_t  *answer;

    answer = resolve_map_find(resolved, upstream->host);

    strbuf_clear(sb);
    strbuf_puts(sb, ADDRESSES_VERSION);

    if (answer == NULL || answer->addresses == NULL
        || !target_allowed(config, answer->addresses, upstream->port))
    {
        strbuf_puts(sb, "none\n");
        return strbuf_check(sb, err);
    }

    for (p = answer->addresses; *p != '\0'; p += len + (p[len] == ' ')) {
        len = strcspn(p, " ");
        strbuf_printf(sb, "%.*s:%u\n", (int) len, p, upstream->port);
    }

    return strbuf_check(sb, err);
}


static int
addresses_write(const addresses_t *addresses, const char *name,
    const strbuf_t *text, error_t *err)
{
    int   rc;
    char  path[ADDRESSES_PATH_MAX];

    rc = addresses_path(addresses, name, path, err);

    return rc == 0 ? file_swap(path, text->data, text->len, ADDRESSES_MODE,
                               err)
                   : rc;
}


/* to free(); NULL: it is not there, or damaged */

static char *
addresses_read(const addresses_t *addresses, const char *name)
{
    char      path[ADDRESSES_PATH_MAX];
    strbuf_t  text;

    strbuf_init(&text, ADDRESSES_FILE_MAX);

    if (addresses_path(addresses, name, path, NULL) != 0
        || file_read(path, &text, NULL) != 0
        || text.len <= strlen(ADDRESSES_VERSION)
        || strncmp(text.data, ADDRESSES_VERSION, strlen(ADDRESSES_VERSION))
           != 0
        || text.data[text.len - 1] != '\n')
    {
        strbuf_release(&text);
        return NULL;
    }

    return strbuf_steal(&text);
}


int
addresses_prepare(addresses_t *addresses, const config_t *config,
    const model_buckets_t *buckets, const resolve_map_t *resolved,
    error_t *err)
{
    int          rc;
    char        *old;
    size_t       i, n;
    strbuf_t     text;
    upstream_t  *list;

    rc = upstream_list(buckets, &list, &n, err);
    if (rc != 0) {
        return rc;
    }

    strbuf_init(&text, ADDRESSES_FILE_MAX);

    (void) pthread_mutex_lock(&addresses->mutex);

    for (i = 0; rc == 0 && i < n; i++) {

        old = addresses_read(addresses, list[i].name);

        if (old == NULL) {
            rc = addresses_text(config, &list[i], resolved, &text, err);
        }

        if (old == NULL && rc == 0) {
            rc = addresses_write(addresses, list[i].name, &text, err);
        }

        free(old);
    }

    (void) pthread_mutex_unlock(&addresses->mutex);

    strbuf_release(&text);
    upstream_free(list, n);

    return rc;
}


/* under the mutex; what fails stays as it was, and is looked at again */

static int
addresses_update(addresses_t *addresses, const resolve_map_t *resolved,
    error_t *err)
{
    int        rc, failed;
    char     **old;
    size_t     i;
    strbuf_t   text;

    failed = 0;

    for (i = 0; i < addresses->len; i++) {

        strbuf_init(&text, ADDRESSES_FILE_MAX);

        old = &addresses->texts[i];

        rc = addresses_text(addresses->config, &addresses->list[i], resolved,
                            &text, err);

        if (rc == 0 && (*old == NULL || strcmp(*old, text.data) != 0)) {

            rc = addresses_write(addresses, addresses->list[i].name, &text,
                                 err);

            if (rc == 0) {
                free(*old);
                *old = strbuf_steal(&text);
                addresses->replaced = true;
            }
        }

        if (rc != 0) {
            failed = rc;
        }

        strbuf_release(&text);
    }

    return failed;
}


/* under the mutex; what lasts is reported once */

static void
addresses_fail(addresses_t *addresses, int rc, const error_t *err)
{
    if (rc != 0 && addresses->failing == 0) {
        addresses->failed = true;
        addresses->reason = *err;
    }

    addresses->failing = rc;
}


bool
addresses_publish(void *data, resolve_t *resolve)
{
    int             rc;
    error_t         err;
    addresses_t    *addresses;
    resolve_map_t   resolved;

    addresses = data;

    (void) pthread_mutex_lock(&addresses->mutex);

    rc = resolve_known(resolve, &resolved, &err);

    if (rc == 0) {
        rc = addresses_update(addresses, &resolved, &err);
        resolve_map_release(&resolved);
    }

    addresses_fail(addresses, rc, &err);

    (void) pthread_mutex_unlock(&addresses->mutex);

    return rc == 0;
}


static int
addresses_cmp(const void *name, const void *upstream)
{
    const upstream_t  *u;

    u = upstream;

    return strcmp(name, u->name);
}


/* under the mutex; what cannot be removed is left */

static void
addresses_sweep(const addresses_t *addresses)
{
    DIR            *dir;
    char            path[ADDRESSES_PATH_MAX];
    struct dirent  *entry;

    dir = opendir(addresses->dir);
    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {

        if (strcmp(entry->d_name, ".") != 0
            && strcmp(entry->d_name, "..") != 0
            && bsearch(entry->d_name, addresses->list, addresses->len,
                       sizeof(upstream_t), addresses_cmp)
               == NULL
            && addresses_path(addresses, entry->d_name, path, NULL) == 0)
        {
            (void) file_remove(path, NULL);
        }
    }

    (void) closedir(dir);
}


/* under the mutex; on failure those of before stay */

static int
addresses_take(addresses_t *addresses, config_t *config,
    const model_buckets_t *buckets, error_t *err)
{
    int           rc;
    char        **texts;
    size_t        i, n;
    upstream_t   *list;

    rc = upstream_list(buckets, &list, &n, err);
    if (rc != 0) {
        return rc;
    }

    texts = calloc(n + 1, sizeof(char *));
    if (texts == NULL) {
        upstream_free(list, n);
        return error_nomem(err);
    }

    for (i = 0; i < n; i++) {
        texts[i] = addresses_read(addresses, list[i].name);
    }

    addresses_clear(addresses);

    addresses->config = config_ref(config);
    addresses->list = list;
    addresses->texts = texts;
    addresses->len = n;

    addresses_sweep(addresses);

    return 0;
}


void
addresses_commit(addresses_t *addresses, config_t *config,
    const model_buckets_t *buckets, resolve_t *resolve)
{
    int      rc;
    error_t  err;

    (void) pthread_mutex_lock(&addresses->mutex);

    rc = addresses_take(addresses, config, buckets, &err);

    if (rc != 0) {
        addresses_fail(addresses, rc, &err);
    }

    (void) pthread_mutex_unlock(&addresses->mutex);

    /* names may have got other addresses since the config was rendered */

    if (rc == 0 && !addresses_publish(addresses, resolve)) {
        resolve_again(resolve);
    }
}


int
addresses_report(addresses_t *addresses, bool *ret_event, error_t *err)
{
    int  rc;

    rc = 0;

    (void) pthread_mutex_lock(&addresses->mutex);

    if (addresses->failed) {
        rc = error_set(err, addresses->reason.code, "%s",
                       addresses->reason.message);
    }

    *ret_event = addresses->replaced;
    addresses->failed = false;
    addresses->replaced = false;

    (void) pthread_mutex_unlock(&addresses->mutex);

    return rc;
}


bool
addresses_failing(addresses_t *addresses, char text[ERROR_MESSAGE_MAX])
{
    bool  failing;

    (void) pthread_mutex_lock(&addresses->mutex);

    failing = addresses->failing != 0;

    if (failing) {
        (void) snprintf(text, ERROR_MESSAGE_MAX, "%s",
                        addresses->reason.message);
    }

    (void) pthread_mutex_unlock(&addresses->mutex);

    return failing;
}
