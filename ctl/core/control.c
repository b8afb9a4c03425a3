
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache/cache_dir.h"
#include "config/target.h"
#include "core/control.h"
#include "core/control_types.h"
#include "origin/origin.h"
#include "registry/store_bucket.h"


#define CONTROL_RESOLVE_S    60        /* between reloads for addresses */


static int
control_open(control_t *control, const config_t *config, error_t *err)
{
    int           rc;
    site_t       *site;
    apply_conf_t  ac;

    site = &control->site;

    rc = site_open(site, config, err);
    if (rc != 0) {
        return rc;
    }

    rc = named_new(&control->named, err);
    if (rc != 0) {
        return rc;
    }

    ac.named = control->named;
    ac.store = site->registry.store;
    ac.edge = site->edge;
    ac.nginx = site->nginx;
    ac.build = &site->build;
    ac.user = site->user.text[0] != '\0' ? site->user.text : NULL;
    ac.gid = site->user.gid;
    ac.origins = site->origins;
    ac.ipv6 = site->ipv6;
    ac.nofile = site->nofile;
    ac.stderr_opens = site->stderr_opens;
    ac.tls_cert = site->tls_cert;
    ac.tls_key = site->tls_key;

    rc = apply_new(&ac, &control->apply, err);

    if (rc == 0) {
        rc = services_open(&control->services, config,
                           site->registry.path, err);
    }

    if (rc == 0) {
        rc = disk_new(control->services.disk, &control->disk, err);
    }

    return rc;
}


int
control_new(config_t *config, control_t **ret_control, error_t *err)
{
    int         rc;
    control_t  *control;

    control = calloc(1, sizeof(control_t));
    if (control == NULL) {
        return error_nomem(err);
    }

    (void) pthread_mutex_init(&control->writer, NULL);
    (void) pthread_mutex_init(&control->lock, NULL);

    model_buckets_init(&control->buckets);
    control->site.lock_fd = -1;
    control->started_at = (int64_t) time(NULL);
    control->config = config_ref(config);

    rc = control_open(control, config, err);

    if (rc != 0) {
        control_free(control);
        return rc;
    }

    *ret_control = control;

    return 0;
}


void
control_free(control_t *control)
{
    if (control == NULL) {
        return;
    }

    services_close(&control->services);
    diskwatch_free(control->watch);
    disk_free(control->disk);
    apply_free(control->apply);
    named_free(control->named);
    site_close(&control->site);
    model_buckets_release(&control->buckets);
    config_unref(control->config);

    (void) pthread_mutex_destroy(&control->writer);
    (void) pthread_mutex_destroy(&control->lock);

    free(control);
}


const char *
control_notice(const control_t *control)
{
    return control->site.notice;
}


/* a bucket of the file hides one of the same name in the registry */

int
control_merge(control_t *control, const config_t *config,
    model_buckets_t *ret_list, error_t *err)
{
    int               rc;
    size_t            i;
    model_bucket_t   *bucket;
    model_buckets_t   list, stored;

    model_buckets_init(&stored);

    rc = model_buckets_copy(&config->buckets, &list, err);
    if (rc != 0) {
        return rc;
    }

    rc = store_bucket_list(control->site.registry.store, &stored, err);

    for (i = 0; rc == 0 && i < stored.len; i++) {

        if (model_buckets_find(&config->buckets, stored.items[i]->name)) {
            continue;
        }

        bucket = model_bucket_dup(stored.items[i]);

        rc = bucket != NULL ? model_buckets_add(&list, bucket, err)
                            : error_nomem(err);
    }

    for (i = 0; rc == 0 && i < list.len; i++) {
        rc = config_resolve(config, list.items[i], err);
    }

    model_buckets_release(&stored);

    if (rc != 0) {
        model_buckets_release(&list);
        return rc;
    }

    model_buckets_sort(&list);
    *ret_list = list;

    return 0;
}


/* under "writer": nginx runs, and has made the directories */

int
control_watch(control_t *control, error_t *err)
{
    int           rc;
    diskwatch_t  *watch;

    if (control->watch != NULL || !control->config->cache.enabled) {
        return 0;
    }

    rc = diskwatch_new(&control->config->cache.disks, control->site.edge,
                       &watch, err);
    if (rc == 0) {
        (void) pthread_mutex_lock(&control->lock);
        control->watch = watch;
        (void) pthread_mutex_unlock(&control->lock);
    }

    return rc;
}


static bool
control_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}


static bool
control_same_disks(const config_disks_t *old, const config_disks_t *new)
{
    size_t  i;

    if (old->len != new->len) {
        return false;
    }

    for (i = 0; i < old->len; i++) {
        if (strcmp(old->items[i].path, new->items[i].path) != 0
            || strcmp(old->items[i].zone, new->items[i].zone) != 0
            || old->items[i].min_free != new->items[i].min_free)
        {
            return false;
        }
    }

    return true;
}


/*
 * Under "writer".  A name that means another place of an origin than it did,
 * or that is new, must not find what is on disk under it.
 */

static int
control_forget(control_t *control, const model_buckets_t *old, error_t *err)
{
    int                    rc;
    size_t                 i;
    edge_purge_t           purge;
    const model_bucket_t  *b, *was;

    memset(&purge, 0, sizeof(edge_purge_t));
    purge.scope = EDGE_PURGE_BUCKET;

    for (i = 0; i < control->buckets.len; i++) {
        b = control->buckets.items[i];
        was = model_buckets_find(old, b->name);

        if (was != NULL
            && control_same(b->endpoint, was->endpoint)
            && control_same(b->origin_bucket, was->origin_bucket)
            && control_same(b->prefix, was->prefix))
        {
            continue;
        }

        purge.bucket = b->name;

        rc = edge_purge(control->site.edge, &purge, err);

        if (rc != 0) {
            (void) error_prefix(err, "bucket \"%s\" is in force, but what "
                                "was cached under its name is not purged",
                                b->name);
            return rc;
        }
    }

    return 0;
}


int
control_apply(control_t *control, config_t *config, error_t *err)
{
    int               rc;
    bool              first;
    int64_t           generation;
    config_t         *old_config;
    resolve_map_t     resolved;
    model_buckets_t   list, old_list;

    rc = control_creds_load(control, config, err);

    if (rc == 0) {
        rc = control_merge(control, config, &list, err);
    }

    if (rc != 0) {
        store_rollback(control->site.registry.store);
        (void) control_creds_load(control, control->config, NULL);
        return rc;
    }

    rc = origin_resolve(control->site.resolve, &list, &resolved, err);

    if (rc != 0) {
        store_rollback(control->site.registry.store);
        (void) control_creds_load(control, control->config, NULL);
        model_buckets_release(&list);
        return rc;
    }

    rc = addresses_prepare(control->site.addresses, config, &list, &resolved,
                           err);

    if (rc == 0) {
        rc = apply_run(control->apply, config, &list, &resolved, &generation,
                       err);

    } else {
        store_rollback(control->site.registry.store);
    }

    if (rc == 0) {
        resolve_commit(control->site.resolve, &resolved);
        addresses_commit(control->site.addresses, config, &list,
                         control->site.resolve);
    }

    resolve_map_release(&resolved);

    if (rc != 0) {

        if (apply_astray(control->apply)) {
            control_failed(control, err);
        }

        (void) control_creds_load(control, control->config, NULL);

        model_buckets_release(&list);
        return rc;
    }

    (void) pthread_mutex_lock(&control->lock);

    first = control->generation == 0;
    old_config = control->config;
    old_list = control->buckets;

    control->config = config_ref(config);
    control->buckets = list;

    if (generation != control->generation) {
        control->generation = generation;
        control->applied_at = (int64_t) time(NULL);
    }

    control->last_error[0] = '\0';
    control_note(control);

    (void) pthread_mutex_unlock(&control->lock);

    rc = first ? 0 : control_forget(control, &old_list, err);

    config_unref(old_config);
    model_buckets_release(&old_list);

    control_copy(control);

    control->start_failed = false;
    control->again = false;
    control->behind = false;

    return rc == 0 ? control_watch(control, err) : rc;
}


void
control_failed(control_t *control, const error_t *err)
{
    (void) pthread_mutex_lock(&control->lock);

    (void) snprintf(control->last_error, sizeof(control->last_error), "%s",
                    err->message);

    (void) pthread_mutex_unlock(&control->lock);
}


/*
 * A config that nginx does not take leaves it, and us, with the one that it
 * has; only where there is none is that the end.
 */

int
control_start(control_t *control, error_t *err)
{
    int      rc;
    error_t  reason;

    (void) pthread_mutex_lock(&control->writer);

    /* nginx has them in memory: with a reload it writes them to a file again */

    if (control->site.counters_gone && nginx_pid(control->site.nginx) != 0) {
        (void) nginx_reload(control->site.nginx, NULL);
    }

    if (control->site.registry.held) {

        rc = control_hold(control, err);

        if (rc == 0 || nginx_pid(control->site.nginx) != 0) {
            goto done;
        }

        /* there is no last good one, after all: the buckets of the YAML */

        control->site.registry.held = false;
    }

    rc = control_apply(control, control->config, &reason);

    if (rc != 0 && control_hold(control, NULL) == 0) {
        control_failed(control, &reason);
        control->behind = true;
        rc = 0;
    }

    if (rc != 0) {
        rc = error_set(err, rc, "%s", reason.message);
    }

done:

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


bool
control_disk_event(control_t *control, char text[ERROR_MESSAGE_MAX],
    bool *ret_off)
{
    diskwatch_t  *watch;

    (void) pthread_mutex_lock(&control->lock);
    watch = control->watch;
    (void) pthread_mutex_unlock(&control->lock);

    return diskwatch_event(watch, text, ret_off);
}


int
control_supervise(control_t *control, bool *ret_event, error_t *err)
{
    int      rc;
    error_t  reason;

    *ret_event = false;

    /* a change that is under way looks after nginx itself */

    if (pthread_mutex_trylock(&control->writer) != 0) {
        return 0;
    }

    rc = nginx_supervise(control->site.nginx, ret_event, &reason);

    if (!*ret_event) {
        goto done;
    }

    /* with the module that is on disk, which may know more */

    control->again = rc == 0 && (control->behind || control->lacks[0] != '\0');

    if (rc != 0) {
        control_failed(control, &reason);
        rc = error_set(err, rc, "%s", reason.message);

    } else if (control->start_failed) {
        (void) pthread_mutex_lock(&control->lock);
        control->last_error[0] = '\0';
        (void) pthread_mutex_unlock(&control->lock);
    }

    control->start_failed = rc != 0;

done:

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


int
control_refresh(control_t *control, bool *ret_event, error_t *err)
{
    int      rc;
    bool     again;
    int64_t  now;
    error_t  reason;

    rc = addresses_report(control->site.addresses, ret_event, &reason);

    if (rc != 0) {
        return error_set(err, rc, "%s", reason.message);
    }

    now = (int64_t) time(NULL);

    if (control->site.registry.held || now < control->next_refresh
        || pthread_mutex_trylock(&control->writer) != 0)
    {
        return 0;
    }

    rc = control->generation != 0 ? control_creds_poll(control, &reason) : 0;

    if (rc != 0) {
        control_failed(control, &reason);
    }

    rc = 0;
    again = control->again;

    if (again || (apply_reloads(control->apply)
                  && resolve_due(control->site.resolve)))
    {
        rc = control_apply(control, control->config, &reason);

        if (rc != 0 || !again) {
            control->next_refresh = now + CONTROL_RESOLVE_S;
        }
    }

    if (rc != 0) {
        control_failed(control, &reason);
        rc = again ? 0 : error_set(err, rc, "%s", reason.message);
    }

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


int
control_stop_nginx(control_t *control, unsigned timeout_ms, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->writer);

    rc = nginx_stop(control->site.nginx, timeout_ms, err);

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


/* what is opened once, by us or by nginx's shared memory */

static int
control_check_fixed(const config_t *old, const config_t *new, error_t *err)
{
    size_t  i;

    const struct {
        const char  *name;
        const char  *old;
        const char  *new;
    } fixed[] = {
        { "paths.state", old->paths.state, new->paths.state },
        { "paths.run", old->paths.run, new->paths.run },
        { "nginx.binary", old->nginx.binary, new->nginx.binary },
        { "nginx.user", old->nginx.user, new->nginx.user },
        { "logging.path", old->logging.path, new->logging.path },
        { "server.api_listen", old->server.api_listen,
          new->server.api_listen },
        { "server.api_token_file", old->server.api_token_file,
          new->server.api_token_file }
    };

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (!control_same(fixed[i].old, fixed[i].new)) {
            return error_set(err, ERR_INVALID, "%s: a change needs a restart "
                             "of s3edged", fixed[i].name);
        }
    }

    if (!control_same_disks(&old->cache.disks, &new->cache.disks)) {
        return error_set(err, ERR_INVALID, "cache.disks: a change of paths or "
                         "of min_free needs a restart of s3edged");
    }

    if (old->server.api_port != new->server.api_port) {
        return error_set(err, ERR_INVALID, "server.api_port: a change needs "
                         "a restart of s3edged");
    }

    return 0;
}


int
control_reload(control_t *control, config_t *config, error_t *err)
{
    int      rc;
    error_t  reason;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_check_fixed(control->config, config, &reason);

    if (rc == 0 && control->site.registry.held) {
        rc = error_set(&reason, ERR_UNAVAILABLE, "%s",
                       control->site.registry.store->refuse);
    }

    if (rc == 0) {
        rc = cache_dir_claim(config, &reason);
    }

    if (rc == 0) {
        rc = control_apply(control, config, &reason);
    }

    if (rc != 0) {
        control_failed(control, &reason);
        rc = error_set(err, rc, "%s", reason.message);
    }

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


config_t *
control_config(control_t *control)
{
    config_t  *config;

    (void) pthread_mutex_lock(&control->lock);

    config = config_ref(control->config);

    (void) pthread_mutex_unlock(&control->lock);

    return config;
}


int
control_bucket_known(control_t *control, const char *name, error_t *err)
{
    bool  known;

    /* nginx has buckets that we have lost, and knows their names itself */

    if (control->site.registry.held) {
        return 0;
    }

    (void) pthread_mutex_lock(&control->lock);
    known = model_buckets_find(&control->buckets, name) != NULL;
    (void) pthread_mutex_unlock(&control->lock);

    return known ? 0 : error_set(err, ERR_NOT_FOUND, "there is no bucket "
                                 "\"%.*s\"", 255, name);
}


int
control_purge(control_t *control, const edge_purge_t *purge, error_t *err)
{
    int  rc;

    rc = purge->bucket != NULL
         ? control_bucket_known(control, purge->bucket, err) : 0;

    return rc == 0 ? edge_purge(control->site.edge, purge, err) : rc;
}


const services_t *
control_services(control_t *control)
{
    return &control->services;
}
