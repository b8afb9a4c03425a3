
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/cache.h"
#include "api/metrics.h"
#include "base/version.h"


#define OUT_MAX  (1024 * 1024)


static char  odd_name[] = "a\"b\\c\nd";
static char  plain_name[] = "demo";


static edge_bucket_stats_t  edge_buckets[] = {
    { odd_name, { 0 } },
    { plain_name, { 0 } }
};


static disk_bucket_t  disk_buckets[] = {
    { plain_name, 3, 4096 },
};


static edge_disk_stats_t  edge_disks[] = {
    { odd_name, { 0, 0, 0, 0 } },
    { plain_name, { 5, 8192, 1 << 30, 1 } }
};


static void
fill(control_health_t *health, control_stats_t *stats)
{
    size_t  i;

    memset(health, 0, sizeof(control_health_t));
    memset(stats, 0, sizeof(control_stats_t));

    health->generation = 7;
    health->started_at = 1700000000;
    health->buckets = 2;
    memcpy(health->nginx_version, "1.22.1", sizeof("1.22.1"));
    memcpy(health->module_version, "0.1.0", sizeof("0.1.0"));

    for (i = 0; i < S3_STATS_MAX; i++) {
        edge_buckets[0].counters[i] = 0;
        edge_buckets[1].counters[i] = 100 + i;
        stats->edge.total[i] = 100 + i;
    }

    stats->edge.generation = 7;
    stats->edge.disk_objects = 5;
    stats->edge.disk_bytes = 8192;
    stats->edge.disk_max_bytes = 1 << 30;
    stats->edge.buckets = edge_buckets;
    stats->edge.nbuckets = 2;
    stats->edge.disks = edge_disks;
    stats->edge.ndisks = 2;

    stats->edge.memory.there = true;
    memcpy(stats->edge.memory.name, "zone", sizeof("zone"));

    for (i = 0; i < S3_STATS_MEMORY_MAX; i++) {
        stats->edge.memory.values[i] = 1000 + i;
    }

    stats->disk.at = 1700000100;
    stats->disk.complete = 1;
    stats->disk.buckets = disk_buckets;
    stats->disk.nbuckets = 1;
}


static void
want(const strbuf_t *out, const char *line)
{
    if (strstr(out->data, line) == NULL) {
        fail_msg("not there: %s\n%s", line, out->data);
    }
}


static void
want_not(const strbuf_t *out, const char *text)
{
    if (strstr(out->data, text) != NULL) {
        fail_msg("there: %s\n%s", text, out->data);
    }
}


static void
test_lines(void **state)
{
    char              line[128];
    strbuf_t          out;
    control_stats_t   stats;
    control_health_t  health;

    (void) state;

    fill(&health, &stats);
    strbuf_init(&out, OUT_MAX);

    metrics_render(&health, &stats, &out);
    assert_int_equal(strbuf_check(&out, NULL), ERR_OK);

    want(&out, "# TYPE s3edge_up gauge\ns3edge_up 1\n");
    want(&out, "\ns3edge_build_info{version=\"" S3EDGE_VERSION "\","
         "module=\"0.1.0\",nginx=\"1.22.1\"} 1\n");
    want(&out, "\ns3edge_generation 7\n");
    want(&out, "\ns3edge_buckets 2\n");
    want(&out, "\ns3edge_start_time_seconds 1700000000\n");

    (void) snprintf(line, sizeof(line),
                    "\ns3edge_hits_total{bucket=\"demo\"} %d\n",
                    100 + S3_STATS_hits);
    want(&out, line);
    want(&out, "\n# HELP s3edge_hits_total "
         "Served from the cache while fresh.\n"
         "# TYPE s3edge_hits_total counter\n");

    /* the unit goes last */

    (void) snprintf(line, sizeof(line),
                    "\ns3edge_sent_bytes_total{bucket=\"demo\"} %d\n",
                    100 + S3_STATS_bytes_sent);
    want(&out, line);
    want(&out, "\ns3edge_hit_bytes_total{bucket=\"demo\"} ");
    want(&out, "\ns3edge_origin_bytes_total{bucket=\"demo\"} ");
    want(&out, "\ns3edge_origin_requests_total{bucket=\"demo\"} ");

    want(&out, "\ns3edge_hits_total{bucket=\"a\\\"b\\\\c\\nd\"} 0\n");

    want(&out, "\ns3edge_memory_hits_total{bucket=\"demo\"} ");
    want(&out, "\n# HELP s3edge_memory_size_bytes "
         "Shared memory that may hold objects.\n"
         "# TYPE s3edge_memory_size_bytes gauge\n"
         "s3edge_memory_size_bytes 1000\n");
    want(&out, "\ns3edge_memory_used_bytes 1001\n");
    want(&out, "\ns3edge_memory_objects 1002\n");
    want(&out, "\ns3edge_memory_pinned 1003\n");
    want(&out, "\n# TYPE s3edge_memory_stored_total counter\n"
         "s3edge_memory_stored_total 1004\n");
    want(&out, "\ns3edge_memory_evicted_total 1005\n");
    want(&out, "\ns3edge_memory_declined_total 1006\n");
    want(&out, "\ns3edge_memory_no_room_total 1007\n");

    want(&out, "\ns3edge_disk_objects{disk=\"demo\"} 5\n");
    want(&out, "\ns3edge_disk_bytes{disk=\"demo\"} 8192\n");
    want(&out, "\ns3edge_disk_max_bytes{disk=\"demo\"} 1073741824\n");
    want(&out, "\ns3edge_disk_off{disk=\"demo\"} 1\n");
    want(&out, "\ns3edge_disk_off{disk=\"a\\\"b\\\\c\\nd\"} 0\n");
    want(&out, "\ns3edge_disk_census_time_seconds 1700000100\n");
    want(&out, "\ns3edge_bucket_disk_objects{bucket=\"demo\"} 3\n");
    want(&out, "\ns3edge_bucket_disk_bytes{bucket=\"demo\"} 4096\n");

    strbuf_release(&out);
}


/* each name has one HELP, one TYPE, and then all its samples together */

static void
test_grouping(void **state)
{
    int               families;
    char             *line, *rest, name[128], kind[16];
    strbuf_t          out;
    control_stats_t   stats;
    control_health_t  health;

    (void) state;

    fill(&health, &stats);
    strbuf_init(&out, OUT_MAX);

    metrics_render(&health, &stats, &out);
    assert_int_equal(out.data[out.len - 1], '\n');

    families = 0;
    name[0] = '\0';
    rest = out.data;

    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {

        if (strncmp(line, "# HELP ", 7) == 0) {
            assert_int_equal(sscanf(line + 7, "%127s", name), 1);
            families++;
            continue;
        }

        if (strncmp(line, "# TYPE ", 7) == 0) {
            assert_int_equal(strncmp(line + 7, name, strlen(name)), 0);
            assert_int_equal(sscanf(line + 7 + strlen(name), "%15s", kind), 1);
            continue;
        }

        assert_int_equal(strncmp(line, name, strlen(name)), 0);
        assert_true(line[strlen(name)] == ' ' || line[strlen(name)] == '{');
        assert_int_equal(strcmp(kind, "counter") == 0,
                         strstr(name, "_total") != NULL);
    }

    assert_int_equal(families, S3_STATS_MAX + S3_STATS_MEMORY_MAX + 12);

    strbuf_release(&out);
}


static void
test_down(void **state)
{
    strbuf_t          out;
    control_stats_t   stats;
    control_health_t  health;

    (void) state;

    fill(&health, &stats);
    health.nginx_version[0] = '\0';
    strbuf_init(&out, OUT_MAX);

    metrics_render(&health, NULL, &out);

    want(&out, "\ns3edge_up 0\n");
    want(&out, ",nginx=\"\"} 1\n");
    want_not(&out, "_total");
    want_not(&out, "s3edge_disk");

    strbuf_release(&out);
}


static void
test_no_census_yet(void **state)
{
    strbuf_t          out;
    control_stats_t   stats;
    control_health_t  health;

    (void) state;

    fill(&health, &stats);
    stats.disk.at = 0;
    strbuf_init(&out, OUT_MAX);

    metrics_render(&health, &stats, &out);

    want(&out, "\ns3edge_disk_objects{disk=\"demo\"} 5\n");
    want_not(&out, "census");
    want_not(&out, "s3edge_bucket_disk");

    strbuf_release(&out);
}


static void
test_no_memory(void **state)
{
    size_t            i;
    json_t           *json;
    strbuf_t          out;
    control_stats_t   stats;
    control_health_t  health;

    (void) state;

    fill(&health, &stats);
    stats.edge.memory.there = false;
    strbuf_init(&out, OUT_MAX);

    metrics_render(&health, &stats, &out);

    want(&out, "\ns3edge_disk_objects{disk=\"demo\"} 5\n");
    want(&out, "\ns3edge_memory_hits_total{bucket=\"demo\"} ");

    for (i = 0; i < S3_STATS_MEMORY_MAX; i++) {
        want_not(&out, s3_stats[S3_STATS_MEMORY].rows[i].metric);
    }

    strbuf_release(&out);

    json = cache_stats_json(&stats);
    assert_true(json_is_null(json_object_get(json, "memory")));
    json_decref(json);
}


static void
test_stats_json(void **state)
{
    double            rate;
    size_t            i;
    json_t           *json, *demo, *odd, *disks, *memory;
    control_stats_t   stats;
    control_health_t  health;

    (void) state;

    fill(&health, &stats);

    json = cache_stats_json(&stats);
    assert_non_null(json);

    demo = json_object_get(json_object_get(json, "buckets"), plain_name);
    odd = json_object_get(json_object_get(json, "buckets"), odd_name);
    disks = json_object_get(json, "disks");
    memory = json_object_get(json, "memory");

    assert_int_equal(json_object_size(memory), S3_STATS_MEMORY_MAX + 1);
    assert_string_equal(json_string_value(json_object_get(memory, "name")),
                        "zone");

    for (i = 0; i < S3_STATS_MEMORY_MAX; i++) {
        assert_int_equal(
            json_integer_value(
                json_object_get(memory,
                                s3_stats[S3_STATS_MEMORY].rows[i].name)),
            1000 + i);
    }

    assert_true(json_is_true(json_object_get(json_object_get(disks,
                                                             plain_name),
                                             "off")));
    assert_true(json_is_false(json_object_get(json_object_get(disks, odd_name),
                                              "off")));

    assert_int_equal(json_integer_value(json_object_get(demo, "hits")),
                     100 + S3_STATS_hits);
    assert_int_equal(json_integer_value(json_object_get(demo, "objects")), 3);
    assert_int_equal(json_integer_value(json_object_get(demo, "bytes")),
                     4096);

    /* 101 + 105 + 106 of those and 103 + 104, by the order of the table */

    rate = json_real_value(json_object_get(demo, "hit_rate"));
    assert_true(rate > 312.0 / 519.0 - 1e-9 && rate < 312.0 / 519.0 + 1e-9);

    assert_true(json_is_null(json_object_get(odd, "hit_rate")));
    assert_int_equal(json_integer_value(json_object_get(odd, "objects")), 0);

    json_decref(json);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_grouping),
        cmocka_unit_test(test_down),
        cmocka_unit_test(test_no_census_yet),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_stats_json)
    };

    return cmocka_run_group_tests_name("ctl_metrics", tests, NULL, NULL);
}
