
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "origin/origin.h"


#define ORIGIN_HOST_MAX  (MODEL_ENDPOINT_MAX * 2)


/* to free(); NULL: no memory */

static char *
origin_host(const model_bucket_t *bucket)
{
    bool      tls;
    unsigned  port;
    strbuf_t  host;

    strbuf_init(&host, ORIGIN_HOST_MAX);
    model_bucket_host(bucket, &host, &tls, &port);

    return strbuf_steal(&host);
}


static int
origin_cmp(const void *one, const void *two)
{
    char *const  *a;
    char *const  *b;

    a = one;
    b = two;

    return strcmp(*a, *b);
}


int
origin_resolve(resolve_t *resolve, const model_buckets_t *buckets,
    resolve_map_t *ret_map, error_t *err)
{
    int      rc;
    char   **hosts;
    size_t   i, n;

    hosts = calloc(buckets->len + 1, sizeof(char *));
    if (hosts == NULL) {
        return error_nomem(err);
    }

    rc = 0;

    for (n = 0; n < buckets->len; n++) {

        hosts[n] = origin_host(buckets->items[n]);

        if (hosts[n] == NULL) {
            rc = error_nomem(err);
            goto done;
        }
    }

    qsort(hosts, n, sizeof(char *), origin_cmp);

    for (i = 1; i < n; i++) {

        if (strcmp(hosts[i - 1], hosts[i]) == 0) {
            free(hosts[i - 1]);
            hosts[i - 1] = NULL;
        }
    }

    for (i = 0, n = 0; i < buckets->len; i++) {
        if (hosts[i] != NULL) {
            hosts[n++] = hosts[i];
        }
    }

    rc = resolve_hosts(resolve, (const char *const *) hosts, n,
                       ORIGIN_WAIT_MS, ret_map, err);

done:

    for (i = 0; i < n; i++) {
        free(hosts[i]);
    }

    free(hosts);

    return rc;
}


int
origin_check(resolve_t *resolve, const model_bucket_t *bucket, error_t *err)
{
    int    rc;
    char  *host;

    host = origin_host(bucket);
    if (host == NULL) {
        return error_nomem(err);
    }

    rc = resolve_check(resolve, host, ORIGIN_WAIT_MS, err);

    if (rc == ERR_REFUSED) {
        (void) error_prefix(err, "endpoint");
    }

    free(host);

    return rc;
}


size_t
origin_failed(resolve_t *resolve, const model_buckets_t *buckets,
    char (*texts)[ERROR_MESSAGE_MAX], size_t max)
{
    char    *host;
    char     reason[LOOKUP_TEXT_MAX];
    size_t   i, n;

    n = 0;

    for (i = 0; i < buckets->len; i++) {

        host = origin_host(buckets->items[i]);

        if (host != NULL
            && resolve_failed(resolve, host, reason, sizeof(reason)))
        {
            if (n < max) {
                (void) snprintf(texts[n], ERROR_MESSAGE_MAX, "bucket \"%s\" "
                                "is not served: its host \"%.255s\" does not "
                                "resolve: %.512s", buckets->items[i]->name,
                                host, reason);
            }

            n++;
        }

        free(host);
    }

    return n;
}
