
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "creds/named.h"
#include "creds/provider.h"


/* for want of keys: see named_publish() */

#define NAMED_NO_KEY  "s3edge-has-no-keys"


typedef struct {
    credentials_t    *credentials;
    provider_keys_t   keys;        /* zeroed: never any */
    uint64_t          stamp;
    char              problem[ERROR_MESSAGE_MAX];  /* "": none */
} named_one_t;


struct named_s {
    pthread_mutex_t   lock;        /* guards all below */
    named_one_t      *items;       /* sorted */
    size_t            len;
};


int
named_new(named_t **ret_named, error_t *err)
{
    named_t  *named;

    named = calloc(1, sizeof(named_t));
    if (named == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_init(&named->lock, NULL);

    *ret_named = named;

    return 0;
}


static void
named_release(named_one_t *items, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        credentials_free(items[i].credentials);
        provider_release(&items[i].keys);
    }

    free(items);
}


void
named_free(named_t *named)
{
    if (named != NULL) {
        named_release(named->items, named->len);
        (void) pthread_mutex_destroy(&named->lock);
        free(named);
    }
}


static named_one_t *
named_find(const named_t *named, const char *name)
{
    size_t  i;

    for (i = 0; i < named->len; i++) {
        if (strcmp(named->items[i].credentials->name, name) == 0) {
            return &named->items[i];
        }
    }

    return NULL;
}


/* true: it has other keys now */

static bool
named_load(named_one_t *one)
{
    error_t          err;
    provider_keys_t  keys;

    /* before: what changes while it is read is read again */

    one->stamp = provider_stamp(one->credentials);

    if (provider_load(one->credentials, &keys, &err) != 0) {
        memcpy(one->problem, err.message, sizeof(one->problem));
        return false;
    }

    provider_release(&one->keys);
    one->keys = keys;
    one->problem[0] = '\0';

    if (!provider_safe(one->credentials, &err)) {
        memcpy(one->problem, err.message, sizeof(one->problem));
    }

    return true;
}


/* keys that were good go on where those credentials are as they were */

static void
named_inherit(const named_t *named, named_one_t *one)
{
    named_one_t  *old;

    old = one->keys.access_key == NULL
          ? named_find(named, one->credentials->name) : NULL;

    if (old != NULL && field_equal(&credentials_table, old->credentials,
                                   one->credentials))
    {
        one->keys = old->keys;
        memset(&old->keys, 0, sizeof(provider_keys_t));
    }
}


int
named_replace(named_t *named, credentials_list_t *list, error_t *err)
{
    size_t        i, len;
    named_one_t  *items, *old;

    items = calloc(list->len + 1, sizeof(named_one_t));
    if (items == NULL) {
        return error_nomem(err);
    }

    for (i = 0; i < list->len; i++) {
        items[i].credentials = list->items[i];
        list->items[i] = NULL;
        (void) named_load(&items[i]);
    }

    (void) pthread_mutex_lock(&named->lock);

    for (i = 0; i < list->len; i++) {
        named_inherit(named, &items[i]);
    }

    old = named->items;
    len = named->len;
    named->items = items;
    named->len = list->len;

    (void) pthread_mutex_unlock(&named->lock);

    named_release(old, len);
    credentials_release(list);

    return 0;
}


bool
named_poll(named_t *named)
{
    bool          changed;
    size_t        i;
    named_one_t  *one;

    changed = false;

    (void) pthread_mutex_lock(&named->lock);

    for (i = 0; i < named->len; i++) {

        one = &named->items[i];

        if (provider_stamp(one->credentials) != one->stamp) {
            changed |= named_load(one);
        }
    }

    (void) pthread_mutex_unlock(&named->lock);

    return changed;
}


bool
named_exists(named_t *named, const char *name)
{
    bool  exists;

    (void) pthread_mutex_lock(&named->lock);
    exists = named_find(named, name) != NULL;
    (void) pthread_mutex_unlock(&named->lock);

    return exists;
}


int
named_get(named_t *named, const char *name, credentials_t **ret_copy,
    char ret_problem[ERROR_MESSAGE_MAX], error_t *err)
{
    int                 rc;
    credentials_t      *copy;
    const named_one_t  *one;

    (void) pthread_mutex_lock(&named->lock);

    one = named_find(named, name);

    if (one == NULL) {
        rc = error_set(err, ERR_NOT_FOUND, "there are no credentials "
                       "\"%.*s\"", 255, name);
        goto done;
    }

    copy = field_dup(&credentials_table, one->credentials);

    if (copy == NULL) {
        rc = error_nomem(err);
        goto done;
    }

    memcpy(ret_problem, one->problem, ERROR_MESSAGE_MAX);
    *ret_copy = copy;
    rc = 0;

done:

    (void) pthread_mutex_unlock(&named->lock);

    return rc;
}


int
named_names(named_t *named, strbuf_t *ret_names, error_t *err)
{
    size_t  i;

    (void) pthread_mutex_lock(&named->lock);

    for (i = 0; i < named->len; i++) {
        strbuf_printf(ret_names, "%s\n", named->items[i].credentials->name);
    }

    (void) pthread_mutex_unlock(&named->lock);

    return strbuf_check(ret_names, err);
}


int
named_publish(named_t *named, const char *name, publish_t *publish,
    const char *file, error_t *err)
{
    int                 rc;
    const named_one_t  *one;

    (void) pthread_mutex_lock(&named->lock);

    one = named_find(named, name);

    rc = one != NULL && one->keys.access_key != NULL
         ? publish_add(publish, file, one->keys.access_key,
                       one->keys.secret_key, one->keys.session_token, err)
         : publish_add(publish, file, NAMED_NO_KEY, NAMED_NO_KEY, NULL, err);

    (void) pthread_mutex_unlock(&named->lock);

    return rc;
}


size_t
named_problems(named_t *named, char (*texts)[ERROR_MESSAGE_MAX], size_t max)
{
    size_t  i, n;

    (void) pthread_mutex_lock(&named->lock);

    for (i = 0, n = 0; i < named->len; i++) {

        if (named->items[i].problem[0] == '\0') {
            continue;
        }

        if (n < max) {
            memcpy(texts[n], named->items[i].problem, ERROR_MESSAGE_MAX);
        }

        n++;
    }

    (void) pthread_mutex_unlock(&named->lock);

    return n;
}
