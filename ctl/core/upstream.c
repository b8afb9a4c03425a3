
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/upstream.h"


/*
 * An upstream is named by what it connects to, so that buckets of one origin
 * share its idle connections: FNV-1a of "scheme host port".
 */

static void
upstream_name(const char *address, bool tls,
    char name[UPSTREAM_NAME_MAX])
{
    uint64_t     hash;
    const char  *p;

    hash = 0xcbf29ce484222325u;

    for (p = address; *p != '\0'; p++) {
        hash = (hash ^ (unsigned char) *p) * 0x100000001b3u;
    }

    hash = (hash ^ (tls ? 1 : 0)) * 0x100000001b3u;

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


/* without an address nginx answers 502 at once, and starts all the same */

static void
upstream_servers(const resolve_map_t *resolved, const char *host,
    unsigned port, strbuf_t *sb)
{
    size_t                  len;
    const char             *p;
    const lookup_answer_t  *answer;

    answer = resolve_map_find(resolved, host);

    if (answer == NULL) {
        strbuf_printf(sb, "        server %s:%u;\n", host, port);
        return;
    }

    strbuf_printf(sb, "        # %s\n", host);

    if (answer->addresses == NULL) {
        strbuf_printf(sb, "        server 127.0.0.1:%u down;\n", port);
        return;
    }

    for (p = answer->addresses; *p != '\0'; p += len + (p[len] == ' ')) {
        len = strcspn(p, " ");
        strbuf_printf(sb, "        server %.*s:%u;\n", (int) len, p, port);
    }
}


int
upstream_render(const model_buckets_t *buckets, const resolve_map_t *resolved,
    char (*names)[UPSTREAM_NAME_MAX], strbuf_t *sb, error_t *err)
{
    int        rc;
    bool       tls;
    size_t     i, len;
    unsigned   port;
    strbuf_t   address;

    strbuf_init(&address, MODEL_ENDPOINT_MAX * 2);

    rc = 0;

    for (i = 0; i < buckets->len; i++) {

        strbuf_clear(&address);
        model_bucket_host(buckets->items[i], &address, &tls, &port);
        len = address.len;
        strbuf_printf(&address, ":%u", port);

        rc = strbuf_check(&address, err);
        if (rc != 0) {
            break;
        }

        upstream_name(address.data, tls, names[i]);

        if (upstream_seen(names, i, names[i])) {
            continue;
        }

        address.data[len] = '\0';

        strbuf_printf(sb, "    upstream %s {\n", names[i]);
        upstream_servers(resolved, address.data, port, sb);
        strbuf_puts(sb, "        keepalive 32;\n"
                        "    }\n\n");
    }

    strbuf_release(&address);

    return rc;
}
