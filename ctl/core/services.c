
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_disk.h"
#include "core/services.h"


#define SERVICES_PATHS_MAX  (CONFIG_DISKS_MAX * 4097)


/* "dir/name", to free(); NULL: no memory */

static char *
services_path(const char *dir, const char *name)
{
    char    *path;
    size_t   size;

    size = strlen(dir) + strlen(name) + 2;

    path = malloc(size);
    if (path != NULL) {
        (void) snprintf(path, size, "%s/%s", dir, name);
    }

    return path;
}


int
services_open(services_t *services, const config_t *config,
    const char *registry, error_t *err)
{
    int        rc;
    strbuf_t   paths;

    strbuf_init(&paths, SERVICES_PATHS_MAX);

    services->counters = services_path(config->paths.state, "s3edge.state");
    services->tally = services_path(config->paths.state,
                                    "s3edge.state.counters");

    if (config_disk_paths(config, &paths, NULL) == 0) {
        services->disk = strbuf_steal(&paths);
    }

    strbuf_release(&paths);

    if (services->counters == NULL || services->tally == NULL
        || services->disk == NULL)
    {
        return error_nomem(err);
    }

    rc = audit_new(registry, &services->audit, err);

    if (rc == 0) {
        rc = reclaim_new(services->disk, services->counters,
                         &services->reclaim, err);
    }

    if (rc == 0) {
        rc = warm_new(&services->warm, err);
    }

    return rc;
}


int
services_edge_url(const config_t *config, char ret_url[SERVICES_URL_MAX],
    error_t *err)
{
    int          tls;
    int64_t      port;
    const char  *host;

    host = config->server.listen.len != 0 ? config->server.listen.items[0]
                                          : "127.0.0.1";

    if (strcmp(host, "0.0.0.0") == 0) {
        host = "127.0.0.1";

    } else if (strcmp(host, "::") == 0) {
        host = "::1";
    }

    tls = config->server.http_port == 0;
    port = tls ? config->server.https_port : config->server.http_port;

    if (port == 0) {
        return error_set(err, ERR_INVALID, "the edge listens on no port");
    }

    (void) snprintf(ret_url, SERVICES_URL_MAX, "%s://%s%s%s:%lld",
                    tls ? "https" : "http", strchr(host, ':') ? "[" : "",
                    host, strchr(host, ':') ? "]" : "", (long long) port);

    return 0;
}


/* of a length that config.c has checked */

void
services_list_socket(const config_t *config, char ret_path[SERVICES_URL_MAX])
{
    (void) snprintf(ret_path, SERVICES_URL_MAX, "%s/control.sock",
                    config->paths.run);
}


void
services_close(services_t *services)
{
    warm_free(services->warm);
    reclaim_free(services->reclaim);
    audit_free(services->audit);

    free(services->disk);
    free(services->counters);
    free(services->tally);

    memset(services, 0, sizeof(services_t));
}
