
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"
#include "base/render_text.h"
#include "config/target.h"
#include "nginx/upstream.h"


#define UPSTREAM_FAIL_S     30     /* an address that failed is passed by */
#define UPSTREAM_BACKUPS    2
#define UPSTREAM_ZONE_K     256
#define UPSTREAM_SERVER_K   2      /* nginx 1.22 needs 0.7 */
#define UPSTREAM_SESSION_K  4      /* of TLS, kept with a server */


typedef struct {
    const config_t         *config;
    const resolve_map_t    *resolved;
    const char             *dir;
    size_t                  zone;      /* kilobytes */
} upstream_conf_t;


/*
 * An upstream is named by what it connects to, so that buckets of one origin
 * share its idle connections: FNV-1a of "scheme host port".
 */

static void
upstream_name(const char *address, bool tls,
    char name[UPSTREAM_NAME_MAX])
{
    uint64_t  hash;

    hash = fnv_add(FNV_INIT, address, strlen(address));
    hash = fnv_add(hash, tls ? "\1" : "\0", 1);

    (void) snprintf(name, UPSTREAM_NAME_MAX, "s3edge_%016" PRIx64, hash);
}


static bool
upstream_seen(char (*names)[UPSTREAM_NAME_MAX], size_t n, const char *name)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }

    return false;
}


/* NULL: the name is nginx's to resolve, or there is no address */

static const char *
upstream_addresses(const resolve_map_t *resolved, const char *host)
{
    const lookup_answer_t  *answer;

    answer = resolve_map_find(resolved, host);

    return answer != NULL ? answer->addresses : NULL;
}


static size_t
upstream_count(const char *addresses)
{
    size_t  n;

    for (n = 1; (addresses = strchr(addresses, ' ')) != NULL; addresses++) {
        n++;
    }

    return n;
}


/*
 * An address that failed is passed by for a while, by all workers: that is in
 * the zone.  Where all have failed, nginx would answer 502 without trying one;
 * with the first of them as backups, whose failures do not count, it goes on to
 * try those.  A single one is always tried.
 */

static void
upstream_servers(const char *addresses, unsigned port, size_t zone,
    strbuf_t *sb)
{
    size_t       len, n;
    const char  *p;

    if (upstream_count(addresses) == 1) {
        strbuf_printf(sb, "        server %s:%u;\n", addresses, port);
        return;
    }

    strbuf_printf(sb, "        zone s3edge_peers %zuk;\n", zone);

    for (p = addresses; *p != '\0'; p += len + (p[len] == ' ')) {
        len = strcspn(p, " ");
        strbuf_printf(sb, "        server %.*s:%u fail_timeout=%us;\n",
                      (int) len, p, port, UPSTREAM_FAIL_S);
    }

    for (p = addresses, n = 0;
         *p != '\0' && n < UPSTREAM_BACKUPS;
         p += len + (p[len] == ' '), n++)
    {
        len = strcspn(p, " ");
        strbuf_printf(sb, "        server %.*s:%u max_fails=0 backup;\n",
                      (int) len, p, port);
    }
}


/* the server is for when the file cannot be read: nginx starts all the same */

static void
upstream_watched(const char *dir, const char *name, unsigned port,
    strbuf_t *sb)
{
    strbuf_puts(sb, "        s3edge_addresses ");
    render_quote(sb, "%s/%s", dir, name);
    strbuf_printf(sb, " fail_timeout=%us;\n", UPSTREAM_FAIL_S);
    strbuf_printf(sb, "        server 127.0.0.1:%u down;\n", port);
}


/* without an address nginx answers 502 at once, and starts all the same */

static void
upstream_block(const upstream_conf_t *conf, const char *name,
    const char *host, unsigned port, strbuf_t *sb)
{
    const char             *addresses;
    const lookup_answer_t  *answer;

    answer = resolve_map_find(conf->resolved, host);
    addresses = answer != NULL ? answer->addresses : host;

    strbuf_printf(sb, "    upstream %s {\n", name);

    if (answer != NULL || !target_allowed(conf->config, host, port)) {
        strbuf_printf(sb, "        # %s\n", host);
    }

    if (answer != NULL && conf->dir != NULL) {
        upstream_watched(conf->dir, name, port, sb);

    } else if (addresses == NULL
               || !target_allowed(conf->config, addresses, port))
    {
        strbuf_printf(sb, "        server 127.0.0.1:%u down;\n", port);

    } else {
        upstream_servers(addresses, port, conf->zone, sb);
    }

    strbuf_puts(sb, "        keepalive 32;\n"
                    "    }\n\n");
}


/* the host, then ":port"; *ret_len is the length of the host */

static int
upstream_address(const model_bucket_t *bucket, strbuf_t *address, bool *ret_tls,
    unsigned *ret_port, size_t *ret_len, error_t *err)
{
    strbuf_clear(address);
    model_bucket_host(bucket, address, ret_tls, ret_port);
    *ret_len = address->len;
    strbuf_printf(address, ":%u", *ret_port);

    return strbuf_check(address, err);
}


/* names all, and says how many kilobytes their servers need */

static int
upstream_names(const model_buckets_t *buckets, const resolve_map_t *resolved,
    char (*names)[UPSTREAM_NAME_MAX], size_t *ret_zone, error_t *err)
{
    int          rc;
    bool         tls;
    size_t       i, len, zone;
    unsigned     port;
    strbuf_t     address;
    const char  *addresses;

    strbuf_init(&address, MODEL_ENDPOINT_MAX * 2);

    rc = 0;
    zone = UPSTREAM_ZONE_K;

    for (i = 0; i < buckets->len; i++) {

        rc = upstream_address(buckets->items[i], &address, &tls, &port, &len,
                              err);
        if (rc != 0) {
            break;
        }

        upstream_name(address.data, tls, names[i]);
        address.data[len] = '\0';

        addresses = upstream_addresses(resolved, address.data);

        if (addresses != NULL && !upstream_seen(names, i, names[i])) {
            zone += (upstream_count(addresses) + UPSTREAM_BACKUPS + 1)
                    * (UPSTREAM_SERVER_K + (tls ? UPSTREAM_SESSION_K : 0));
        }
    }

    strbuf_release(&address);
    *ret_zone = zone;

    return rc;
}


int
upstream_render(const config_t *config, const model_buckets_t *buckets,
    const resolve_map_t *resolved, const char *dir,
    char (*names)[UPSTREAM_NAME_MAX], strbuf_t *sb, error_t *err)
{
    int               rc;
    bool              tls;
    size_t            i, len;
    unsigned          port;
    strbuf_t          address;
    upstream_conf_t   conf;

    conf.config = config;
    conf.resolved = resolved;
    conf.dir = dir;

    rc = upstream_names(buckets, resolved, names, &conf.zone, err);
    if (rc != 0) {
        return rc;
    }

    strbuf_init(&address, MODEL_ENDPOINT_MAX * 2);

    for (i = 0; i < buckets->len; i++) {

        if (upstream_seen(names, i, names[i])) {
            continue;
        }

        rc = upstream_address(buckets->items[i], &address, &tls, &port, &len,
                              err);
        if (rc != 0) {
            break;
        }

        address.data[len] = '\0';

        upstream_block(&conf, names[i], address.data, port, sb);
    }

    strbuf_release(&address);

    return rc;
}


static int
upstream_cmp(const void *one, const void *two)
{
    const upstream_t  *a, *b;

    a = one;
    b = two;

    return strcmp(a->name, b->name);
}


/* sorted: of those with one name, the first stays */

static size_t
upstream_unique(upstream_t *list, size_t n)
{
    size_t  i, kept;

    for (i = 0, kept = 0; i < n; i++) {

        if (kept != 0 && strcmp(list[kept - 1].name, list[i].name) == 0) {
            free(list[i].host);
            continue;
        }

        list[kept++] = list[i];
    }

    return kept;
}


int
upstream_list(const model_buckets_t *buckets, upstream_t **ret_list,
    size_t *ret_n, error_t *err)
{
    int          rc;
    bool         tls;
    size_t       i, len, n;
    strbuf_t     address;
    upstream_t  *list;

    rc = 0;
    n = 0;

    list = calloc(buckets->len + 1, sizeof(upstream_t));
    if (list == NULL) {
        return error_nomem(err);
    }

    strbuf_init(&address, MODEL_ENDPOINT_MAX * 2);

    for (i = 0; rc == 0 && i < buckets->len; i++) {

        rc = upstream_address(buckets->items[i], &address, &tls,
                              &list[n].port, &len, err);
        if (rc != 0) {
            break;
        }

        upstream_name(address.data, tls, list[n].name);
        address.data[len] = '\0';

        if (resolve_is_address(address.data)) {
            continue;
        }

        list[n].host = strdup(address.data);

        if (list[n++].host == NULL) {
            rc = error_nomem(err);
        }
    }

    strbuf_release(&address);

    if (rc != 0) {
        upstream_free(list, n);
        return rc;
    }

    qsort(list, n, sizeof(upstream_t), upstream_cmp);

    *ret_n = upstream_unique(list, n);
    *ret_list = list;

    return 0;
}


void
upstream_free(upstream_t *list, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        free(list[i].host);
    }

    free(list);
}
