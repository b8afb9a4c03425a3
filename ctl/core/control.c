
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
#include "core/control.h"
#include "core/control_types.h"


#define CONTROL_RESOLVE_S    60        /* between reloads for addresses */


static int
control_open(control_t *control, config_t *config, error_t *err)
{
    int               rc;
    site_t           *site;
    apply_conf_t      ac;
    reconcile_conf_t  rec;

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
    ac.numbers = &control->numbers;
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

    rec.store = site->registry.store;
    rec.run = control_run;
    rec.settled = control_copy;
    rec.data = control;
    rec.numbers = &control->numbers;

    rc = reconcile_new(&rec, &control->reconcile, err);

    if (rc == 0) {
        rc = reconcile_load(control->reconcile, config, err);
    }

    if (rc == 0) {
        control->state = reconcile_base(control->reconcile);
        rc = store_generation(site->registry.store, &ac.generation, err);
    }

    if (rc == 0) {
        rc = apply_new(&ac, &control->apply, err);
    }

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

    (void) pthread_mutex_init(&control->runner, NULL);
    (void) pthread_mutex_init(&control->lock, NULL);

    control->site.lock_fd = -1;
    control->started_at = (int64_t) time(NULL);

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

    reconcile_free(control->reconcile);
    services_close(&control->services);
    diskwatch_free(control->watch);
    disk_free(control->disk);
    apply_free(control->apply);
    named_free(control->named);
    site_close(&control->site);
    state_unref(control->state);

    (void) pthread_mutex_destroy(&control->runner);
    (void) pthread_mutex_destroy(&control->lock);

    free(control);
}


const char *
control_notice(const control_t *control)
{
    return control->site.notice;
}


/* under "runner": nginx runs, and has made the directories */

int
control_watch(control_t *control, error_t *err)
{
    int           rc;
    diskwatch_t  *watch;

    if (control->watch != NULL || !control->state->config->cache.enabled) {
        return 0;
    }

    rc = diskwatch_new(&control->state->config->cache.disks,
                       control->site.edge, &watch, err);
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

    /* nginx has them in memory: with a reload it writes them to a file again */

    if (control->site.counters_gone && nginx_pid(control->site.nginx) != 0) {
        (void) nginx_reload(control->site.nginx, NULL);
    }

    rc = apply_recover(control->apply, control->state->config, err);

    if (rc != 0) {
        goto done;
    }

    if (control->site.registry.held) {

        rc = control_hold(control, err);

        if (rc == 0 || nginx_pid(control->site.nginx) != 0) {
            goto done;
        }

        /* there is no last good one, after all: the buckets of the YAML */

        control->site.registry.held = false;
    }

    rc = reconcile_first(control->reconcile, &reason);

    if (rc != 0 && control_hold(control, NULL) == 0) {
        control_failed(control, &reason);
        control->behind = true;
        rc = 0;
    }

    if (rc != 0) {
        rc = error_set(err, rc, "%s", reason.message);
    }

done:

    if (rc == 0) {
        rc = reconcile_start(control->reconcile, err);
    }

    if (rc != 0) {
        reconcile_stop(control->reconcile);
    }

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

    if (pthread_mutex_trylock(&control->runner) != 0) {
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

    (void) pthread_mutex_unlock(&control->runner);

    return rc;
}


int
control_refresh(control_t *control, bool *ret_event, error_t *err)
{
    int      rc;
    bool     again, reloads;
    int64_t  now;
    error_t  reason;

    rc = addresses_report(control->site.addresses, ret_event, &reason);

    if (rc != 0) {
        return error_set(err, rc, "%s", reason.message);
    }

    now = (int64_t) time(NULL);

    if (control->site.registry.held || now < control->next_refresh
        || reconcile_busy(control->reconcile))
    {
        return 0;
    }

    (void) pthread_mutex_lock(&control->runner);

    again = control->again;
    reloads = apply_reloads(control->apply);
    rc = control->generation != 0 ? control_creds_poll(control, &reason) : 0;

    (void) pthread_mutex_unlock(&control->runner);

    if (rc != 0) {
        control_failed(control, &reason);
    }

    if (!again && (!reloads || !resolve_due(control->site.resolve))) {
        return 0;
    }

    rc = reconcile_again(control->reconcile, again ? "start" : "addresses",
                         &reason);

    if (rc != 0 || !again) {
        control->next_refresh = now + CONTROL_RESOLVE_S;
    }

    if (rc != 0) {
        control_failed(control, &reason);
        rc = again ? 0 : error_set(err, rc, "%s", reason.message);
    }

    return rc;
}


int
control_stop_nginx(control_t *control, unsigned timeout_ms, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->runner);

    rc = nginx_stop(control->site.nginx, timeout_ms, err);

    (void) pthread_mutex_unlock(&control->runner);

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
control_reload(control_t *control, config_t *config, order_t *order,
    error_t *err)
{
    int       rc;
    error_t   reason;
    state_t  *state;

    state = control_state(control);

    rc = control_check_fixed(state->config, config, &reason);

    state_unref(state);

    if (rc == 0 && control->site.registry.held) {
        rc = error_set(&reason, ERR_UNAVAILABLE, "%s",
                       control->site.registry.store->refuse);
    }

    if (rc == 0) {
        rc = cache_dir_claim(config, &reason);
    }

    if (rc == 0) {
        rc = reconcile_configure(control->reconcile, config, order, &reason);
    }

    if (rc != 0) {
        control_failed(control, &reason);
        rc = error_set(err, rc, "%s", reason.message);
    }

    return rc;
}


state_t *
control_state(control_t *control)
{
    state_t  *state;

    (void) pthread_mutex_lock(&control->lock);
    state = state_ref(control->state);
    (void) pthread_mutex_unlock(&control->lock);

    return state;
}


config_t *
control_config(control_t *control)
{
    state_t   *state;
    config_t  *config;

    state = control_state(control);
    config = config_ref(state->config);
    state_unref(state);

    return config;
}


int
control_bucket_known(control_t *control, const char *name, error_t *err)
{
    bool      known;
    state_t  *state;

    /* nginx has buckets that we have lost, and knows their names itself */

    if (control->site.registry.held) {
        return 0;
    }

    state = control_state(control);
    known = state_bucket(state, name) != NULL;
    state_unref(state);

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
