
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Credentials: those of the YAML and of the registry, and changes of them (see
 * control.h).
 */


#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "creds/provider.h"
#include "core/control.h"
#include "core/control_types.h"
#include "registry/store_entity.h"


static bool control_creds_in_file(control_t *control, const char *name);
static int control_creds_ready(control_t *control, const void *old,
    const void *obj, error_t *err);
static int control_creds_fits(control_t *control, const void *obj,
    error_t *err);
static int control_creds_add_one(control_t *control, const void *obj,
    error_t *err);


static const control_kind_t  control_creds_kind = {
    &credentials_table, control_creds_in_file, control_creds_ready,
    control_creds_fits, control_creds_add_one
};


typedef struct {
    credentials_list_t       *list;
    const credentials_list_t *file;
} control_creds_list_t;


/* those of the YAML hide those of the registry */

static int
control_creds_each(void *data, void *obj, error_t *err)
{
    credentials_t         *credentials;
    control_creds_list_t  *to;

    to = data;
    credentials = obj;

    if (credentials_find(to->file, credentials->name) != NULL) {
        credentials_free(credentials);
        return 0;
    }

    return credentials_add(to->list, credentials, err);
}


int
control_creds_load(control_t *control, const config_t *config, error_t *err)
{
    int                   rc;
    size_t                i;
    credentials_t        *copy;
    credentials_list_t    list;
    control_creds_list_t  to;

    memset(&list, 0, sizeof(credentials_list_t));
    control->site.registry.store->unread = 0;

    to.list = &list;
    to.file = &config->credentials;

    rc = store_entity_list(control->site.registry.store, &credentials_table,
                           control_creds_each, &to, err);

    for (i = 0; rc == 0 && i < config->credentials.len; i++) {
        copy = field_dup(&credentials_table, config->credentials.items[i]);
        rc = copy != NULL ? credentials_add(&list, copy, err)
                          : error_nomem(err);
    }

    if (rc == 0) {
        credentials_sort(&list);
        rc = named_replace(control->named, &list, err);
    }

    credentials_release(&list);

    return rc;
}


int
control_creds_poll(control_t *control, error_t *err)
{
    return named_poll(control->named)
           ? apply_publish(control->apply, control->config, &control->buckets,
                           err)
           : 0;
}


int
control_creds_check(control_t *control, const model_bucket_t *bucket,
    error_t *err)
{
    const char  *name;

    if (bucket->credentials != MODEL_NAMED) {
        return 0;
    }

    name = model_bucket_credentials(bucket);

    return named_exists(control->named, name)
           ? 0 : error_set(err, ERR_INVALID, "credentials: there are none "
                           "named \"%s\"", name);
}


static bool
control_creds_in_file(control_t *control, const char *name)
{
    return credentials_find(&control->config->credentials, name) != NULL;
}


/* a file or a variable that is not there is a mistake while somebody looks */

static int
control_creds_ready(control_t *control, const void *old, const void *obj,
    error_t *err)
{
    int              rc;
    error_t          reason;
    provider_keys_t  keys;

    (void) control;
    (void) old;

    rc = provider_load(obj, &keys, &reason);

    if (rc != 0) {
        return error_set(err, rc == ERR_NOMEM ? rc : ERR_REFUSED, "%s",
                         reason.message);
    }

    provider_release(&keys);

    return 0;
}


static int
control_creds_fits(control_t *control, const void *obj, error_t *err)
{
    (void) control;
    (void) obj;
    (void) err;

    return 0;
}


/* under "writer" */

static int
control_creds_insert(control_t *control, const credentials_t *credentials,
    error_t *err)
{
    int  rc;

    if (named_exists(control->named, credentials->name)) {
        return error_set(err, ERR_CONFLICT, "credentials \"%s\" exist already",
                         credentials->name);
    }

    rc = store_begin(control->site.registry.store, err);

    if (rc == 0) {
        rc = store_entity_put(control->site.registry.store, &credentials_table,
                              credentials, err);
    }

    if (rc != 0) {
        store_rollback(control->site.registry.store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


static int
control_creds_add_one(control_t *control, const void *obj, error_t *err)
{
    int             rc;
    credentials_t  *copy;

    copy = field_dup(&credentials_table, obj);
    if (copy == NULL) {
        return error_nomem(err);
    }

    copy->created_at = (int64_t) time(NULL);

    rc = control_creds_ready(control, NULL, copy, err);

    if (rc == 0) {
        (void) pthread_mutex_lock(&control->writer);

        rc = control_creds_insert(control, copy, err);

        (void) pthread_mutex_unlock(&control->writer);
    }

    credentials_free(copy);

    return rc;
}


int
control_creds_add(control_t *control, const credentials_t *credentials,
    error_t *err)
{
    return control_creds_add_one(control, credentials, err);
}


int
control_creds_edit(control_t *control, const control_edit_t *edit,
    bool *ret_created, error_t *err)
{
    return control_edit(control, &control_creds_kind, edit, ret_created, err);
}


int
control_creds_names(control_t *control, strbuf_t *ret_names, error_t *err)
{
    return named_names(control->named, ret_names, err);
}


int
control_creds_get(control_t *control, const char *name,
    credentials_t **ret_credentials, char ret_problem[ERROR_MESSAGE_MAX],
    error_t *err)
{
    return named_get(control->named, name, ret_credentials, ret_problem, err);
}


int
control_creds_users(control_t *control, const char *name, strbuf_t *ret_names,
    error_t *err)
{
    size_t                 i;
    const model_bucket_t  *b;

    (void) pthread_mutex_lock(&control->lock);

    for (i = 0; i < control->buckets.len; i++) {

        b = control->buckets.items[i];

        if (b->credentials == MODEL_NAMED
            && strcmp(model_bucket_credentials(b), name) == 0)
        {
            strbuf_printf(ret_names, "%s\n", b->name);
        }
    }

    (void) pthread_mutex_unlock(&control->lock);

    return strbuf_check(ret_names, err);
}


/* under "writer": names of buckets are of no use in another form */

static int
control_creds_unused(control_t *control, const char *name, error_t *err)
{
    int       rc;
    size_t    i;
    strbuf_t  users;

    strbuf_init(&users, MODEL_BUCKETS_MAX * (S3_BUCKET_MAX + 1));

    rc = control_creds_users(control, name, &users, err);

    if (rc == 0 && users.len != 0) {

        for (i = 0; i + 1 < users.len; i++) {
            if (users.data[i] == '\n') {
                users.data[i] = ' ';
            }
        }

        users.data[users.len - 1] = '\0';

        rc = error_set(err, ERR_CONFLICT, "credentials \"%s\" are in use by "
                       "%s", name, users.data);
    }

    strbuf_release(&users);

    return rc;
}


static int
control_creds_remove(control_t *control, const char *name, error_t *err)
{
    int  rc;

    if (control_creds_in_file(control, name)) {
        return error_set(err, ERR_READ_ONLY, "credentials \"%s\" are declared "
                         "in \"%s\"; remove them there", name,
                         control->config->file != NULL
                         ? control->config->file : "the configuration");
    }

    rc = control_creds_unused(control, name, err);

    if (rc == 0) {
        rc = store_begin(control->site.registry.store, err);
    }

    if (rc == 0) {
        rc = store_entity_del(control->site.registry.store, &credentials_table,
                              name, err);
    }

    if (rc != 0) {
        store_rollback(control->site.registry.store);
        return rc;
    }

    return control_apply(control, control->config, err);
}


int
control_creds_del(control_t *control, const char *name, error_t *err)
{
    int  rc;

    (void) pthread_mutex_lock(&control->writer);

    rc = control_creds_remove(control, name, err);

    (void) pthread_mutex_unlock(&control->writer);

    return rc;
}
