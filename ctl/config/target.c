
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/strbuf.h"
#include "config/target.h"


#define TARGET_HOST_MAX  (MODEL_ENDPOINT_MAX * 2)


/* does a socket that listens on this address answer at the target? */

static bool
target_reaches(const char *listen, const address_t *target)
{
    address_t  address;

    static const unsigned char  any[16];

    if (!address_parse(listen, strlen(listen), &address)) {
        return false;
    }

    if (memcmp(address.bytes, any, address.len) == 0) {
        return address_is_own(target);
    }

    /* to connect to 0.0.0.0 is to connect to this host */

    if (memcmp(target->bytes, any, target->len) == 0) {
        return address_is_loopback(&address);
    }

    return address.len == target->len
           && memcmp(address.bytes, target->bytes, address.len) == 0;
}


static bool
target_is_edge(const config_t *config, const address_t *target)
{
    size_t                i;
    const config_list_t  *list;

    list = &config->server.listen;

    if (list->len == 0) {
        return address_is_own(target);
    }

    for (i = 0; i < list->len; i++) {
        if (target_reaches(list->items[i], target)) {
            return true;
        }
    }

    return false;
}


/* NULL: it may be there; otherwise what is there */

static const char *
target_refused(const config_t *config, const char *address, size_t len,
    unsigned port)
{
    int64_t    p;
    address_t  target;

    if (config->s3.allow_local_endpoints
        || !address_parse(address, len, &target))
    {
        return NULL;
    }

    if (address_is_link_local(&target)) {
        return "a link-local address, or one of a cloud's metadata";
    }

    p = (int64_t) port;

    if (p == config->server.api_port
        && target_reaches(config->server.api_listen, &target))
    {
        return "the control API of s3edge";
    }

    if ((p == config->server.http_port || p == config->server.https_port)
        && target_is_edge(config, &target))
    {
        return "s3edge itself";
    }

    return NULL;
}


/* the first address of addresses ("A B ...") that is refused */

static const char *
target_find(const config_t *config, const char *addresses, unsigned port,
    const char **ret_address, size_t *ret_len)
{
    size_t       len;
    const char  *p, *what;

    for (p = addresses; *p != '\0'; p += len + (p[len] == ' ')) {

        len = strcspn(p, " ");
        what = target_refused(config, p, len, port);

        if (what != NULL) {
            *ret_address = p;
            *ret_len = len;
            return what;
        }
    }

    return NULL;
}


bool
target_allowed(const config_t *config, const char *addresses, unsigned port)
{
    size_t       len;
    const char  *address;

    return target_find(config, addresses, port, &address, &len) == NULL;
}


int
target_check(const config_t *config, const model_bucket_t *bucket,
    const resolve_map_t *resolved, error_t *err)
{
    int                     rc;
    bool                    tls;
    size_t                  len;
    unsigned                port;
    strbuf_t                host;
    const char             *what, *address;
    const lookup_answer_t  *answer;

    strbuf_init(&host, TARGET_HOST_MAX);
    model_bucket_host(bucket, &host, &tls, &port);

    rc = strbuf_check(&host, err);
    if (rc != 0) {
        goto done;
    }

    answer = resolve_map_find(resolved, host.data);

    what = target_find(config, answer == NULL ? host.data
                               : answer->addresses != NULL ? answer->addresses
                               : "", port, &address, &len);

    if (what != NULL) {
        rc = error_set(err, ERR_INVALID, "endpoint: %s%s%.*s port %u%s is "
                       "%s; set s3.allow_local_endpoints to ask there all "
                       "the same", answer != NULL ? host.data : "",
                       answer != NULL ? " is at " : "", (int) len, address,
                       port, answer != NULL ? ", which" : "", what);
    }

done:

    strbuf_release(&host);

    return rc;
}


size_t
target_failed(const config_t *config, const model_buckets_t *buckets,
    const resolve_map_t *resolved, char (*texts)[ERROR_MESSAGE_MAX],
    size_t max)
{
    size_t   i, n;
    error_t  err;

    n = 0;

    for (i = 0; i < buckets->len; i++) {

        if (target_check(config, buckets->items[i], resolved, &err) == 0) {
            continue;
        }

        if (n < max) {
            (void) snprintf(texts[n], ERROR_MESSAGE_MAX, "bucket \"%s\" is "
                            "not served: %.512s",
                            buckets->items[i]->name, err.message);
        }

        n++;
    }

    return n;
}
