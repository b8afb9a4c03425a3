
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/render_text.h"
#include "nginx/render.h"
#include "nginx/upstream.h"


#define RENDER_HTTP2_DIRECTIVE  1025001    /* "http2 on;" since 1.25.1 */

/* seconds, of nginx-conf/s3edge_proxy.conf and of the module */

#define RENDER_CONNECT          2
#define RENDER_FIRST_BYTE       10
#define RENDER_READ             20
#define RENDER_RETRY            20
#define RENDER_RETRY_MAX        600


static const char  render_head[] =
    "# Written by s3edged: changes are lost.\n"
    "\n";

static const char  render_http[] =
    "    server_tokens off;\n"
    "    default_type application/octet-stream;\n"
    "    sendfile on;\n"
    "    tcp_nopush on;\n"
    "    keepalive_timeout 75s;\n"
    "    keepalive_requests 10000;\n"
    "    client_max_body_size 1m;\n"
    "    large_client_header_buffers 4 32k;\n"
    "\n";

/* the query is not logged: it may carry a signature */

static const char  render_format_text[] =
    "    map $s3edge_bucket $s3edge_log_target {\n"
    "        '' $s3edge_log_uri;\n"
    "        default $s3edge_bucket/$s3edge_key;\n"
    "    }\n"
    "\n"
    "    log_format s3edge '$remote_addr [$time_iso8601] $request_method '\n"
    "                      '\"$s3edge_log_target\" $status '\n"
    "                      '$body_bytes_sent $s3edge_cache_status '\n"
    "                      '$request_time \"$http_user_agent\" $request_id';\n";

/* a number has no zeros in front, as $status may have */

static const char  render_format_json[] =
    "    map $status $s3edge_log_status {\n"
    "        ~^[1-9] $status;\n"
    "        default 0;\n"
    "    }\n"
    "\n"
    "    log_format s3edge escape=json\n"
    "        '{\"time\":\"$time_iso8601\",\"client\":\"$remote_addr\",'\n"
    "        '\"method\":\"$request_method\",\"uri\":\"$s3edge_log_uri\",'\n"
    "        '\"bucket\":\"$s3edge_bucket\",\"key\":\"$s3edge_key\",'\n"
    "        '\"status\":$s3edge_log_status,\"bytes\":$body_bytes_sent,'\n"
    "        '\"cache\":\"$s3edge_cache_status\",'\n"
    "        '\"seconds\":$request_time,\"agent\":\"$s3edge_log_agent\",'\n"
    "        '\"request_id\":\"$request_id\"}';\n";

static const char *const  render_levels[] =
    { "error", "warn", "notice", "debug" };


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

    default:
        return NULL;
    }
}


static void
render_main(const render_t *r, strbuf_t *sb)
{
    bool             to_stderr;
    const config_t  *c;

    c = r->config;
    to_stderr = strcmp(c->logging.path, "stderr") == 0;

    strbuf_puts(sb, render_head);

    if (strcmp(c->nginx.module, "builtin") != 0) {
        render_line(sb, "load_module", "%s", c->nginx.module);
    }

    if (r->user != NULL) {
        strbuf_printf(sb, "user %s;\n", r->user);
    }

    if (c->server.workers == 0) {
        strbuf_puts(sb, "worker_processes auto;\n");

    } else {
        strbuf_printf(sb, "worker_processes %" PRId64 ";\n",
                      c->server.workers);
    }

    strbuf_printf(sb, "worker_rlimit_nofile %u;\n", r->nofile);
    strbuf_puts(sb, "worker_shutdown_timeout 1h;\n");
    render_line(sb, "pid", "%s/nginx.pid", c->paths.run);

    strbuf_puts(sb, "error_log ");
    render_quote(sb, "%s%s", c->logging.path, to_stderr ? "" : "/error.log");

    strbuf_printf(sb, " %s;\n\n", render_levels[c->logging.level]);

    strbuf_puts(sb, "events {\n    worker_connections 4096;\n}\n\n");
}


static void
render_temp_paths(const render_t *r, strbuf_t *sb)
{
    size_t  i;

    const struct {
        const char  *name;
        const char  *dir;
        bool         use;
    } paths[] = {
        { "    client_body_temp_path", "body", true },
        { "    proxy_temp_path", "proxy", true },
        { "    fastcgi_temp_path", "fastcgi", r->build->fastcgi },
        { "    uwsgi_temp_path", "uwsgi", r->build->uwsgi },
        { "    scgi_temp_path", "scgi", r->build->scgi }
    };

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (paths[i].use) {
            render_line(sb, paths[i].name, "%s/nginx/tmp/%s",
                        r->config->paths.state, paths[i].dir);
        }
    }

    strbuf_putc(sb, '\n');
}


static void
render_access_log(const render_t *r, strbuf_t *sb)
{
    const config_t  *c;

    c = r->config;

    strbuf_puts(sb, c->logging.format == LOG_JSON ? render_format_json
                                                  : render_format_text);

    if (strcmp(c->logging.path, "stderr") == 0) {
        strbuf_puts(sb, r->stderr_opens ? "    access_log /dev/stderr s3edge;"
                                        : "    access_log off;");
        strbuf_puts(sb, "\n\n");
        return;
    }

    strbuf_puts(sb, "    access_log ");
    render_quote(sb, "%s/access.log", c->logging.path);
    strbuf_puts(sb, " s3edge buffer=64k flush=1s;\n\n");
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

    strbuf_printf(sb, "    s3edge_generation %" PRId64 ";\n", r->generation);

    for (i = 0; c->cache.enabled && i < c->cache.disks.len; i++) {

        disk = &c->cache.disks.items[i];

        strbuf_puts(sb, "    proxy_cache_path ");
        render_quote(sb, "%s", disk->path);
        strbuf_printf(sb, " levels=1:2 keys_zone=%s:64m\n"
                          "        max_size=%" PRId64 "", disk->zone,
                      disk->max_size);

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


static void
render_bucket(const model_bucket_t *b, const char *upstream, strbuf_t *sb)
{
    const char  *credentials;

    strbuf_puts(sb, "    s3edge_bucket ");
    render_quote(sb, "%s", b->name);
    strbuf_puts(sb, " {\n");

    render_line(sb, "        origin", "%s", b->endpoint);
    render_line(sb, "        region", "%s", b->region);
    strbuf_printf(sb, "        addressing %s;\n",
                  b->addressing == MODEL_VIRTUAL ? "virtual" : "path");
    render_line(sb, "        origin_bucket", "%s", b->origin_bucket);

    if (b->prefix != NULL) {
        render_line(sb, "        prefix", "%s", b->prefix);
    }

    credentials = render_credentials_name(b);
    render_line(sb, "        credentials", "%s",
                credentials != NULL ? credentials : "none");

    strbuf_printf(sb, "        upstream %s;\n", upstream);

    field_render(&model_bucket_table, b, sb);
    strbuf_puts(sb, "    }\n\n");
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

        if (b->credentials == MODEL_OWN && !b->locked) {
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

    strbuf_puts(sb, "        merge_slashes off;\n\n"
                    "        location / {\n");

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


static void
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


int
render_nginx(const render_t *render, strbuf_t *ret_text, error_t *err)
{
    int      rc;
    char   (*names)[UPSTREAM_NAME_MAX];
    size_t   i;

    names = NULL;

    if (render->buckets->len != 0) {
        names = calloc(render->buckets->len, UPSTREAM_NAME_MAX);
        if (names == NULL) {
            return error_nomem(err);
        }
    }

    render_main(render, ret_text);

    strbuf_puts(ret_text, "http {\n");
    render_temp_paths(render, ret_text);
    render_access_log(render, ret_text);
    strbuf_puts(ret_text, render_http);

    if (render->config->server.https_port != 0) {
        strbuf_puts(ret_text, "    ssl_protocols TLSv1.2 TLSv1.3;\n"
                              "    ssl_session_cache shared:s3edge_tls:4m;\n"
                              "    ssl_session_timeout 1h;\n\n");
    }

    if (render->ca_file != NULL) {
        render_line(ret_text, "    proxy_ssl_trusted_certificate", "%s",
                    render->ca_file);
    }

    render_cache(render, ret_text);
    render_credentials(render, ret_text);

    rc = upstream_render(render->config, render->buckets, render->resolved,
                         names, ret_text, err);
    if (rc != 0) {
        goto done;
    }

    for (i = 0; i < render->buckets->len; i++) {
        render_bucket(render->buckets->items[i], names[i], ret_text);
    }

    render_server(render, ret_text, false);

    if (render->config->server.domain.len != 0) {
        render_server(render, ret_text, true);
    }

    render_control(render, ret_text);
    strbuf_puts(ret_text, "}\n");

    rc = strbuf_check(ret_text, err);

done:

    free(names);

    return rc;
}
