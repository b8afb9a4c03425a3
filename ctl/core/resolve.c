
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

#include "base/file.h"
#include "base/strbuf.h"
#include "core/resolve.h"


#define RESOLVE_TICK_MS   500
#define RESOLVE_PASS_MS   20000
#define RESOLVE_FILE_MAX  (8 * 1024 * 1024)


typedef struct {
    char            *host;
    char            *used;         /* what nginx has; NULL: nothing */
    char            *answer;       /* the last one that had addresses */
    char            *reason;       /* why the last look failed, or NULL */
    unsigned         same;         /* times in a row, all of them new */
    int64_t          seen_ms;      /* when one of those used was answered */
    int64_t          next_ms;
    int64_t          retry_ms;
    bool             loaded;       /* used is of the last run */
    bool             due;          /* answer is to replace used */
} resolve_name_t;


struct resolve_s {
    pthread_mutex_t  mutex;        /* guards all of this */
    pthread_cond_t   wake;
    pthread_t        thread;
    bool             has_thread;
    bool             stop;
    char            *path;
    lookup_pt        lookup;
    resolve_name_t  *names;        /* sorted */
    size_t           len;
    int64_t          replaced_ms;
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


static void
resolve_name_release(resolve_name_t *name)
{
    free(name->host);
    free(name->used);
    free(name->answer);
    free(name->reason);
}


static resolve_name_t *
resolve_find(const resolve_t *resolve, const char *host)
{
    int     rc;
    size_t  low, high, mid;

    low = 0;
    high = resolve->len;

    while (low < high) {
        mid = (low + high) / 2;
        rc = strcmp(host, resolve->names[mid].host);

        if (rc == 0) {
            return &resolve->names[mid];
        }

        if (rc < 0) {
            high = mid;

        } else {
            low = mid + 1;
        }
    }

    return NULL;
}


static resolve_name_t *
resolve_add(resolve_t *resolve, const char *host)
{
    char            *copy;
    size_t           i;
    resolve_name_t  *names;

    names = resolve_find(resolve, host);
    if (names != NULL) {
        return names;
    }

    copy = strdup(host);
    names = realloc(resolve->names,
                    (resolve->len + 1) * sizeof(resolve_name_t));

    if (names != NULL) {
        resolve->names = names;
    }

    if (names == NULL || copy == NULL) {
        free(copy);
        return NULL;
    }

    for (i = resolve->len; i > 0; i--) {

        if (strcmp(names[i - 1].host, host) < 0) {
            break;
        }

        names[i] = names[i - 1];
    }

    memset(&names[i], 0, sizeof(resolve_name_t));
    names[i].host = copy;
    names[i].retry_ms = RESOLVE_RETRY_MS;
    resolve->len++;

    return &names[i];
}


/* is one address in both? */

static bool
resolve_overlap(const char *one, const char *two)
{
    size_t       len, n;
    const char  *p;

    for ( ; *one != '\0'; one += len + (one[len] == ' ')) {

        len = strcspn(one, " ");

        for (p = two; *p != '\0'; p += n + (p[n] == ' ')) {

            n = strcspn(p, " ");

            if (n == len && memcmp(one, p, n) == 0) {
                return true;
            }
        }
    }

    return false;
}


/* answers are moved to the name */

static void
resolve_judge(resolve_t *resolve, resolve_name_t *name,
    lookup_answer_t *answer, int64_t now_ms)
{
    bool  again;

    free(name->reason);
    name->reason = answer->reason;
    answer->reason = NULL;

    if (answer->addresses == NULL) {

        /* a silent name server says nothing about addresses */

        name->seen_ms = now_ms;
        name->next_ms = now_ms + name->retry_ms;
        name->retry_ms *= 2;

        if (name->retry_ms > RESOLVE_LOOK_MS) {
            name->retry_ms = RESOLVE_LOOK_MS;
        }

        return;
    }

    again = name->answer != NULL
            && strcmp(name->answer, answer->addresses) == 0;

    free(name->answer);
    name->answer = answer->addresses;
    answer->addresses = NULL;

    name->next_ms = now_ms + RESOLVE_LOOK_MS;
    name->retry_ms = RESOLVE_RETRY_MS;

    if (name->used == NULL) {
        name->due = true;
        return;
    }

    if (resolve_overlap(name->used, name->answer)) {
        name->seen_ms = now_ms;
        name->same = 0;
        name->loaded = false;
        name->due = false;
        return;
    }

    name->same = again ? name->same + 1 : 1;

    if (name->loaded) {
        name->due = true;
        return;
    }

    name->due = (name->same >= RESOLVE_SAME
                 || now_ms - name->seen_ms >= RESOLVE_GONE_MS)
                && (resolve->replaced_ms == 0
                    || now_ms - resolve->replaced_ms >= RESOLVE_REPLACE_MS);
}


void
resolve_look(resolve_t *resolve, int64_t now_ms)
{
    size_t             i, n;
    const char       **hosts;
    lookup_answer_t   *answers;
    resolve_name_t    *name;

    (void) pthread_mutex_lock(&resolve->mutex);

    n = 0;
    hosts = resolve->len != 0 ? calloc(resolve->len, sizeof(char *)) : NULL;

    for (i = 0; hosts != NULL && i < resolve->len; i++) {

        if (resolve->names[i].next_ms <= now_ms) {

            /* the name itself may go while the lock is not held */

            hosts[n] = strdup(resolve->names[i].host);

            if (hosts[n] != NULL) {
                n++;
            }
        }
    }

    (void) pthread_mutex_unlock(&resolve->mutex);

    if (n != 0
        && lookup_all(resolve->lookup, hosts, n, RESOLVE_PASS_MS, &answers,
                      NULL)
           == 0)
    {
        (void) pthread_mutex_lock(&resolve->mutex);

        for (i = 0; i < n; i++) {

            name = resolve_find(resolve, answers[i].host);

            if (name != NULL) {
                resolve_judge(resolve, name, &answers[i], now_ms);
            }
        }

        (void) pthread_mutex_unlock(&resolve->mutex);

        lookup_free(answers, n);
    }

    for (i = 0; i < n; i++) {
        free((char *) (uintptr_t) hosts[i]);
    }

    free(hosts);
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

        (void) pthread_mutex_unlock(&resolve->mutex);

        resolve_look(resolve, resolve_now_ms());

        (void) pthread_mutex_lock(&resolve->mutex);
    }

    (void) pthread_mutex_unlock(&resolve->mutex);

    return NULL;
}


/* "HOST ADDRESS ...\n"; what cannot be read is looked up */

static void
resolve_load(resolve_t *resolve)
{
    char            *line, *rest, *space;
    strbuf_t         text;
    resolve_name_t  *name;

    strbuf_init(&text, RESOLVE_FILE_MAX);

    if (file_read(resolve->path, &text, NULL) == 0) {

        rest = text.data;

        while ((line = strsep(&rest, "\n")) != NULL) {

            space = strchr(line, ' ');

            if (space == NULL || strlen(space) >= LOOKUP_TEXT_MAX) {
                continue;
            }

            *space++ = '\0';

            if (strspn(space, "0123456789abcdef.:[] ") != strlen(space)) {
                continue;
            }

            name = resolve_add(resolve, line);

            if (name != NULL && name->used == NULL) {
                name->used = strdup(space);
                name->loaded = name->used != NULL;
            }
        }
    }

    strbuf_release(&text);
}


/* without it the next start looks all of them up: no harm */

static void
resolve_save(const resolve_t *resolve)
{
    size_t           i;
    strbuf_t         text;
    resolve_name_t  *name;

    strbuf_init(&text, RESOLVE_FILE_MAX);

    for (i = 0; i < resolve->len; i++) {

        name = &resolve->names[i];

        if (name->used != NULL) {
            strbuf_printf(&text, "%s %s\n", name->host, name->used);
        }
    }

    if (strbuf_check(&text, NULL) == 0) {
        (void) file_replace(resolve->path, text.data, text.len, 0600,
                            FILE_GID_KEEP, NULL);
    }

    strbuf_release(&text);
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
    resolve->path = strdup(conf->path);

    if (resolve->path == NULL) {
        resolve_free(resolve);
        return error_nomem(err);
    }

    resolve_load(resolve);

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

    for (i = 0; i < resolve->len; i++) {
        resolve_name_release(&resolve->names[i]);
    }

    (void) pthread_cond_destroy(&resolve->wake);
    (void) pthread_mutex_destroy(&resolve->mutex);

    free(resolve->names);
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
    resolve_name_t    *name;
    lookup_answer_t   *answers;

    new = calloc(n, sizeof(char *));
    if (new == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_lock(&resolve->mutex);

    len = 0;

    for (i = 0; i < n; i++) {
        if (resolve_find(resolve, hosts[i]) == NULL
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

            name = resolve_add(resolve, answers[i].host);

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
    const resolve_name_t *name)
{
    const char       *addresses;
    lookup_answer_t  *item;

    item = &map->hosts[map->len];

    item->host = strdup(host);
    if (item->host == NULL) {
        return ERR_NOMEM;
    }

    map->len++;

    addresses = name == NULL ? NULL
                : name->due && name->answer != NULL ? name->answer
                : name->used;

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
            && resolve_map_add(&map, hosts[i], resolve_find(resolve, hosts[i]))
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


/* true: it changed */

static bool
resolve_use(resolve_t *resolve, resolve_name_t *name, const char *addresses)
{
    char  *copy;

    if (addresses == NULL
        || (name->used != NULL && strcmp(name->used, addresses) == 0))
    {
        return false;
    }

    copy = strdup(addresses);
    if (copy == NULL) {
        return false;
    }

    if (name->used != NULL) {
        resolve->replaced_ms = resolve_now_ms();
    }

    free(name->used);
    name->used = copy;
    name->seen_ms = resolve_now_ms();
    name->same = 0;
    name->due = false;
    name->loaded = false;

    return true;
}


void
resolve_commit(resolve_t *resolve, const resolve_map_t *map)
{
    bool                    changed;
    size_t                  i, kept;
    resolve_name_t         *name;
    const lookup_answer_t  *item;

    changed = false;
    kept = 0;

    (void) pthread_mutex_lock(&resolve->mutex);

    for (i = 0; i < resolve->len; i++) {

        name = &resolve->names[i];
        item = resolve_map_find(map, name->host);

        if (item == NULL) {
            resolve_name_release(name);
            changed = true;
            continue;
        }

        if (resolve_use(resolve, name, item->addresses)) {
            changed = true;
        }

        resolve->names[kept++] = *name;
    }

    resolve->len = kept;

    if (changed) {
        resolve_save(resolve);
    }

    (void) pthread_mutex_unlock(&resolve->mutex);
}


int
resolve_check(resolve_t *resolve, const char *host, unsigned wait_ms,
    error_t *err)
{
    int               rc;
    bool              known;
    resolve_name_t   *name;
    lookup_answer_t  *answer;

    if (resolve_is_address(host)) {
        return 0;
    }

    (void) pthread_mutex_lock(&resolve->mutex);

    name = resolve_find(resolve, host);
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

        name = resolve_find(resolve, host);

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
    bool    due;
    size_t  i;

    due = false;

    (void) pthread_mutex_lock(&resolve->mutex);

    for (i = 0; i < resolve->len && !due; i++) {
        due = resolve->names[i].due;
    }

    (void) pthread_mutex_unlock(&resolve->mutex);

    return due;
}


bool
resolve_failed(resolve_t *resolve, const char *host, char *text, size_t size)
{
    bool             failed;
    resolve_name_t  *name;

    (void) pthread_mutex_lock(&resolve->mutex);

    name = resolve_find(resolve, host);
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
