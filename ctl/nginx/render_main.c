
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All around our part of http: what a whole nginx of our own needs.
 */


#include <inttypes.h>
#include <string.h>

#include "base/render_text.h"
#include "nginx/include.h"
#include "nginx/render.h"


#define RENDER_HASH_BUCKET      64     /* bytes: nginx's default */
#define RENDER_KEEPALIVE_MIN    1027004    /* nginx that has it: 1.27.4 */


static const char  render_head[] =
    "# Written by s3edged: changes are lost.\n"
    "\n";

static const char  render_defaults[] =
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


static void
render_top(const render_t *r, strbuf_t *sb)
{
    bool             to_stderr, whole_hours;
    const config_t  *c;

    c = r->config;
    whole_hours = c->nginx.shutdown_timeout % 3600 == 0;
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

    strbuf_printf(sb, "worker_rlimit_nofile %" PRId64 ";\n",
                  render_nofile(r));
    strbuf_printf(sb, "worker_shutdown_timeout %" PRId64 "%s;\n",
                  c->nginx.shutdown_timeout / (whole_hours ? 3600 : 1),
                  whole_hours ? "h" : "s");
    render_line(sb, "pid", "%s/nginx.pid", c->paths.run);

    strbuf_puts(sb, "error_log ");
    render_quote(sb, "%s%s", c->logging.path, to_stderr ? "" : "/error.log");

    strbuf_printf(sb, " %s;\n\n", render_levels[c->logging.level]);

    /* said before a file of theirs can: nginx refuses it then */

    if (c->nginx.include[CONFIG_HOOK_MAIN].nfiles != 0) {
        strbuf_puts(sb, "daemon on;\nmaster_process on;\n\n");
    }

    include_render(c, CONFIG_HOOK_MAIN, "", sb);

    strbuf_printf(sb, "events {\n    worker_connections %" PRId64
                      ";\n}\n\n", render_connections(r));
}


/*
 * A wildcard name is kept by its labels, each with two pointers and a length:
 * nginx's default does not hold the longest.  0: it does.
 */

static int64_t
render_label_size(const config_list_t *domains)
{
    size_t       i, len, max;
    const char  *p;

    max = 0;

    for (i = 0; i < domains->len; i++) {
        for (p = domains->items[i]; *p != '\0'; p += len + (p[len] == '.')) {

            len = strcspn(p, ".");

            if (len > max) {
                max = len;
            }
        }
    }

    max = (max + 2 + 7) / 8 * 8 + 2 * sizeof(void *);

    return max > RENDER_HASH_BUCKET
           ? (int64_t) ((max + RENDER_HASH_BUCKET - 1) / RENDER_HASH_BUCKET
                        * RENDER_HASH_BUCKET)
           : 0;
}


/* what is nginx's default is left to it */

static void
render_hashes(const config_t *c, strbuf_t *sb)
{
    size_t  i, n;

    const struct {
        const char  *name;
        int64_t      size;
    } hashes[] = {
        { "server_names_hash_max_size", c->nginx.server_names_hash_max_size },
        { "server_names_hash_bucket_size",
          c->nginx.server_names_hash_bucket_size != 0
          ? c->nginx.server_names_hash_bucket_size
          : render_label_size(&c->server.domain) },
        { "map_hash_max_size", c->nginx.map_hash_max_size },
        { "map_hash_bucket_size", c->nginx.map_hash_bucket_size }
    };

    n = 0;

    for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        if (hashes[i].size != 0) {
            strbuf_printf(sb, "    %s %" PRId64 ";\n", hashes[i].name,
                          hashes[i].size);
            n++;
        }
    }

    if (n != 0) {
        strbuf_putc(sb, '\n');
    }
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


void
render_main(const render_t *r, strbuf_t *sb)
{
    render_top(r, sb);

    strbuf_puts(sb, "http {\n");
    render_hashes(r->config, sb);
    render_temp_paths(r, sb);
    render_access_log(r, sb);
    strbuf_puts(sb, render_defaults);

    /* a reload closes what is idle for so long, and cuts no request */

    if (r->build->number >= RENDER_KEEPALIVE_MIN) {
        strbuf_puts(sb, "    keepalive_min_timeout 5s;\n\n");
    }

    if (r->config->server.https_port != 0) {
        strbuf_puts(sb, "    ssl_protocols TLSv1.2 TLSv1.3;\n"
                        "    ssl_session_cache shared:s3edge_tls:4m;\n"
                        "    ssl_session_timeout 1h;\n\n");
    }

    if (r->ca_file != NULL) {
        render_line(sb, "    proxy_ssl_trusted_certificate", "%s", r->ca_file);
    }
}
