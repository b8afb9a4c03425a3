
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The servers of clients.
 */


#include <inttypes.h>
#include <string.h>

#include "base/render_text.h"
#include "nginx/include.h"
#include "nginx/render.h"


#define RENDER_HTTP2_DIRECTIVE  1025001    /* "http2 on;" since 1.25.1 */

/* seconds, of nginx-conf/s3edge_proxy.conf and of the module */

#define RENDER_CONNECT          2
#define RENDER_FIRST_BYTE       10
#define RENDER_READ             20
#define RENDER_RETRY            20
#define RENDER_RETRY_MAX        600


static void
render_listen_one(const render_t *r, strbuf_t *sb, const char *address,
    int64_t port, bool tls, const char *flag)
{
    bool  v6;

    v6 = strchr(address, ':') != NULL;

    strbuf_printf(sb, "        listen %s%s%s:%" PRId64 "%s%s%s;\n",
                  v6 ? "[" : "", address, v6 ? "]" : "", port,
                  tls ? " ssl" : "",
                  tls && r->build->http2
                  && r->build->number < RENDER_HTTP2_DIRECTIVE ? " http2" : "",
                  flag);
}


static void
render_listen(const render_t *r, strbuf_t *sb, bool first)
{
    size_t                i;
    int64_t               ports[2];
    unsigned              p;
    const char           *flag;
    const config_list_t  *list;

    list = &r->config->server.listen;
    flag = first ? " default_server" : "";
    ports[0] = r->config->server.http_port;
    ports[1] = r->config->server.https_port;

    for (p = 0; p < 2; p++) {

        if (ports[p] == 0) {
            continue;
        }

        for (i = 0; i < list->len; i++) {
            render_listen_one(r, sb, list->items[i], ports[p], p == 1, flag);
        }

        if (list->len != 0) {
            continue;
        }

        render_listen_one(r, sb, "0.0.0.0", ports[p], p == 1, flag);

        if (r->ipv6) {
            render_listen_one(r, sb, "::", ports[p], p == 1, flag);
        }
    }
}


/* what is as the snippet has it is left to it */

static void
render_timeouts(const config_t *c, strbuf_t *sb)
{
    int64_t  retry;

    if (c->s3.connect_timeout != RENDER_CONNECT) {
        strbuf_printf(sb, "            proxy_connect_timeout %" PRId64 "s;\n",
                      c->s3.connect_timeout);
    }

    if (c->s3.read_timeout != RENDER_READ) {
        strbuf_printf(sb, "            proxy_send_timeout %" PRId64 "s;\n"
                          "            proxy_read_timeout %" PRId64 "s;\n",
                      c->s3.read_timeout, c->s3.read_timeout);
    }

    if (c->s3.read_timeout != RENDER_READ
        || c->s3.first_byte_timeout != RENDER_FIRST_BYTE)
    {
        strbuf_printf(sb, "            s3edge_first_byte_timeout %" PRId64
                          "s;\n", c->s3.first_byte_timeout);
    }

    /*
     * Two addresses that say nothing, or many that do not connect.  These all
     * get the first signature, which S3 takes for 15 minutes.
     */

    retry = 2 * c->s3.first_byte_timeout;

    if (retry > RENDER_RETRY_MAX) {
        retry = RENDER_RETRY_MAX;
    }

    if (retry > RENDER_RETRY) {
        strbuf_printf(sb, "            proxy_next_upstream_timeout %" PRId64
                          "s;\n", retry);
    }
}


/* hosts: buckets by host name; otherwise by path, for all other hosts */

static void
render_server(const render_t *r, strbuf_t *sb, bool hosts)
{
    size_t           i;
    const config_t  *c;

    c = r->config;

    strbuf_puts(sb, "    server {\n");
    render_listen(r, sb, !hosts);

    if (hosts) {
        strbuf_puts(sb, "        server_name");

        for (i = 0; i < c->server.domain.len; i++) {
            strbuf_printf(sb, " *.%s", c->server.domain.items[i]);
        }

        strbuf_puts(sb, ";\n");
    }

    if (c->server.https_port != 0) {

        if (r->build->http2 && r->build->number >= RENDER_HTTP2_DIRECTIVE) {
            strbuf_puts(sb, "        http2 on;\n");
        }

        render_line(sb, "        ssl_certificate", "%s", r->tls_cert);
        render_line(sb, "        ssl_certificate_key", "%s", r->tls_key);
    }

    strbuf_puts(sb, "        merge_slashes off;\n\n");

    include_render(c, CONFIG_HOOK_SERVER, "        ", sb);

    strbuf_puts(sb, "        location / {\n");

    if (hosts) {
        strbuf_puts(sb, "            s3edge host");

        for (i = 0; i < c->server.domain.len; i++) {
            strbuf_printf(sb, " %s", c->server.domain.items[i]);
        }

        strbuf_puts(sb, ";\n");

    } else {
        strbuf_puts(sb, "            s3edge path;\n");
    }

    strbuf_printf(sb, "            proxy_cache %s;\n",
                  !c->cache.enabled ? "off"
                  : c->cache.disks.len > 1 ? "$s3edge_disk"
                  : c->cache.disks.items[0].zone);
    render_timeouts(c, sb);
    render_line(sb, "            include", "%s", r->snippet);
    strbuf_puts(sb, "        }\n    }\n\n");
}


void
render_servers(const render_t *r, strbuf_t *sb)
{
    render_server(r, sb, false);

    if (r->config->server.domain.len != 0) {
        render_server(r, sb, true);
    }
}
