
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How it goes (see control.h).
 */


#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "config/target.h"
#include "core/control.h"
#include "core/control_types.h"
#include "origin/origin.h"


/* where the registry is in use, what was seen last holds */

static void
control_check_store(control_t *control)
{
    int      rc;
    error_t  reason;

    rc = reconcile_check(control->reconcile, &reason);

    if (rc == ERR_UNAVAILABLE) {
        return;
    }

    (void) pthread_mutex_lock(&control->lock);
    (void) snprintf(control->store_error, sizeof(control->store_error), "%s",
                    rc != 0 ? reason.message : "");
    (void) pthread_mutex_unlock(&control->lock);
}


/* under "lock" */

static void
control_missing(control_t *control, const char *unread, damage_t *damage)
{
    char                   text[ERROR_MESSAGE_MAX];
    char                   problems[CONTROL_REASONS_MAX][ERROR_MESSAGE_MAX];
    size_t                 i, n;
    const model_bucket_t  *b;

    const char *const  texts[] = {
        control->lacks, unread, control->copy_error
    };

    *damage = control->site.damage;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i][0] != '\0') {
            damage_add(damage, "%s", texts[i]);
        }
    }

    if (addresses_failing(control->site.addresses, text)) {
        damage_add(damage, "addresses of origins are not up to date: %s",
                   text);
    }

    n = named_problems(control->named, problems, CONTROL_REASONS_MAX);

    for (i = 0; i < n && i < CONTROL_REASONS_MAX; i++) {
        damage_add(damage, "%s", problems[i]);
    }

    if (n > CONTROL_REASONS_MAX) {
        damage_add(damage, "%zu more credentials have no keys",
                   n - CONTROL_REASONS_MAX);
    }

    for (i = 0, n = 0; i < control->state->buckets.len; i++) {

        b = control->state->buckets.items[i];

        if (b->locked && n++ < CONTROL_REASONS_MAX) {
            damage_add(damage, "the keys of bucket \"%s\" do not open with "
                       "secret.key, so its origin is asked without: put the "
                       "key file back with which it was added and restart "
                       "s3edged, or remove the bucket and add it again",
                       b->name);
        }
    }

    if (n > CONTROL_REASONS_MAX) {
        damage_add(damage, "the keys of %zu more buckets do not open",
                   n - CONTROL_REASONS_MAX);
    }
}


/* by the addresses as they are now; under "lock" */

static void
control_refused(control_t *control, control_health_t *health)
{
    resolve_map_t  resolved;

    if (resolve_known(control->site.resolve, &resolved, NULL) == 0) {

        health->refused = target_failed(control->state->config,
                                        &control->state->buckets,
                                        &resolved, health->refused_texts,
                                        CONTROL_REASONS_MAX);
        resolve_map_release(&resolved);
    }
}


void
control_numbers(control_t *control, control_health_t *ret_health)
{
    memset(ret_health, 0, sizeof(control_health_t));

    ret_health->started_at = control->started_at;

    (void) pthread_mutex_lock(&control->lock);

    ret_health->generation = control->generation;
    ret_health->applied_at = control->applied_at;
    ret_health->buckets = control->state->buckets.len;

    (void) pthread_mutex_unlock(&control->lock);
}


void
control_health(control_t *control, control_health_t *ret_health)
{
    char           unread[ERROR_MESSAGE_MAX];
    edge_status_t  status;

    memset(ret_health, 0, sizeof(control_health_t));

    ret_health->started_at = control->started_at;
    ret_health->nginx_pid = nginx_pid(control->site.nginx);
    ret_health->nginx_running = ret_health->nginx_pid != 0;

    if (edge_status(control->site.edge, &status, NULL) == 0) {
        ret_health->nginx_answers = true;
        memcpy(ret_health->nginx_version, status.nginx,
               sizeof(ret_health->nginx_version));
        memcpy(ret_health->module_version, status.version,
               sizeof(ret_health->module_version));
    }

    control_check_store(control);
    reconcile_unread(control->reconcile, unread);

    (void) pthread_mutex_lock(&control->lock);

    ret_health->generation = control->generation;
    ret_health->applied_at = control->applied_at;
    ret_health->buckets = control->state->buckets.len;
    memcpy(ret_health->last_error, control->last_error,
           sizeof(ret_health->last_error));
    memcpy(ret_health->store_error, control->store_error,
           sizeof(ret_health->store_error));

    control_missing(control, unread, &ret_health->damage);

    ret_health->disks = diskwatch_reasons(control->watch,
                                          ret_health->disk_texts,
                                          CONTROL_REASONS_MAX);
    control_refused(control, ret_health);
    ret_health->unresolved = origin_failed(control->site.resolve,
                                           &control->state->buckets,
                                           ret_health->unresolved_texts,
                                           CONTROL_REASONS_MAX);

    (void) pthread_mutex_unlock(&control->lock);

    ret_health->serves = ret_health->nginx_running
                         && ret_health->nginx_answers
                         && ret_health->generation != 0;
}


int
control_ready(control_t *control, error_t *err)
{
    int64_t        generation;
    edge_status_t  status;

    (void) pthread_mutex_lock(&control->lock);
    generation = control->generation;
    (void) pthread_mutex_unlock(&control->lock);

    if (generation == 0) {
        return error_set(err, ERR_UNAVAILABLE,
                         "no configuration is in force");
    }

    if (nginx_pid(control->site.nginx) == 0) {
        return error_set(err, ERR_UNAVAILABLE, "nginx is not running");
    }

    if (edge_status(control->site.edge, &status, NULL) != 0) {
        return error_set(err, ERR_UNAVAILABLE,
                         "nginx does not answer on its control socket");
    }

    return 0;
}


void
control_copy(void *data)
{
    int         rc;
    error_t     reason;
    control_t  *control;

    control = data;

    rc = registry_copy(&control->site.registry_conf, &control->site.registry,
                       &reason);

    (void) pthread_mutex_lock(&control->lock);

    (void) snprintf(control->copy_error, sizeof(control->copy_error), "%s",
                    rc != 0 ? reason.message : "");

    (void) pthread_mutex_unlock(&control->lock);
}


const damage_t *
control_damage(const control_t *control)
{
    return &control->site.damage;
}
