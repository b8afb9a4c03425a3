
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "config/setting.h"


typedef struct {
    const char  *name;
    const char  *text;
    const char  *message;          /* all of it */
} mistake_row_t;


static const mistake_row_t  mistakes[] = {

    /* YAML itself */

    { "not a map", "- a\n", "f:1: a map of sections is expected, not a list" },
    { "unclosed", "server:\n  listen: [1\n",
      "f:3: did not find expected ',' or ']' while parsing a flow sequence" },
    { "tab", "server:\n\thttp_port: 1\n",
      "f:2: found character that cannot start any token while scanning for "
      "the next token" },
    { "anchor", "s3: &a\n  region: x\n",
      "f:1: anchors (\"&a\") are not supported" },
    { "alias", "s3:\n  region: *a\n",
      "f:2: aliases (\"*a\") are not supported" },
    { "tag", "s3:\n  region: !!str x\n",
      "f:2: tags (\"tag:yaml.org,2002:str\") are not supported" },
    { "two documents", "s3:\n---\ns3:\n",
      "f:2: a second document is not expected" },
    { "key is a map", "? {a: b}\n: c\n", "f:1: a key must be a text" },
    { "duplicate key", "s3:\n  region: a\n\n  region: b\n",
      "f:4: \"region\" is given twice, first in line 2" },
    { "duplicate section", "s3:\n  region: a\ncache:\ns3:\n",
      "f:4: \"s3\" is given twice, first in line 1" },
    { "deep", "s3: [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]\n",
      "f:1: nested deeper than 16" },
    { "zero byte", "s3:\n  region: \"a\\0b\"\n",
      "f:2: a zero byte is not allowed" },

    /* names */

    { "section", "s4:\n  region: x\n",
      "f:1: s4: unknown key; expected one of: server, cache, s3, logging, "
      "paths, nginx, buckets, credentials" },
    { "key", "s3:\n\n  regoin: x\n",
      "f:3: s3.regoin: unknown key; expected one of: endpoint, region, "
      "access_key_id, secret_access_key, session_token, "
      "allow_local_endpoints, ca_file, connect_timeout, first_byte_timeout, "
      "read_timeout" },
    { "key below", "server:\n  tls:\n    crt: /x\n",
      "f:3: server.tls.crt: unknown key; expected one of: cert, key" },

    /* types */

    { "section is a list", "server:\n  - 1\n",
      "f:1: server: a map is expected, not a list" },
    { "section is a text", "server: x\n",
      "f:1: server: a map is expected, not a text" },
    { "text is a map", "s3:\n  region: {a: b}\n",
      "f:2: s3.region: a text or a number is expected, not a map" },
    { "list of maps", "server:\n  domain:\n    - {a: b}\n",
      "f:3: server.domain: a list of texts is expected" },
    { "boolean", "cache:\n  enabled: yes\n",
      "f:2: cache.enabled: true or false is expected" },
    { "quoted boolean", "cache:\n  enabled: \"true\"\n",
      "f:2: cache.enabled: true or false is expected, without quotes" },
    { "empty text", "s3:\n  region: \"\"\n",
      "f:2: s3.region: it must not be empty" },

    /* values */

    { "port", "server:\n  http_port: 65536\n",
      "f:2: server.http_port: an integer from 0 to 65535 or off is expected" },
    { "port is a word", "server:\n  api_port: http\n",
      "f:2: server.api_port: an integer from 1 to 65535 is expected" },
    { "negative", "server:\n  workers: -1\n",
      "f:2: server.workers: an integer from 1 to 512 or auto is expected" },
    { "real", "server:\n  workers: 1.5\n",
      "f:2: server.workers: an integer from 1 to 512 or auto is expected" },
    { "size", "cache:\n  disk_max_size: 10gb\n",
      "f:2: cache.disk_max_size: a size such as \"512m\" or \"10g\" is "
      "expected" },
    { "small size", "cache:\n  disk_max_size: 1k\n",
      "f:2: cache.disk_max_size: a size from 1048576 to 1125899906842624 "
      "bytes is expected" },
    { "huge size", "cache:\n  disk_max_size: 9999999999g\n",
      "f:2: cache.disk_max_size: a size such as \"512m\" or \"10g\" is "
      "expected" },
    { "small memory", "cache:\n  memory_max_size: 1023k\n",
      "f:2: cache.memory_max_size: a size from 1048576 to 1099511627776 "
      "bytes or 0 is expected" },
    { "huge memory", "cache:\n  memory_max_size: 1025g\n",
      "f:2: cache.memory_max_size: a size from 1048576 to 1099511627776 "
      "bytes or 0 is expected" },
    { "memory is a word", "cache:\n  memory_max_size: off\n",
      "f:2: cache.memory_max_size: a size such as \"512m\" or \"10g\" is "
      "expected" },
    { "small object", "cache:\n  memory_max_object: 0\n",
      "f:2: cache.memory_max_object: a size from 1024 to 4194304 bytes is "
      "expected" },
    { "large object", "cache:\n  memory_max_object: 4097k\n",
      "f:2: cache.memory_max_object: a size from 1024 to 4194304 bytes is "
      "expected" },
    { "object larger than an eighth", "cache:\n  memory_max_object: 129k\n"
      "  memory_max_size: 1m\n",
      "f:2: cache.memory_max_object: at most 1/8 of memory_max_size, 131072 "
      "bytes, is expected" },
    { "time", "cache:\n  default_ttl: soon\n",
      "f:2: cache.default_ttl: a time such as \"90s\", \"10m\", \"1h30m\" or "
      "\"7d\" is expected, up to 10 years" },
    { "zero time", "cache:\n  inactive: 0\n",
      "f:2: cache.inactive: more than 0 is expected" },
    { "relative path", "paths:\n  state: var\n",
      "f:2: paths.state: an absolute path is expected" },
    { "relative log", "logging:\n  path: log\n",
      "f:2: logging.path: an absolute path is expected, or stderr" },
    { "variable", "logging:\n  path: /var/$x\n",
      "f:2: logging.path: \"$\" is not allowed in a path" },
    { "level", "logging:\n  level: loud\n",
      "f:2: logging.level: one of error, warn, info, debug is expected" },
    { "format", "logging:\n  format: xml\n",
      "f:2: logging.format: one of text, json is expected" },
    { "address", "server:\n  listen:\n    - 127.0.0.1\n    - localhost\n",
      "f:4: server.listen: an IPv4 or IPv6 address is expected" },
    { "domain", "server:\n  domain: s3..example\n",
      "f:2: server.domain: a host name such as \"s3.example.com\" is "
      "expected" },
    { "endpoint", "s3:\n  endpoint: s3.example.com\n",
      "f:2: s3.endpoint: http://HOST[:PORT] or https://HOST[:PORT] is "
      "expected, without a path" },
    { "region", "s3:\n  region: \"eu 1\"\n",
      "f:2: s3.region: letters, digits, \"-\" and \"_\" are expected" },
    { "half of the keys", "s3:\n  access_key_id: A\n",
      "f:1: s3.secret_access_key: it is required beside access_key_id" },
    { "half of tls", "server:\n  tls:\n    cert: /c\n",
      "f:2: server.tls: cert and key are expected together" },
    { "same ports", "server:\n  http_port: 1\n  https_port: 1\n",
      "f:3: server.https_port: another port than http_port is expected" },
    { "no port", "server:\n  http_port: off\n  https_port: off\n",
      "f:2: server.http_port: it is off, and so is https_port" },
    { "long socket path",
      "paths:\n  run: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
      "f:2: paths.run: more than 94 bytes" },
    { "user", "nginx:\n  user: \"a;b\"\n",
      "f:2: nginx.user: a user name is expected" },
    { "attached", "nginx:\n  mode: attached\n",
      "f:2: nginx.mode: attached is not supported yet; managed is expected" },

    /* buckets */

    { "buckets is a map", "buckets:\n  a: b\n",
      "f:1: buckets: a list is expected, not a map" },
    { "bucket is a text", "buckets:\n  - a\n",
      "f:2: buckets[0]: a map is expected, not a text" },
    { "no name", "buckets:\n  - region: x\n",
      "f:2: buckets[0].name: it is required" },
    { "bucket key", "buckets:\n  - name: a\n  - name: b\n    ednpoint: x\n",
      "f:4: buckets[1].ednpoint: unknown key; expected one of: name, " },
    { "bucket twice", "buckets:\n  - name: a\n\n  - region: x\n    name: a\n",
      "f:5: buckets[1].name: \"a\" is declared twice" },
    { "bucket endpoint", "buckets:\n  - name: a\n    endpoint: h\n",
      "f:3: buckets[0].endpoint: http://HOST[:PORT] or https://HOST[:PORT] "
      "is expected, without a path" },
    { "addressing", "buckets:\n  - name: a\n    addressing: host\n",
      "f:3: buckets[0].addressing: \"path\" or \"virtual\" is expected" },
    { "bucket list", "buckets:\n  - name: a\n    region: [x]\n",
      "f:3: buckets[0].region: a text is expected, not a list" },
    { "bucket half keys", "buckets:\n  - name: a\n    access_key_id: A\n",
      "f:2: buckets[0].secret_access_key: it is required beside "
      "access_key_id" },
    { "anonymous", "buckets:\n  - name: a\n    anonymous: 1\n",
      "f:3: buckets[0].anonymous: true or false is expected" },
    { "anonymous with keys",
      "buckets:\n  - name: a\n    access_key_id: A\n"
      "    secret_access_key: s\n    anonymous: true\n",
      "f:5: buckets[0].anonymous: it is not expected beside access_key_id" },
    { "ttl", "buckets:\n  - name: a\n    ttl: x\n",
      "f:3: buckets[0].ttl: a time such as \"90s\", \"10m\", \"1h30m\" or "
      "\"7d\" is expected, up to 10 years" },
    { "ttl list", "buckets:\n  - name: a\n    ttl: [1h]\n",
      "f:3: buckets[0].ttl: a time or a map is expected, not a list" },
    { "ttl status", "buckets:\n  - name: a\n    ttl:\n      default: 1h\n"
      "      40x: 1s\n",
      "f:5: buckets[0].ttl.40x: \"default\" or a status from 200 to 599 is "
      "expected" },
    { "ttl of what is never stored", "buckets:\n  - name: a\n    ttl:\n"
      "      500: 1s\n",
      "f:3: buckets[0].ttl: status 500 is never stored; 200 to 399 but for "
      "206 and 304, or 403, 404 or 410, is expected" },
    { "rules", "buckets:\n  - name: a\n    ttl_rules: {a: 1}\n",
      "f:3: buckets[0].ttl_rules: a list is expected, not a map" },
    { "rule", "buckets:\n  - name: a\n    ttl_rules:\n      - x\n",
      "f:4: buckets[0].ttl_rules[0]: a map of keys, ttl and status is "
      "expected, not a text" },
    { "rule, member", "buckets:\n  - name: a\n    ttl_rules:\n"
      "      - key: x\n",
      "f:4: buckets[0].ttl_rules[0].key: unknown key; expected one of: keys, "
      "ttl, status" },
    { "rule, no time", "buckets:\n  - name: a\n    ttl_rules:\n"
      "      - keys: x\n",
      "f:4: buckets[0].ttl_rules[0].ttl: it is required" },
    { "rule, time", "buckets:\n  - name: a\n    ttl_rules:\n"
      "      - keys: x\n        ttl: soon\n",
      "f:5: buckets[0].ttl_rules[0].ttl: a time such as \"90s\", \"10m\", "
      "\"1h30m\" or \"7d\" is expected, up to 10 years" },
    { "rule, status", "buckets:\n  - name: a\n    ttl_rules:\n"
      "      - {keys: x, ttl: 1s, status: 40x}\n",
      "f:4: buckets[0].ttl_rules[0].status: a status from 200 to 599 is "
      "expected" },
    { "rule, status too low", "buckets:\n  - name: a\n    ttl_rules:\n"
      "      - {keys: x, ttl: 1s, status: 100}\n",
      "f:4: buckets[0].ttl_rules[0].status: a status from 200 to 599 is "
      "expected" },
    { "rule, keys", "buckets:\n  - name: a\n    ttl_rules:\n"
      "      - {keys: '*', ttl: 1s}\n",
      "f:3: buckets[0].ttl_rules: keys as PREFIX, *SUFFIX, ~REGEX or "
      "~*REGEX are expected" },
    { "rule twice", "buckets:\n  - name: a\n    ttl_rules:\n"
      "      - {keys: a/, ttl: 1s}\n      - {keys: a/, ttl: 2s}\n",
      "f:5: buckets[0].ttl_rules[1]: ttl_rules: a rule for keys \"a/\" is "
      "given twice" },
    { "ttl_mode", "buckets:\n  - name: a\n    ttl_mode: obey\n",
      "f:3: buckets[0].ttl_mode: \"override\", \"honour\" or \"cap\" is "
      "expected" },
    { "store_private", "buckets:\n  - name: a\n    store_private: on\n",
      "f:3: buckets[0].store_private: true or false is expected" },
    { "stale_if_error", "buckets:\n  - name: a\n    stale_if_error: long\n",
      "f:3: buckets[0].stale_if_error: a time such as \"90s\", \"10m\", "
      "\"1h30m\" or \"7d\" is expected, up to 10 years" },
    { "cache_control", "buckets:\n  - name: a\n    cache_control: \"a\\n\"\n",
      "f:3: buckets[0].cache_control: the value of a Cache-Control header is "
      "expected, in ASCII" },
    { "errors", "buckets:\n  - name: a\n    errors: [hide]\n",
      "f:3: buckets[0].errors: a text is expected, not a list" },
    { "errors, value", "buckets:\n  - name: a\n    errors: show\n",
      "f:3: buckets[0].errors: \"pass\" or \"hide\" is expected" },
    { "cors", "buckets:\n  - name: a\n    cors: {a: 1}\n",
      "f:3: buckets[0].cors: a text or a list is expected, not a map" },
    { "cors, rule", "buckets:\n  - name: a\n    cors: [{}]\n",
      "f:3: buckets[0].cors: rule 1.AllowedOrigins: an array is required" },
    { "allow", "buckets:\n  - name: a\n    allow: {object: 1}\n",
      "f:3: buckets[0].allow: a text or a list is expected, not a map" },
    { "allow, list", "buckets:\n  - name: a\n    allow: [object, [list]]\n",
      "f:3: buckets[0].allow: a list of texts is expected, not a list" },
    { "allow, value", "buckets:\n  - name: a\n    allow: [object, all]\n",
      "f:3: buckets[0].allow: none, or some of object, list, version, "
      "override and sub, is expected" },
    { "allow, twice", "buckets:\n  - name: a\n    allow: list list\n",
      "f:3: buckets[0].allow: list is given twice" },
    { "disks", "cache:\n  disks: /a\n",
      "f:2: cache.disks: a list is expected, not a text" },
    { "no disks", "cache:\n  disks: []\n",
      "f:2: cache.disks: a list is expected, not a list" },
    { "disk", "cache:\n  disks: [/a]\n",
      "f:2: cache.disks[0]: a map is expected, not a text" },
    { "disk, member", "cache:\n  disks:\n    - {path: /a, size: 1g}\n",
      "f:3: cache.disks[0].size: unknown key; expected one of: path, "
      "max_size, min_free" },
    { "disk, no size", "cache:\n  disks:\n    - {path: /a}\n",
      "f:3: cache.disks[0].max_size: it is required" },
    { "disk, path", "cache:\n  disks:\n    - {path: a, max_size: 1g}\n",
      "f:3: cache.disks[0].path: an absolute path is expected" },
    { "disk, size", "cache:\n  disks:\n    - {path: /a, max_size: 1}\n",
      "f:3: cache.disks[0].max_size: a size from 1048576 to "
      "1125899906842624 bytes is expected" },
    { "disk twice", "cache:\n  disks:\n    - {path: /a, max_size: 1g}\n"
      "    - {path: /a/b, max_size: 1g}\n",
      "f:4: cache.disks[1].path: it is, or is in, that of another disk, "
      "\"/a\"" },
    { "disk and disks", "cache:\n  disk_path: /b\n  disks:\n"
      "    - {path: /a, max_size: 1g}\n",
      "f:2: cache.disk_path: it is not expected beside disks" },
    { "ttl value", "buckets:\n  - name: a\n    ttl:\n      404: never\n",
      "f:4: buckets[0].ttl.404: a time such as \"90s\", \"10m\", \"1h30m\" or "
      "\"7d\" is expected, up to 10 years" }
};


static const char  whole[] =
    "server:\n"
    "  listen: [127.0.0.1, \"::1\"]\n"
    "  http_port: 9100\n"
    "  https_port: off\n"
    "  api_port: 14001\n"
    "  api_token_file: /etc/s3edge/token\n"
    "  workers: 4\n"
    "  tls: {cert: /c.pem, key: /k.pem}\n"
    "  domain: s3.example.com\n"
    "cache:\n"
    "  enabled: false\n"
    "  disk_path: /c\n"
    "  disk_max_size: 2G\n"
    "  memory_max_size: 1g\n"
    "  memory_max_object: 1m\n"
    "  default_ttl: 10m\n"
    "s3:\n"
    "  endpoint: http://127.0.0.1:7480\n"
    "  region: eu-west-1\n"
    "  access_key_id: AKID\n"
    "  secret_access_key: TopSecretKey\n"
    "  session_token:\n"
    "logging: {level: debug, format: json, path: stderr}\n"
    "nginx:\n"
    "  module: builtin\n"
    "buckets:\n"
    "  - name: zeta\n"
    "    ttl: 1h\n"
    "  - name: alpha\n"
    "    endpoint: https://h.example\n"
    "    region: x\n"
    "    anonymous: true\n"
    "    ttl: {404: 10s, default: 2h}\n";


static void
test_mistakes(void **state)
{
    int                    rc;
    size_t                 i, len;
    error_t                err;
    config_t              *config;
    const mistake_row_t   *row;

    (void) state;

    for (i = 0; i < guard_count(mistakes); i++) {
        row = &mistakes[i];
        config = NULL;

        rc = config_parse("f", row->text, strlen(row->text), &config, &err);

        if (rc == 0 || config != NULL) {
            fail_msg("%s: no error", row->name);
        }

        /* what ends with ", " goes on: test_ctl_field has such a list */

        len = strlen(row->message);
        rc = row->message[len - 1] == ' '
             ? strncmp(err.message, row->message, len)
             : strcmp(err.message, row->message);

        if (rc != 0) {
            fail_msg("%s:\n\"%s\", not\n\"%s\"", row->name, err.message,
                     row->message);
        }
    }
}


static void
test_defaults(void **state)
{
    size_t     i;
    error_t    err;
    config_t  *c;

    static const char *const  texts[] = {
        "", "# nothing\n", "~\n", "server:\ncache: ~\nbuckets:\n"
    };

    (void) state;

    for (i = 0; i < guard_count(texts); i++) {

        assert_int_equal(config_parse("f", texts[i], strlen(texts[i]), &c,
                                      &err), 0);

        assert_int_equal(c->server.http_port, 9000);
        assert_int_equal(c->server.https_port, 9001);
        assert_int_equal(c->server.api_port, 14000);
        assert_string_equal(c->server.api_listen, "127.0.0.1");
        assert_int_equal(c->server.listen.len, 0);
        assert_int_equal(c->server.workers, 0);
        assert_true(c->cache.enabled);
        assert_int_equal(c->cache.disk_max_size, 10LL << 30);
        assert_int_equal(c->cache.memory_max_size, 64 << 20);
        assert_int_equal(c->cache.memory_max_object, 128 << 10);
        assert_int_equal(c->cache.default_ttl, 3600);
        assert_string_equal(c->s3.region, "us-east-1");
        assert_null(c->s3.endpoint);
        assert_string_equal(c->paths.state, "/var/lib/s3edge");
        assert_int_equal(c->logging.level, LOG_INFO);
        assert_int_equal(c->buckets.len, 0);
        assert_int_equal(c->warnings.len, 0);

        config_unref(c);
    }
}


static void
test_whole(void **state)
{
    error_t          err;
    config_t        *c;
    model_bucket_t  *b;

    (void) state;

    assert_int_equal(config_parse("f", whole, strlen(whole), &c, &err), 0);

    assert_int_equal(c->server.listen.len, 2);
    assert_string_equal(c->server.listen.items[1], "::1");
    assert_int_equal(c->server.http_port, 9100);
    assert_int_equal(c->server.https_port, 0);
    assert_int_equal(c->server.workers, 4);
    assert_string_equal(c->server.tls_key, "/k.pem");
    assert_int_equal(c->server.domain.len, 1);
    assert_false(c->cache.enabled);
    assert_int_equal(c->cache.disk_max_size, 2LL << 30);
    assert_int_equal(c->cache.memory_max_size, 1 << 30);
    assert_int_equal(c->cache.memory_max_object, 1 << 20);
    assert_int_equal(c->cache.default_ttl, 600);
    assert_string_equal(c->s3.secret_access_key, "TopSecretKey");
    assert_null(c->s3.session_token);
    assert_int_equal(c->logging.level, LOG_DEBUG);
    assert_int_equal(c->logging.format, LOG_JSON);
    assert_string_equal(c->logging.path, "stderr");
    assert_string_equal(c->nginx.module, "builtin");

    assert_int_equal(c->warnings.len, 0);
    assert_int_equal(c->buckets.len, 2);

    /* sorted, and resolved from the sections where open */

    b = c->buckets.items[0];
    assert_string_equal(b->name, "alpha");
    assert_int_equal(config_resolve(c, b, &err), 0);
    assert_string_equal(b->endpoint, "https://h.example");
    assert_int_equal(b->credentials, MODEL_ANONYMOUS);
    assert_int_equal(b->nttl, 2);
    assert_int_equal(b->ttl[0].status, 404);
    assert_int_equal(b->ttl[1].seconds, 7200);

    b = c->buckets.items[1];
    assert_int_equal(b->source, MODEL_FILE);
    assert_int_equal(config_resolve(c, b, &err), 0);
    assert_string_equal(b->endpoint, "http://127.0.0.1:7480");
    assert_string_equal(b->region, "eu-west-1");
    assert_int_equal(b->credentials, MODEL_INHERIT);
    assert_int_equal(b->nttl, 2);
    assert_int_equal(b->ttl[0].seconds, 3600);

    config_unref(c);
}


/* what is just within the limits, and a number in GET /api/config */

static void
test_memory(void **state)
{
    size_t      i;
    json_t     *doc, *section;
    error_t     err;
    config_t   *c;

    static const struct {
        const char  *text;
        int64_t      size;
        int64_t      object;
    } rows[] = {
        { "cache:\n  memory_max_size: 0\n", 0, 131072 },
        { "cache:\n  memory_max_size: 0m\n  memory_max_object: 4m\n",
          0, 4194304 },
        { "cache:\n  memory_max_size: 1m\n", 1048576, 131072 },
        { "cache:\n  memory_max_size: 32m\n  memory_max_object: 4m\n",
          33554432, 4194304 },
        { "cache:\n  memory_max_size: 1t\n  memory_max_object: 1k\n",
          1099511627776, 1024 }
    };

    (void) state;

    for (i = 0; i < guard_count(rows); i++) {

        if (config_parse("f", rows[i].text, strlen(rows[i].text), &c, &err)
            != 0)
        {
            fail_msg("%s: %s", rows[i].text, err.message);
        }

        doc = config_json(c);
        section = json_object_get(doc, "cache");

        guard_int(rows[i].text, "size", c->cache.memory_max_size,
                  rows[i].size);
        guard_int(rows[i].text, "object", c->cache.memory_max_object,
                  rows[i].object);

        assert_true(json_is_integer(json_object_get(section,
                                                    "memory_max_size")));
        guard_int(rows[i].text, "size in JSON",
                  json_integer_value(json_object_get(section,
                                                     "memory_max_size")),
                  rows[i].size);

        json_decref(doc);
        config_unref(c);
    }
}


static void
test_resolve_aws(void **state)
{
    error_t          err;
    config_t        *c;
    model_bucket_t  *b;

    (void) state;

    assert_int_equal(config_parse("f", "", 0, &c, &err), 0);

    b = model_bucket_new();
    assert_int_equal(model_set(&b->region, "eu-west-3", NULL), 0);
    assert_int_equal(config_resolve(c, b, &err), 0);
    assert_string_equal(b->endpoint, "https://s3.eu-west-3.amazonaws.com");
    assert_int_equal(b->credentials, MODEL_ANONYMOUS);
    assert_int_equal(b->nttl, 2);
    assert_int_equal(b->ttl[0].seconds, 3600);

    model_bucket_free(b);
    config_unref(c);
}


static void
test_ca_file(void **state)
{
    error_t      err;
    config_t    *c;
    const char  *path;

    static const char  given[] = "s3:\n  ca_file: /nonexistent/ca.pem\n";

    (void) state;

    assert_int_equal(config_parse("f", given, strlen(given), &c, &err), 0);
    assert_string_equal(setting_ca_file(c), "/nonexistent/ca.pem");
    config_unref(c);

    assert_int_equal(config_parse("f", "", 0, &c, &err), 0);

    path = setting_ca_file(c);

    if (file_exists(c->s3.ca_file)) {
        assert_ptr_equal(path, c->s3.ca_file);

    } else {
        assert_null(path);
    }

    config_unref(c);
}


static void
test_json(void **state)
{
    char      *text;
    error_t    err;
    config_t  *c;
    json_t    *doc, *section;

    (void) state;

    assert_int_equal(config_parse("f", whole, strlen(whole), &c, &err), 0);

    doc = config_json(c);
    assert_non_null(doc);

    text = json_dumps(doc, 0);
    assert_null(strstr(text, "TopSecretKey"));
    assert_null(strstr(text, "AKID"));
    free(text);

    section = json_object_get(doc, "server");
    assert_string_equal(json_string_value(json_object_get(section,
                                                          "https_port")),
                        "off");
    assert_int_equal(json_integer_value(json_object_get(section,
                                                        "http_port")), 9100);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(section, "tls"), "cert")),
                        "/c.pem");

    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(doc, "s3"), "secret_access_key")),
                        "***");
    json_decref(doc);
    config_unref(c);
}


/* the file, its mode, and the environment over it */

static void
test_load(void **state)
{
    char       dir[64], path[128];
    error_t    err;
    config_t  *c;

    static const char  text[] =
        "s3:\n  region: eu-west-1\n  access_key_id: FILE\n"
        "  secret_access_key: file\n  session_token: filetoken\n"
        "logging:\n  level: warn\n";

    (void) state;

    (void) snprintf(dir, sizeof(dir), "/tmp/s3edge-unit-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void) snprintf(path, sizeof(path), "%s/s3edge.yaml", dir);

    (void) unsetenv("AWS_REGION");
    (void) unsetenv("AWS_ACCESS_KEY_ID");
    (void) unsetenv("AWS_SECRET_ACCESS_KEY");
    (void) unsetenv("AWS_SESSION_TOKEN");
    (void) unsetenv("S3EDGE_LOG");

    assert_int_equal(setenv("CONFIG_PATH", path, 1), 0);
    assert_int_equal(config_load(NULL, &c, &err), ERR_NOT_FOUND);

    assert_int_equal(file_replace(path, text, strlen(text), 0640,
                                  FILE_GID_KEEP, &err), 0);

    assert_int_equal(config_load(NULL, &c, &err), 0);
    assert_string_equal(c->file, path);
    assert_string_equal(c->s3.session_token, "filetoken");
    assert_int_equal(c->logging.level, LOG_WARN);
    assert_int_equal(c->warnings.len, 1);
    assert_non_null(strstr(c->warnings.items[0], "its mode should be 0600"));
    config_unref(c);

    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(setenv("AWS_REGION", "ap-south-1", 1), 0);
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "ENV", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "env", 1), 0);
    assert_int_equal(setenv("S3EDGE_LOG", "debug", 1), 0);

    assert_int_equal(config_load(path, &c, &err), 0);
    assert_int_equal(c->warnings.len, 0);
    assert_string_equal(c->s3.region, "ap-south-1");
    assert_string_equal(c->s3.access_key_id, "ENV");
    assert_string_equal(c->s3.secret_access_key, "env");
    assert_null(c->s3.session_token);
    assert_int_equal(c->logging.level, LOG_DEBUG);
    config_unref(c);

    assert_int_equal(setenv("S3EDGE_LOG", "loud", 1), 0);
    assert_int_equal(config_load(path, &c, &err), ERR_INVALID);
    assert_string_equal(err.message, "S3EDGE_LOG: one of error, warn, info, "
                                     "debug is expected");
    (void) unsetenv("S3EDGE_LOG");

    (void) unsetenv("AWS_SECRET_ACCESS_KEY");
    assert_int_equal(config_load(path, &c, &err), ERR_INVALID);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_resolve_aws),
        cmocka_unit_test(test_ca_file),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_load)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
