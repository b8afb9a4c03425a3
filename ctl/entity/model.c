
/*
 * Copyright (C) s3edge authors
 * SPDX-License-Identifier: Apache-2.0
 */


#include <stdlib.h>
#include <string.h>

#include "s3_crypto.h"

#include "entity/model.h"


static const char *const  model_addressings[] = { "path", "virtual" };
static const char *const  model_credentials[] = { "inherit", "none", "own" };
static const char *const  model_sources[] = { "file", "api" };


static void
model_string_free(char *text)
{
    if (text != NULL) {
        s3_wipe(text, strlen(text));
        free(text);
    }
}


model_bucket_t *
model_bucket_new(void)
{
    model_bucket_t  *bucket;

    bucket = calloc(1, sizeof(model_bucket_t));

    if (bucket != NULL) {
        bucket->stale_while_revalidate = MODEL_UNSET;
        bucket->stale_if_error = MODEL_UNSET;
        bucket->allow = S3_OP_MAY_OBJECT;
    }

    return bucket;
}


void
model_bucket_free(model_bucket_t *bucket)
{
    size_t  i;

    if (bucket == NULL) {
        return;
    }

    model_string_free(bucket->name);
    model_string_free(bucket->endpoint);
    model_string_free(bucket->region);
    model_string_free(bucket->origin_bucket);
    model_string_free(bucket->prefix);
    model_string_free(bucket->access_key);
    model_string_free(bucket->secret_key);
    model_string_free(bucket->session_token);
    model_string_free(bucket->cache_control);
    model_string_free(bucket->expected_owner);
    model_string_free(bucket->cors);

    for (i = 0; i < bucket->nttl; i++) {
        free(bucket->ttl[i].pattern);
    }

    free(bucket->ttl);
    free(bucket);
}


model_bucket_t *
model_bucket_dup(const model_bucket_t *bucket)
{
    size_t           i;
    model_bucket_t  *copy;

    copy = model_bucket_new();
    if (copy == NULL) {
        return NULL;
    }

    copy->addressing = bucket->addressing;
    copy->credentials = bucket->credentials;
    copy->locked = bucket->locked;
    copy->source = bucket->source;
    copy->created_at = bucket->created_at;
    copy->ttl_mode = bucket->ttl_mode;
    copy->store_private = bucket->store_private;
    copy->stale_while_revalidate = bucket->stale_while_revalidate;
    copy->stale_if_error = bucket->stale_if_error;
    copy->hide_errors = bucket->hide_errors;
    copy->allow = bucket->allow;
    copy->request_payer = bucket->request_payer;
    copy->gzip = bucket->gzip;

    if (model_set(&copy->name, bucket->name, NULL) != 0
        || model_set(&copy->endpoint, bucket->endpoint, NULL) != 0
        || model_set(&copy->region, bucket->region, NULL) != 0
        || model_set(&copy->origin_bucket, bucket->origin_bucket, NULL) != 0
        || model_set(&copy->prefix, bucket->prefix, NULL) != 0
        || model_set(&copy->access_key, bucket->access_key, NULL) != 0
        || model_set(&copy->secret_key, bucket->secret_key, NULL) != 0
        || model_set(&copy->session_token, bucket->session_token, NULL) != 0
        || model_set(&copy->cache_control, bucket->cache_control, NULL) != 0
        || model_set(&copy->expected_owner, bucket->expected_owner, NULL)
           != 0
        || model_set(&copy->cors, bucket->cors, NULL) != 0)
    {
        model_bucket_free(copy);
        return NULL;
    }

    for (i = 0; i < bucket->nttl; i++) {
        if (model_ttl_add_key(copy, bucket->ttl[i].pattern,
                              bucket->ttl[i].status, bucket->ttl[i].seconds,
                              NULL)
            != 0)
        {
            model_bucket_free(copy);
            return NULL;
        }
    }

    return copy;
}


int
model_set(char **field, const char *value, error_t *err)
{
    char  *copy;

    copy = NULL;

    if (value != NULL && value[0] != '\0') {
        copy = strdup(value);
        if (copy == NULL) {
            return error_nomem(err);
        }
    }

    model_string_free(*field);
    *field = copy;

    return 0;
}


int
model_addressing_parse(const char *text, model_addressing_t *ret_value,
    error_t *err)
{
    if (strcmp(text, "path") == 0) {
        *ret_value = MODEL_PATH;
        return 0;
    }

    if (strcmp(text, "virtual") == 0) {
        *ret_value = MODEL_VIRTUAL;
        return 0;
    }

    return error_set(err, ERR_INVALID, "\"path\" or \"virtual\" is expected");
}


const char *
model_addressing_name(model_addressing_t value)
{
    return model_addressings[value];
}


const char *
model_credentials_name(model_credentials_t value)
{
    return model_credentials[value];
}


const char *
model_source_name(model_source_t value)
{
    return model_sources[value];
}


void
model_buckets_init(model_buckets_t *list)
{
    list->items = NULL;
    list->len = 0;
    list->size = 0;
}


void
model_buckets_release(model_buckets_t *list)
{
    size_t  i;

    for (i = 0; i < list->len; i++) {
        model_bucket_free(list->items[i]);
    }

    free(list->items);
    model_buckets_init(list);
}


int
model_buckets_add(model_buckets_t *list, model_bucket_t *bucket, error_t *err)
{
    size_t            size;
    model_bucket_t  **items;

    if (list->len == MODEL_BUCKETS_MAX) {
        model_bucket_free(bucket);
        return error_set(err, ERR_LIMIT, "more than %d buckets",
                         MODEL_BUCKETS_MAX);
    }

    if (list->len == list->size) {
        size = list->size != 0 ? list->size * 2 : 8;

        items = realloc(list->items, size * sizeof(model_bucket_t *));
        if (items == NULL) {
            model_bucket_free(bucket);
            return error_nomem(err);
        }

        list->items = items;
        list->size = size;
    }

    list->items[list->len++] = bucket;

    return 0;
}


static int
model_buckets_cmp(const void *one, const void *two)
{
    const model_bucket_t *const  *a;
    const model_bucket_t *const  *b;

    a = one;
    b = two;

    return strcmp((*a)->name, (*b)->name);
}


void
model_buckets_sort(model_buckets_t *list)
{
    if (list->len > 1) {
        qsort(list->items, list->len, sizeof(model_bucket_t *),
              model_buckets_cmp);
    }
}


const model_bucket_t *
model_buckets_find(const model_buckets_t *list, const char *name)
{
    size_t  i;

    for (i = 0; i < list->len; i++) {
        if (strcmp(list->items[i]->name, name) == 0) {
            return list->items[i];
        }
    }

    return NULL;
}


int
model_buckets_copy(const model_buckets_t *list, model_buckets_t *ret_list,
    error_t *err)
{
    int              rc;
    size_t           i;
    model_bucket_t  *bucket;
    model_buckets_t  copy;

    model_buckets_init(&copy);

    for (i = 0; i < list->len; i++) {

        bucket = model_bucket_dup(list->items[i]);
        if (bucket == NULL) {
            rc = error_nomem(err);
            goto failed;
        }

        rc = model_buckets_add(&copy, bucket, err);
        if (rc != 0) {
            goto failed;
        }
    }

    *ret_list = copy;

    return 0;

failed:

    model_buckets_release(&copy);

    return rc;
}
