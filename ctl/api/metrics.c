
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/cache.h"
#include "api/metrics.h"
#include "base/version.h"
#include "s3_stats.h"


#define METRICS_MAX       (32 * 1024 * 1024)
#define METRICS_NAME_MAX  64


typedef struct {
    const char      *name;
    const char      *unit;
    const char      *help;
} metrics_counter_t;


typedef struct {
    const char      *name;
    const char      *type;
    const char      *help;
} metrics_memory_t;


static void metrics_gauge(strbuf_t *out, const char *name, int64_t value,
    const char *help);
static void metrics_head(strbuf_t *out, const char *name, const char *type,
    const char *help);
static void metrics_label(strbuf_t *out, const char *name,
    const char *value);
static void metrics_build(const control_health_t *health, strbuf_t *out);
static void metrics_counters(const edge_stats_t *edge, strbuf_t *out);
static void metrics_counter_name(const metrics_counter_t *counter,
    char name[METRICS_NAME_MAX]);
static void metrics_memory(const edge_memory_stats_t *memory, strbuf_t *out);
static void metrics_disks(const edge_stats_t *edge, strbuf_t *out);
static void metrics_disk(const edge_disk_stats_t *disk, const char *name,
    uint64_t value, strbuf_t *out);
static void metrics_census(const disk_census_t *census, strbuf_t *out);


#define METRICS_COUNTER(name, unit, help)  { #name, unit, help },

static const metrics_counter_t  metrics_table[] = {
    S3_STATS_MAP(METRICS_COUNTER)
};

#undef METRICS_COUNTER


#define METRICS_MEMORY(name, metric, type, help)  { metric, type, help },

static const metrics_memory_t  metrics_memory_table[] = {
    EDGE_MEMORY_MAP(METRICS_MEMORY)
};

#undef METRICS_MEMORY


void
metrics_get(const request_t *request, reply_t *reply)
{
    int               rc;
    char             *text;
    size_t            len;
    error_t           err;
    strbuf_t          out;
    control_stats_t   stats;
    control_health_t  health;

    strbuf_init(&out, METRICS_MAX);

    control_health(request->control, &health);

    rc = control_stats(request->control, &stats, &err);

    metrics_render(&health, rc == ERR_OK ? &stats : NULL, &out);

    if (rc == ERR_OK) {
        control_stats_release(&stats);
    }

    if (strbuf_check(&out, &err) != ERR_OK) {
        reply_failure(reply, &err);
        strbuf_release(&out);
        return;
    }

    len = out.len;
    text = strbuf_steal(&out);

    reply_text(reply, 200, METRICS_TYPE, text, len);
}


void
metrics_render(const control_health_t *health, const control_stats_t *stats,
    strbuf_t *out)
{
    metrics_gauge(out, "s3edge_up", stats != NULL,
                  "1 where nginx runs and answers, otherwise 0.");

    metrics_build(health, out);

    metrics_gauge(out, "s3edge_generation", health->generation,
                  "Number of the configuration in force.");

    metrics_gauge(out, "s3edge_start_time_seconds", health->started_at,
                  "When s3edged started, in seconds since 1970.");

    metrics_gauge(out, "s3edge_buckets", (int64_t) health->buckets,
                  "Buckets in force.");

    if (stats == NULL) {
        return;
    }

    metrics_counters(&stats->edge, out);
    metrics_memory(&stats->edge.memory, out);
    metrics_disks(&stats->edge, out);
    metrics_census(&stats->disk, out);
}


static void
metrics_gauge(strbuf_t *out, const char *name, int64_t value,
    const char *help)
{
    metrics_head(out, name, "gauge", help);

    strbuf_printf(out, "%s %" PRId64 "\n", name, value);
}


static void
metrics_head(strbuf_t *out, const char *name, const char *type,
    const char *help)
{
    strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                  type);
}


/* name="value", with what the format wants escaped */

static void
metrics_label(strbuf_t *out, const char *name, const char *value)
{
    strbuf_printf(out, "%s=\"", name);

    for ( /* void */ ; *value != '\0'; value++) {

        switch (*value) {

        case '\\':
            strbuf_puts(out, "\\\\");
            break;

        case '"':
            strbuf_puts(out, "\\\"");
            break;

        case '\n':
            strbuf_puts(out, "\\n");
            break;

        default:
            strbuf_putc(out, *value);
            break;
        }
    }

    strbuf_putc(out, '"');
}


static void
metrics_build(const control_health_t *health, strbuf_t *out)
{
    metrics_head(out, "s3edge_build_info", "gauge",
                 "Versions of s3edged, the module and nginx; always 1.");

    strbuf_puts(out, "s3edge_build_info{");
    metrics_label(out, "version", S3EDGE_VERSION);
    strbuf_putc(out, ',');
    metrics_label(out, "module", health->module_version);
    strbuf_putc(out, ',');
    metrics_label(out, "nginx", health->nginx_version);
    strbuf_puts(out, "} 1\n");
}


static void
metrics_counters(const edge_stats_t *edge, strbuf_t *out)
{
    char    name[METRICS_NAME_MAX];
    size_t  i, k;

    for (i = 0; i < S3_STATS_MAX; i++) {

        metrics_counter_name(&metrics_table[i], name);
        metrics_head(out, name, "counter", metrics_table[i].help);

        for (k = 0; k < edge->nbuckets; k++) {
            strbuf_printf(out, "%s{", name);
            metrics_label(out, "bucket", edge->buckets[k].name);
            strbuf_printf(out, "} %" PRIu64 "\n",
                          edge->buckets[k].counters[i]);
        }
    }
}


/*
 * The unit goes last, before "_total": "bytes_sent" is
 * "s3edge_sent_bytes_total".
 */

static void
metrics_counter_name(const metrics_counter_t *counter,
    char name[METRICS_NAME_MAX])
{
    int     n;
    size_t  len;

    len = strlen(counter->unit);

    if (strncmp(counter->name, counter->unit, len) == 0
        && counter->name[len] == '_')
    {
        n = snprintf(name, METRICS_NAME_MAX, "s3edge_%s_%s_total",
                     counter->name + len + 1, counter->unit);

    } else {
        n = snprintf(name, METRICS_NAME_MAX, "s3edge_%s_total",
                     counter->name);
    }

    if (n < 0) {
        name[0] = '\0';
    }
}


static void
metrics_memory(const edge_memory_stats_t *memory, strbuf_t *out)
{
    size_t                   i;
    const metrics_memory_t  *m;

    for (i = 0; memory->there && i < EDGE_MEMORY_MAX; i++) {
        m = &metrics_memory_table[i];

        metrics_head(out, m->name, m->type, m->help);
        strbuf_printf(out, "%s %" PRIu64 "\n", m->name, memory->values[i]);
    }
}


static void
metrics_disks(const edge_stats_t *edge, strbuf_t *out)
{
    size_t  i;

    metrics_head(out, "s3edge_disk_objects", "gauge",
                 "Objects on a disk of the cache.");

    for (i = 0; i < edge->ndisks; i++) {
        metrics_disk(&edge->disks[i], "s3edge_disk_objects",
                     edge->disks[i].objects, out);
    }

    metrics_head(out, "s3edge_disk_bytes", "gauge",
                 "Size of what is on a disk of the cache.");

    for (i = 0; i < edge->ndisks; i++) {
        metrics_disk(&edge->disks[i], "s3edge_disk_bytes",
                     edge->disks[i].bytes, out);
    }

    metrics_head(out, "s3edge_disk_max_bytes", "gauge",
                 "Size that the cache on a disk may reach.");

    for (i = 0; i < edge->ndisks; i++) {
        metrics_disk(&edge->disks[i], "s3edge_disk_max_bytes",
                     edge->disks[i].max_bytes, out);
    }

    metrics_head(out, "s3edge_disk_off", "gauge",
                 "1 where requests pass a disk of the cache by, otherwise 0.");

    for (i = 0; i < edge->ndisks; i++) {
        metrics_disk(&edge->disks[i], "s3edge_disk_off",
                     edge->disks[i].off ? 1 : 0, out);
    }
}


static void
metrics_disk(const edge_disk_stats_t *disk, const char *name, uint64_t value,
    strbuf_t *out)
{
    strbuf_printf(out, "%s{", name);
    metrics_label(out, "disk", disk->name);
    strbuf_printf(out, "} %" PRIu64 "\n", value);
}


static void
metrics_census(const disk_census_t *census, strbuf_t *out)
{
    size_t                i;
    const disk_bucket_t  *bucket;

    if (census->at == 0) {
        return;
    }

    metrics_gauge(out, "s3edge_disk_census_time_seconds", census->at,
                  "When the disk cache was counted per bucket, in seconds "
                  "since 1970.");

    metrics_head(out, "s3edge_bucket_disk_objects", "gauge",
                 "Objects of a bucket in the disk cache, at the census.");

    for (i = 0; i < census->nbuckets; i++) {
        bucket = &census->buckets[i];

        strbuf_puts(out, "s3edge_bucket_disk_objects{");
        metrics_label(out, "bucket", bucket->name);
        strbuf_printf(out, "} %" PRIu64 "\n", bucket->objects);
    }

    metrics_head(out, "s3edge_bucket_disk_bytes", "gauge",
                 "Size of a bucket in the disk cache, at the census.");

    for (i = 0; i < census->nbuckets; i++) {
        bucket = &census->buckets[i];

        strbuf_puts(out, "s3edge_bucket_disk_bytes{");
        metrics_label(out, "bucket", bucket->name);
        strbuf_printf(out, "} %" PRIu64 "\n", bucket->bytes);
    }
}
