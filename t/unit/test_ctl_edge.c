
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include "guard.h"

#include <stdio.h>
#include <stdlib.h>

#include "nginx/edge.h"


/* the other side: takes the request, gives what it was told to */

typedef struct {
    http_t           http;
    long             status;
    const char      *body;
    int              rc;
    char             asked[256];
    char             sent[64];     /* the first bytes of the body */
    size_t           sent_bytes;   /* of all calls */
    unsigned         calls;
} fake_t;


#define COUNTERS(first)                                                       \
    "{\"requests\":" first ",\"hits\":2,\"memory_hits\":3,\"misses\":4,"      \
    "\"expired\":5,\"revalidated\":6,\"stale\":7,\"bypass\":8,"               \
    "\"errors_4xx\":9,\"errors_5xx\":10,\"bytes_sent\":11,"                   \
    "\"bytes_hit\":12,\"origin_requests\":13,\"origin_errors\":14,"           \
    "\"origin_bytes\":15}"


#define STATS(more)                                                           \
    "{\"generation\":7,\"disk\":{\"objects\":1,\"bytes\":2,\"max_bytes\":3}," \
    "\"total\":" COUNTERS("1") ",\"buckets\":{\"zeta\":" COUNTERS("100")      \
    ",\"alpha\":" COUNTERS("200") "},"                                        \
    "\"disks\":{\"two\":{\"objects\":4,\"bytes\":5,\"max_bytes\":6,"          \
    "\"off\":true},\"one\":{\"objects\":0,\"bytes\":0,\"max_bytes\":0,"       \
    "\"off\":false}}" more "}"


#define MEMORY(name, size, no_room)                                           \
    ",\"memory\":{\"name\":" name ",\"size\":" size ",\"used\":2,"            \
    "\"objects\":3,\"pinned\":4,\"stored\":5,\"evicted\":6,\"declined\":7"    \
    no_room "}"


typedef struct {
    const char      *name;
    const char      *body;
    const char      *message;
} memory_row_t;


static const memory_row_t  memory_rows[] = {
    { "a list", STATS(",\"memory\":[]"),
      "memory: an object is expected, not an array" },
    { "a number", STATS(",\"memory\":0"),
      "memory: an object is expected, not an integer" },
    { "empty", STATS(",\"memory\":{}"),
      "memory.name: a string is required" },
    { "name is a number", STATS(MEMORY("1", "1", ",\"no_room\":8")),
      "memory.name: a string is expected, not an integer" },
    { "size is a text", STATS(MEMORY("\"m\"", "\"1m\"", ",\"no_room\":8")),
      "memory.size: an integer is expected, not a string" },
    { "size is a real", STATS(MEMORY("\"m\"", "1.5", ",\"no_room\":8")),
      "memory.size: an integer is expected, not a real number" },
    { "size is negative", STATS(MEMORY("\"m\"", "-1", ",\"no_room\":8")),
      "memory.size: an integer from 0 to 9223372036854775807 is expected" },
    { "a counter is a list", STATS(MEMORY("\"m\"", "1", ",\"no_room\":[]")),
      "memory.no_room: an integer is expected, not an array" }
};


static int
perform(http_t *http, const http_request_t *request,
    http_response_t *ret_response, error_t *err)
{
    fake_t  *fake;

    fake = (fake_t *) http;

    (void) snprintf(fake->asked, sizeof(fake->asked), "%s %s %s",
                    request->method, request->url, request->unix_socket);

    fake->calls++;
    fake->sent_bytes += request->body_len;

    if (request->body != NULL) {
        (void) snprintf(fake->sent, sizeof(fake->sent), "%s", request->body);
    }

    if (fake->rc != 0) {
        return error_set(err, fake->rc, "cannot connect");
    }

    ret_response->status = fake->status;
    strbuf_init(&ret_response->body, request->max_body);
    strbuf_puts(&ret_response->body, fake->body);

    return 0;
}


static void
test_status(void **state)
{
    fake_t          fake = { .http = { perform, NULL }, .status = 200 };
    edge_t         *edge;
    error_t         err;
    edge_status_t   status;

    (void) state;

    assert_int_equal(edge_new(&fake.http, "/run/c.sock", &edge, &err), 0);

    fake.body = "{\"version\":\"0.1.0\",\"nginx\":\"1.22.1\",\"pid\":12,"
                "\"generation\":7}";
    assert_int_equal(edge_status(edge, &status, &err), 0);
    assert_string_equal(fake.asked, "GET http://s3edge/status /run/c.sock");
    assert_string_equal(status.version, "0.1.0");
    assert_string_equal(status.nginx, "1.22.1");
    assert_int_equal(status.pid, 12);
    assert_int_equal(status.generation, 7);

    fake.body = "{\"version\":\"0.1.0\",\"nginx\":\"1.22.1\",\"pid\":12}";
    assert_int_equal(edge_status(edge, &status, &err), ERR_INVALID);

    fake.body = "<html>";
    assert_int_equal(edge_status(edge, &status, &err), ERR_INVALID);

    fake.body = "[]";
    assert_int_equal(edge_status(edge, &status, &err), ERR_INTERNAL);

    fake.status = 502;
    fake.body = "";
    assert_int_equal(edge_status(edge, &status, &err), ERR_INTERNAL);
    assert_string_equal(err.message, "nginx answers 502: no message");

    fake.rc = ERR_UNAVAILABLE;
    assert_int_equal(edge_status(edge, &status, &err), ERR_UNAVAILABLE);

    edge_free(edge);
}


static void
test_stats(void **state)
{
    fake_t         fake = { .http = { perform, NULL }, .status = 200 };
    size_t         i;
    edge_t        *edge;
    error_t        err;
    edge_stats_t   stats;

    (void) state;

    assert_int_equal(edge_new(&fake.http, "/s", &edge, &err), 0);

    fake.body = STATS("");
    assert_int_equal(edge_stats(edge, &stats, &err), 0);
    assert_int_equal(stats.generation, 7);
    assert_false(stats.memory.there);
    assert_int_equal(stats.disk_objects, 1);
    assert_int_equal(stats.disk_bytes, 2);
    assert_int_equal(stats.disk_max_bytes, 3);

    for (i = 0; i <= S3_STATS_origin_bytes; i++) {
        guard_int(s3_stats[S3_STATS_BUCKET].rows[i].name, "total",
                  (int64_t) stats.total[i], (int64_t) i + 1);
    }

    assert_int_equal(stats.nbuckets, 2);
    assert_string_equal(stats.buckets[0].name, "alpha");
    assert_int_equal(stats.buckets[0].counters[S3_STATS_requests], 200);
    assert_string_equal(stats.buckets[1].name, "zeta");
    assert_int_equal(stats.buckets[1].counters[S3_STATS_origin_bytes], 15);

    assert_int_equal(stats.ndisks, 2);
    assert_string_equal(stats.disks[0].name, "one");
    assert_int_equal(stats.disks[0].values[S3_STATS_DISK_off], 0);
    assert_string_equal(stats.disks[1].name, "two");
    assert_int_equal(stats.disks[1].values[S3_STATS_DISK_objects], 4);
    assert_int_equal(stats.disks[1].values[S3_STATS_DISK_bytes], 5);
    assert_int_equal(stats.disks[1].values[S3_STATS_DISK_max_bytes], 6);
    assert_int_equal(stats.disks[1].values[S3_STATS_DISK_off], 1);
    edge_stats_release(&stats);

    /* an older module counts less */

    fake.body = "{\"generation\":7,\"disk\":{\"objects\":1,\"bytes\":2,"
                "\"max_bytes\":3},\"total\":{\"requests\":1},\"buckets\":{},"
                "\"disks\":{}}";
    assert_int_equal(edge_stats(edge, &stats, &err), 0);
    assert_int_equal(stats.total[S3_STATS_requests], 1);
    assert_int_equal(stats.total[S3_STATS_hits], 0);
    edge_stats_release(&stats);

    /* what is no counter is an error, not a zero */

    fake.body = "{\"generation\":7,\"disk\":{\"objects\":1,\"bytes\":2,"
                "\"max_bytes\":3},\"total\":{\"hits\":\"1\"},\"buckets\":{}}";
    assert_int_equal(edge_stats(edge, &stats, &err), ERR_INVALID);
    assert_string_equal(err.message, "answer of nginx to /stats: total.hits: "
                                     "an integer is expected, not a string");

    edge_free(edge);
}


static void
test_memory(void **state)
{
    char                  expected[256];
    fake_t                fake = { .http = { perform, NULL }, .status = 200 };
    size_t                i;
    edge_t               *edge;
    error_t               err;
    edge_stats_t          stats;
    const memory_row_t   *row;

    (void) state;

    assert_int_equal(edge_new(&fake.http, "/s", &edge, &err), 0);

    fake.body = STATS(MEMORY("\"s3edge_memory\"", "1", ",\"no_room\":8"));
    assert_int_equal(edge_stats(edge, &stats, &err), 0);
    assert_true(stats.memory.there);
    assert_string_equal(stats.memory.name, "s3edge_memory");

    for (i = 0; i <= S3_STATS_MEMORY_no_room; i++) {
        guard_int(s3_stats[S3_STATS_MEMORY].rows[i].name, "value",
                  (int64_t) stats.memory.values[i], (int64_t) i + 1);
    }

    edge_stats_release(&stats);

    fake.body = STATS(",\"memory\":null");
    assert_int_equal(edge_stats(edge, &stats, &err), 0);
    assert_false(stats.memory.there);
    edge_stats_release(&stats);

    for (i = 0; i < guard_count(memory_rows); i++) {
        row = &memory_rows[i];
        fake.body = row->body;

        guard_int(row->name, "rc", edge_stats(edge, &stats, &err),
                  ERR_INVALID);

        (void) snprintf(expected, sizeof(expected), "answer of nginx to "
                        "/stats: %s", row->message);

        if (strcmp(err.message, expected) != 0) {
            fail_msg("%s: \"%s\", not \"%s\"", row->name, err.message,
                     expected);
        }
    }

    /* more than jansson's integers hold is no JSON to it */

    fake.body = STATS(MEMORY("\"m\"", "9223372036854775807",
                             ",\"no_room\":8"));
    assert_int_equal(edge_stats(edge, &stats, &err), 0);
    assert_int_equal(stats.memory.values[S3_STATS_MEMORY_size], INT64_MAX);
    edge_stats_release(&stats);

    fake.body = STATS(MEMORY("\"m\"", "9223372036854775808",
                             ",\"no_room\":8"));
    assert_int_equal(edge_stats(edge, &stats, &err), ERR_INVALID);

    edge_free(edge);
}


#define STR(text)  { sizeof(text) - 1, (unsigned char *) text }


typedef struct {
    edge_purge_t     purge;
    const char      *asked;
    const char      *body;
} purge_row_t;


static const s3_str_t  purge_keys[] = { STR("a%20b"), STR("c/d") };


static const purge_row_t  purge_rows[] = {
    { { EDGE_PURGE_ALL, NULL, NULL, 0, false },
      "POST http://s3edge/purge /s", "" },
    { { EDGE_PURGE_ALL, NULL, NULL, 0, true },
      "POST http://s3edge/purge?soft=1 /s", "" },
    { { EDGE_PURGE_BUCKET, "a&b", NULL, 0, false },
      "POST http://s3edge/purge?bucket=a%26b /s", "" },
    { { EDGE_PURGE_PREFIX, "b", &purge_keys[1], 1, true },
      "POST http://s3edge/purge?bucket=b&prefix=c/d&soft=1 /s", "" },
    { { EDGE_PURGE_KEYS, "b", purge_keys, 1, false },
      "POST http://s3edge/purge?bucket=b&key=a%20b /s", "" },
    { { EDGE_PURGE_KEYS, "b", purge_keys, 2, true },
      "POST http://s3edge/purge?bucket=b&soft=1 /s", "a%20b\nc/d\n" }
};


static void
test_purge(void **state)
{
    fake_t        fake = { .http = { perform, NULL }, .status = 200,
                           .body = "{}" };
    char          name[300];
    size_t        i;
    edge_t       *edge;
    error_t       err;
    edge_purge_t  purge = { EDGE_PURGE_BUCKET, "x", NULL, 0, false };

    (void) state;

    assert_int_equal(edge_new(&fake.http, "/s", &edge, &err), 0);

    for (i = 0; i < guard_count(purge_rows); i++) {
        fake.sent[0] = '\0';
        assert_int_equal(edge_purge(edge, &purge_rows[i].purge, &err), 0);
        assert_string_equal(fake.asked, purge_rows[i].asked);
        assert_string_equal(fake.sent, purge_rows[i].body);
    }

    fake.status = 404;
    fake.body = "{\"error\":\"no_such_bucket\",\"message\":\"no bucket\"}";
    assert_int_equal(edge_purge(edge, &purge, &err), ERR_NOT_FOUND);
    assert_string_equal(err.message, "nginx answers 404: no bucket");

    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    purge.bucket = name;
    assert_int_equal(edge_purge(edge, &purge, &err), ERR_NOT_FOUND);

    edge_free(edge);
}


/* as many calls as nginx takes bytes */

static void
test_purge_many(void **state)
{
    fake_t         fake = { .http = { perform, NULL }, .status = 200,
                            .body = "{}" };
    size_t         i;
    edge_t        *edge;
    error_t        err;
    s3_str_t      *keys;
    edge_purge_t   purge = { EDGE_PURGE_KEYS, "b", NULL, 1000, false };

    static unsigned char  key[EDGE_KEY_MAX];

    (void) state;

    memset(key, 'k', sizeof(key));

    keys = calloc(purge.nkeys, sizeof(s3_str_t));
    assert_non_null(keys);

    for (i = 0; i < purge.nkeys; i++) {
        keys[i].data = key;
        keys[i].len = sizeof(key);
    }

    purge.keys = keys;

    assert_int_equal(edge_new(&fake.http, "/s", &edge, &err), 0);
    assert_int_equal(edge_purge(edge, &purge, &err), 0);
    assert_int_equal(fake.calls, 3);
    assert_int_equal(fake.sent_bytes, purge.nkeys * (sizeof(key) + 1));

    free(keys);
    edge_free(edge);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_purge),
        cmocka_unit_test(test_purge_many)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
