
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What s3edged opens once, for as long as it runs: its directories and their
 * lock, key and registry, the certificate, nginx and its control socket.
 */

#ifndef _SITE_H_INCLUDED_
#define _SITE_H_INCLUDED_


#include <stdbool.h>
#include <sys/types.h>

#include "base/damage.h"
#include "base/error.h"
#include "base/http.h"
#include "base/seal.h"
#include "config/config.h"
#include "core/registry.h"
#include "nginx/addresses.h"
#include "nginx/edge.h"
#include "nginx/nginx.h"
#include "origin/resolve.h"


#define SITE_TEXT_MAX    512


typedef struct {
    int              lock_fd;      /* -1: not held */
    char            *state;        /* paths.state and .run */
    char            *run;
    damage_t         damage;       /* what was found, for log and health */
    seal_t           seal;
    bool             counters_gone;    /* an nginx that runs is to be told */
    registry_conf_t  registry_conf;
    registry_t       registry;
    char            *tls_cert;     /* of the self-signed pair */
    char            *tls_key;
    http_t          *http;
    edge_t          *edge;
    nginx_t         *nginx;
    nginx_build_t    build;
    resolve_t       *resolve;
    addresses_t     *addresses;
    char            *origins;      /* directory of theirs */
    nginx_user_t     user;         /* who nginx's workers are */
    bool             ipv6;         /* the machine has it */
    unsigned         nofile;       /* descriptors a worker may have */
    bool             stderr_opens; /* by its name, for the access log */
    char             notice[SITE_TEXT_MAX];    /* for the log, or "" */
} site_t;


/*
 * site is zeroed, but for lock_fd, and is to be closed also where this fails.
 * ERR_CONFLICT: another s3edged has the state directory.
 */
int site_open(site_t *site, const config_t *config, error_t *err);

void site_close(site_t *site);


#endif /* _SITE_H_INCLUDED_ */
