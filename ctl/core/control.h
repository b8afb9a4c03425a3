
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What API handlers and s3edged work on: the running system as one object.
 * Any thread may call any function; what is returned is the caller's own
 * copy or reference, so nothing changes under a reader.
 *
 * Locks, in this order: "runner" (nginx: one run at a time, some 10 s at
 * most), reconcile's own (the registry, and what is wanted; never held while
 * nginx is asked), then "lock" (what is in force; held for a reference).
 * Readers take only "lock".
 */

#ifndef _CONTROL_H_INCLUDED_
#define _CONTROL_H_INCLUDED_


#include <stdbool.h>
#include <stdint.h>

#include "base/damage.h"
#include "base/error.h"
#include "cache/disk.h"
#include "config/config.h"
#include "core/control_kind.h"
#include "core/reconcile.h"
#include "core/services.h"
#include "entity/credentials.h"
#include "nginx/edge.h"
#include "entity/model.h"


#define CONTROL_REASONS_MAX  4


typedef struct control_s  control_t;


typedef struct {
    bool             nginx_running;    /* the master is there */
    bool             nginx_answers;    /* a worker answers on the socket */
    bool             serves;           /* both, and there is a generation */
    int64_t          nginx_pid;        /* of the master; 0: none */
    char             nginx_version[32];    /* "" where it does not answer */
    char             module_version[32];   /* the same */
    int64_t          generation;       /* in force; 0: none yet */
    int64_t          started_at;       /* of s3edged, seconds since 1970 */
    int64_t          applied_at;       /* of that generation */
    size_t           buckets;
    char             last_error[ERROR_MESSAGE_MAX];    /* of the last reload
                                          or restart; "" after a good one */
    char             store_error[ERROR_MESSAGE_MAX];   /* "": it is fine */
    damage_t         damage;           /* at the start, or what is missing
                                          since; see base/damage.h */
    size_t           disks;            /* cache disks that are off */
    char             disk_texts[CONTROL_REASONS_MAX][ERROR_MESSAGE_MAX];
    size_t           refused;      /* buckets whose host may not be asked */
    char             refused_texts[CONTROL_REASONS_MAX][ERROR_MESSAGE_MAX];
    size_t           unresolved;       /* buckets whose host has no address */
    char             unresolved_texts[CONTROL_REASONS_MAX][ERROR_MESSAGE_MAX];
} control_health_t;


typedef struct {
    edge_stats_t     edge;             /* a disk's name is its path */
    disk_census_t    disk;             /* per bucket, from cache files */
} control_stats_t;


/*
 * Opens registry, key, certificate and lock (ERR_CONFLICT: another s3edged
 * has this state directory), takes a reference to config, starts nothing.
 */
int control_new(config_t *config, control_t **ret_control, error_t *err);

/* leaves nginx as it is; NULL is fine */
void control_free(control_t *control);

/*
 * Starts nginx, or takes over the one that runs; then the disk census.  Where
 * nginx does not take the config but has an older one, that goes on, and
 * health says why.
 */
int control_start(control_t *control, error_t *err);

/* what was found broken by control_new(), for the log */
const damage_t *control_damage(const control_t *control);

/* "" or what to say in the log after control_new(), e.g. a new certificate */
const char *control_notice(const control_t *control);

/*
 * Starts nginx again where it died; call about once a second.  *ret_event is
 * true where it tried.
 */
int control_supervise(control_t *control, bool *ret_event, error_t *err);

/*
 * Origins that have other addresses: those are published by themselves; with a
 * module that does not know such files they are applied here.  Call about once
 * a second.  *ret_event is true where there are some.
 */
int control_refresh(control_t *control, bool *ret_event, error_t *err);

/* a cache disk is off or on again, for the log; false: nothing new */
bool control_disk_event(control_t *control, char text[ERROR_MESSAGE_MAX],
    bool *ret_off);

/* for health, until the next change that is applied: a config was not read */
void control_failed(control_t *control, const error_t *err);

/* stops nginx gracefully */
int control_stop_nginx(control_t *control, unsigned timeout_ms, error_t *err);

/* applies another config; on failure the old one stays in force */
int control_reload(control_t *control, config_t *config, order_t *order,
    error_t *err);


/* the config in force, a reference: config_unref() */
config_t *control_config(control_t *control);

void control_health(control_t *control, control_health_t *ret_health);

/* of that, what asks nginx nothing: generation, buckets and times */
void control_numbers(control_t *control, control_health_t *ret_health);

/* does the edge take requests?  ERR_UNAVAILABLE: the message says why not */
int control_ready(control_t *control, error_t *err);

/* all buckets in force, resolved (endpoint, region, ttl), sorted by name */
int control_buckets(control_t *control, model_buckets_t *ret_buckets,
    error_t *err);

/* ERR_NOT_FOUND; *ret_bucket is to model_bucket_free() */
int control_bucket_get(control_t *control, const char *name,
    model_bucket_t **ret_bucket, error_t *err);

/*
 * Checks, stores and applies a bucket; returns when it is served, or, where
 * the order is not to be waited for, when it is stored.  The caller keeps
 * bucket; source and created_at are set by us.  *ret_bucket (may be NULL) is
 * the bucket in force, as control_bucket_get(); not set where order->pending.
 * ERR_CONFLICT: the name is taken.  ERR_INVALID and ERR_LIMIT: a field.
 * ERR_REFUSED: nginx's message, or the host does not resolve.
 */
int control_bucket_add(control_t *control, const model_bucket_t *bucket,
    order_t *order, model_bucket_t **ret_bucket, error_t *err);


/*
 * Changes a bucket in place; what is not another place at the origin keeps
 * what is cached, and what changes nothing reloads nothing.  Where there is no
 * bucket, a whole document makes one, and *ret_created is true.  *ret_bucket
 * is the bucket in force; not set where the order is pending.
 * ERR_PRECONDITION; else as control_bucket_add().
 */
int control_bucket_edit(control_t *control, const control_edit_t *edit,
    bool *ret_created, model_bucket_t **ret_bucket, error_t *err);

/* ERR_NOT_FOUND; ERR_READ_ONLY: it is declared in the YAML */
int control_bucket_del(control_t *control, const char *name, order_t *order,
    error_t *err);

/* the history, and the way back in it: see core/reconcile.h */
reconcile_t *control_history(control_t *control);

/* the text of nginx.conf with that generation; ERR_NOT_FOUND: not kept */
int control_conf(control_t *control, int64_t generation, strbuf_t *ret_text,
    error_t *err);

/*
 * Credentials, as buckets.  What they are is in force in all workers within
 * some seconds.  ERR_REFUSED: the provider does not give keys.
 */
int control_creds_add(control_t *control, const credentials_t *credentials,
    order_t *order, error_t *err);
int control_creds_edit(control_t *control, const control_edit_t *edit,
    bool *ret_created, error_t *err);

/* ERR_CONFLICT: buckets use them; the message has their names */
int control_creds_del(control_t *control, const char *name, order_t *order,
    error_t *err);

/* names, one a line: of all, and of the buckets that use some */
int control_creds_names(control_t *control, strbuf_t *ret_names, error_t *err);
int control_creds_users(control_t *control, const char *name,
    strbuf_t *ret_names, error_t *err);

/* a copy; *ret_problem is "", or why there are no keys */
int control_creds_get(control_t *control, const char *name,
    credentials_t **ret_credentials, char ret_problem[ERROR_MESSAGE_MAX],
    error_t *err);

/* in force in all workers on return.  ERR_NOT_FOUND: no such bucket */
int control_purge(control_t *control, const edge_purge_t *purge,
    error_t *err);

/* ERR_NOT_FOUND, of a name that is not NULL */
int control_bucket_known(control_t *control, const char *name, error_t *err);

/* what does not change; to use from any thread, while there is a control */
const services_t *control_services(control_t *control);

/* to control_stats_release() */
int control_stats(control_t *control, control_stats_t *ret_stats,
    error_t *err);
void control_stats_release(control_stats_t *stats);


#endif /* _CONTROL_H_INCLUDED_ */
