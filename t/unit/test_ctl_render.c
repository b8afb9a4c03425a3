
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The golden file is t/unit/golden/nginx.conf; S3EDGE_GOLDEN=write makes it
 * anew.
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "config/config.h"
#include "nginx/render.h"


static const char  yaml[] =
    "server:\n"
    "  listen: [127.0.0.1, \"::1\"]\n"
    "  workers: 2\n"
    "  domain: [s3.example.com, s3.test]\n"
    "cache:\n"
    "  disk_max_size: 1g\n"
    "  memory_max_size: 16m\n"
    "  memory_max_object: 1m\n"
    "  inactive: 2d\n"
    "s3:\n"
    "  endpoint: http://127.0.0.1:7480\n"
    "  access_key_id: AKID\n"
    "  secret_access_key: TopSecretKey\n"
    "nginx:\n"
    "  module: /usr/lib/nginx/modules/ngx_s3edge_module.so\n"
    "  snippet: /usr/share/s3edge/s3edge_proxy.conf\n"
    "buckets:\n"
    "  - name: beta\n"
    "    prefix: 'a \"b\\c$d;{}/'\n"
    "    ttl: {default: 1h, 404: 5s}\n"
    "    ttl_rules:\n"
    "      - {keys: '~*\\.m3u8$', ttl: 5s}\n"
    "      - {keys: 'a \"b\"/', ttl: 0s, status: 404}\n"
    "    ttl_mode: cap\n"
    "    store_private: true\n"
    "    stale_while_revalidate: 1m\n"
    "    stale_if_error: 0s\n"
    "    cache_control: 'public, max-age=60, ext=\"x\"'\n"
    "    errors: hide\n"
    "    allow: [list, object]\n"
    "    request_payer: true\n"
    "    accept_encoding: gzip\n"
    "    expected_owner: '123456789012'\n"
    "    cors:\n"
    "      - AllowedOrigins: [https://a.example, 'https://*.b.example']\n"
    "        AllowedMethods: [GET, HEAD]\n"
    "        AllowedHeaders: ['x-amz-*', range]\n"
    "        ExposeHeaders: [ETag, Content-Range]\n"
    "        MaxAgeSeconds: 60\n"
    "      - {AllowedOrigins: ['*'], AllowedMethods: [GET]}\n"
    "  - name: Alpha\n"
    "    endpoint: https://S3.example.com\n"
    "    addressing: virtual\n"
    "    origin_bucket: alpha\n"
    "    access_key_id: AKOWN\n"
    "    secret_access_key: OwnSecretKey\n"
    "  - name: none\n"
    "    access_key_id: AKOWN\n"
    "    secret_access_key: OwnSecretKey\n"
    "  - name: open\n"
    "    anonymous: true\n";


static const nginx_build_t  build = {
    .version = "1.22.1", .number = 1022001, .http2 = true, .fastcgi = true,
    .uwsgi = true, .scgi = true
};


static const resolve_map_t  *resolved;
static const char           *origins;


static config_t *
load(const char *text)
{
    size_t     i;
    error_t    err;
    config_t  *config;

    if (config_parse("f", text, strlen(text), &config, &err) != 0) {
        fail_msg("%s", err.message);
    }

    for (i = 0; i < config->buckets.len; i++) {
        assert_int_equal(config_resolve(config, config->buckets.items[i],
                                        &err), 0);
    }

    return config;
}


static unsigned  nofile = 65536;


static void
render(const config_t *config, const nginx_build_t *b, strbuf_t *text)
{
    error_t   err;
    render_t  r;

    memset(&r, 0, sizeof(render_t));
    r.config = config;
    r.buckets = &config->buckets;
    r.resolved = resolved;
    r.origins = origins;
    r.build = b;
    r.generation = 7;
    r.tls_cert = "/var/lib/s3edge/tls/cert.pem";
    r.tls_key = "/var/lib/s3edge/tls/key.pem";
    r.ca_file = config->s3.ca_file;
    r.snippet = config->nginx.snippet;
    r.user = "www-data www-data";
    r.ipv6 = true;
    r.nofile = nofile;
    r.stderr_opens = true;

    strbuf_init(text, 1 << 20);

    if (render_nginx(&r, text, &err) != 0) {
        fail_msg("%s", err.message);
    }
}


static void
test_golden(void **state)
{
    char         path[512];
    error_t      err;
    config_t    *config;
    strbuf_t     text, again, golden;
    const char  *top, *mode;

    (void) state;

    top = getenv("S3EDGE_TOP");
    (void) snprintf(path, sizeof(path), "%s/t/unit/golden/nginx.conf",
                    top != NULL ? top : ".");

    config = load(yaml);
    render(config, &build, &text);
    render(config, &build, &again);

    assert_string_equal(text.data, again.data);
    assert_null(strstr(text.data, "SecretKey"));

    mode = getenv("S3EDGE_GOLDEN");

    if (mode != NULL && strcmp(mode, "write") == 0) {
        assert_int_equal(file_replace(path, text.data, text.len, 0644,
                                      FILE_GID_KEEP, &err), 0);
    }

    strbuf_init(&golden, 1 << 20);
    assert_int_equal(file_read(path, &golden, &err), 0);
    assert_string_equal(text.data, golden.data);

    strbuf_release(&text);
    strbuf_release(&again);
    strbuf_release(&golden);
    config_unref(config);
}


/* what differs between one nginx and another, and between settings */

static void
test_variants(void **state)
{
    config_t       *config;
    strbuf_t        text;
    nginx_build_t   other;

    (void) state;

    config = load("");
    render(config, &build, &text);
    assert_non_null(strstr(text.data, "listen 0.0.0.0:9000 default_server;"));
    assert_non_null(strstr(text.data, "listen [::]:9001 ssl http2 "));
    assert_null(strstr(text.data, "    s3edge_bucket "));
    assert_null(strstr(text.data, "s3edge host"));
    assert_null(strstr(text.data, "s3edge_credentials "));
    assert_non_null(strstr(text.data, "    s3edge_memory s3edge_memory:67108864"
                                      " max_object=131072;\n"));
    strbuf_release(&text);

    other = build;
    other.number = 1025001;
    other.fastcgi = false;
    render(config, &other, &text);
    assert_non_null(strstr(text.data, "        http2 on;\n"));
    assert_null(strstr(text.data, "ssl http2"));
    assert_null(strstr(text.data, "fastcgi_temp_path"));
    assert_null(strstr(text.data, "keepalive_min_timeout"));
    strbuf_release(&text);

    other.number = 1027004;
    render(config, &other, &text);
    assert_non_null(strstr(text.data, "    keepalive_min_timeout 5s;\n"));
    strbuf_release(&text);

    other.http2 = false;
    render(config, &other, &text);
    assert_null(strstr(text.data, "http2"));
    strbuf_release(&text);
    config_unref(config);

    config = load("server: {https_port: off}\n"
                  "cache: {enabled: false}\n"
                  "logging: {path: stderr, format: json, level: debug}\n"
                  "nginx: {module: builtin}\n");
    render(config, &build, &text);
    assert_null(strstr(text.data, "ssl_certificate"));
    assert_null(strstr(text.data, " ssl"));
    assert_null(strstr(text.data, "proxy_cache_path"));
    assert_null(strstr(text.data, "s3edge_memory"));
    assert_null(strstr(text.data, "load_module"));
    assert_non_null(strstr(text.data, "proxy_cache off;"));
    assert_non_null(strstr(text.data, "error_log \"stderr\" debug;"));
    assert_non_null(strstr(text.data, "access_log /dev/stderr s3edge;"));
    assert_non_null(strstr(text.data, "escape=json"));
    strbuf_release(&text);
    config_unref(config);

    config = load("cache: {memory_max_size: 0}\n");
    render(config, &build, &text);
    assert_null(strstr(text.data, "s3edge_memory"));
    assert_non_null(strstr(text.data, "proxy_cache_path"));
    strbuf_release(&text);
    config_unref(config);
}


/* keys are spread by the sizes of the disks */

static void
test_disks(void **state)
{
    char         expected[1024];
    config_t    *config;
    strbuf_t     text;
    const char  *a, *b;

    (void) state;

    config = load("cache:\n"
                  "  min_free: 1g\n"
                  "  inactive: 1h\n"
                  "  disks:\n"
                  "    - {path: /a, max_size: 10g}\n"
                  "    - {path: /b, max_size: 30g, min_free: 0}\n");
    render(config, &build, &text);

    a = config->cache.disks.items[0].zone;
    b = config->cache.disks.items[1].zone;
    assert_string_not_equal(a, b);

    (void) snprintf(expected, sizeof(expected),
        "    proxy_cache_path \"/a\" levels=1:2 keys_zone=%s:64m\n"
        "        max_size=10737418240 min_free=1073741824 inactive=3600s "
        "use_temp_path=off;\n"
        "    proxy_cache_path \"/b\" levels=1:2 keys_zone=%s:64m\n"
        "        max_size=32212254720 inactive=3600s use_temp_path=off;\n"
        "\n"
        "    split_clients $s3edge_cache_key $s3edge_disk {\n"
        "        25.00%% %s;\n"
        "        * %s;\n"
        "    }\n", a, b, a, b);
    assert_non_null(strstr(text.data, expected));
    assert_non_null(strstr(text.data, "proxy_cache $s3edge_disk;"));

    strbuf_release(&text);
    config_unref(config);
}


/* buckets of one origin share an upstream, and only those */

static void
test_upstreams(void **state)
{
    unsigned     n;
    config_t    *config;
    strbuf_t     text;
    const char  *p;

    (void) state;

    config = load("s3: {endpoint: \"http://h:80\"}\n"
                  "buckets:\n"
                  "  - name: a\n"
                  "  - name: b\n"
                  "    endpoint: http://H\n"
                  "  - name: c\n"
                  "    endpoint: http://h:81\n"
                  "  - name: d\n"
                  "    endpoint: https://h:80\n"
                  "  - name: e\n"
                  "    addressing: virtual\n");
    render(config, &build, &text);

    n = 0;

    for (p = text.data; (p = strstr(p, "    upstream s3edge_")) != NULL; p++) {
        n += p[-1] == '\n' && strchr(p, '{') < strchr(p, '\n');
    }

    assert_int_equal(n, 4);
    assert_non_null(strstr(text.data, "server e.h:80;"));

    strbuf_release(&text);
    config_unref(config);
}


/* what failed is remembered, in a zone with room for all */

static void
test_addresses(void **state)
{
    config_t        *config;
    strbuf_t         text;
    resolve_map_t    map;
    lookup_answer_t  hosts[3];
    static char      many[] = "many", none[] = "none", one[] = "one";
    static char      three[] = "10.0.0.1 10.0.0.2 [2001:db8::1]";
    static char      single[] = "10.0.0.3";

    (void) state;

    memset(hosts, 0, sizeof(hosts));
    hosts[0].host = many;
    hosts[0].addresses = three;
    hosts[1].host = none;
    hosts[2].host = one;
    hosts[2].addresses = single;

    map.hosts = hosts;
    map.len = 3;
    resolved = &map;

    config = load("buckets:\n"
                  "  - {name: a, endpoint: \"http://many:81\"}\n"
                  "  - {name: b, endpoint: \"http://one:82\"}\n"
                  "  - {name: c, endpoint: \"http://none:83\"}\n"
                  "  - {name: d, endpoint: \"http://10.0.0.9:84\"}\n");
    render(config, &build, &text);
    resolved = NULL;

    assert_non_null(strstr(text.data,
        "        # many\n"
        "        zone s3edge_peers 276k;\n"
        "        server 10.0.0.1:81 fail_timeout=30s;\n"
        "        server 10.0.0.2:81 fail_timeout=30s;\n"
        "        server [2001:db8::1]:81 fail_timeout=30s;\n"
        "        server 10.0.0.1:81 max_fails=0 backup;\n"
        "        server 10.0.0.2:81 max_fails=0 backup;\n"
        "        keepalive 32;\n"));
    assert_non_null(strstr(text.data,
        "        # one\n"
        "        server 10.0.0.3:82;\n"
        "        keepalive 32;\n"));
    assert_non_null(strstr(text.data,
        "        # none\n"
        "        server 127.0.0.1:83 down;\n"
        "        keepalive 32;\n"));

    strbuf_release(&text);

    /* a module that knows files of addresses: none is in the config */

    resolved = &map;
    origins = "/var/lib/s3edge/nginx/origins";
    render(config, &build, &text);
    resolved = NULL;
    origins = NULL;

    assert_null(strstr(text.data, "server 10.0.0.1"));
    assert_null(strstr(text.data, "zone s3edge_peers"));
    assert_non_null(strstr(text.data,
        "        # one\n"
        "        s3edge_addresses "
        "\"/var/lib/s3edge/nginx/origins/s3edge_"));
    assert_non_null(strstr(text.data,
        "\" fail_timeout=30s;\n"
        "        server 127.0.0.1:82 down;\n"
        "        keepalive 32;\n"));
    assert_non_null(strstr(text.data,
        " {\n        server 10.0.0.9:84;\n        keepalive 32;\n"));

    strbuf_release(&text);
    config_unref(config);
}


/* the times of an origin: those of the snippet are not repeated */

static void
test_timeouts(void **state)
{
    size_t     i;
    config_t  *config;
    strbuf_t   text;

    static const struct {
        const char  *yaml;
        const char  *expected;
    } cases[] = {
        { "s3: {connect_timeout: 2s, first_byte_timeout: 10s, "
          "read_timeout: 20s}\n", "" },
        { "s3: {connect_timeout: 5s}\n",
          "            proxy_connect_timeout 5s;\n" },
        { "s3: {first_byte_timeout: 9s}\n",
          "            s3edge_first_byte_timeout 9s;\n" },
        { "s3: {first_byte_timeout: 1m}\n",
          "            s3edge_first_byte_timeout 60s;\n"
          "            proxy_next_upstream_timeout 120s;\n" },
        { "s3: {first_byte_timeout: 10m}\n",
          "            s3edge_first_byte_timeout 600s;\n"
          "            proxy_next_upstream_timeout 600s;\n" },
        { "s3: {read_timeout: 1m30s}\n",
          "            proxy_send_timeout 90s;\n"
          "            proxy_read_timeout 90s;\n"
          "            s3edge_first_byte_timeout 10s;\n" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        config = load(cases[i].yaml);
        render(config, &build, &text);

        if (cases[i].expected[0] != '\0') {
            assert_non_null(strstr(text.data, cases[i].expected));

        } else {
            assert_null(strstr(text.data, "_timeout 2"));
            assert_null(strstr(text.data, "first_byte"));
        }

        strbuf_release(&text);
        config_unref(config);
    }
}


/* worked out from what there is, or as it is set */

static void
test_sizes(void **state)
{
    size_t     i, n;
    config_t  *config;
    strbuf_t   text;

    static const struct {
        const char  *yaml;
        unsigned     nofile;       /* that a worker may have */
        const char  *expected[4];
    } cases[] = {
        { "", 1048576, { "worker_rlimit_nofile 65536;\n"
                         "worker_shutdown_timeout 1h;\n",
                         "    worker_connections 4096;\n", ":64m\n" } },
        { "", 1024, { "worker_rlimit_nofile 1024;\n",
                      "    worker_connections 256;\n" } },
        { "nginx: {worker_connections: 30000, shutdown_timeout: 90s}\n",
          1048576, { "worker_rlimit_nofile 120000;\n"
                     "worker_shutdown_timeout 90s;\n",
                     "    worker_connections 30000;\n" } },
        { "nginx: {worker_connections: 30000}\n", 65536,
          { "worker_rlimit_nofile 65536;\n",
            "    worker_connections 30000;\n" } },
        { "nginx: {worker_rlimit_nofile: 8192}\n", 1024,
          { "worker_rlimit_nofile 8192;\n",
            "    worker_connections 2048;\n" } },
        { "cache: {disk_max_size: 100g}\n", 65536, { ":256m\n" } },
        { "cache: {disk_max_size: 1t}\n", 65536, { ":2048m\n" } },
        { "cache: {disk_max_size: 500t}\n", 65536, { ":4096m\n" } },
        { "cache: {disk_max_size: 1t, keys_zone: 1536k}\n", 65536,
          { ":1536k\n" } },
        { "server: {domain: [a.example, a23456789012345678901234567890123456"
          "789012345678901234567890.example]}\n", 65536,
          { "http {\n    server_names_hash_bucket_size 128;\n" } },
        { "nginx: {map_hash_max_size: 8192, map_hash_bucket_size: 128, "
          "server_names_hash_max_size: 1024, server_names_hash_bucket_size: "
          "256}\n", 65536,
          { "http {\n    server_names_hash_max_size 1024;\n"
            "    server_names_hash_bucket_size 256;\n"
            "    map_hash_max_size 8192;\n"
            "    map_hash_bucket_size 128;\n\n" } }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        nofile = cases[i].nofile;
        config = load(cases[i].yaml);
        render(config, &build, &text);

        for (n = 0; n < 4 && cases[i].expected[n] != NULL; n++) {
            if (strstr(text.data, cases[i].expected[n]) == NULL) {
                fail_msg("%zu: no \"%s\"", i, cases[i].expected[n]);
            }
        }

        strbuf_release(&text);
        config_unref(config);
    }

    nofile = 65536;
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_disks),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_upstreams),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_sizes)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
