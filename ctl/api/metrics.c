
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <inttypes.h>
#include <string.h>
#include "api/cache.h"
#include "api/metrics.h"
#include "base/version.h"
#include "s3_stats.h"


#define METRICS_MAX  (32 * 1024 * 1024)


static void metrics_gauge(strbuf_t *out, const char *name, int64_t value,
    const char *help);
static void metrics_head(strbuf_t *out, const char *name, const char *type,
    const char *help);
static void metrics_label(strbuf_t *out, const char *name,
    const char *value);
static void metrics_build(const control_health_t *health, strbuf_t *out);
static void metrics_counters(const edge_stats_t *edge, strbuf_t *out);
static void metrics_memory(const edge_memory_stats_t *memory, strbuf_t *out);
static void metrics_disks(const edge_stats_t *edge, strbuf_t *out);
static void metrics_row(const s3_stats_row_t *row, strbuf_t *out);
static void metrics_labelled(const s3_stats_row_t *row, const char *label,
    const char *name, uint64_t value, strbuf_t *out);
static void metrics_census(const disk_census_t *census, strbuf_t *out);


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

    control_numbers(request->control, &health);

    rc = control_stats(request->control, &stats, &err);

    if (rc == ERR_OK) {
        memcpy(health.module_version, stats.edge.version,
               sizeof(health.module_version));
        memcpy(health.nginx_version, stats.edge.nginx,
               sizeof(health.nginx_version));
    }

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
    metrics_gauge(out, "s3edge_up", stats != NULL && !stats->edge.silent,
                  "1 if nginx runs and its workers do, otherwise 0.");

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
    size_t                 i, k;
    const s3_stats_row_t  *row;

    for (i = 0; i < S3_STATS_MAX; i++) {
        row = &s3_stats[S3_STATS_BUCKET].rows[i];

        metrics_row(row, out);

        for (k = 0; k < edge->nbuckets; k++) {
            metrics_labelled(row, "bucket", edge->buckets[k].name,
                             edge->buckets[k].counters[i], out);
        }
    }
}


static void
metrics_memory(const edge_memory_stats_t *memory, strbuf_t *out)
{
    size_t                 i;
    const s3_stats_row_t  *row;

    for (i = 0; memory->there && i < S3_STATS_MEMORY_MAX; i++) {
        row = &s3_stats[S3_STATS_MEMORY].rows[i];

        metrics_row(row, out);
        strbuf_printf(out, "%s %" PRIu64 "\n", row->metric,
                      memory->values[i]);
    }
}


static void
metrics_disks(const edge_stats_t *edge, strbuf_t *out)
{
    size_t                 i, k;
    const s3_stats_row_t  *row;

    for (i = 0; i < S3_STATS_DISK_MAX; i++) {
        row = &s3_stats[S3_STATS_DISK].rows[i];

        metrics_row(row, out);

        for (k = 0; k < edge->ndisks; k++) {
            metrics_labelled(row, "disk", edge->disks[k].name,
                             edge->disks[k].values[i], out);
        }
    }
}


static void
metrics_row(const s3_stats_row_t *row, strbuf_t *out)
{
    metrics_head(out, row->metric, row->type, row->help);
}


static void
metrics_labelled(const s3_stats_row_t *row, const char *label,
    const char *name, uint64_t value, strbuf_t *out)
{
    strbuf_printf(out, "%s{", row->metric);
    metrics_label(out, label, name);
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
