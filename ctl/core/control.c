
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/apply.h"
#include "core/control.h"
#include "core/site.h"
#include "core/store_bucket.h"


#define CONTROL_CENSUS_MS    300
#define CONTROL_BACKOFF_MAX  32        /* s, between two starts of nginx */


struct control_s {

    /* set by control_new(), then constant */

    site_t               site;         /* but for its store: "writer" */
    disk_t              *disk;
    int64_t              started_at;

    /* "writer" guards these: a change, from its begin to its end */

    pthread_mutex_t      writer;
    apply_t             *apply;
    int64_t              next_start;   /* when nginx may be started again */
    int64_t              backoff;

    /* "lock" guards these, "writer" too where they are changed */

    pthread_mutex_t      lock;
    config_t            *config;
    model_buckets_t      buckets;      /* in force, resolved */
    int64_t              generation;
    int64_t              applied_at;
    char                 last_error[ERROR_MESSAGE_MAX];
};


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

    ac.store = site->store;
    ac.edge = site->edge;
    ac.nginx = site->nginx;
    ac.build = &site->build;
    ac.user = site->user;
    ac.gid = site->gid;
    ac.ipv6 = site->ipv6;
    ac.nofile = site->nofile;
    ac.stderr_opens = site->stderr_opens;
    ac.tls_cert = site->tls_cert;
    ac.tls_key = site->tls_key;

    rc = apply_new(&ac, &control->apply, err);

    if (rc == 0) {
        rc = disk_new(config->cache.disk_path, &control->disk, err);
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

    disk_free(control->disk);
    apply_free(control->apply);
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

static int
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

    rc = store_bucket_list(control->site.store, &stored, err);

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


/*
 * Under "writer".  The store may have an open transaction, which is at its
 * end on return.
 */

static int
control_apply(control_t *control, config_t *config, error_t *err)
{
    int               rc;
    int64_t           generation;
    config_t         *old_config;
    model_buckets_t   list, old_list;

    rc = control_merge(control, config, &list, err);

    if (rc != 0) {
        store_rollback(control->site.store);
        return rc;
    }

    rc = apply_run(control->apply, config, &list, &generation, err);

    if (rc != 0) {
        model_buckets_release(&list);
        return rc;
    }

    (void) pthread_mutex_lock(&control->lock);

    old_config = control->config;
    old_list = control->buckets;

    control->config = config_ref(config);
    control->buckets = list;

    if (generation != control->generation) {
        control->generation = generation;
        control->applied_at = (int64_t) time(NULL);
    }

    control->last_error[0] = '\0';

    (void) pthread_mutex_unlock(&control->lock);

    config_unref(old_config);
    model_buckets_release(&old_list);

    control->backoff = 0;
    control->next_start = 0;

    return 0;
}


static void
control_note_error(control_t *control, const error_t *err)
{
    (void) pthread_mutex_lock(&control->lock);

    memcpy(control->last_error, err->message, sizeof(control->last_error));

    (void) pthread_mutex_unlock(&control->lock);
}


int
control_start(control_t *control, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_apply(control, control->config, err);

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


int
control_supervise(control_t *control, bool *ret_event, error_t *err)
{
    int      rc;
    int64_t  now;
    error_t  reason;

    *ret_event = false;

    /* a change that is under way looks after nginx itself */

    if (pthread_mutex_trylock(&control->writer) != 0) {
        return 0;
    }

    rc = 0;
    now = (int64_t) time(NULL);

    nginx_watch(control->site.nginx);

    if (nginx_pid(control->site.nginx) != 0 || now < control->next_start) {
        goto done;
    }

    *ret_event = true;

    rc = nginx_start(control->site.nginx, &reason);

    control->backoff = control->backoff == 0 ? 1 : control->backoff * 2;

    if (control->backoff > CONTROL_BACKOFF_MAX) {
        control->backoff = CONTROL_BACKOFF_MAX;
    }

    control->next_start = now + control->backoff;

    if (rc != 0) {
        control_note_error(control, &reason);
        rc = error_set(err, rc, "%s", reason.message);
    }

done:

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


static bool
control_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
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
        { "cache.disk_path", old->cache.disk_path, new->cache.disk_path },
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

    if (rc == 0) {
        rc = control_apply(control, config, &reason);
    }

    if (rc != 0) {
        control_note_error(control, &reason);
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


void
control_health(control_t *control, control_health_t *ret_health)
{
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

    (void) pthread_mutex_lock(&control->lock);

    ret_health->generation = control->generation;
    ret_health->applied_at = control->applied_at;
    ret_health->buckets = control->buckets.len;
    memcpy(ret_health->last_error, control->last_error,
           sizeof(ret_health->last_error));

    (void) pthread_mutex_unlock(&control->lock);
}


int
control_buckets(control_t *control, model_buckets_t *ret_buckets,
    error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->lock);

    rc = model_buckets_copy(&control->buckets, ret_buckets, err);

    (void) pthread_mutex_unlock(&control->lock);

    return rc;
}


int
control_bucket_get(control_t *control, const char *name,
    model_bucket_t **ret_bucket, error_t *err)
{
    int                    rc;
    model_bucket_t        *copy;
    const model_bucket_t  *bucket;

    (void) pthread_mutex_lock(&control->lock);

    bucket = model_buckets_find(&control->buckets, name);

    if (bucket == NULL) {
        rc = error_set(err, ERR_NOT_FOUND, "there is no bucket \"%.*s\"", 255,
                       name);
        goto done;
    }

    copy = model_bucket_dup(bucket);

    if (copy == NULL) {
        rc = error_nomem(err);
        goto done;
    }

    *ret_bucket = copy;
    rc = 0;

done:

    (void) pthread_mutex_unlock(&control->lock);

    return rc;
}


/* under "writer", which makes reading control->buckets safe */

static int
control_insert(control_t *control, const model_bucket_t *bucket, error_t *err)
{
    int  rc;

    if (model_buckets_find(&control->buckets, bucket->name) != NULL) {
        return error_set(err, ERR_CONFLICT, "bucket \"%s\" exists already",
                         bucket->name);
    }

    rc = store_begin(control->site.store, err);

    if (rc == 0) {
        rc = store_bucket_put(control->site.store, bucket, err);
    }

    if (rc != 0) {
        store_rollback(control->site.store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


int
control_bucket_add(control_t *control, const model_bucket_t *bucket,
    model_bucket_t **ret_bucket, error_t *err)
{
    int              rc;
    model_bucket_t  *copy;

    copy = model_bucket_dup(bucket);
    if (copy == NULL) {
        return error_nomem(err);
    }

    copy->source = MODEL_API;
    copy->created_at = (int64_t) time(NULL);

    rc = model_bucket_check(copy, err);

    if (rc == 0) {
        (void) pthread_mutex_lock(&control->writer);

        rc = control_insert(control, copy, err);

        (void) pthread_mutex_unlock(&control->writer);
    }

    if (rc == 0 && ret_bucket != NULL) {
        rc = control_bucket_get(control, copy->name, ret_bucket, err);
    }

    model_bucket_free(copy);

    return rc;
}


static int
control_remove(control_t *control, const char *name, error_t *err)
{
    int                    rc;
    const model_bucket_t  *bucket;

    bucket = model_buckets_find(&control->buckets, name);

    if (bucket != NULL && bucket->source == MODEL_FILE) {
        return error_set(err, ERR_READ_ONLY, "bucket \"%s\" is declared in "
                         "\"%s\"; remove it there", bucket->name,
                         control->config->file != NULL
                         ? control->config->file : "the configuration");
    }

    rc = store_begin(control->site.store, err);

    if (rc == 0) {
        rc = store_bucket_del(control->site.store, name, err);
    }

    if (rc != 0) {
        store_rollback(control->site.store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


int
control_bucket_del(control_t *control, const char *name, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_remove(control, name, err);

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}


int
control_purge(control_t *control, const char *bucket, error_t *err)
{
    bool  known;

    if (bucket != NULL) {
        (void) pthread_mutex_lock(&control->lock);
        known = model_buckets_find(&control->buckets, bucket) != NULL;
        (void) pthread_mutex_unlock(&control->lock);

        if (!known) {
            return error_set(err, ERR_NOT_FOUND, "there is no bucket \"%.*s\"",
                             255, bucket);
        }
    }

    return edge_purge(control->site.edge, bucket, err);
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

    rc = disk_census(control->disk, CONTROL_CENSUS_MS, &stats.disk, err);

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
