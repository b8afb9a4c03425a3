
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/control.h"
#include "core/control_types.h"
#include "nginx/tally.h"


#define CONTROL_CENSUS_MS  300
#define CONTROL_TALLY_MS   30000       /* workers write every 10 s at least */


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

    edge_stats_sort(stats);

    return rc;
}


static int64_t
control_wall_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/*
 * The file that workers write, if it is whole and one of them has lately: no
 * worker is asked then.  Otherwise a worker tells it, as one of an older module
 * does; and if none answers, the file has it as of then.
 */

static int
control_edge(control_t *control, edge_stats_t *ret_stats, error_t *err)
{
    int             rc;
    bool            file;
    int64_t         age;
    edge_stats_t    kept;
    tally_state_t   state;
    edge_status_t   status;

    file = nginx_pid(control->site.nginx) != 0
           && tally_read(control->services.tally, &kept, &state, NULL) == 0;

    if (file) {
        age = control_wall_ms() - state.written;

        if (age < CONTROL_TALLY_MS && age > -CONTROL_TALLY_MS
            && !state.clean && state.damaged == 0)
        {
            *ret_stats = kept;
            return 0;
        }
    }

    rc = edge_stats(control->site.edge, ret_stats, err);

    if (rc == 0) {

        if (edge_status(control->site.edge, &status, NULL) == 0) {
            memcpy(ret_stats->version, status.version,
                   sizeof(ret_stats->version));
            memcpy(ret_stats->nginx, status.nginx, sizeof(ret_stats->nginx));
        }

        if (file) {
            edge_stats_release(&kept);
        }

    } else if (file) {
        kept.silent = true;
        *ret_stats = kept;
        rc = 0;
    }

    return rc;
}


int
control_stats(control_t *control, control_stats_t *ret_stats, error_t *err)
{
    int              rc;
    control_stats_t  stats;

    memset(&stats, 0, sizeof(control_stats_t));

    rc = control_edge(control, &stats.edge, err);
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
