
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "origin/names.h"
#include "origin/resolve.h"


#define RESOLVE_TICK_MS   100
#define RESOLVE_AGAIN_MS  1000     /* after "changed" has failed */
#define RESOLVE_PASS_MS   20000    /* without a thread */


struct resolve_s {
    pthread_mutex_t  mutex;        /* guards all of this */
    pthread_cond_t   wake;
    pthread_t        thread;
    bool             has_thread;
    bool             stop;
    char            *path;
    lookup_pt        lookup;
    lookup_pool_t   *pool;         /* has a lock of its own */
    names_t          names;
    bool             due;          /* others than what was committed */
    bool             unsaid;       /* "changed" has not been told */
    int64_t          tell_ms;      /* not before this */
    bool             unsaved;

    resolve_changed_pt  changed;   /* these two are constant */
    void               *data;
};


static int64_t
resolve_now_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


bool
resolve_is_address(const char *host)
{
    struct in_addr  addr;

    return host[0] == '[' || inet_pton(AF_INET, host, &addr) == 1;
}


/* under the mutex */

static void
resolve_judge(resolve_t *resolve, names_item_t *name, lookup_answer_t *answer,
    int64_t now_ms)
{
    if (names_judge(&resolve->names, name, answer, now_ms)) {
        resolve->due = true;
        resolve->unsaid = true;
        resolve->unsaved = true;
    }
}


/* what has been answered; under the mutex */

static void
resolve_collect(resolve_t *resolve, int64_t now_ms)
{
    size_t            tag;
    names_item_t     *name;
    lookup_answer_t   answer;

    while (lookup_pool_take(resolve->pool, &answer, &tag)) {

        /* it may have gone meanwhile */

        name = names_find(&resolve->names, answer.host);

        if (name != NULL) {
            resolve_judge(resolve, name, &answer, now_ms);
        }

        lookup_release(&answer);
    }
}


/* under the mutex */

static void
resolve_begin(resolve_t *resolve, int64_t now_ms)
{
    size_t         i;
    names_item_t  *name;

    for (i = 0; i < resolve->names.len; i++) {

        name = &resolve->names.items[i];

        if (name->looking || name->next_ms > now_ms) {
            continue;
        }

        /* where that fails, the next tick tries again */

        name->looking = lookup_pool_add(resolve->pool, name->host, 0, NULL)
                        == 0;
    }
}


void
resolve_look(resolve_t *resolve, int64_t now_ms)
{
    (void) pthread_mutex_lock(&resolve->mutex);
    resolve_begin(resolve, now_ms);
    (void) pthread_mutex_unlock(&resolve->mutex);

    lookup_pool_wait(resolve->pool, RESOLVE_PASS_MS);

    (void) pthread_mutex_lock(&resolve->mutex);
    resolve_collect(resolve, now_ms);
    (void) pthread_mutex_unlock(&resolve->mutex);
}


/* under the mutex, which it gives up meanwhile */

static void
resolve_tell(resolve_t *resolve, int64_t now_ms)
{
    bool  told;

    if (resolve->unsaid && resolve->changed != NULL
        && now_ms >= resolve->tell_ms)
    {
        resolve->unsaid = false;

        (void) pthread_mutex_unlock(&resolve->mutex);

        told = resolve->changed(resolve->data, resolve);

        (void) pthread_mutex_lock(&resolve->mutex);

        if (!told) {
            resolve->unsaid = true;
            resolve->tell_ms = now_ms + RESOLVE_AGAIN_MS;
        }
    }

    if (resolve->unsaved) {
        names_save(&resolve->names, resolve->path);
        resolve->unsaved = false;
    }
}


static void *
resolve_main(void *data)
{
    int64_t           at_ms;
    resolve_t        *resolve;
    struct timespec   until;

    resolve = data;

    (void) pthread_mutex_lock(&resolve->mutex);

    while (!resolve->stop) {

        at_ms = resolve_now_ms() + RESOLVE_TICK_MS;
        until.tv_sec = (time_t) (at_ms / 1000);
        until.tv_nsec = (long) (at_ms % 1000) * 1000000;

        (void) pthread_cond_timedwait(&resolve->wake, &resolve->mutex, &until);

        if (resolve->stop) {
            break;
        }

        resolve_collect(resolve, resolve_now_ms());
        resolve_begin(resolve, resolve_now_ms());
        resolve_tell(resolve, resolve_now_ms());
    }

    (void) pthread_mutex_unlock(&resolve->mutex);

    return NULL;
}


int
resolve_new(const resolve_conf_t *conf, resolve_t **ret_resolve, error_t *err)
{
    resolve_t           *resolve;
    pthread_condattr_t   attr;

    resolve = calloc(1, sizeof(resolve_t));
    if (resolve == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_init(&resolve->mutex, NULL);
    (void) pthread_condattr_init(&attr);
    (void) pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void) pthread_cond_init(&resolve->wake, &attr);
    (void) pthread_condattr_destroy(&attr);

    resolve->lookup = conf->lookup;
    resolve->changed = conf->changed;
    resolve->data = conf->data;
    resolve->path = strdup(conf->path);
    resolve->pool = lookup_pool_new(conf->lookup);

    if (resolve->path == NULL || resolve->pool == NULL) {
        resolve_free(resolve);
        return error_nomem(err);
    }

    names_load(&resolve->names, resolve->path);

    if (conf->thread) {

        if (pthread_create(&resolve->thread, NULL, resolve_main, resolve)
            != 0)
        {
            resolve_free(resolve);
            return error_set(err, ERR_INTERNAL, "no thread to look up names");
        }

        resolve->has_thread = true;
    }

    *ret_resolve = resolve;

    return 0;
}


void
resolve_free(resolve_t *resolve)
{
    size_t  i;

    if (resolve == NULL) {
        return;
    }

    if (resolve->has_thread) {
        (void) pthread_mutex_lock(&resolve->mutex);
        resolve->stop = true;
        (void) pthread_cond_signal(&resolve->wake);
        (void) pthread_mutex_unlock(&resolve->mutex);

        (void) pthread_join(resolve->thread, NULL);
    }

    lookup_pool_free(resolve->pool);

    for (i = 0; i < resolve->names.len; i++) {
        names_item_release(&resolve->names.items[i]);
    }

    (void) pthread_cond_destroy(&resolve->wake);
    (void) pthread_mutex_destroy(&resolve->mutex);

    free(resolve->names.items);
    free(resolve->path);
    free(resolve);
}


/* looks up those of hosts that were never seen */

static int
resolve_new_names(resolve_t *resolve, const char *const *hosts, size_t n,
    unsigned wait_ms, error_t *err)
{
    int                rc;
    size_t             i, len;
    const char       **new;
    names_item_t      *name;
    lookup_answer_t   *answers;

    new = calloc(n, sizeof(char *));
    if (new == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_lock(&resolve->mutex);

    len = 0;

    for (i = 0; i < n; i++) {
        if (names_find(&resolve->names, hosts[i]) == NULL
            && !resolve_is_address(hosts[i]))
        {
            new[len++] = hosts[i];
        }
    }

    (void) pthread_mutex_unlock(&resolve->mutex);

    rc = 0;

    if (len != 0) {
        rc = lookup_all(resolve->lookup, new, len, wait_ms, &answers, err);
    }

    if (len != 0 && rc == 0) {

        (void) pthread_mutex_lock(&resolve->mutex);

        for (i = 0; i < len; i++) {

            name = names_add(&resolve->names, answers[i].host);

            if (name == NULL) {
                rc = error_nomem(err);
                break;
            }

            resolve_judge(resolve, name, &answers[i], resolve_now_ms());
        }

        (void) pthread_mutex_unlock(&resolve->mutex);

        lookup_free(answers, len);
    }

    free(new);

    return rc;
}


static int
resolve_map_cmp(const void *one, const void *two)
{
    const lookup_answer_t  *a, *b;

    a = one;
    b = two;

    return strcmp(a->host, b->host);
}


static int
resolve_map_add(resolve_map_t *map, const char *host,
    const names_item_t *name)
{
    const char       *addresses;
    lookup_answer_t  *item;

    item = &map->hosts[map->len];

    item->host = strdup(host);
    if (item->host == NULL) {
        return ERR_NOMEM;
    }

    map->len++;

    addresses = name != NULL ? name->used : NULL;

    if (addresses != NULL) {
        item->addresses = strdup(addresses);
    }

    return addresses != NULL && item->addresses == NULL ? ERR_NOMEM : 0;
}


int
resolve_hosts(resolve_t *resolve, const char *const *hosts, size_t n,
    unsigned wait_ms, resolve_map_t *ret_map, error_t *err)
{
    int            rc;
    size_t         i;
    resolve_map_t  map;

    map.len = 0;
    map.hosts = calloc(n + 1, sizeof(lookup_answer_t));

    if (map.hosts == NULL) {
        return error_nomem(err);
    }

    rc = resolve_new_names(resolve, hosts, n, wait_ms, err);

    (void) pthread_mutex_lock(&resolve->mutex);

    for (i = 0; rc == 0 && i < n; i++) {
        if (!resolve_is_address(hosts[i])
            && resolve_map_add(&map, hosts[i],
                               names_find(&resolve->names, hosts[i]))
               != 0)
        {
            rc = error_nomem(err);
        }
    }

    (void) pthread_mutex_unlock(&resolve->mutex);

    if (rc != 0) {
        resolve_map_release(&map);
        return rc;
    }

    qsort(map.hosts, map.len, sizeof(lookup_answer_t), resolve_map_cmp);
    *ret_map = map;

    return 0;
}


int
resolve_known(resolve_t *resolve, resolve_map_t *ret_map, error_t *err)
{
    int            rc;
    size_t         i;
    resolve_map_t  map;

    rc = 0;
    map.len = 0;

    (void) pthread_mutex_lock(&resolve->mutex);

    map.hosts = calloc(resolve->names.len + 1, sizeof(lookup_answer_t));

    if (map.hosts == NULL) {
        rc = ERR_NOMEM;
    }

    for (i = 0; rc == 0 && i < resolve->names.len; i++) {
        rc = resolve_map_add(&map, resolve->names.items[i].host,
                             &resolve->names.items[i]);
    }

    (void) pthread_mutex_unlock(&resolve->mutex);

    if (rc != 0) {
        resolve_map_release(&map);
        return error_nomem(err);
    }

    *ret_map = map;

    return 0;
}


void
resolve_commit(resolve_t *resolve, const resolve_map_t *map)
{
    size_t                  i, kept;
    names_item_t           *name;
    const lookup_answer_t  *item;

    kept = 0;

    (void) pthread_mutex_lock(&resolve->mutex);

    resolve->due = false;

    for (i = 0; i < resolve->names.len; i++) {

        name = &resolve->names.items[i];
        item = resolve_map_find(map, name->host);

        if (item == NULL) {
            names_item_release(name);
            resolve->unsaved = true;
            continue;
        }

        /* a look may have ended since the map was made */

        if (name->used != NULL
            && (item->addresses == NULL
                || strcmp(name->used, item->addresses) != 0))
        {
            resolve->due = true;
        }

        resolve->names.items[kept++] = *name;
    }

    resolve->names.len = kept;

    if (resolve->unsaved) {
        names_save(&resolve->names, resolve->path);
        resolve->unsaved = false;
    }

    (void) pthread_mutex_unlock(&resolve->mutex);
}


void
resolve_again(resolve_t *resolve)
{
    (void) pthread_mutex_lock(&resolve->mutex);
    resolve->unsaid = true;
    (void) pthread_mutex_unlock(&resolve->mutex);
}


int
resolve_check(resolve_t *resolve, const char *host, unsigned wait_ms,
    error_t *err)
{
    int               rc;
    bool              known;
    names_item_t     *name;
    lookup_answer_t  *answer;

    if (resolve_is_address(host)) {
        return 0;
    }

    (void) pthread_mutex_lock(&resolve->mutex);

    name = names_find(&resolve->names, host);
    known = name != NULL && name->used != NULL;

    (void) pthread_mutex_unlock(&resolve->mutex);

    if (known) {
        return 0;
    }

    rc = lookup_all(resolve->lookup, &host, 1, wait_ms, &answer, err);
    if (rc != 0) {
        return rc;
    }

    if (answer[0].addresses == NULL) {
        rc = error_set(err, ERR_REFUSED, "the host \"%s\" does not resolve: "
                       "%s", host, answer[0].reason);

    } else {
        (void) pthread_mutex_lock(&resolve->mutex);

        name = names_find(&resolve->names, host);

        if (name != NULL) {
            resolve_judge(resolve, name, &answer[0], resolve_now_ms());
        }

        (void) pthread_mutex_unlock(&resolve->mutex);
    }

    lookup_free(answer, 1);

    return rc;
}


bool
resolve_due(resolve_t *resolve)
{
    bool  due;

    (void) pthread_mutex_lock(&resolve->mutex);
    due = resolve->due;
    (void) pthread_mutex_unlock(&resolve->mutex);

    return due;
}


bool
resolve_failed(resolve_t *resolve, const char *host, char *text, size_t size)
{
    bool           failed;
    names_item_t  *name;

    (void) pthread_mutex_lock(&resolve->mutex);

    name = names_find(&resolve->names, host);
    failed = name != NULL && name->used == NULL;

    if (failed) {
        (void) snprintf(text, size, "%s",
                        name->reason != NULL ? name->reason
                                             : "it resolves now");
    }

    (void) pthread_mutex_unlock(&resolve->mutex);

    return failed;
}


const lookup_answer_t *
resolve_map_find(const resolve_map_t *map, const char *host)
{
    lookup_answer_t  key;

    memset(&key, 0, sizeof(lookup_answer_t));
    key.host = (char *) (uintptr_t) host;

    if (map == NULL || map->len == 0) {
        return NULL;
    }

    return bsearch(&key, map->hosts, map->len, sizeof(lookup_answer_t),
                   resolve_map_cmp);
}


void
resolve_map_release(resolve_map_t *map)
{
    lookup_free(map->hosts, map->len);
    map->hosts = NULL;
    map->len = 0;
}
