
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What works beside the registry and nginx, each with a thread and a lock of
 * its own: no change of the configuration waits for it, or it for one.
 */

#ifndef _SERVICES_H_INCLUDED_
#define _SERVICES_H_INCLUDED_


#include "base/error.h"
#include "cache/reclaim.h"
#include "cache/warm.h"
#include "config/config_types.h"
#include "registry/audit.h"


#define SERVICES_URL_MAX  128


typedef struct {
    char            *disk;         /* the cache directories, one a line */
    char            *counters;     /* path of the purge counters */
    char            *tally;        /* nginx/tally.h: what it counts */
    audit_t         *audit;
    reclaim_t       *reclaim;
    warm_t          *warm;
} services_t;


/* after the registry, whose path it takes; to be closed also where it fails */
int services_open(services_t *services, const config_t *config,
    const char *registry, error_t *err);

/* where this machine reaches the edge: "http://127.0.0.1:9000" */
int services_edge_url(const config_t *config, char ret_url[SERVICES_URL_MAX],
    error_t *err);

/* the socket on which the edge lists for this daemon */
void services_list_socket(const config_t *config,
    char ret_path[SERVICES_URL_MAX]);

/* ends what runs; services may be zeroed */
void services_close(services_t *services);


#endif /* _SERVICES_H_INCLUDED_ */
