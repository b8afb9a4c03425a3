
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Our part of http but for the servers of clients: the caches, credentials,
 * upstreams and buckets; the server on the control socket.
 */


#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/render_text.h"
#include "nginx/render.h"
#include "nginx/upstream.h"


const char *
render_credentials_name(const model_bucket_t *bucket)
{
    if (bucket->locked) {
        return NULL;
    }

    switch (bucket->credentials) {

    case MODEL_OWN:
        /* "credentials none" has a meaning of its own */
        return strcmp(bucket->name, "none") != 0 ? bucket->name : "_none";

    case MODEL_INHERIT:
        return RENDER_CREDENTIALS_DEFAULT;

    case MODEL_NAMED:
        return bucket->keys;

    default:
        return NULL;
    }
}


/* which disk has a key: by their sizes */

static void
render_split(const config_t *c, strbuf_t *sb)
{
    size_t                i;
    unsigned              share, rest;
    const config_disk_t  *disk;

    strbuf_puts(sb, "\n    split_clients $s3edge_cache_key $s3edge_disk {\n");

    rest = 10000;

    for (i = 0; i + 1 < c->cache.disks.len; i++) {

        disk = &c->cache.disks.items[i];
        share = (unsigned) (disk->max_size / (c->cache.disk_max_size / 10000));

        if (share > rest) {
            share = rest;
        }

        if (share == 0) {
            continue;
        }

        rest -= share;
        strbuf_printf(sb, "        %u.%02u%% %s;\n", share / 100, share % 100,
                      disk->zone);
    }

    strbuf_printf(sb, "        * %s;\n    }\n",
                  c->cache.disks.items[i].zone);
}


static void
render_cache(const render_t *r, strbuf_t *sb)
{
    size_t                i;
    const config_t       *c;
    const config_disk_t  *disk;

    c = r->config;

    render_line(sb, "    s3edge_state", "%s/s3edge.state", c->paths.state);

    if (c->cache.enabled && c->cache.memory_max_size != 0) {
        strbuf_printf(sb, "    s3edge_memory s3edge_memory:%" PRId64
                          " max_object=%" PRId64 ";\n",
                      c->cache.memory_max_size, c->cache.memory_max_object);
    }

    if (c->server.list_buckets) {
        strbuf_puts(sb, "    s3edge_list_buckets on;\n");
    }

    strbuf_printf(sb, "    s3edge_generation %" PRId64 ";\n"
                      "    s3edge_old_workers %" PRId64 ";\n", r->generation,
                  c->nginx.old_workers);

    for (i = 0; c->cache.enabled && i < c->cache.disks.len; i++) {

        disk = &c->cache.disks.items[i];

        strbuf_puts(sb, "    proxy_cache_path ");
        render_quote(sb, "%s", disk->path);
        strbuf_printf(sb, " levels=1:2 keys_zone=%s:", disk->zone);
        render_size(sb, render_keys_zone(c, disk));
        strbuf_printf(sb, "\n        max_size=%" PRId64, disk->max_size);

        if (disk->min_free != 0) {
            strbuf_printf(sb, " min_free=%" PRId64, disk->min_free);
        }

        strbuf_printf(sb, " inactive=%" PRId64 "s use_temp_path=off;\n",
                      c->cache.inactive);
    }

    if (c->cache.enabled && c->cache.disks.len > 1) {
        render_split(c, sb);
    }

    strbuf_putc(sb, '\n');
}


/* is it the first bucket with keys of that file? */

static bool
render_credentials_first(const render_t *r, size_t i)
{
    size_t       k;
    const char  *name;

    name = r->buckets->items[i]->keys;

    for (k = 0; k < i; k++) {
        if (r->buckets->items[k]->keys != NULL
            && strcmp(r->buckets->items[k]->keys, name) == 0)
        {
            return false;
        }
    }

    return true;
}


static void
render_credentials(const render_t *r, strbuf_t *sb)
{
    bool                   inherit;
    size_t                 i;
    const char            *run, *name;
    const model_bucket_t  *b;

    run = r->config->paths.run;
    inherit = false;

    for (i = 0; i < r->buckets->len; i++) {

        b = r->buckets->items[i];

        if (b->credentials == MODEL_INHERIT) {
            inherit = true;
        }

        if ((b->credentials == MODEL_OWN && !b->locked)
            || (b->credentials == MODEL_NAMED
                && render_credentials_first(r, i)))
        {
            name = render_credentials_name(b);
            strbuf_printf(sb, "    s3edge_credentials %s", name);
            render_line(sb, "", "%s/credentials/%s", run, name);
        }
    }

    if (inherit) {
        render_line(sb, "    s3edge_credentials " RENDER_CREDENTIALS_DEFAULT,
                    "%s/credentials/%s", run, RENDER_CREDENTIALS_DEFAULT);
    }

    strbuf_putc(sb, '\n');
}


int
render_http(const render_t *r, strbuf_t *sb, error_t *err)
{
    int      rc;
    char   (*names)[UPSTREAM_NAME_MAX];
    size_t   i;

    names = NULL;

    if (r->buckets->len != 0) {
        names = calloc(r->buckets->len, UPSTREAM_NAME_MAX);
        if (names == NULL) {
            return error_nomem(err);
        }
    }

    render_cache(r, sb);
    render_credentials(r, sb);

    rc = upstream_render(r->config, r->buckets, r->resolved, r->origins, names,
                         sb, err);

    for (i = 0; rc == 0 && i < r->buckets->len; i++) {
        render_bucket(r->buckets->items[i], names[i], sb);
    }

    free(names);

    return rc;
}


void
render_control(const render_t *r, strbuf_t *sb)
{
    strbuf_puts(sb, "    server {\n");
    render_line(sb, "        listen", "unix:%s/control.sock",
                r->config->paths.run);
    strbuf_puts(sb, "        access_log off;\n\n"
                    "        location / {\n"
                    "            s3edge_control;\n"
                    "        }\n"
                    "    }\n\n");

    /* what is warmed is listed, whatever clients may */

    strbuf_puts(sb, "    server {\n");
    render_line(sb, "        listen", "unix:%s/control.sock",
                r->config->paths.run);
    strbuf_puts(sb, "        server_name " RENDER_LIST_HOST ";\n"
                    "        access_log off;\n"
                    "        merge_slashes off;\n\n"
                    "        location / {\n"
                    "            s3edge path;\n"
                    "            s3edge_allow list;\n");
    render_line(sb, "            include", "%s", r->snippet);
    strbuf_puts(sb, "        }\n"
                    "    }\n");
}
