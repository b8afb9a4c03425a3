
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include "core/control.h"
#include "core/control_types.h"


#define CONTROL_CENSUS_MS  300


static int
control_disk_cmp(const void *one, const void *two)
{
    const edge_disk_stats_t  *a, *b;

    a = one;
    b = two;

    return strcmp(a->name, b->name);
}


/* people know a disk by its path, nginx by its zone */

static int
control_disk_names(control_t *control, edge_stats_t *stats, error_t *err)
{
    int                    rc;
    char                  *path;
    size_t                 i, k;
    config_t              *config;
    const config_disks_t  *disks;

    rc = 0;
    config = control_config(control);
    disks = &config->cache.disks;

    for (i = 0; i < stats->ndisks && rc == 0; i++) {

        for (k = 0; k < disks->len; k++) {
            if (strcmp(stats->disks[i].name, disks->items[k].zone) == 0) {
                break;
            }
        }

        if (k == disks->len) {
            continue;
        }

        path = strdup(disks->items[k].path);

        if (path == NULL) {
            rc = error_nomem(err);
            break;
        }

        free(stats->disks[i].name);
        stats->disks[i].name = path;
    }

    config_unref(config);

    if (stats->ndisks != 0) {
        qsort(stats->disks, stats->ndisks, sizeof(edge_disk_stats_t),
              control_disk_cmp);
    }

    return rc;
}


int
control_stats(control_t *control, control_stats_t *ret_stats, error_t *err)
{
    int              rc;
    control_stats_t  stats;

    memset(&stats, 0, sizeof(control_stats_t));

    rc = edge_stats(control->site.edge, &stats.edge, err);
    if (rc != 0) {
        return rc;
    }

    rc = control_disk_names(control, &stats.edge, err);

    if (rc == 0) {
        rc = disk_census(control->disk, CONTROL_CENSUS_MS, &stats.disk, err);
    }

    if (rc != 0) {
        control_stats_release(&stats);
        return rc;
    }

    *ret_stats = stats;

    return 0;
}


void
control_stats_release(control_stats_t *stats)
{
    edge_stats_release(&stats->edge);
    disk_census_release(&stats->disk);
}
