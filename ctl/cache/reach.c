
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cache/cache_file.h"
#include "cache/counters.h"
#include "cache/reach.h"


#define REACH_PAUSE_MS  1


typedef struct {
    const char          *disk;
    const edge_purge_t  *purge;
    const s3_state_t    *counters;
    s3_str_t            *keys;         /* sorted, of EDGE_PURGE_KEYS */
    size_t               heeded;       /* of EDGE_PURGE_PREFIX */
    int64_t              until_ms;
    reach_t              reach;
    int                  rc;
    error_t              err;
    cache_file_t         file;
} reach_walk_t;


size_t
reach_heeded(const s3_str_t *prefix)
{
    size_t  i, n, heeded;

    heeded = 0;

    for (i = 0, n = 0; i < prefix->len && n < S3_KEY_LEVELS_MAX; i++) {
        if (prefix->data[i] == '/') {
            heeded = i + 1;
            n++;
        }
    }

    return heeded;
}


static int
reach_cmp(const void *one, const void *two)
{
    size_t           len;
    int              order;
    const s3_str_t  *a, *b;

    a = one;
    b = two;
    len = a->len < b->len ? a->len : b->len;

    order = memcmp(a->data, b->data, len);

    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}


static bool
reach_in_scope(const reach_walk_t *walk)
{
    const s3_key_t      *key;
    const edge_purge_t  *purge;

    key = &walk->file.key;
    purge = walk->purge;

    if (purge->scope == EDGE_PURGE_ALL) {
        return true;
    }

    if (strlen(purge->bucket) != key->bucket.len
        || memcmp(purge->bucket, key->bucket.data, key->bucket.len) != 0)
    {
        return false;
    }

    switch (purge->scope) {

    case EDGE_PURGE_PREFIX:
        return key->key.len >= walk->heeded
               && memcmp(key->key.data, purge->keys[0].data, walk->heeded)
                  == 0;

    case EDGE_PURGE_KEYS:
        return bsearch(&key->key, walk->keys, purge->nkeys, sizeof(s3_str_t),
                       reach_cmp) != NULL;

    default: /* EDGE_PURGE_BUCKET */
        return true;
    }
}


static bool
reach_visit(void *data, const walk_file_t *file)
{
    reach_walk_t  *walk;

    walk = data;

    if (walk->until_ms != 0 && clock_ms() >= walk->until_ms) {
        walk->reach.complete = false;
        return false;
    }

    if (cache_file_read(file, &walk->file, NULL) == 0
        && reach_in_scope(walk)
        && counters_judge(walk->counters, &walk->file.key,
                          walk->file.stored_at) != COUNTERS_DEAD)
    {
        walk->reach.objects++;
        walk->reach.bytes += walk->file.disk;
    }

    return true;
}


static void
reach_run(void *data)
{
    reach_walk_t  *walk;

    walk = data;

    walk->rc = walk_run(walk->disk, REACH_PAUSE_MS, reach_visit, walk,
                        &walk->err);
}


static int
reach_prepare(reach_walk_t *walk, error_t *err)
{
    const edge_purge_t  *purge;

    purge = walk->purge;

    if (purge->scope == EDGE_PURGE_PREFIX) {
        walk->heeded = reach_heeded(&purge->keys[0]);
    }

    if (purge->scope == EDGE_PURGE_KEYS) {
        walk->keys = calloc(purge->nkeys, sizeof(s3_str_t));

        if (walk->keys == NULL) {
            return error_nomem(err);
        }

        memcpy(walk->keys, purge->keys, purge->nkeys * sizeof(s3_str_t));
        qsort(walk->keys, purge->nkeys, sizeof(s3_str_t), reach_cmp);
    }

    return 0;
}


int
reach_count(const char *disk, const char *counters, const edge_purge_t *purge,
    unsigned wait_ms, reach_t *ret_reach, error_t *err)
{
    int            rc;
    reach_walk_t  *walk;

    walk = calloc(1, sizeof(reach_walk_t));
    if (walk == NULL) {
        return error_nomem(err);
    }

    walk->disk = disk;
    walk->purge = purge;
    walk->reach.complete = true;
    walk->until_ms = wait_ms != 0 ? clock_ms() + wait_ms : 0;

    rc = reach_prepare(walk, err);

    if (rc == 0) {
        rc = counters_open(counters, &walk->counters, err);
    }

    if (rc == 0) {
        rc = walk_apart(reach_run, walk, err);
    }

    if (rc == 0 && walk->rc != 0) {
        rc = error_set(err, walk->rc, "%s", walk->err.message);
    }

    if (rc == 0) {
        *ret_reach = walk->reach;
    }

    counters_close(walk->counters);
    free(walk->keys);
    free(walk);

    return rc;
}
